/** The estimated width of a line of text in CSS pixels, on the wide side: fonts differ from system to system. */
export function textWidth(line: string, size: number, bold = false): number {
  let ems = 0;
  for (const character of line) {
    if (/[iIjlft.,:;'|!()[\] ]/.test(character)) ems += 0.37;
    else if (/[mwMW%@—\u1100-\uffff]/.test(character)) ems += 0.96;
    else ems += /[A-Z]/.test(character) ? 0.72 : 0.62;
  }
  return ems * size * (bold ? 1.13 : 1);
}

/** Breaks text between words, and not before a "·", into lines of at most `width` CSS pixels; a longer word has its own. */
export function wrap(text: string, width: number, size: number, bold = false): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+(?!·)/).filter((part) => part !== "")) {
    const line = lines.at(-1);
    const longer = line === undefined ? word : `${line} ${word}`;
    if (line === undefined || textWidth(longer, size, bold) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
