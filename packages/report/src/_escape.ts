const NAMES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text made safe inside an element or a quoted attribute of HTML or XML. */
export function escapeXml(value: string): string {
  return printable(value).replace(/[&<>"']/g, (character) => NAMES[character]!);
}

/** Text as one line, for a label. */
export function oneLine(value: string): string {
  return printable(value).replace(/\s+/g, " ").trim();
}

/** Text without what XML 1.0 forbids: control characters and halves of surrogate pairs become U+FFFD. */
function printable(value: string): string {
  return value.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    "\ufffd",
  );
}
