import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { MetricPoint } from '../job.ts';

type Figure = Exclude<keyof MetricPoint, 'step' | 'totalSteps' | 'others'>;

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
 * base64 and the decoded text is such a table: a column `step` and columns of numbers, whatever their names. Cells without a figure (empty,
 * `N/A`, `NaN`; `-1` of a loss or an accuracy) are none. Rows without a step are left out; points come in ascending steps.
 */
export function parseResultCsv(content: string): Result<readonly MetricPoint[]> {
  const csv = resultCsvText(content);
  if (csv === null) {
    return fail({
      code: 'not-a-result-file',
      message: t('The result file is not a table of numbers with the column "{0}".', 'step'),
      action: t("See the job's events instead, which hold the same figures."),
    });
  }
  const [head = '', ...rows] = csv.replace(/^\uFEFF/, '').split('\n');
  const mark = markOf(head);
  const names = cells(head, mark);
  const columns = names.map((name) => name.toLowerCase());
  const stepColumn = columns.indexOf('step');
  const points = new Map<number, MetricPoint>();
  for (const row of rows) {
    const values = cells(row, mark);
    const step = number(values[stepColumn]);
    if (step === null || !Number.isSafeInteger(step)) continue;
    const others = new Map<string, number>();
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
      else if (index !== stepColumn && name !== '') {
        const value = signed(values[index]);
        if (value !== null) others.set(names[index] ?? name, value);
      }
    });
    points.set(step, {
      step,
      totalSteps: null,
      ...figures,
      ...(others.size === 0 ? {} : { others: Object.fromEntries(others) }),
    });
  }
  return ok([...points.values()].sort((a, b) => a.step - b.step));
}

/** Recognizes a header line with `step` and a known column, or with `step` above numbers and another column of numbers. */
function isResultCsv(content: string): boolean {
  const [head = '', ...rows] = content
    .replace(/^\uFEFF/, '')
    .slice(0, MOST_LOOKED_AT)
    .split('\n', ROWS_LOOKED_AT);
  if (head.length > 2000) return false;
  const mark = markOf(head);
  const names = cells(head, mark).map((name) => name.toLowerCase());
  const step = names.indexOf('step');
  if (step === -1) return false;
  if (names.some((name) => Object.hasOwn(COLUMNS, name))) return true;
  return rows.some((row) => {
    const values = cells(row, mark);
    return (
      number(values[step]) !== null &&
      values.some((value, index) => index !== step && names[index] !== undefined && signed(value) !== null)
    );
  });
}

/** Beginning of a file that tells whether it is a table; the first rows may have empty cells only. */
const MOST_LOOKED_AT = 65_536;
const ROWS_LOOKED_AT = 200;

type Mark = ',' | ';' | '\t';

/** Mark between the cells: the one that separates `step` from another name. */
function markOf(head: string): Mark {
  const has = (mark: Mark): boolean => cells(head, mark).length > 1;
  return has(',') ? ',' : has(';') ? ';' : has('\t') ? '\t' : ',';
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

/** Splits a row; a cell may be quoted, and then hold the mark. */
function cells(row: string, mark: Mark): readonly string[] {
  if (!row.includes('"')) return row.split(mark).map((cell) => cell.trim());
  const found: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (const char of row) {
    if (char === '"') isQuoted = !isQuoted;
    else if (char === mark && !isQuoted) {
      found.push(cell.trim());
      cell = '';
    } else cell += char;
  }
  return [...found, cell.trim()];
}

/** Finite number of a cell, also a negative one (a reward); null for none. */
function signed(cell: string | undefined): number | null {
  const value = number(cell?.replace(/^[-+]/, ''));
  return value === null || cell?.startsWith('-') !== true ? value : -value;
}

function number(cell: string | undefined): number | null {
  if (cell === undefined || !/^\d+(?:\.\d*)?(?:[eE][-+]?\d+)?$|^\.\d+$/.test(cell)) return null;
  const value = Number(cell);
  return Number.isFinite(value) ? value : null;
}
