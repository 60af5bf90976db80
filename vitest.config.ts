import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@jem-js/source", "module", "import", "default"] },
  ssr: { resolve: { conditions: ["@jem-js/source", "node", "import", "default"] } },
  test: {
    include: [
      "packages/*/src/**/*.test.ts",
      "internal/*/src/**/*.test.ts",
      "tools/**/*.test.ts",
      "examples/*/src/**/*.test.ts",
    ],
    setupFiles: ["./vitest.setup.ts"],
    pool: "threads",
    // Every isolated worker would import TensorFlow.js again, about a second each.
    isolate: false,
    testTimeout: 60_000,
  },
});
