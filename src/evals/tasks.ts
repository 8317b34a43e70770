import type { Contestant, RowResult, RunConfig, TestItem } from '../core/evaluation/types.ts';
import type { RunState } from './reader.ts';
import { gradedRow, type Task } from './scheduler.ts';
import { canBeGraded, ungradableRow } from './ungradable.ts';

/** Returns the contestants of the configuration, with the parameters that their models turned out to refuse. */
export function contestantsOf({ contestants }: RunConfig, state: RunState): readonly Contestant[] {
  return contestants.map((contestant) => {
    const found = state.leftOut(contestant.id);
    return found.length === 0 ? contestant : { ...contestant, leftOut: found };
  });
}

/** Tells whether a start asks this contestant the item: it can be graded, and its row is missing or ended in an error. */
export function isOpen(config: RunConfig, state: RunState, contestant: string, item: TestItem): boolean {
  const row = state.row(contestant, item.index);
  return (row === undefined || row.status === 'error') && canBeGraded(config, item);
}

/** Returns the tasks of one item, for every contestant that a start asks it. */
export function openTasks(
  config: RunConfig,
  state: RunState,
  contestants: readonly Contestant[],
  item: TestItem,
): readonly Task[] {
  return contestants
    .filter(({ id }) => isOpen(config, state, id, item))
    .map((contestant) => ({ contestant, item, attempts: 0 }));
}

/** Returns the missing rows of an item that cannot be graded. */
export function missingUngradable(config: RunConfig, state: RunState, item: TestItem): readonly RowResult[] {
  return config.contestants
    .filter(({ id }) => state.row(id, item.index) === undefined && !canBeGraded(config, item))
    .map(({ id }) => ungradableRow(id, item));
}

export function isConstant(task: Task): boolean {
  return task.contestant.kind === 'constant';
}

export function constantRow(config: RunConfig): (task: Task) => RowResult {
  return ({ contestant, item }) => gradedRow(config, contestant, item, contestant.constant ?? '', null);
}
