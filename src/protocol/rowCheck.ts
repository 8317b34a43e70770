// Rows come by the ten thousand, and the content policy of a page keeps schemas from being compiled: they are checked by hand.

const STATUSES: ReadonlySet<unknown> = new Set(['graded', 'no-number', 'error', 'ungradable']);
const COLOURS: ReadonlySet<unknown> = new Set(['green', 'orange', 'red', null]);

/** Whether a value is a list of rows, as far as a page reads them. */
export function areRows(value: unknown): boolean {
  return Array.isArray(value) && value.every(isRow);
}

function isRow(row: unknown): boolean {
  if (!isObject(row)) return false;
  const { contestant, item, status, sample, guess, truth, error, colour, usage, ms } = row;
  return (
    typeof contestant === 'string' &&
    Number.isInteger(item) &&
    (item as number) >= 0 &&
    STATUSES.has(status) &&
    (sample === null || typeof sample === 'string') &&
    (guess === null || isValue(guess)) &&
    isValue(truth) &&
    (error === null || typeof error === 'number') &&
    COLOURS.has(colour) &&
    isTextOrAbsent(row['message']) &&
    isTextOrAbsent(row['code']) &&
    isTextOrAbsent(row['finishReason']) &&
    (ms === undefined || typeof ms === 'number') &&
    (usage === undefined ||
      (isObject(usage) && typeof usage['input'] === 'number' && typeof usage['output'] === 'number'))
  );
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isValue(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
