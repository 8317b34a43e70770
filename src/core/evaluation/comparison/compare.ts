// Paired comparison of two contestants, over the rows that both have.
import type { Difference, Estimate } from '../../statistics/interval.ts';
import { jackknife } from '../../statistics/jackknife.ts';
import { studentMean, trimmedMean } from '../../statistics/means.ts';
import { meanOf, rootSquares, sdOf } from '../../statistics/moments.ts';
import { mcnemarMidP, tango, type Discordant } from '../../statistics/shares.ts';
import type { RowResult } from '../types.ts';
import { macroF1 } from './labels.ts';
import { groupsOf, valueIn } from './metrics.ts';
import { areAlone, clusterMeans, differencesOf, isAnswered, pairsOf, type Pairs, type Rows } from './pairs.ts';
import { LESS_IS_BETTER, type Comparison, type Metric } from './types.ts';

/** Level of the interval by which two contestants are called equal: two one-sided tests at 5 %. */
const NARROW = 0.9;
/** Pairs below which nothing is claimed: the intervals were measured from 20 rows on, and still hold roughly at 10. */
export const FEWEST_PAIRS = 10;

/** Comparison before claims, which depend on all others. */
export type Unclaimed = Omit<Comparison, 'claim' | 'typical'> & { readonly typical: Difference | null };

export interface ComparisonInput {
  readonly a: { readonly id: string; readonly rows: Rows };
  readonly b: { readonly id: string; readonly rows: Rows };
  readonly metric: Exclude<Metric, 'medianError'>;
  /** Cluster of an item; items with equal prompts share one. */
  readonly clusterOf: (item: number) => number;
  /** Difference that matters as a share of the better contestant's figure, e.g. 0.1. */
  readonly matters: number;
  /** Level of the interval by which the two are called equal; 0.9 unless said otherwise. */
  readonly equalLevel?: number;
  /** Counts a reply without a number as the guess 0, as the lesson does; a claim must hold with it as well. */
  readonly noNumberAsZero?: boolean;
}

export function compare(input: ComparisonInput): Unclaimed {
  return input.metric === 'f1' ? compareF1(input) : compareValues(input, input.metric);
}

function compareValues(input: ComparisonInput, metric: Exclude<Metric, 'f1' | 'medianError'>): Unclaimed {
  const { a, b, clusterOf } = input;
  const plain = valueIn(metric);
  const valueOf = input.noNumberAsZero === true ? (row: RowResult) => plain(withZero(row)) : plain;
  const pairs = pairsOf(a.rows, b.rows, valueOf);
  const all = differencesOf(pairs);
  const differences = clusterMeans(pairs.items, all, clusterOf);
  const enough = differences.length >= 2;
  const isShare = metric === 'hits' || metric === 'accuracy';
  const isPlainShare = isShare && differences.length === all.length;
  const [difference = null, narrow = null] = enough
    ? intervalsOf(metric === 'rmsle' ? 'root' : isPlainShare ? 'share' : 'mean', {
        pairs,
        differences,
        clusterOf,
        equalLevel: input.equalLevel ?? NARROW,
      })
    : [];
  return {
    a: a.id,
    b: b.id,
    metric,
    items: pairs.items.length,
    clusters: differences.length,
    difference,
    narrow,
    typical: metric === 'mae' && enough ? trimmedMean(differences) : null,
    ...wins(all, LESS_IS_BETTER.has(metric)),
    heaviest: heaviestOf(pairs.items, all),
    matters: mattersOf(pairs, metric, input.matters),
    sd: metric === 'rmsle' || !enough ? null : sdOf(differences),
  };
}

/** Row of a reply without a number, as the guess 0. */
function withZero(row: RowResult): RowResult {
  if (row.status !== 'no-number' || typeof row.truth !== 'number') return row;
  return { ...row, status: 'graded', guess: 0, error: Math.abs(row.truth) };
}

function discordant({ a, b }: Pairs): Discordant {
  let onlyFirst = 0;
  let onlySecond = 0;
  for (const [at, value] of a.entries()) {
    if (value > (b[at] ?? 0)) onlyFirst += 1;
    else if (value < (b[at] ?? 0)) onlySecond += 1;
  }
  return { onlyFirst, onlySecond };
}

