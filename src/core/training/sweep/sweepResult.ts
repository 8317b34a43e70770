import { MODEL_LOSS, valueOf } from '../compare/columns.ts';
import type { JobRow } from '../compare/jobRow.ts';

/** Runs of a sweep that have a model, by its validation loss. */
export interface SweepResult {
  /** Runs with a loss. */
  readonly runs: number;
  readonly loss: number;
  /** Runs with the lowest loss; several where they tie. */
  readonly lowest: readonly JobRow[];
}

/** Lowest validation loss of the runs of a sweep; null while fewer than two have one: one is the lowest of nothing. */
export function sweepResult(rows: readonly JobRow[]): SweepResult | null {
  const losses = rows.flatMap((row) => {
    const loss = valueOf(row, MODEL_LOSS);
    return typeof loss === 'number' ? [{ row, loss }] : [];
  });
  if (losses.length < 2) return null;
  const loss = Math.min(...losses.map((one) => one.loss));
  return { runs: losses.length, loss, lowest: losses.filter((one) => one.loss === loss).map(({ row }) => row) };
}
