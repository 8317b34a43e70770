import type { RowResult } from '../../src/core/evaluation/types.ts';
import type { SortOrder } from '../virtualTable.ts';
import { classOf, type EvaluationModel, type Filter } from './evaluationModel.ts';
import type { Pair } from './runJudgment.ts';

/** One row of the table: the answer of the shown contestant, and of the one that it is compared with. */
export interface ShownRow {
  readonly row: RowResult;
  readonly other: RowResult | undefined;
}

export interface ListOptions {
  readonly filter: Filter;
  readonly search: string;
  readonly sort: SortOrder;
  /** Items that a picture selected; null: all. */
  readonly selected: ReadonlySet<number> | null;
}

export const SORT_KEYS = ['file', 'class', 'title', 'truth', 'guess', 'other', 'error', 'change'] as const;

/** Error of the first contestant less that of the other one; null where one of them has none. */
export function changeOf({ row, other }: ShownRow): number | null {
  if (row.error === null || other?.error === null || other?.error === undefined) return null;
  return row.error - other.error;
}

/** The rows of a contestant that are shown, in their order; those without a value come last in either direction. */
export function listRows(model: EvaluationModel, pair: Pair, options: ListOptions): readonly ShownRow[] {
  const { filter, selected, sort } = options;
  const search = options.search.trim().toLowerCase();
  const rows = model.rowsOf(pair.a);
  const others = pair.b === null ? null : model.rowsOf(pair.b);
  const found: ShownRow[] = [];
  // In the order of the file, which needs no sorting.
  for (const { index } of model.state.items) {
    const row = rows.get(index);
    if (row === undefined) continue;
    if (filter !== 'all' && classOf(row) !== filter) continue;
    if (selected !== null && !selected.has(index)) continue;
    if (search !== '' && !matches(model, row, search)) continue;
    found.push(shownOf(row, others?.get(index)));
  }
  if (sort.key === 'file') return sort.descending ? found.reverse() : found;
  const sign = sort.descending ? -1 : 1;
  const keyed = found.map((shown) => ({ shown, key: keyOf(model, shown, sort.key) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    return sign * compare(a.key, b.key);
  });
  return keyed.map(({ shown }) => shown);
}

const known = new WeakMap<RowResult, ShownRow>();

/** The same object for the same rows, so that the table keeps its elements and the focus in them. */
function shownOf(row: RowResult, other: RowResult | undefined): ShownRow {
  const before = known.get(row);
  if (before && before.other === other) return before;
  const shown = { row, other };
  known.set(row, shown);
  return shown;
}

function compare(x: number | string, y: number | string): number {
  if (typeof x === 'number' && typeof y === 'number') return x - y;
  return x === y ? 0 : x < y ? -1 : 1;
}

const CLASSES: readonly Filter[] = ['green', 'orange', 'red', 'no-number', 'refused', 'error', 'ungradable'];

function keyOf(model: EvaluationModel, shown: ShownRow, key: string): number | string | null {
  const { row, other } = shown;
  switch (key) {
    case 'class':
      return CLASSES.indexOf(classOf(row) ?? 'ungradable');
    case 'title':
      return (model.item(row.item)?.title ?? '').toLowerCase();
    case 'truth':
      return row.truth;
    case 'guess':
      return row.guess;
    case 'other':
      return other?.guess ?? null;
    case 'error':
      return row.error;
    case 'change':
      return changeOf(shown);
    default:
      return row.item;
  }
}

function matches(model: EvaluationModel, row: RowResult, search: string): boolean {
  const item = model.item(row.item);
  return (
    (item?.title.toLowerCase().includes(search) ?? false) ||
    String(item?.line) === search ||
    String(row.truth).toLowerCase().includes(search) ||
    (row.sample ?? row.message ?? '').toLowerCase().includes(search)
  );
}
