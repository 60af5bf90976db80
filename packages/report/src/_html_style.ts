/** The style of the report: the system's fonts, light or dark as the system is, black on white in print. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f6f8fa; --ink: #1f2328; --muted: #57606a; --rule: #d0d7de; --link: #0550ae;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171c; --raised: #1f242c; --ink: #e6e8eb; --muted: #a9b1bb; --rule: #3a414b; --link: #7cb7ff; }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 80rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1, h2 { line-height: 1.25; text-wrap: balance; }
h1, h2, p, li, figcaption { overflow-wrap: anywhere; }
h1 { font-size: 1.9rem; margin: 0 0 1rem; }
h2 { font-size: 1.35rem; margin: 3rem 0 0.75rem; padding-top: 1rem; border-top: 1px solid var(--rule); }
p, nav { max-width: 44rem; }
.summary { font-size: 1.08rem; }
a { color: var(--link); }
nav ol { margin: 0.5rem 0; padding-left: 1.5rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; margin: 1.5rem 0; }
figure { margin: 0; min-width: min(12rem, 100%); max-width: 100%; }
.card { padding: 0.5rem; border: 1px solid var(--rule); border-radius: 6px; background: #ffffff; width: fit-content; max-width: 100%; }
.card img { display: block; max-width: 100%; height: auto; }
figcaption, caption { color: var(--muted); font-size: 0.92rem; text-align: left; max-width: 44rem; }
/* A caption is as wide as its figure, and does not widen it. */
figcaption { margin-top: 0.5rem; contain: inline-size; }
.table { margin: 1.5rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.95rem; }
caption { padding-bottom: 0.5rem; }
th, td { padding: 0.35rem 0.9rem 0.35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
thead th { border-bottom: 2px solid var(--muted); vertical-align: bottom; }
tbody th { font-weight: 500; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
pre {
  overflow-x: auto; padding: 0.8rem 1rem; border: 1px solid var(--rule); border-radius: 6px; background: var(--raised);
  font: 0.88rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
button {
  margin-top: 0.5rem; padding: 0.25rem 0.7rem; border: 1px solid var(--rule); border-radius: 6px; cursor: pointer;
  background: var(--raised); color: var(--ink); font: inherit; font-size: 0.85rem;
}
button:hover { border-color: var(--muted); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
@media print {
  :root { --paper: #ffffff; --raised: #ffffff; --ink: #000000; --muted: #333333; --rule: #999999; --link: #000000; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  nav, button { display: none; }
  figure, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  pre { white-space: pre-wrap; }
}
`;

/** Shows the buttons, which do nothing without it, and copies the table that a button holds as CSV. */
export const SCRIPT = `
for (const button of document.querySelectorAll("button[data-csv]")) {
  button.hidden = false;
  const say = (text) => {
    const label = button.dataset.label ??= button.textContent;
    button.textContent = text;
    setTimeout(() => { button.textContent = label; }, 2000);
  };
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.csv);
      say("Copied");
    } catch {
      const area = document.createElement("textarea");
      area.value = button.dataset.csv;
      document.body.append(area);
      area.select();
      say(document.execCommand("copy") ? "Copied" : "Copying is not allowed here");
      area.remove();
      button.focus();
    }
  });
}
`;
