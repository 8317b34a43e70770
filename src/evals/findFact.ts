import { judgeInSteps } from '../core/evaluation/comparison/judge.ts';
import { factOf, type RunFact } from '../core/evaluation/comparison/fact.ts';
import { questionOf } from '../core/evaluation/comparison/question.ts';
import type { RowResult, RunConfig, TestItem } from '../core/evaluation/types.ts';
import type { Look } from '../core/statistics/earlyStop.ts';
import { JournalReader, RunState } from './reader.ts';
import { journalOf } from './runFiles.ts';

/** Items handled at a time: a few milliseconds, so that the thread stays free for other work in between. */
const SLICE_ITEMS = 1000;

/** Reads a run and judges it, in slices; null when it has nothing to say. Rejects with the system's error. */
export async function findFact(folder: string, id: string): Promise<RunFact | null> {
  const state = new RunState();
  await new JournalReader(journalOf(folder, id)).read((records) => {
    for (const record of records) state.take(record);
  });
  const { config, items, rows } = state;
  return config === null ? null : judgeFact(config, items, rows, (contestant) => state.looks(contestant));
}

/** Judges the rows of a run in slices. */
export async function judgeFact(
  config: RunConfig,
  items: readonly TestItem[],
  rows: readonly RowResult[],
  looksOf: (contestant: string) => readonly Look[] = () => [],
): Promise<RunFact | null> {
  const clusters = await clustersOf(items);
  const question = questionOf(config);
  const judging = judgeInSteps({
    contestants: config.contestants,
    ...question,
    grader: config.grader,
    items: [],
    clusterOf: (item) => clusters.get(item) ?? item,
    rows,
    looks: config.stopEarly === true ? new Map(config.contestants.map(({ id }) => [id, looksOf(id)])) : null,
  });
  for (;;) {
    const step = judging.next();
    if (step.done === true) return factOf(step.value, question, config.contestants);
    await new Promise(setImmediate);
  }
}

/** First item with the same prompt, for the later ones. */
async function clustersOf(items: readonly TestItem[]): Promise<ReadonlyMap<number, number>> {
  const firsts = new Map<string, number>();
  const clusters = new Map<number, number>();
  for (const [at, { index, messages }] of items.entries()) {
    const key = JSON.stringify(messages);
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, index);
    else clusters.set(index, first);
    if (at % SLICE_ITEMS === SLICE_ITEMS - 1) await new Promise(setImmediate);
  }
  return clusters;
}
