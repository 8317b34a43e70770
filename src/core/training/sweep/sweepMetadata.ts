/** Metadata of a job that is a run of a sweep: the sweep's id. */
export const SWEEP_KEY = 'tuning_fork_sweep';

/** Metadata of a job that is a run of a sweep: the count of its runs, for a cluster, which trains them beside each other. */
export const SWEEP_RUNS_KEY = 'tuning_fork_sweep_runs';

/** Runs of the largest sweep that a cluster takes; the trainer has the same bound. */
const MOST_RUNS = 100;

/** Sweep that a cluster trains: its id, and the count of its runs. */
export interface ClusterSweep {
  readonly id: string;
  readonly runs: number;
}

/** Id of the sweep that a job belongs to; null: of none. */
export function sweepOf(metadata: Readonly<Record<string, string>>): string | null {
  return metadata[SWEEP_KEY] ?? null;
}

/** Sweep whose runs a cluster trains as one; null where the metadata, which any client may write, does not name one. */
export function clusterSweepOf(metadata: Readonly<Record<string, string>> | null): ClusterSweep | null {
  const [id = '', runs = ''] = [metadata?.[SWEEP_KEY], metadata?.[SWEEP_RUNS_KEY]];
  if (!/^[A-Za-z0-9_-]{8,64}$/.test(id) || !/^[1-9]\d{0,2}$/.test(runs) || Number(runs) > MOST_RUNS) return null;
  return { id, runs: Number(runs) };
}
