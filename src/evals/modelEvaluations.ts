// What the ended evaluations of this machine say about one model.
import { judgeSliced } from './judgeSliced.ts';
import { isOver } from './plan.ts';
import type { RunRegistry } from './registry.ts';
import type { Judgment } from '../core/evaluation/comparison/judge.ts';
import type { RunConfig } from '../core/evaluation/types.ts';

export interface ModelEvaluation {
  readonly config: RunConfig;
  readonly judgment: Judgment;
  /** Id of the contestant that is the model. */
  readonly contestant: string;
}

/**
 * Judges the ended evaluations in which a model took part, newest first, five at most. A run that cannot be read is left out.
 * @param runs loaded
 */
export async function evaluationsOf(
  model: { readonly connectionId: string; readonly model: string },
  runs: Pick<RunRegistry, 'list' | 'open' | 'close'>,
  signal: AbortSignal,
  most = 5,
): Promise<readonly ModelEvaluation[]> {
  const found: ModelEvaluation[] = [];
  for (const { config, status } of runs.list()) {
    const own = config.contestants.find(
      (one) => one.connectionId === model.connectionId && one.model === model.model && one.recorded === undefined,
    );
    if (own === undefined || !isOver({ status })) continue;
    if (found.length === most) break;
    signal.throwIfAborted();
    const opened = await runs.open(config.id);
    if (!opened.ok) continue;
    const run = opened.value;
    try {
      const judgment = await judgeSliced(run.config, run.items, run.rows, (id) => run.looks(id));
      found.push({ config: run.config, judgment, contestant: own.id });
    } finally {
      runs.close(run);
    }
  }
  return found;
}
