import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** All files below a folder by their path in it, as text of their bytes. */
export function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path.slice(folder.length), readFileSync(path, "latin1")]),
  );
}
