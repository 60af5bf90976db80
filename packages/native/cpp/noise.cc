// Langevin's update, bounds included, with noise made in the kernel: the stream of @jem-js/random, bit for bit. Compiled
// without contraction of a * b + c, because every rounding counts.
#include "vector_math.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** Numbers made at a time: even, as Threefry gives two words for each counter. */
constexpr int kChunk = 512;

JEM_INLINE uint32_t rotate(uint32_t x, int by) { return (x << by) | (x >> (32 - by)); }

/** Words `first..first + kChunk` of a key: Threefry-2x32 with 20 rounds (Salmon et al., SC 2011). */
static void draw_words(uint32_t k0, uint32_t k1, uint32_t first, uint32_t* words) {
  constexpr uint32_t kParity = 0x1bd11bda;
  const uint32_t keys[3] = {k0, k1, k0 ^ k1 ^ kParity};
  constexpr int kRotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  for (int i = 0; i < kChunk / 2; i++) {
    uint32_t a = first / 2 + i + k0, b = k1;
    JEM_UNROLL for (int group = 0; group < 5; group++) {
      JEM_UNROLL for (int round = 0; round < 4; round++) {
        a += b;
        b = rotate(b, kRotations[group % 2][round]) ^ a;
      }
      a += keys[(group + 1) % 3];
      b += keys[(group + 2) % 3] + group + 1;
    }
    words[2 * i] = a;
    words[2 * i + 1] = b;
  }
}

/** log(x) of a positive normal double from operations that IEEE 754 defines to the last bit: `_log.ts` of random. */
JEM_INLINE double exact_log(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  const int high = static_cast<int>(bits >> 52) - 1023;
  bits = (bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
  double m;
  memcpy(&m, &bits, sizeof m);
  const bool large = m > 1.4142135623730951;
  m = large ? m * 0.5 : m;
  const double exponent = high + (large ? 1.0 : 0.0);
  const double s = (m - 1) / (m + 1), z = s * s;
  const double kSeries[] = {1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1};
  return exponent * 0.6931471805599453 + 2 * s * polynomial(kSeries, z);
}

/** The probability that a word stands for. */
JEM_INLINE double probability(uint32_t word) { return (static_cast<double>(word) + 0.5) * 0x1p-32; }

/** The words whose probabilities are within 0.425 of one half: a range from `kFirstCentral` on, symmetric. */
constexpr uint32_t kFirstCentral = 322122547;
JEM_INLINE bool is_central(uint32_t word) { return word - kFirstCentral <= 0xffffffff - 2 * kFirstCentral; }

/** The standard normal quantile around one half: AS 241 (Wichura 1988), `normal_values.ts` of random. */
JEM_INLINE double central_quantile(double p) {
  const double kTop[] = {2509.0809287301227, 33430.57558358813, 67265.7709270087,   45921.95393154987,
                         13731.69376550946,  1971.5909503065513, 133.14166789178438, 3.3871328727963665};
  const double kBottom[] = {5226.495278852854,  28729.085735721943, 39307.89580009271, 21213.794301586597,
                            5394.196021424751, 687.1870074920579,  42.31333070160091, 1};
  const double q = p - 0.5;
  const double r = 0.180625 - q * q;
  return (q * polynomial(kTop, r)) / polynomial(kBottom, r);
}

/** The standard normal quantile elsewhere. */
JEM_INLINE double tail_quantile(double p) {
  const double kTop[] = {0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
                         3.6478483247632045,    5.769497221460691,    4.630337846156546,  1.4234371107496835};
  const double kBottom[] = {1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
                            0.6897673349851,       1.6763848301838038,    2.053191626637759,    1};
  const bool is_lower = p < 0.5;
  const double r = __builtin_sqrt(-exact_log(is_lower ? p : 1 - p)) - 1.6;
  const double tail = polynomial(kTop, r) / polynomial(kBottom, r);
  return is_lower ? -tail : tail;
}

/**
 * The standard normal numbers of `kChunk` words. All are taken for central first; the tails, 15 % of them, cost three times as much and
 * are gathered, so that their vectors are full.
 */
static void draw_normals(const uint32_t* words, float* normals) {
  for (int i = 0; i < kChunk; i++) normals[i] = static_cast<float>(central_quantile(probability(words[i])));
  uint32_t tails[kChunk + kLanes];
  int places[kChunk];
  float values[kChunk + kLanes];
  int count = 0;
  for (int i = 0; i < kChunk; i++) {
    tails[count] = words[i];
    places[count] = i;
    count += !is_central(words[i]);
  }
  for (int i = 0; i < kLanes; i++) tails[count + i] = 0;
  const int whole = round_up_to_lanes(count);
  for (int i = 0; i < whole; i++) values[i] = static_cast<float>(tail_quantile(probability(tails[i])));
  for (int i = 0; i < count; i++) normals[places[i]] = values[i];
}

JEM_INLINE float clip(float v, float low, float high) {
  const float raised = v < low ? low : v;
  return raised > high ? high : raised;
}

/** What a step is made with; passed by value, so that the loops need not read it again. */
struct Rule {
  float step_size, noise_scale, gradient_clip, low, high;
};

/** A step of `count` elements, at most a chunk. */
static void take_step(int count, const float* x, const float* gradient, const float* noise, const Rule rule, float* y) {
  for (int i = 0; i < count; i++) {
    const float drift = rule.step_size * clip(gradient[i], -rule.gradient_clip, rule.gradient_clip);
    y[i] = clip((x[i] + drift) + rule.noise_scale * noise[i], rule.low, rule.high);
  }
}

static void langevin(Context& context, size_t n, const float* x, const float* gradient, float step_size,
                     float noise_scale, uint32_t key_high, uint32_t key_low, float gradient_clip, float low, float high,
                     float* y) {
  const size_t block = noise_scale != 0 ? 4 * kChunk : kSerialElements;
  const auto run = [&](size_t begin, size_t end) {
    uint32_t words[kChunk];
    float noise[kChunk] = {};
    for (size_t first = begin; first < end; first += kChunk) {
      if (noise_scale != 0) {
        draw_words(key_high, key_low, static_cast<uint32_t>(first), words);
        draw_normals(words, noise);
      }
      const int count = static_cast<int>(min_of(size_t{kChunk}, end - first));
      take_step(count, x + first, gradient + first, noise, {step_size, noise_scale, gradient_clip, low, high}, y + first);
    }
  };
  parallel(context, static_cast<int>((n + block - 1) / block), [&](int item, int) {
    run(item * block, min_of(n, (item + 1) * block));
  });
}

}  // namespace

extern const NoiseKernels noise_kernels;
const NoiseKernels noise_kernels = {langevin};

}  // namespace JEM_ISA
}  // namespace jem
