import { judgeInSteps, type Judgment } from '../core/evaluation/comparison/judge.ts';
import { questionOf } from '../core/evaluation/comparison/question.ts';
import type { RowResult, RunConfig, TestItem } from '../core/evaluation/types.ts';
import type { Look } from '../core/statistics/earlyStop.ts';

/** Items handled at a time: a few milliseconds, so that the thread stays free for other work in between. */
const SLICE_ITEMS = 1000;

/** Judges the rows of a run by its own configuration, in slices; the same as `judgeRun`. */
export async function judgeSliced(
  config: RunConfig,
  items: readonly TestItem[],
  rows: readonly RowResult[],
  looksOf: (contestant: string) => readonly Look[] = () => [],
): Promise<Judgment> {
  const clusters = await clustersOf(items);
  const judging = judgeInSteps({
    contestants: config.contestants,
    ...questionOf(config),
    grader: config.grader,
    items,
    clusterOf: (item) => clusters.get(item) ?? item,
    rows,
    looks: config.stopEarly === true ? new Map(config.contestants.map(({ id }) => [id, looksOf(id)])) : null,
  });
  for (;;) {
    const step = judging.next();
    if (step.done === true) return step.value;
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
