import { judgeCurve } from '../../core/training/verdict/judge.ts';
import { addLook, isLookDue, NO_LOOKS, type Looks } from '../../core/training/verdict/live.ts';
import type { ReportedMetrics } from '../engines/engine.ts';

/** Share of its fall that a loss must have risen again. A level end of a few points is called worse half of the time. */
const RISE = 0.1;

const SERIES = ['full_valid_loss', 'valid_loss'] as const;

/** Reason for which a training ends before its last step. */
export interface EarlyEnd {
  readonly series: (typeof SERIES)[number];
  /** Step since which it has been getting worse. */
  readonly since: number;
  readonly step: number;
  readonly totalSteps: number;
}

interface Watched {
  readonly steps: number[];
  readonly values: number[];
  looks: Looks;
}

/**
 * Rule by which a job stops early: a validation loss is getting worse, seen at two looks in a row. It looks each 5 % of the run, as the
 * charts do, so that a flat curve rarely ends a job (docs/verdicts.md). The same metrics give the same end.
 */
export class EarlyStop {
  readonly #watched = new Map(
    SERIES.map((name): [(typeof SERIES)[number], Watched] => [name, { steps: [], values: [], looks: NO_LOOKS }]),
  );

  /** Takes the metrics of the next step; the reason to end here, else null. */
  add(metrics: ReportedMetrics): EarlyEnd | null {
    const { step, total_steps: totalSteps } = metrics;
    let reason: EarlyEnd | null = null;
    for (const [series, watched] of this.#watched) {
      const value = metrics[series];
      if (value !== undefined) {
        watched.steps.push(step);
        watched.values.push(value);
      }
      const progress = step / totalSteps;
      if (isLookDue(watched.looks, progress))
        watched.looks = addLook(watched.looks, progress, judgeCurve(watched.steps, watched.values));
      const { last, stands } = watched.looks;
      if (reason === null && stands && last?.code === 'worse' && hasRisen(watched.values))
        reason = { series, since: last.since?.step ?? last.first ?? step, step, totalSteps };
    }
    return reason;
  }
}

/** Compares the mean of the last values (a tenth of them, two at least) with the lowest one. */
function hasRisen(values: readonly number[]): boolean {
  const last = values.slice(-Math.max(2, Math.floor(values.length / 10)));
  const end = last.reduce((sum, value) => sum + value / last.length, 0);
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  return end - low > RISE * ((values[0] ?? low) - low);
}
