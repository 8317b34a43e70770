import { createRandom } from '../../base/random.ts';
import type { DataRow } from '../compare/row.ts';

/** Properties of a row that splitting needs. */
export interface PartitionRow {
  /** Key (`partitionKey`); rows with equal keys stay together. */
  readonly key: string | number;
  /** Class of the row for stratifying; null when it has none. */
  readonly label: string | number | null;
}

export interface PartitionOptions {
  /** Shares of the parts, e.g. [0.8, 0.1, 0.1]; they are scaled to sum to one. */
  readonly shares: readonly number[];
  readonly seed: number;
  /** True: each part gets its share of every label. Default: the result of `isClassification`. */
  readonly stratify?: boolean;
}

/** Key of a row: equal prompts have equal keys; rows without a prompt are compared as a whole. */
export function partitionKey(row: DataRow): number {
  return row.prompt ?? row.exact;
}

/** Recognizes a classification: few, short, repeated answers, every label at least five times on average. */
export function isClassification(labels: readonly (string | number | null)[]): boolean {
  const distinct = new Set(labels);
  return labels.length >= 10 && distinct.size > 1 && distinct.size * 5 <= labels.length && !distinct.has(null);
}

/** Label of a row: the hash of a short answer; null for long answers and none. */
export function labelOf(row: DataRow): number | null {
  return row.answer !== null && row.answerText.trim() !== '' && row.answerText.length <= 60 ? row.answer : null;
}

/**
 * Assigns each row to a part. Rows with equal keys are in one part; parts come as near to their shares as whole groups allow,
 * and with enough groups none is empty. The same rows, shares and seed give the same parts.
 */
export function partition(rows: readonly PartitionRow[], options: PartitionOptions): Uint8Array {
  const total = options.shares.reduce((sum, share) => sum + Math.max(0, share), 0);
  const shares = options.shares.map((share) => Math.max(0, share) / (total > 0 ? total : 1));
  const groups = new Map<string | number, number[]>();
  rows.forEach(({ key }, index) => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  });
  const stratify = options.stratify ?? isClassification(rows.map(({ label }) => label));

  // Groups by the most frequent label of their rows.
  const strata = new Map<string | number | null, number[][]>();
  for (const group of createRandom(options.seed).shuffle([...groups.values()])) {
    const label = stratify ? mostFrequent(group.map((index) => rows[index]?.label ?? null)) : null;
    const stratum = strata.get(label);
    if (stratum === undefined) strata.set(label, [group]);
    else stratum.push(group);
  }

  const parts = new Uint8Array(rows.length);
  const sizes = shares.map(() => 0);
  let placed = 0;
  for (const stratum of strata.values()) {
    const within = shares.map(() => 0);
    let seen = 0;
    // Large groups first: the smaller ones then even out the parts. The sort keeps the seeded order of equal ones.
    for (const group of stratum.sort((a, b) => b.length - a.length)) {
      seen += group.length;
      placed += group.length;
      let best = 0;
      let bestNeed = -Infinity;
      shares.forEach((share, part) => {
        if (share === 0) return;
        // Deficit of the part in this label, then in all rows.
        const need = share * seen - (within[part] ?? 0) + (share * placed - (sizes[part] ?? 0)) / 1000;
        if (need > bestNeed) {
          best = part;
          bestNeed = need;
        }
      });
      for (const index of group) parts[index] = best;
      within[best] = (within[best] ?? 0) + group.length;
      sizes[best] = (sizes[best] ?? 0) + group.length;
    }
  }
  fillEmpty(parts, shares, sizes, [...groups.values()]);
  return parts;
}

/** Gives an empty part the smallest group of the largest part. */
function fillEmpty(parts: Uint8Array, shares: readonly number[], sizes: number[], groups: readonly number[][]): void {
  shares.forEach((share, part) => {
    if (share === 0 || (sizes[part] ?? 0) > 0) return;
    const largest = sizes.indexOf(Math.max(...sizes));
    const candidates = groups.filter(([first]) => first !== undefined && parts[first] === largest);
    if (candidates.length < 2) return;
    const smallest = candidates.reduce((a, b) => (b.length < a.length ? b : a));
    for (const index of smallest) parts[index] = part;
    sizes[largest] = (sizes[largest] ?? 0) - smallest.length;
    sizes[part] = smallest.length;
  });
}

function mostFrequent<T>(values: readonly T[]): T | null {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: T | null = null;
  for (const [value, count] of counts) if (best === null || count > (counts.get(best) ?? 0)) best = value;
  return best;
}

/** Joins the keys of pairs of rows (indexes), so that nearly equal rows stay together too. */
export function joinKeys(
  keys: readonly (string | number)[],
  pairs: Iterable<readonly [number, number]>,
): readonly (string | number)[] {
  const parent = new Map<string | number, string | number>();
  const root = (key: string | number): string | number => {
    let at = key;
    for (;;) {
      const up = parent.get(at);
      if (up === undefined) return at;
      const above = parent.get(up);
      if (above !== undefined) parent.set(at, above);
      at = up;
    }
  };
  for (const [a, b] of pairs) {
    const [left, right] = [root(keys[a] ?? a), root(keys[b] ?? b)];
    if (left !== right) parent.set(right, left);
  }
  return keys.map(root);
}

/** Chooses the indexes of `count` rows at random, in their order; all when there are fewer. */
export function sampleRows(total: number, count: number, seed: number): readonly number[] {
  const random = createRandom(seed);
  const chosen: number[] = [];
  const wanted = Math.min(Math.max(0, Math.floor(count)), total);
  // Selection sampling (Knuth, TAOCP 2, 3.4.2 S): every set of rows is equally likely, in order, in one pass.
  for (let index = 0; chosen.length < wanted; index += 1)
    if ((total - index) * random.next() < wanted - chosen.length) chosen.push(index);
  return chosen;
}

/** Shuffles row indexes by a seed. */
export function shuffledRows(total: number, seed: number): readonly number[] {
  return createRandom(seed).shuffle(Array.from({ length: total }, (_, index) => index));
}
