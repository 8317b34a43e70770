/** Metadata of a job that is a run of a sweep: the sweep's id. */
export const SWEEP_KEY = 'tuning_fork_sweep';

/** Id of the sweep that a job belongs to; null: of none. */
export function sweepOf(metadata: Readonly<Record<string, string>>): string | null {
  return metadata[SWEEP_KEY] ?? null;
}
