import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes `config.json` into a folder, or throws when there is one of other values: what is there was made otherwise. */
export function writeConfig(folder: string, config: Readonly<Record<string, unknown>>, made: string): void {
  const path = join(folder, "config.json");
  const text = `${JSON.stringify(config, undefined, 2)}\n`;
  if (!existsSync(path)) {
    writeFileSync(path, text);
    return;
  }
  const [former, now] = [flatten(JSON.parse(readFileSync(path, "utf8"))), flatten(JSON.parse(text))];
  const names = [...new Set([...Object.keys(former), ...Object.keys(now)])].filter(
    (name) => former[name] !== now[name],
  );
  if (names.length === 0) return;
  const differences = names.map((name) => `${name} ${former[name]}, now ${now[name]}`).join("; ");
  throw new Error(`In ${folder}, ${made} other settings: ${differences}. Choose another --run and --out.`);
}

function flatten(value: unknown, prefix = ""): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { [prefix]: JSON.stringify(value) };
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, item]) => flatten(item, prefix ? `${prefix}.${name}` : name)),
  );
}
