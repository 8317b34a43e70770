// Text inside Markdown documents that we write.

/** Text of one line that stays text: no markup, links or tables. Hidden characters are the caller's (`untrustedText`, `visibleLine`). */
export function markdownText(line: string): string {
  return line.replace(/[\\`*_[\]<>#|!~&]/g, (sign) => `\\${sign}`);
}

/** Lines of a table; cells are Markdown. The first column is aligned to the left, the others as `numbers` says. */
export function markdownTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  numbers = true,
): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = heads.map((_, index) => (index === 0 || !numbers ? ' --- |' : ' ---: |'));
  return [line(heads), `|${rule.join('')}`, ...rows.map(line)];
}
