import { isGradable } from '../core/evaluation/graders/grade.ts';
import { ungradable } from '../core/evaluation/graders/number.ts';
import { truthParams } from './truthParams.ts';
import type { RowResult, RunConfig, TestItem } from '../core/evaluation/types.ts';

/** Tells whether an answer to this item can be graded; no model is asked other items. */
export function canBeGraded(config: RunConfig, item: TestItem): boolean {
  return isGradable(config.grader, truthParams(config, item));
}

/** Makes the row of an item that cannot be graded, the same for every contestant. */
export function ungradableRow(contestant: string, item: TestItem): RowResult {
  return { contestant, item: item.index, sample: null, ...ungradable(item.truth) };
}

/**
 * Returns the row as it counts today: earlier versions asked items that cannot be graded, and kept a failure for them that no retry
 * could repair.
 */
export function asItCounts(config: RunConfig, items: readonly TestItem[], row: RowResult): RowResult {
  const item = items[row.item];
  if (row.status !== 'error' || !item || canBeGraded(config, item)) return row;
  return { ...ungradableRow(row.contestant, item), sample: row.sample };
}
