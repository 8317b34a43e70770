import { createRandom } from '../core/base/random.ts';
import { baselineOf } from '../core/evaluation/comparison/runJudgment.ts';
import type { Contestant, RunConfig, TestItem } from '../core/evaluation/types.ts';

/** Items in the order in which they are asked; the same at every start. A run that may stop early always asks in a random order. */
export function askingOrder(config: RunConfig, items: readonly TestItem[]): readonly TestItem[] {
  const seed = config.order?.seed ?? (config.stopEarly ? config.sampling.seed : undefined);
  return seed === undefined ? items : createRandom(seed).shuffle(items);
}

/** Contestants in the order in which an item is asked: the baseline last in a run that may stop early. */
export function contestantOrder(config: RunConfig, contestants: readonly Contestant[]): readonly Contestant[] {
  const baseline = config.stopEarly ? baselineOf(config) : null;
  if (baseline === null) return contestants;
  return [...contestants.filter(({ id }) => id !== baseline), ...contestants.filter(({ id }) => id === baseline)];
}
