/** Whether a value is a list of rows of jobs, as far as a page reads them. */
export function areJobRows(value: unknown): boolean {
  return Array.isArray(value) && value.every(isRow);
}

function isRow(row: unknown): boolean {
  if (!isObject(row)) return false;
  const { connectionId, jobId, starred, hidden, runId, values, automatic } = row;
  return (
    typeof connectionId === 'string' &&
    typeof jobId === 'string' &&
    typeof starred === 'boolean' &&
    typeof hidden === 'boolean' &&
    (runId === null || typeof runId === 'string') &&
    isObject(values) &&
    !Array.isArray(values) &&
    Object.values(values).every(isValue) &&
    Array.isArray(automatic) &&
    automatic.every((column) => typeof column === 'string')
  );
}

function isValue(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'number';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
