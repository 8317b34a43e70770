// What another run would change: models answer the same prompt differently, which several replies for a row show.
import { createRandom } from '../../base/random.ts';
import { joinSamples } from '../samples.ts';
import type { GraderOptions, GraderType, RowResult } from '../types.ts';
import { valueIn } from './metrics.ts';
import type { Rows } from './pairs.ts';
import type { Metric } from './types.ts';

/** Resamples of one row; fewer in large runs, where the rows average them out. */
const MOST = 200;
const FEWEST = 20;
const ALL = 200_000;
/** Resamples between two steps. */
const STEP = 200;
/** Two runs differ by chance by this many standard errors of one at most, in 95 of 100 cases. */
const APART = 1.96 * Math.SQRT2;

export interface Rerun {
  /** Standard error of the figure by the chance of the replies alone, √Σvᵢ/n, in the metric's unit. */
  readonly se: number;
  /** Difference from this run that 95 of 100 other runs over the same items would not exceed. */
  readonly move: number;
  /** Rows with several replies. */
  readonly rows: number;
}

/**
 * Spread of a contestant's mean error or share over runs on the same items: the replies of each row are drawn again from those that it
 * has. Seeded. Too large rather than too small (docs/statistics.md). Null where no row has several replies.
 */
export function* rerunInSteps(
  rows: Rows,
  metric: Extract<Metric, 'mae' | 'hits' | 'accuracy'>,
  grader: GraderType,
  options: GraderOptions = {},
): Generator<undefined, Rerun | null> {
  const valueOf = valueIn(metric);
  const random = createRandom(42);
  const draws = Math.max(FEWEST, Math.min(MOST, Math.floor(ALL / Math.max(1, rows.size))));
  let sum = 0;
  let n = 0;
  let several = 0;
  let done = 0;
  for (const row of rows.values()) {
    if (valueOf(row) === null) continue;
    n += 1;
    const { samples = [] } = row;
    if (samples.length < 2) continue;
    several += 1;
    const found: number[] = [];
    for (let draw = 0; draw < draws; draw++) {
      const drawn = samples.map(() => random.pick(samples));
      const joined: RowResult = {
        contestant: row.contestant,
        item: row.item,
        ...joinSamples(grader, row.truth, drawn, options),
      };
      const value = valueOf(joined);
      if (value !== null) found.push(value);
      done += 1;
      if (done % STEP === 0) yield;
    }
    sum += varianceOf(found);
  }
  if (several === 0) return null;
  const se = Math.sqrt(sum) / n;
  return { se, move: APART * se, rows: several };
}

function varianceOf(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1);
}
