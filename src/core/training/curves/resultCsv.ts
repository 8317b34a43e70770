import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { MetricPoint } from '../job.ts';

type Figure = Exclude<keyof MetricPoint, 'step' | 'totalSteps'>;

/** Figures by the column names that providers write. */
const COLUMNS: Readonly<Record<string, Figure>> = {
  train_loss: 'trainLoss',
  training_loss: 'trainLoss',
  train_accuracy: 'trainAccuracy',
  train_mean_token_accuracy: 'trainAccuracy',
  valid_loss: 'validLoss',
  validation_loss: 'validLoss',
  valid_mean_token_accuracy: 'validAccuracy',
  validation_mean_token_accuracy: 'validAccuracy',
  full_valid_loss: 'fullValidLoss',
  full_validation_loss: 'fullValidLoss',
  full_valid_mean_token_accuracy: 'fullValidAccuracy',
  full_validation_mean_token_accuracy: 'fullValidAccuracy',
};

/** Readable text of a result file: CSV unchanged, base64 of CSV decoded; null when it is neither. */
export function resultCsvText(content: string): string | null {
  return isResultCsv(content) ? content : decodeBase64Csv(content);
}

/**
 * Parses the curve in a job's result file: CSV, or base64 of CSV (OpenAI). Base64 is accepted only when all of the text is
 * base64 and the decoded text begins with a known header. Cells without a figure (empty, `N/A`, `NaN`, `-1`) are null.
 * Rows without a step are left out; points come in ascending steps.
 */
export function parseResultCsv(content: string): Result<readonly MetricPoint[]> {
  const csv = resultCsvText(content);
  if (csv === null) {
    return fail({
      code: 'not-a-result-file',
      message: t('The result file is not a table that begins with the column "{0}".', 'step'),
      action: t("See the job's events instead, which hold the same figures."),
    });
  }
  const [head = '', ...rows] = csv.replace(/^\uFEFF/, '').split('\n');
  const columns = cells(head).map((name) => name.toLowerCase());
  const stepColumn = columns.indexOf('step');
  const points = new Map<number, MetricPoint>();
  for (const row of rows) {
    const values = cells(row);
    const step = number(values[stepColumn]);
    if (step === null || !Number.isSafeInteger(step)) continue;
    const figures: Record<Figure, number | null> = {
      trainLoss: null,
      trainAccuracy: null,
      validLoss: null,
      validAccuracy: null,
      fullValidLoss: null,
      fullValidAccuracy: null,
    };
    columns.forEach((name, index) => {
      const key = Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
      if (key !== undefined) figures[key] ??= number(values[index]);
    });
    points.set(step, { step, totalSteps: null, ...figures });
  }
  return ok([...points.values()].sort((a, b) => a.step - b.step));
}

/** Recognizes a header line with `step` and at least one known column. */
function isResultCsv(content: string): boolean {
  const end = content.indexOf('\n');
  const head = (end === -1 ? content : content.slice(0, end)).replace(/^\uFEFF/, '');
  if (head.length > 2000) return false;
  const names = cells(head).map((name) => name.toLowerCase());
  return names.includes('step') && names.some((name) => Object.hasOwn(COLUMNS, name));
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Decodes base64; null unless all of the text is base64 of UTF-8 that is a result file. */
function decodeBase64Csv(content: string): string | null {
  const text = content.replace(/[\r\n]+/g, '').trim();
  if (text.length === 0 || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes = new Uint8Array((text.length / 4) * 3 - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const char of text) {
    if (char === '=') break;
    held = ((held << 6) | ALPHABET.indexOf(char)) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = (held >> bits) & 0xff;
    at += 1;
  }
  try {
    const csv = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return isResultCsv(csv) ? csv : null;
  } catch {
    return null;
  }
}

/** Splits a row. The table has numbers only: a cell may be quoted, but never holds a comma. */
function cells(row: string): readonly string[] {
  return row.split(',').map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim(),
  );
}

function number(cell: string | undefined): number | null {
  if (cell === undefined || !/^\d+(?:\.\d*)?(?:[eE][-+]?\d+)?$|^\.\d+$/.test(cell)) return null;
  const value = Number(cell);
  return Number.isFinite(value) ? value : null;
}
