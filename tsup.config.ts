import { copyFileSync, existsSync } from "node:fs";
import { defineConfig } from "tsup";

/** One build for every package: ESM and declarations from `src/mod.ts`, and from `src/node.ts` where there is a `./node` entry. */
export default defineConfig({
  entry: ["src/mod.ts", "src/node.ts", "src/_cli.ts"].filter((file) => existsSync(file)),
  format: ["esm"],
  target: "node20",
  platform: "neutral",
  external: [/^node:/],
  // TypeScript 6 refuses the `baseUrl` that tsup 8 sets for declarations.
  dts: { compilerOptions: { ignoreDeprecations: "6.0", customConditions: ["@jem-js/source"] } },
  sourcemap: true,
  clean: true,
  // npm packs a licence only from the package's own folder.
  onSuccess: async () => copyFileSync("../../LICENSE", "LICENSE"),
});
