// Values that hold several rows, or a row inside text.
import { isMessageList } from '../check/messageList.ts';
import { isRecord } from '../check/rules/rule.ts';
import { detectKind } from '../kind.ts';
import { rowsOfColumns, rowsOfSplit, wrappedKey } from '../manyRows.ts';
import { isNothing, parsedJson } from './sourceRow.ts';

export interface Expanded {
  readonly rows: readonly unknown[];
  /** JSON of the only row; null when rows were taken out of another value. */
  readonly raw: string | null;
  /** Keys beside the rows. */
  readonly leftOut: readonly string[];
}

/** Takes the rows out of a value: one of the list under a key, of columns, or encoded as text; itself when it is a row. */
export function expand(value: unknown, raw: string | null): Expanded {
  if (typeof value === 'string') {
    const inside = parsedJson(value);
    return inside === undefined
      ? { rows: [value], raw: null, leftOut: [] }
      : { rows: [inside], raw: value, leftOut: [] };
  }
  if (isList(value)) return { rows: value, raw: null, leftOut: [] };
  const kind = isRecord(value) ? detectKind(value) : 'unknown';
  if (!isRecord(value) || (kind !== 'columns' && kind !== 'wrapped')) return { rows: [value], raw, leftOut: [] };
  if (kind === 'columns') return { rows: rowsOfColumns(value), raw: null, leftOut: [] };
  const key = wrappedKey(value) ?? '';
  const beside = Object.keys(value).filter((name) => name !== key && !isNothing(value[name]));
  if (key === 'columns')
    return {
      rows: rowsOfSplit(value),
      raw: null,
      leftOut: beside.filter((name) => name !== 'data' && name !== 'index'),
    };
  const list = value[key] as readonly unknown[];
  const rows = list.map((item) => (isRecord(item) && isRecord(item['row']) ? item['row'] : item));
  return { rows, raw: null, leftOut: beside };
}

/** A list of rows; a list of messages is one row. */
function isList(value: unknown): value is readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0 || isMessageList(value)) return false;
  return (value as readonly unknown[]).every((item) => isRecord(item) || isMessageList(item));
}
