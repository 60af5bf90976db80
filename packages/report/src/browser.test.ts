import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { decode } from "fast-png";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { htmlReport, sampleGrid, scoreHistogram } from "./mod.ts";
import { report } from "./node.ts";

/** Chromium as Debian, Ubuntu, Google or the user have it; CHROMIUM_PATH names another. */
const executablePath = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));

const require = createRequire(import.meta.url);
const axe = require.resolve("axe-core/axe.min.js");
const folder = mkdtempSync(join(tmpdir(), "browser-"));
let browser: Browser;
let runPage: string;
let textPage: string;

describe.skipIf(executablePath === undefined)("the page in Chromium (skipped without one: set CHROMIUM_PATH)", () => {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox"] });
    runPage = await makeRunPage();
    textPage = join(folder, "text.html");
    writeFileSync(textPage, textReport());
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [360, 1280]) {
      test(`is within ${width} pixels, without errors or requests, in ${colorScheme} mode`, async () => {
        for (const path of [runPage, textPage]) {
          const { page, events } = await open(path, { colorScheme, viewport: { width, height: 800 } });
          const beyond = await page.evaluate(
            `[document.documentElement.scrollWidth - innerWidth, document.body.scrollWidth - innerWidth]`,
          );
          expect(beyond).toEqual([0, expect.toSatisfy((by: number) => by <= 0)]);
          expect(
            await page.evaluate(
              "[...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0)",
            ),
          ).toBe(true);
          expect(events).toEqual([]);
          await page.context().close();
        }
      });
    }

    test(`has the colours of ${colorScheme} mode, and figures on white`, async () => {
      const { page } = await open(runPage, { colorScheme, viewport: { width: 1280, height: 800 } });
      expect(await pixel(page, 2, 2)).toEqual(colorScheme === "light" ? [255, 255, 255] : [0x14, 0x17, 0x1c]);
      const card = decode(await page.locator("figure .card").first().screenshot());
      const channels = card.channels;
      let white = 0;
      let inked = 0;
      for (let i = 0; i < card.data.length; i += channels) {
        const [r, g, b] = [card.data[i]!, card.data[i + 1]!, card.data[i + 2]!];
        if (r + g + b === 765) white++;
        else inked++;
      }
      expect(white / (white + inked)).toBeGreaterThan(0.5);
      // Axes, text and bars: an image that is not drawn has none.
      expect(inked / (white + inked)).toBeGreaterThan(0.02);
      await page.context().close();
    });

    test(`is without fault for axe in ${colorScheme} mode`, async () => {
      for (const path of [runPage, textPage]) {
        const { page } = await open(path, { colorScheme, bypassCSP: true });
        await page.addScriptTag({ path: axe });
        const faults = await page.evaluate(
          `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 200)).join("; ")))`,
        );
        expect(faults).toEqual([]);
        await page.context().close();
      }
    });
  }

  test("copies a table as CSV by a button that the keyboard reaches", async () => {
    const { page, events } = await open(textPage, { permissions: ["clipboard-read", "clipboard-write"] });
    const button = page.getByRole("button", { name: "Copy as CSV" });
    expect(await button.count()).toBe(1);
    for (let i = 0; i < 20 && (await page.evaluate("document.activeElement.tagName")) !== "BUTTON"; i++) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(
      `${"a long head ".repeat(30)},"b, ""c"""\nJEM,0.1234567891\n"two\nlines",-7\n`,
    );
    await button.waitFor();
    expect(events).toEqual([]);
    await page.context().close();
  });

  test("runs no script but its own", async () => {
    const html = textReport().replace(
      "</main>",
      `<script>document.title = "run"</script><img src=x onerror="document.title = 'run'"></main>`,
    );
    const path = join(folder, "injected.html");
    writeFileSync(path, html);
    const { page, events } = await open(path);
    expect(await page.title()).toBe("Texts");
    expect(events.join()).toContain("Content Security Policy");
    await page.context().close();
  });

  test("is whole without scripts and on paper", async () => {
    const { page } = await open(textPage, { javaScriptEnabled: false });
    expect(await page.locator("button").isVisible()).toBe(false);
    expect(await page.locator("table").isVisible()).toBe(true);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await pixel(page, 2, 2)).toEqual([255, 255, 255]);
    await page.context().close();
  });
});

/** Opens a page from disk; `events` are what went wrong, and requests for anything but the page itself. */
async function open(path: string, options: BrowserContextOptions = {}): Promise<{ page: Page; events: string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const url = pathToFileURL(path).href;
  const events: string[] = [];
  page.on("console", (message) => events.push(message.text()));
  page.on("pageerror", ({ message }) => events.push(message));
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) events.push(`requests ${request.url()}`);
  });
  await page.goto(url);
  return { page, events };
}

async function pixel(page: Page, x: number, y: number): Promise<number[]> {
  const { data } = decode(await page.screenshot({ clip: { x, y, width: 1, height: 1 } }));
  return [...data.subarray(0, 3)];
}

/** The page of a run, with figures, samples, training curves and something that is damaged. */
async function makeRunPage(): Promise<string> {
  const run = join(folder, `run-${"of-a-long-name-".repeat(6)}`);
  for (const part of ["figures", "samples", "jem"]) mkdirSync(join(run, part), { recursive: true });
  const scores = [{ name: "JEM", inScores: [1, 2, 3, 4], outScores: [0, 1, 1, 2] }];
  const rows = Array.from({ length: 50 }, (_, iteration) => ({ iteration, loss: 2 - iteration / 50, accuracy: 0.5 }));
  const files: Readonly<Record<string, string | Uint8Array>> = {
    "config.json": JSON.stringify({ seed: 0, iterations: 100, [`option${"LongName".repeat(20)}`]: "x".repeat(300) }),
    "results.json": JSON.stringify([{ figure: "accuracy under an attack", jem: 0.9, control: 0.8, ...wide() }]),
    "figures/scores.svg": scoreHistogram(scores),
    "figures/damaged.svg": "nothing",
    "samples/000100.png": sampleGrid(new Float32Array(16 * 64), [16, 8, 8, 1], { scale: 20 }),
    "jem/metrics.jsonl": rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
  };
  for (const [file, content] of Object.entries(files)) writeFileSync(join(run, file), content);
  return (await report(run, { commands: [`npm start -- ${"--option value ".repeat(30)}`] })).path;
}

function wide(): Record<string, number> {
  return Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`column ${i}`, i / 7]));
}

function textReport(): string {
  return htmlReport({
    title: "Texts",
    summary: `A_${"long".repeat(60)}_word.`,
    sections: [
      {
        heading: `${"Heading".repeat(30)}`,
        text: "Text.",
        commands: ["npm ci"],
        tables: [
          {
            caption: "A table",
            columns: ["a long head ".repeat(30), 'b, "c"'],
            rows: [
              ["JEM", 0.1234567891],
              ["two\nlines", -7],
            ],
          },
        ],
      },
    ],
  });
}
