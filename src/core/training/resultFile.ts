import { resultCsvText } from './curves/resultCsv.ts';

export interface SavedResult {
  readonly text: string;
  /** False: the format is not recognized, and the text is unchanged. */
  readonly isCsv: boolean;
}

/**
 * Prepares a result file for saving: CSV, decoded where the provider sends base64. A cell that a spreadsheet would
 * run (`=…`, `@…`) gets an apostrophe in front; numbers, also negative ones, stay unchanged.
 */
export function savedResult(content: string): SavedResult {
  const csv = resultCsvText(content);
  if (csv === null) return { text: content, isCsv: false };
  const text = csv
    .split('\n')
    .map((line) =>
      line
        .split(/([,;\t])/)
        .map(harmless)
        .join(''),
    )
    .join('\n');
  return { text, isCsv: true };
}

function harmless(cell: string): string {
  const quoted = /^"(.*)"$/s.exec(cell.trim());
  const value = quoted?.[1] ?? cell;
  if (cell === '\t') return cell;
  // OWASP ASVS 5, 1.2.10. Cells of these tables are plain, so a cell with a quote inside is not a valid one either.
  if (!/^\s*[=+\-@\t\r\0]/.test(value) || /^\s*[-+]?[\d.]+(?:[eE][-+]?\d+)?\s*$/.test(value)) return cell;
  return quoted ? `"'${value}"` : `'${value}`;
}
