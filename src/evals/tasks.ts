import type { Contestant, RowResult, RunConfig, TestItem } from '../core/evaluation/types.ts';
import { contestantOrder } from './order.ts';
import type { RunState } from './reader.ts';
import { cachedRow, gradedRow } from './rows.ts';
import { RequestKeys } from './sameRequests.ts';
import { type Patterns, prepareAll } from './patterns.ts';
import { type Task, taskOf } from './task.ts';
import { canBeGraded, ungradableRow } from './ungradable.ts';

/** Items prepared at a time: a few milliseconds, so that the thread stays free for other work in between. */
const SLICE_ITEMS = 250;

/** Returns the contestants of the configuration, with the parameters that their models turned out to refuse. */
export function contestantsOf({ contestants }: RunConfig, state: RunState): readonly Contestant[] {
  return contestants.map((contestant) => {
    const found = state.leftOut(contestant.id);
    return found.length === 0 ? contestant : { ...contestant, leftOut: found };
  });
}

/**
 * Tells whether a start asks this contestant the item: it can be graded, and its row is missing or ended in an error. Recorded answers are
 * never asked for.
 */
export function isOpen(config: RunConfig, state: RunState, contestant: string, item: TestItem): boolean {
  if (config.contestants.some(({ id, recorded }) => id === contestant && recorded !== undefined)) return false;
  const row = state.row(contestant, item.index);
  return (row === undefined || row.status === 'error') && canBeGraded(config, item);
}

/**
 * Lists the tasks that need a request, in slices. The rows that need none are handed on at once: of items that cannot be graded, of the
 * constant, which costs nothing and is the baseline of all comparisons, and of requests that the run has the reply to.
 * @param items in the order in which they are asked
 */
export async function listTasks(
  config: RunConfig,
  state: RunState,
  items: readonly TestItem[],
  patterns: Patterns,
  take: (rows: readonly RowResult[]) => void,
): Promise<readonly Task[]> {
  const contestants = contestantOrder(config, contestantsOf(config, state));
  const keys = new RequestKeys(config);
  /** Row of a reply that others with the same request share. */
  const known = new Map<string, RowResult>();
  const tasks: Task[] = [];
  for (let first = 0; first < items.length; first += SLICE_ITEMS) {
    const rows: RowResult[] = [];
    for (const item of items.slice(first, first + SLICE_ITEMS)) {
      const isGradable = canBeGraded(config, item);
      for (const contestant of contestants) {
        const row = state.row(contestant.id, item.index);
        if (!isGradable) {
          if (row === undefined) rows.push(ungradableRow(contestant.id, item));
          continue;
        }
        if (contestant.recorded !== undefined) continue;
        const isMissing = row === undefined || row.status === 'error';
        if (contestant.kind === 'constant') {
          if (!isMissing) continue;
          const answer = floorAnswer(contestant, item);
          await patterns.prepare(item, answer);
          rows.push(gradedRow(config, contestant, item, answer, null, patterns));
          continue;
        }
        const key = keys.keyOf(contestant, item);
        if (isMissing) tasks.push(taskOf(contestant, item, key, state.samples(contestant.id, item.index)));
        else if (key !== null && row.sample !== null && !known.has(key)) known.set(key, row);
      }
    }
    take(rows);
    await new Promise(setImmediate);
  }
  return known.size === 0 ? tasks : withoutKnown(config, tasks, known, patterns, take);
}

/** Answer of a free floor. */
function floorAnswer({ answers, constant = '' }: Contestant, { index }: TestItem): string {
  return answers?.[index] ?? constant;
}

async function withoutKnown(
  config: RunConfig,
  tasks: readonly Task[],
  known: ReadonlyMap<string, RowResult>,
  patterns: Patterns,
  take: (rows: readonly RowResult[]) => void,
): Promise<readonly Task[]> {
  const rest: Task[] = [];
  for (let first = 0; first < tasks.length; first += SLICE_ITEMS) {
    const rows: RowResult[] = [];
    for (const task of tasks.slice(first, first + SLICE_ITEMS)) {
      const row = task.key === null ? undefined : known.get(task.key);
      if (row === undefined) {
        rest.push(task);
        continue;
      }
      await prepareAll(patterns, task.item, row);
      rows.push(cachedRow(config, task.contestant, task.item, row, patterns));
    }
    take(rows);
    if (rows.length > 0) await new Promise(setImmediate);
  }
  return rest;
}
