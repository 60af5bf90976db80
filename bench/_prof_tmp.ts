import { kernelDistanceSubsets, frechetDistance } from "@jem-js/metrics";
import { key, normalValues } from "@jem-js/random/values";
const mod = await import("/work/metrics/packages/metrics/src/_multiply.ts");
const dec = await import("/work/metrics/packages/metrics/src/_decompose.ts");
const t = (name: string, f: () => unknown) => { const s = performance.now(); f(); console.log(name, ((performance.now() - s) / 1000).toFixed(2)); };
const r = (n: number) => Float64Array.from(normalValues(key(1), n));
{ const a = r(512 * 2048), b = r(2048 * 512); t("warm", () => mod.multiply(a, b, [512, 2048, 512], undefined)); t("512x2048x512 (0.54 GMAC)", () => mod.multiply(a, b, [512, 2048, 512], undefined)); }
const d = 2048; const x = r(2 * d * d);
const s = new Float64Array(d * d);
t("scatter 4096 rows upper (8.6 GMAC)", () => mod.multiplyAdd(s, { data: x, row: 1, column: d }, { data: x, row: d, column: 1 }, [d, 2 * d, d], true));
for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) s[i * d + j] = s[j * d + i]!;
t("cholesky", () => dec.cholesky(s, d));
t("eigenvalues", () => dec.symmetricEigenvalues(s.slice(), d));
{ const n = 1000; const m = r(n * n); t("nuclear 1000", () => dec.nuclearNorm(m, n, n)); }
const a = { data: normalValues(key(4), 10_000 * 2048), shape: [10_000, 2048] } as const;
const b = { data: normalValues(key(5), 10_000 * 2048), shape: [10_000, 2048] } as const;
// A product that costs nothing: what is left is ours.
const free = (_a: Float64Array, _b: Float64Array, m: number, k: number, n: number) => new Float64Array(m * n).fill(k);
t("KID 20 of 1000, free product", () => kernelDistanceSubsets(a, b, { key: key(0), subsets: 20, matmul: free }));
let spent = 0;
const slow = (p: Float64Array, q: Float64Array, m: number, k: number, n: number) => { const z = performance.now(); const c = mod.multiply(p, q, [m, k, n], undefined); spent += performance.now() - z; return c; };
t("FID, plugged plain", () => frechetDistance(a, b, { matmul: slow })); console.log("of it products", (spent / 1000).toFixed(2));
console.log("MB", process.resourceUsage().maxRSS / 1024);
