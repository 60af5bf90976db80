// Compiles and runs the kernel tests for every instruction set of this machine:
//   npm run test:kernels --workspace @jem-js/native [-- --sanitize] [-- --cases 400]
// With --sanitize they are built with AddressSanitizer and UndefinedBehaviorSanitizer.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const sanitize = process.argv.includes("--sanitize");
const cases = process.argv[process.argv.indexOf("--cases") + 1 || Number.POSITIVE_INFINITY] ?? "100";
const folder = join(root, "build_test", sanitize ? "sanitized" : "plain");
mkdirSync(folder, { recursive: true });

const compiler = process.env.CXX ?? "c++";
const common = [
  "-std=c++17",
  "-O2",
  "-g",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-Wall",
  "-Wextra",
  "-Wno-psabi",
  "-pthread",
];
// Vectors are read at any address on purpose: the type says so, the check of casts does not see it.
const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize=alignment", "-fno-sanitize-recover=all"];
const flags = [...common, ...(sanitize ? sanitizers : [])];
const avx2 = ["-DJEM_ISA_AVX2", "-mavx2", "-mfma"];
const avx512 = ["-DJEM_ISA_AVX512", "-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx512bw", "-mfma"];
const sets = process.arch === "x64" ? { baseline: [], avx2, avx512 } : { baseline: [] };

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit", cwd: root });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${error?.message ?? status}`);
}

const objects = [];
function compile(source, name, more) {
  const object = join(folder, `${name}.o`);
  run(compiler, [...flags, ...more, "-c", join("cpp", source), "-o", object]);
  objects.push(object);
}
for (const [name, more] of Object.entries(sets)) {
  for (const kernels of ["products", "pointwise"])
    compile(`${kernels}.cc`, `${kernels}_${name}`, ["-ffp-contract=fast", ...more]);
  compile("noise.cc", `noise_${name}`, ["-ffp-contract=off", ...more]);
}
for (const source of [
  "context",
  "movement",
  "pick_kernels",
  "test/main",
  "test/test_products",
  "test/test_pointwise",
]) {
  compile(`${source}.cc`, source.replace("/", "_"), []);
}
const binary = join(folder, "test_kernels");
run(compiler, [...flags, ...objects, "-o", binary]);
for (const name of Object.keys(sets)) for (const threads of ["1", "3"]) run(binary, [name, threads, cases]);
