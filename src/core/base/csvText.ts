/** Cell of a written table; null, NaN and infinite numbers leave it empty. */
export type CsvCell = string | number | null;

/**
 * Writes a table as CSV (RFC 4180: CR LF, quotes doubled). Text that a spreadsheet would take for a formula gets an apostrophe in
 * front, also when it begins with the full-width form of a sign; numbers stay numbers, negative ones too.
 */
export function csvText(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

// eslint-disable-next-line no-control-regex -- some readers drop NUL: the text behind it comes first then
const FORMULA = /^[=+\-@\t\r\n\u0000＝＋－＠]/;

function csvCell(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
