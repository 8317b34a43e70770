import type { RowResult, RunConfig, TestItem } from '../types.ts';
import { isFloor, judge, type Judgment } from './judge.ts';
import { metricsOf } from './metrics.ts';
import type { Looks } from './plannedLooks.ts';
import type { Metric } from './types.ts';

/** Difference that matters when none was named: a tenth of the better contestant's figure. */
export const MATTERS = 0.1;

/** Metric that the run's claims are about. */
export function primaryOf({ primary, grader }: Pick<RunConfig, 'primary' | 'grader'>): Metric {
  return primary ?? metricsOf(grader)[0] ?? 'accuracy';
}

/**
 * Id of the contestant that the others are compared with: the one that was named, the base model, else the second contestant, else a
 * free floor. Null when there is one contestant only.
 */
export function baselineOf({ baseline, contestants }: Pick<RunConfig, 'baseline' | 'contestants'>): string | null {
  if (baseline !== undefined && contestants.some(({ id }) => id === baseline)) return baseline;
  const [, ...others] = contestants;
  if (others.length === 0) return null;
  const base = contestants.find(({ kind }) => kind === 'base') ?? others.find((one) => !isFloor(one)) ?? others[0];
  return base?.id ?? null;
}

/** Judges a run by its own configuration. `baseline`: another contestant than the run's, chosen to look at. `looks`: those of a run that may stop early. */
export function judgeRun(
  config: RunConfig,
  items: readonly TestItem[],
  rows: readonly RowResult[],
  {
    looks = null,
    baseline = baselineOf(config),
  }: { readonly looks?: Looks | null; readonly baseline?: string | null } = {},
): Judgment {
  return judge({
    contestants: config.contestants,
    baseline,
    grader: config.grader,
    primary: primaryOf(config),
    matters: config.matters ?? MATTERS,
    items,
    rows,
    // A margin, and looks, are about the run's own baseline.
    replacement: baseline === baselineOf(config) ? (config.replacement ?? null) : null,
    looks: config.stopEarly === true && baseline === baselineOf(config) ? (looks ?? new Map()) : null,
  });
}