/** The difference with its 95 % interval, and with the narrower one by which contestants are called equal. */
function intervalsOf(
  kind: 'root' | 'share' | 'mean',
  from: {
    readonly pairs: Pairs;
    readonly differences: Float64Array;
    readonly clusterOf: (item: number) => number;
    readonly equalLevel: number;
  },
): readonly [Difference | null, Estimate | null] {
  const { pairs, differences, clusterOf, equalLevel } = from;
  switch (kind) {
    case 'root': {
      const { value, without } = rootDifference(pairs, clusterOf);
      return [jackknife(value, without), jackknife(value, without, equalLevel)];
    }
    case 'share': {
      const counts = discordant(pairs);
      const interval = tango(counts, differences.length, 0.95);
      return [interval && { ...interval, p: mcnemarMidP(counts) }, tango(counts, differences.length, equalLevel)];
    }
    case 'mean':
      return [studentMean(differences), studentMean(differences, equalLevel)];
  }
}

/** Difference of two RMSLE, and the same without each cluster. `pairs` holds squared log errors. */
function rootDifference(
  { items, a, b }: Pairs,
  clusterOf: (item: number) => number,
): { readonly value: number; readonly without: Float64Array } {
  const first = sumOf(a);
  const second = sumOf(b);
  const n = items.length;
  const differenceWithout = (sumA: number, sumB: number, rows: number): number =>
    Math.sqrt(Math.max(0, first - sumA) / (n - rows)) - Math.sqrt(Math.max(0, second - sumB) / (n - rows));
  const value = differenceWithout(0, 0, 0);
  // Nearly always; no list is made for each item then.
  if (areAlone(items, clusterOf)) return { value, without: a.map((one, at) => differenceWithout(one, b[at] ?? 0, 1)) };
  const without = Float64Array.from(groupsOf(items, clusterOf), (group) => {
    let sumA = 0;
    let sumB = 0;
    for (const at of group) {
      sumA += a[at] ?? 0;
      sumB += b[at] ?? 0;
    }
    return differenceWithout(sumA, sumB, group.length);
  });
  return { value, without };
}

function sumOf(values: Float64Array): number {
  return meanOf(values) * values.length;
}

function compareF1({ a, b, clusterOf, matters }: ComparisonInput): Unclaimed {
  const items = [...a.rows.keys()]
    .filter((item) => isAnswered(a.rows.get(item)) && isAnswered(b.rows.get(item)))
    .sort((x, y) => x - y);
  const groups = groupsOf(items, clusterOf);
  const first = macroF1(labeledOf(items, a.rows), groups);
  const second = macroF1(labeledOf(items, b.rows), groups);
  const without = first.without.map((value, at) => value - (second.without[at] ?? 0));
  const hits = pairsOf(a.rows, b.rows, valueIn('accuracy'));
  const figure = Math.max(first.f1, second.f1);
  return {
    a: a.id,
    b: b.id,
    metric: 'f1',
    items: items.length,
    clusters: groups.length,
    difference: jackknife(first.f1 - second.f1, without),
    narrow: jackknife(first.f1 - second.f1, without, NARROW),
    typical: null,
    ...wins(differencesOf(hits), false),
    heaviest: null,
    matters: figure > 0 ? figure * matters : null,
    sd: null,
  };
}

function labeledOf(items: readonly number[], rows: Rows): readonly { truth: string; guess: string | null }[] {
  return items.map((item) => {
    const row = rows.get(item);
    return {
      truth: String(row?.truth),
      guess: row?.guess === null || row?.guess === undefined ? null : String(row.guess),
    };
  });
}

function wins(
  differences: Float64Array,
  lessIsBetter: boolean,
): { readonly better: number; readonly worse: number; readonly ties: number } {
  let less = 0;
  let more = 0;
  for (const difference of differences) {
    if (difference < 0) less += 1;
    else if (difference > 0) more += 1;
  }
  const ties = differences.length - less - more;
  return lessIsBetter ? { better: less, worse: more, ties } : { better: more, worse: less, ties };
}

function heaviestOf(items: readonly number[], differences: Float64Array): Comparison['heaviest'] {
  const mean = meanOf(differences);
  const spread = rootSquares(differences, mean);
  if (!(spread > 0)) return null;
  let most = 0;
  let item = -1;
  for (const [at, difference] of differences.entries()) {
    const share = ((difference - mean) / spread) ** 2;
    if (share <= most) continue;
    most = share;
    item = items[at] ?? -1;
  }
  return { item, share: most };
}

/** Difference that matters: a share of the better figure over the pairs (for shares: of the larger one). */
function mattersOf(pairs: Pairs, metric: Metric, share: number): number | null {
  if (pairs.items.length === 0) return null;
  const figure = (values: Float64Array): number => (metric === 'rmsle' ? Math.sqrt(meanOf(values)) : meanOf(values));
  const better = LESS_IS_BETTER.has(metric)
    ? Math.min(figure(pairs.a), figure(pairs.b))
    : Math.max(figure(pairs.a), figure(pairs.b));
  return better > 0 ? better * share : null;
}
