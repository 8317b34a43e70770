// JSON values that hold several rows: a list under a key, and columns instead of rows.
import { isRecord } from './check/rules/rule.ts';

const WRAPPERS: readonly string[] = [
  'data',
  'rows',
  'examples',
  'train',
  'train_data',
  'training_data',
  'records',
  'items',
  'entries',
  'instances',
  'dataset',
  'samples',
];

/** Key of the list of rows in an object that is one wrapper round them; `columns` for a table of pandas (`orient="split"`). */
export function wrappedKey(value: Readonly<Record<string, unknown>>): string | null {
  const { columns, data } = value;
  if (Array.isArray(columns) && columns.every((name) => typeof name === 'string'))
    return Array.isArray(data) && data.length > 0 && data.every((row) => Array.isArray(row)) ? 'columns' : null;
  const keys = WRAPPERS.filter((key) => {
    const list = value[key];
    return Array.isArray(list) && list.length > 0 && isRecord(list[0]);
  });
  return keys.length === 1 ? (keys[0] ?? null) : null;
}

/**
 * First row of an object that holds columns instead of one row; null when it does not. Columns are lists of one length, or
 * objects with the same keys 0, 1, … (pandas' default).
 */
export function columnsOf(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | null {
  const columns = Object.entries(value);
  const [first] = columns;
  if (first === undefined || columns.length > 100) return null;
  const keys = keysOf(first[1]);
  if (keys === null || keys.length === 0) return null;
  for (const [, column] of columns) {
    const own = keysOf(column);
    if (own?.length !== keys.length || own[0] !== keys[0]) return null;
  }
  return rowAt(columns, keys[0] ?? '');
}

/** Every row of such an object. */
export function rowsOfColumns(value: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  const columns = Object.entries(value);
  return (keysOf(columns[0]?.[1]) ?? []).map((key) => rowAt(columns, key));
}

/** Every row of pandas' `orient="split"`. */
export function rowsOfSplit(value: Readonly<Record<string, unknown>>): readonly unknown[] {
  const names = (Array.isArray(value['columns']) ? value['columns'] : []) as readonly string[];
  const rows = (Array.isArray(value['data']) ? value['data'] : []) as readonly (readonly unknown[])[];
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]])));
}

function rowAt(columns: readonly (readonly [string, unknown])[], key: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    columns.map(([name, column]) => [name, (column as Readonly<Record<string, unknown>>)[key]]),
  );
}

/** Keys of a column; null when the value is none. A list of messages is a value of one row. */
function keysOf(column: unknown): readonly string[] | null {
  if (Array.isArray(column)) return isRecord(column[0]) ? null : Object.keys(column);
  if (!isRecord(column)) return null;
  const keys = Object.keys(column);
  return keys.every((key) => /^\d+$/.test(key)) ? keys : null;
}
