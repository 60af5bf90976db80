{
  "variables": {
    "kernel_sources": ["cpp/products.cc", "cpp/pointwise.cc"],
    "avx2_flags": ["-mavx2", "-mfma"],
    "avx512_flags": ["-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx512bw", "-mfma", "-mprefer-vector-width=512"]
  },
  "target_defaults": {
    "defines": ["NAPI_VERSION=8"],
    "cflags!": ["-O2"],
    "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20", "-std=gnu++14"],
    "cflags_cc": [
      "-O3", "-std=c++17", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-fvisibility=hidden", "-Wno-psabi"
    ],
    "xcode_settings": {
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
      "MACOSX_DEPLOYMENT_TARGET": "11.0",
      "OTHER_CPLUSPLUSFLAGS": ["-O3", "-fno-math-errno", "-fno-trapping-math"]
    }
  },
  "targets": [
    {
      "target_name": "native",
      "sources": ["cpp/addon.cc", "cpp/context.cc", "cpp/movement.cc", "cpp/pick_kernels.cc"],
      "dependencies": ["kernels_baseline", "noise_baseline"],
      "conditions": [
        ["target_arch=='x64'", {
          "dependencies": ["kernels_avx2", "noise_avx2", "kernels_avx512", "noise_avx512"]
        }]
      ]
    },
    {
      "target_name": "kernels_baseline",
      "type": "static_library",
      "sources": ["<@(kernel_sources)"],
      "cflags_cc": ["-ffp-contract=fast"],
      "xcode_settings": {"OTHER_CPLUSPLUSFLAGS": ["-ffp-contract=fast"]}
    },
    {
      "target_name": "noise_baseline",
      "type": "static_library",
      "sources": ["cpp/noise.cc"],
      "cflags_cc": ["-ffp-contract=off"],
      "xcode_settings": {"OTHER_CPLUSPLUSFLAGS": ["-ffp-contract=off"]}
    }
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          "target_name": "kernels_avx2",
          "type": "static_library",
          "defines": ["JEM_ISA_AVX2"],
          "sources": ["<@(kernel_sources)"],
          "cflags_cc": ["-ffp-contract=fast", "<@(avx2_flags)"],
          "xcode_settings": {"OTHER_CPLUSPLUSFLAGS": ["-ffp-contract=fast", "<@(avx2_flags)"]}
        },
        {
          "target_name": "noise_avx2",
          "type": "static_library",
          "defines": ["JEM_ISA_AVX2"],
          "sources": ["cpp/noise.cc"],
          "cflags_cc": ["-ffp-contract=off", "<@(avx2_flags)"],
          "xcode_settings": {"OTHER_CPLUSPLUSFLAGS": ["-ffp-contract=off", "<@(avx2_flags)"]}
        },
        {
          "target_name": "kernels_avx512",
          "type": "static_library",
          "defines": ["JEM_ISA_AVX512"],
          "sources": ["<@(kernel_sources)"],
          "cflags_cc": ["-ffp-contract=fast", "<@(avx512_flags)"],
          "xcode_settings": {"OTHER_CPLUSPLUSFLAGS": ["-ffp-contract=fast", "<@(avx512_flags)"]}
        },
        {
          "target_name": "noise_avx512",
          "type": "static_library",
          "defines": ["JEM_ISA_AVX512"],
          "sources": ["cpp/noise.cc"],
          "cflags_cc": ["-ffp-contract=off", "<@(avx512_flags)"],
          "xcode_settings": {"OTHER_CPLUSPLUSFLAGS": ["-ffp-contract=off", "<@(avx512_flags)"]}
        }
      ]
    }]
  ]
}
