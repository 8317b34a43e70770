import { resultCsvText } from './curves/resultCsv.ts';

export interface SavedResult {
  readonly text: string;
  /** False: it is no table that is known, and given as it came. */
  readonly isCsv: boolean;
}

/**
 * A result file as it is written to a file of the user's: CSV, decoded where the provider sends base64. A cell that a spreadsheet would
 * run (`=…`, `@…`) gets an apostrophe in front; numbers, also negative ones, stay as they are.
 */
export function savedResult(content: string): SavedResult {
  const csv = resultCsvText(content);
  if (csv === null) return { text: content, isCsv: false };
  const text = csv
    .split('\n')
    .map((line) => line.split(',').map(harmless).join(','))
    .join('\n');
  return { text, isCsv: true };
}

function harmless(cell: string): string {
  const quoted = /^"(.*)"$/s.exec(cell.trim());
  const value = quoted?.[1] ?? cell;
  // OWASP ASVS 5, 1.2.10. The tables have plain cells, so a quote inside is no cell of theirs either.
  if (!/^\s*[=+\-@\t\r\0]/.test(value) || /^\s*[-+]?[\d.]+(?:[eE][-+]?\d+)?\s*$/.test(value)) return cell;
  return quoted ? `"'${value}"` : `'${value}`;
}
