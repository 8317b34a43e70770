import { t } from '../../../core/base/messages.ts';
import type { ChatMessage } from '../../../core/dataset/example.ts';
import { textOf } from '../../../core/dataset/example.ts';
import type { RowResult, RunConfig, TestItem } from '../../../core/evaluation/types.ts';
import { askProvider } from '../../../evals/askProvider.ts';
import { Patterns } from '../../../evals/patterns.ts';
import { failedRow, repliedRow } from '../../../evals/rows.ts';
import type { EvaluationRun } from '../../../evals/runner.ts';
import type { ToEvaluationPanel } from '../../../protocol/evaluationPanel.ts';
import type { Services } from '../../services.ts';
import { asProblem } from '../../ui/errors.ts';

/** Nearest training examples shown beside a row. */
const NEIGHBORS = 5;

/** The whole row: its prompt, truth and answers. Undefined for an item that does not exist: a page may name any. */
export function rowMessage(run: EvaluationRun, index: number): Extract<ToEvaluationPanel, { type: 'row' }> | undefined {
  const item = run.items[index];
  return (
    item && {
      type: 'row',
      item: item.index,
      messages: item.messages,
      truth: item.truth,
      samples: run.config.contestants.map((contestant) => {
        const row = run.row(contestant.id, item.index);
        return { contestant: contestant.id, sample: row?.sample ?? null, message: row?.message ?? null };
      }),
    }
  );
}

/** Training file of the model's job, as it was uploaded, else the one that the evaluation names; null when neither is known. */
export function trainingFileOf(
  { jobs }: Pick<Services, 'jobs'>,
  { jobId, contestants, trainingFile }: Pick<RunConfig, 'jobId' | 'contestants' | 'trainingFile'>,
): string | null {
  if (jobId === undefined) return trainingFile ?? null;
  const connections = contestants.flatMap(({ connectionId }) => connectionId ?? []);
  for (const connectionId of new Set(connections)) {
    const path = jobs.get(connectionId, jobId)?.local.trainingPath;
    if (path !== undefined && path !== null) return path;
  }
  return trainingFile ?? null;
}

/** Looks up the training examples that are nearest to an item, in the dataset worker. */
export async function neighborsMessage(
  { datasets }: Pick<Services, 'datasets'>,
  training: string,
  item: TestItem,
  signal: AbortSignal,
): Promise<Extract<ToEvaluationPanel, { type: 'neighbors' }>> {
  try {
    const neighbors = await datasets.neighbors(training, questionIn(item.messages), NEIGHBORS, signal);
    return { type: 'neighbors', item: item.index, neighbors, problem: null };
  } catch (error) {
    const problem = t('The training file cannot be read: {0}', asProblem(error).message);
    return { type: 'neighbors', item: item.index, neighbors: [], problem };
  }
}

function questionIn(messages: readonly ChatMessage[]): string {
  const user = messages.findLast(({ role }) => role === 'user');
  return user === undefined ? '' : textOf(user);
}

/** Asks one contestant one item once more, and grades the reply; nothing of it is kept. */
export async function askOnce(
  { providers }: Pick<Services, 'providers'>,
  run: EvaluationRun,
  contestantId: string,
  item: TestItem,
  signal: AbortSignal,
): Promise<RowResult> {
  const { config } = run;
  const contestant = run.contestants.find(({ id }) => id === contestantId);
  if (contestant?.model === undefined) throw new Error('The contestant has no model.');
  const patterns = new Patterns(config);
  try {
    const started = performance.now();
    const reply = await askProvider(providers, config)(contestant, item, signal, 0);
    await patterns.prepare(item, reply.text);
    return repliedRow(config, contestant, item, reply, performance.now() - started, patterns);
  } catch (error) {
    return failedRow(contestant, item, asProblem(error));
  } finally {
    patterns.dispose();
  }
}
