import { joinKeys, labelOf, partition, partitionKey } from './partition.ts';
import type { DataRow } from '../compare/row.ts';

/** Row of one of the two files. */
export interface PairRow {
  readonly file: 'training' | 'validation';
  readonly line: number;
  readonly row: DataRow;
}

export interface CleanSplit {
  /** Training rows in the order of their files, training first; each distinct example once. */
  readonly training: readonly PairRow[];
  readonly validation: readonly PairRow[];
  /** Number of exact repetitions left out. */
  readonly removed: number;
}

/**
 * Splits two overlapping files again: every distinct example once, equal prompts (and the pairs given as
 * nearly equal, as indexes into `rows`) on one side only, with the validation file's share unchanged.
 */
export function cleanSplit(
  rows: readonly PairRow[],
  nearPairs: readonly (readonly [number, number])[],
  seed: number,
): CleanSplit {
  const total = rows.length;
  const share = total === 0 ? 0 : rows.filter(({ file }) => file === 'validation').length / total;
  const first = new Map<number, number>();
  const kept: number[] = [];
  const place = rows.map(({ row }, index) => {
    const known = first.get(row.exact);
    if (known !== undefined) return known;
    first.set(row.exact, kept.length);
    kept.push(index);
    return kept.length - 1;
  });
  const distinct = kept.map((index) => rows[index]).filter((row) => row !== undefined);
  const keys = joinKeys(
    distinct.map(({ row }) => partitionKey(row)),
    nearPairs.map(([a, b]) => [place[a] ?? 0, place[b] ?? 0] as const),
  );
  const parts = partition(
    distinct.map(({ row }, index) => ({ key: keys[index] ?? index, label: labelOf(row) })),
    { shares: [1 - share, share], seed },
  );
  return {
    training: distinct.filter((_, index) => parts[index] === 0),
    validation: distinct.filter((_, index) => parts[index] === 1),
    removed: total - distinct.length,
  };
}
