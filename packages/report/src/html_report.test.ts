import { createHash } from "node:crypto";
import { encode } from "fast-png";
import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { STYLE } from "./_html_style.ts";
import { htmlReport, type Report, type ReportFigure, type ReportTable } from "./mod.ts";

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><script>alert(1)</script><text>é</text></svg>`;
const PNG = encode({ width: 2, height: 3, data: new Uint8Array(6), channels: 1, depth: 8 });
const TABLE: ReportTable = {
  caption: "Test set",
  columns: ["model", "ECE", 'note, "quoted"'],
  rows: [
    ["JEM", 0.123456789, "a\nb"],
    ["control <b>", 12, null],
  ],
};
const REPORT: Report = {
  title: "JEM & control",
  summary: ["First.", "Second <i>."],
  sections: [
    { heading: "Commands", text: "Run <this>.", commands: ["npm ci", "npm start -- --name '<x>' && ls"] },
    { heading: "Tables", text: ["One.", "Two."], tables: [TABLE] },
    {
      heading: "Figures <u>",
      figures: [
        { svg: SVG, alt: 'An "SVG" <a>', caption: "Caption & co" },
        { png: PNG, alt: "A PNG" },
      ],
    },
  ],
};
const page = (report: Report = REPORT) => parseHTML(htmlReport(report)).document;

test("htmlReport() loads nothing from elsewhere", () => {
  const html = htmlReport(REPORT);
  expect(html).not.toMatch(/https?:|\/\/[a-z]|@import|url\(/i);
  for (const element of page().querySelectorAll("[src], [href]")) {
    expect(element.getAttribute("src") ?? element.getAttribute("href")).toMatch(/^(data:|#)/);
  }
  expect(page().querySelectorAll("iframe, object, embed, form, base")).toHaveLength(0);
});

test("htmlReport() has a policy that admits its own style and script and nothing else", () => {
  const document = page();
  const policy = document.querySelector("meta[http-equiv=Content-Security-Policy]")!.getAttribute("content");
  const digest = (name: string): string =>
    createHash("sha256").update(document.querySelector(name)!.textContent).digest("base64");
  expect(policy).toBe(
    `default-src 'none'; img-src data:; style-src 'sha256-${digest("style")}'; script-src 'sha256-${digest("script")}'`,
  );
  expect(document.querySelectorAll("style, script")).toHaveLength(2);
  // An attribute of style or an event handler would be refused by it.
  expect(htmlReport(REPORT)).not.toMatch(/<[^>]*\s(style|on\w+)=/);
});

test("htmlReport() escapes all text", () => {
  const document = page();
  expect(document.querySelectorAll("i, b, u, x, this, a:not(nav a)")).toHaveLength(0);
  expect(document.title).toBe("JEM & control");
  expect(document.querySelector("pre")!.textContent).toBe("npm ci\nnpm start -- --name '<x>' && ls");
  expect([...document.querySelectorAll(".summary")].map((p) => p.textContent)).toEqual(["First.", "Second <i>."]);
  expect(document.querySelector("img")!.getAttribute("alt")).toBe('An "SVG" <a>');
  expect(document.querySelector("figcaption")!.textContent).toBe("Caption & co");
});

test("htmlReport() has headings in order, captions, alternative texts and heads of rows and columns", () => {
  const document = page();
  const headings = [...document.querySelectorAll("h1, h2, h3, h4")].map((h) => [h.tagName, h.textContent]);
  expect(headings).toEqual([
    ["H1", "JEM & control"],
    ["H2", "Commands"],
    ["H2", "Tables"],
    ["H2", "Figures <u>"],
  ]);
  for (const section of document.querySelectorAll("section")) {
    expect(section.querySelector("h2")!.id).toBe(section.getAttribute("aria-labelledby"));
  }
  for (const image of document.querySelectorAll("img")) expect(image.getAttribute("alt")).toMatch(/\S/);
  expect(document.querySelector("table")!.firstElementChild!.outerHTML).toBe("<caption>Test set</caption>");
  expect([...document.querySelectorAll("th[scope=col]")].map((th) => th.textContent)).toEqual(TABLE.columns);
  expect([...document.querySelectorAll("th[scope=row]")].map((th) => th.textContent)).toEqual(["JEM", "control <b>"]);
  expect(document.documentElement.getAttribute("lang")).toBe("en");
});

test("htmlReport() embeds figures byte by byte, with their sizes", () => {
  const [svg, png] = [...page().querySelectorAll("img")];
  const bytes = (image: typeof svg): Buffer => Buffer.from(image!.getAttribute("src")!.split(",")[1]!, "base64");
  expect(svg!.getAttribute("src")).toMatch(/^data:image\/svg\+xml;base64,/);
  expect(bytes(svg).toString("utf8")).toBe(SVG);
  expect([svg!.getAttribute("width"), svg!.getAttribute("height")]).toEqual(["20", "10"]);
  expect(png!.getAttribute("src")).toMatch(/^data:image\/png;base64,/);
  expect([...bytes(png)]).toEqual([...PNG]);
  expect([png!.getAttribute("width"), png!.getAttribute("height")]).toEqual(["2", "3"]);
});

test("htmlReport() shows numbers with six digits and copies all as CSV", () => {
  const document = page();
  expect([...document.querySelectorAll("td.number")].map((td) => td.textContent)).toEqual(["0.123457", "12"]);
  const button = document.querySelector("button")!;
  expect(button.getAttribute("data-csv")).toBe(
    'model,ECE,"note, ""quoted"""\nJEM,0.123456789,"a\nb"\ncontrol <b>,12,\n',
  );
  // Without the script there is no button.
  expect(button.hasAttribute("hidden")).toBe(true);
});

test("htmlReport() has a table of contents from three sections on, whose links lead somewhere", () => {
  const document = page();
  const links = [...document.querySelectorAll("nav a")].map((a) => a.getAttribute("href")!);
  expect(links.map((link) => document.querySelector(link)!.textContent)).toEqual(["Commands", "Tables", "Figures <u>"]);
  expect(page({ title: "Short", sections: REPORT.sections.slice(1) }).querySelector("nav")).toBeNull();
});

test("htmlReport() gives equal strings for equal arguments", () => {
  expect(htmlReport(structuredClone(REPORT))).toBe(htmlReport(REPORT));
});

describe("the style of the report", () => {
  const schemes = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map(([, body]) =>
    Object.fromEntries([...body!.matchAll(/--(\w+): #(\w{6})/g)].map(([, name, hex]) => [name!, hex!])),
  );

  /** The contrast ratio of WCAG 2.2. */
  function contrast(a: string, b: string): number {
    const luminance = (hex: string): number => {
      const [r, g, bl] = [0, 2, 4].map((i) => {
        const channel = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
        return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * bl!;
    };
    const [dark, light] = [luminance(a), luminance(b)].sort((p, q) => p - q);
    return (light! + 0.05) / (dark! + 0.05);
  }

  test.each([0, 1, 2])(
    "has contrasts of at least 7 for text and 5 for the rest in scheme %i of light, dark, print",
    (i) => {
      expect(schemes).toHaveLength(3);
      const { paper, raised, ink, muted, link } = schemes[i]!;
      expect(contrast("000000", "ffffff")).toBeCloseTo(21);
      for (const ground of [paper!, raised!]) {
        expect(contrast(ink!, ground)).toBeGreaterThan(7);
        expect(contrast(muted!, ground)).toBeGreaterThan(5);
        expect(contrast(link!, ground)).toBeGreaterThan(5);
      }
    },
  );
});

test("htmlReport() refuses texts that are missing or empty, and says where", () => {
  const draw = (report: unknown) => () => htmlReport(report as Report);
  expect(draw({ title: "", sections: [] })).toThrow(new RangeError("Cannot build report: title must not be empty"));
  expect(draw({ title: "a" })).toThrow(
    new TypeError("Cannot build report: sections must be an array but found undefined"),
  );
  expect(draw({ title: "a", sections: [{}] })).toThrow("sections[0].heading must be a string but found undefined");
  expect(draw({ title: "a", summary: ["b", ""], sections: [] })).toThrow("summary[1] must not be empty");
  expect(draw({ title: "a", sections: [{ heading: "b", text: 1 }] })).toThrow(
    "sections[0].text must be an array but found 1",
  );
  expect(draw({ title: "a", sections: [{ heading: "b", commands: "ls" }] })).toThrow(
    'sections[0].commands must be an array but found "ls"',
  );
  expect(() => htmlReport(REPORT, { language: 'en" onload="x' })).toThrow("language must be a BCP 47 tag");
});

test("htmlReport() refuses tables that are none, and says where", () => {
  const draw = (change: Partial<ReportTable>) => () =>
    htmlReport({ title: "a", sections: [{ heading: "b", tables: [{ ...TABLE, ...change }] }] });
  const owner = "Cannot build report: sections[0].tables[0]";
  expect(draw({ rows: [["a", 1]] })).toThrow(
    new TypeError(`${owner}.rows[0] must have 3 cells, one a column, but found 2`),
  );
  expect(draw({ rows: [["a", Number.NaN, ""]] })).toThrow(
    new RangeError(`${owner}.rows[0][1] must be finite but found NaN`),
  );
  // @ts-expect-error: not a cell
  expect(draw({ rows: [["a", 1, true]] })).toThrow(`${owner}.rows[0][2] must be text, a number or null but found true`);
  expect(draw({ columns: [], rows: [] })).toThrow(`${owner}.columns must not be empty`);
  expect(draw({ caption: " " })).toThrow(`${owner}.caption must not be empty`);
});

test("htmlReport() refuses figures that are none, and says where", () => {
  const draw = (figure: unknown) => () =>
    htmlReport({ title: "a", sections: [{ heading: "b", figures: [figure as ReportFigure] }] });
  const owner = "Cannot build report: sections[0].figures[0]";
  expect(draw({ svg: SVG })).toThrow(new TypeError(`${owner}.alt must be a string but found undefined`));
  expect(draw({ svg: SVG, alt: "" })).toThrow(new RangeError(`${owner}.alt must not be empty`));
  expect(draw({ svg: "<svg></svg>", alt: "a" })).toThrow(
    new TypeError(`${owner}.svg must be an SVG with its namespace but found "<svg></svg>"`),
  );
  expect(draw({ alt: "a" })).toThrow(new TypeError(`${owner} must have svg or png but found png undefined`));
  expect(draw({ png: PNG.subarray(0, 20), alt: "a" })).toThrow(`${owner}.png must be a PNG but found`);
});
