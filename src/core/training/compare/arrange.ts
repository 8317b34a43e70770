// Order and choice of the jobs in the table. Ten thousand rows are sorted in some milliseconds: keys are made once a row.
import { jobStatusWord } from '../words/describe.ts';
import { kindOfColumn, valueOf } from './columns.ts';
import type { JobRow } from './jobRow.ts';

export interface RowOrder {
  readonly key: string;
  readonly descending: boolean;
}

export interface RowChoice {
  /** Words that must all occur in some text of the row; case and accents do not count. */
  readonly text: string;
  /** Null: all. */
  readonly status: string | null;
  readonly starredOnly: boolean;
  readonly withHidden: boolean;
  /** Id of a sweep whose runs alone are wanted; null: all. */
  readonly sweep: string | null;
}

export const EVERYTHING: RowChoice = { text: '', status: null, starredOnly: false, withHidden: false, sweep: null };

/** Sorts rows; those without a value come last in both directions, and equal ones keep their order. Column `star`: starred ones first. */
export function sortRows(rows: readonly JobRow[], { key, descending }: RowOrder): readonly JobRow[] {
  const keyed = rows.map((row, index) => ({ row, index, key: sortKey(row, key) }));
  const sign = descending ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null) || a.index - b.index;
    if (typeof a.key !== typeof b.key) return typeof a.key === 'number' ? -1 : 1;
    return a.key < b.key ? -sign : a.key > b.key ? sign : a.index - b.index;
  });
  return keyed.map(({ row }) => row);
}

function sortKey(row: JobRow, column: string): number | string | null {
  if (column === 'star') return row.starred ? 0 : 1;
  const value = valueOf(row, column);
  return typeof value === 'string' ? textKey(value) : value;
}

const textKeys = new Map<string, string>();
const MOST_KEYS = 100_000;

/** Text in an order that people expect: case and accents do not count, and `run 9` comes before `run 10`. */
function textKey(text: string): string {
  let key = textKeys.get(text);
  if (key === undefined) {
    if (textKeys.size > MOST_KEYS) textKeys.clear();
    key = folded(text).replace(/\d+/g, (digits) => digits.padStart(12, '0'));
    textKeys.set(text, key);
  }
  return key;
}

function folded(text: string): string {
  const lower = text.toLowerCase();
  // eslint-disable-next-line no-control-regex -- plain ASCII needs no work
  return /^[\x00-\x7f]*$/.test(lower) ? lower : lower.normalize('NFKD').replace(/\p{M}/gu, '');
}

/** Rows that the user asked for, in their order. */
export function chooseRows(
  rows: readonly JobRow[],
  { text, status, starredOnly, withHidden, sweep }: RowChoice,
): readonly JobRow[] {
  const words = folded(text).split(/\s+/).filter(Boolean);
  const wordOf = statusWords();
  return rows.filter(
    (row) =>
      (withHidden || !row.hidden) &&
      (!starredOnly || row.starred) &&
      (sweep === null || valueOf(row, 'sweep') === sweep) &&
      (status === null || valueOf(row, 'status') === status) &&
      (words.length === 0 || words.every((word) => haystackOf(row, wordOf).includes(word))),
  );
}

const haystacks = new WeakMap<JobRow, string>();

/** Gives a status in words; each is looked up once, as most of ten thousand rows have the same one. */
function statusWords(): (status: string) => string {
  const words = new Map<string, string>();
  return (status) => {
    let word = words.get(status);
    if (word === undefined) words.set(status, (word = jobStatusWord(status)));
    return word;
  };
}

/** All texts of a row; its status in words as well. */
function haystackOf(row: JobRow, wordOf: (status: string) => string): string {
  let haystack = haystacks.get(row);
  if (haystack === undefined) {
    let text = wordOf(String(row.values['status'] ?? ''));
    for (const key in row.values) {
      const value = row.values[key];
      if (typeof value === 'string') text += `\n${value}`;
    }
    haystack = folded(text);
    haystacks.set(row, haystack);
  }
  return haystack;
}

/**
 * Makes what a search and the order by name read, once a row: for rows that come in parts, so that neither waits for ten thousand of
 * them. Without it both are as right, and the first of each takes longer.
 */
export function prepareRows(rows: readonly JobRow[]): void {
  const wordOf = statusWords();
  for (const row of rows) {
    haystackOf(row, wordOf);
    sortKey(row, 'name');
  }
}

/** Statuses of the rows with their numbers, the most frequent one first. */
export function statusesOf(rows: readonly JobRow[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const status = String(valueOf(row, 'status') ?? '');
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/** A job placed by two of its numbers. */
export interface PlacedRow {
  readonly row: JobRow;
  readonly x: number;
  readonly y: number;
}

/** Rows that have a number in both columns, by x. */
export function placedRows(rows: readonly JobRow[], x: string, y: string): readonly PlacedRow[] {
  return rows
    .flatMap((row) => {
      const [atX, atY] = [valueOf(row, x), valueOf(row, y)];
      return typeof atX === 'number' && typeof atY === 'number' ? [{ row, x: atX, y: atY }] : [];
    })
    .sort((a, b) => a.x - b.x || a.y - b.y);
}

/** Whether larger values of the column are worth seeing first. */
export function startsDescending(column: string): boolean {
  return (
    column === 'created' ||
    (column.startsWith('eval.') && /accuracy|hits|f1/.test(column)) ||
    kindOfColumn(column) === 'time'
  );
}
