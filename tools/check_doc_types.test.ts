import { expect, test } from "vitest";
import { checkDocTypes } from "./check_doc_types.ts";

test("checkDocTypes() finds a wrong type at its line and passes a right one", () => {
  const snippet = (line: number, seed: string) => ({
    file: "README.md",
    line,
    code: `import { key } from "@jem-js/random";\nconst unused = key(${seed});`,
    ignored: false,
  });
  expect(checkDocTypes([snippet(10, "0"), snippet(20, '"0"')])).toEqual([
    {
      file: "README.md",
      line: 22,
      message: "Argument of type 'string' is not assignable to parameter of type 'number'.",
    },
  ]);
});
