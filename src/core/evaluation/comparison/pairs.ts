import type { RowResult } from '../types.ts';

/** Rows of one contestant by item. */
export type Rows = ReadonlyMap<number, RowResult>;

/** Values of the rows that two contestants both have, in the order of the items. */
export interface Pairs {
  readonly items: readonly number[];
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/** Value of a row in a metric; null when the row has none. */
export type ValueOf = (row: RowResult) => number | null;

/** Whether a row has an answer that was graded, also one without a number. */
export function isAnswered(row: RowResult | undefined): boolean {
  return row?.status === 'graded' || row?.status === 'no-number';
}

export function pairsOf(a: Rows, b: Rows, valueOf: ValueOf): Pairs {
  const items: number[] = [];
  const first: number[] = [];
  const second: number[] = [];
  for (const item of ascending(a)) {
    const rowA = a.get(item);
    const rowB = b.get(item);
    if (rowA === undefined || rowB === undefined) continue;
    const valueA = valueOf(rowA);
    const valueB = valueOf(rowB);
    if (valueA === null || valueB === null) continue;
    items.push(item);
    first.push(valueA);
    second.push(valueB);
  }
  return { items, a: Float64Array.from(first), b: Float64Array.from(second) };
}

/** Items of the rows in order; most runs have them so, and sorting costs more than all the rest. */
function ascending(rows: Rows): Iterable<number> {
  let before = -Infinity;
  for (const item of rows.keys()) {
    if (item < before) return [...rows.keys()].sort((x, y) => x - y);
    before = item;
  }
  return rows.keys();
}

/** Differences a − b of all pairs. */
export function differencesOf({ a, b }: Pairs): Float64Array {
  return a.map((value, at) => value - (b[at] ?? 0));
}

/** Whether no two of the items share a cluster, as far as each names itself: a cluster is named by one of its items. */
export function areAlone(items: readonly number[], clusterOf: (item: number) => number): boolean {
  return items.every((item) => clusterOf(item) === item);
}

/**
 * Mean of the values of each cluster: items with equal prompts are one observation, since their answers are not independent.
 * `clusterOf` gives the cluster of an item; the order is that of each cluster's first item.
 */
export function clusterMeans(
  items: readonly number[],
  values: Float64Array,
  clusterOf: (item: number) => number,
): Float64Array {
  if (areAlone(items, clusterOf)) return values;
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [at, item] of items.entries()) {
    const key = clusterOf(item);
    const found = sums.get(key);
    if (found) {
      found.sum += values[at] ?? 0;
      found.count += 1;
    } else sums.set(key, { sum: values[at] ?? 0, count: 1 });
  }
  return sums.size === items.length ? values : Float64Array.from(sums.values(), ({ sum, count }) => sum / count);
}
