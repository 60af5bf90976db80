import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "tsup";

const { exports, bin = {} } = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports: Record<string, { "@jem-js/source"?: string }>;
  bin?: Record<string, string>;
};

/** One build for every package: ESM and declarations of the sources that its package.json exports, its commands and its worker threads. */
export default defineConfig({
  entry: [
    ...Object.values(exports).flatMap(({ "@jem-js/source": source }) => source ?? []),
    ...Object.values(bin).map((file) => file.replace("dist/", "src/").replace(/\.js$/, ".ts")),
    ...readdirSync("src").flatMap((file) => (file.endsWith("_worker.ts") ? `src/${file}` : [])),
  ],
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
