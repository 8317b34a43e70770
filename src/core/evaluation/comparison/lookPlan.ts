// The planned looks of a run that may stop early, those that were made and those to come.
import { limitOf, LOOKS, rowsOfLooks, type Look } from '../../statistics/earlyStop.ts';
import { decidingLook } from './plannedLooks.ts';

export interface PlannedLook {
  /** Index in the plan. */
  readonly look: number;
  /** Rows that it is over; of a look to come, those of the plan. */
  readonly rows: number;
  /** Limit of |t|; of a look to come, that of the planned rows. */
  readonly limit: number;
  /** Null: not made yet, or not needed. */
  readonly made: Look | null;
}

export interface LookPlan {
  /** In order; looks that the plan leaves out are missing. */
  readonly looks: readonly PlannedLook[];
  /** Look that ended the asking, or the last one of the plan; null while none has decided. */
  readonly decided: Look | null;
}

/**
 * Plan of one contestant.
 * @param made looks that were made, in order
 * @param items items that can be graded
 */
export function lookPlanOf(made: readonly Look[], items: number): LookPlan {
  const planned = rowsOfLooks(items);
  const looks = LOOKS.flatMap((_, look): PlannedLook[] => {
    const found = made.find((one) => one.look === look);
    if (found) return [{ look, rows: found.rows, limit: found.limit, made: found }];
    const rows = planned[look] ?? 0;
    return rows < 2 ? [] : [{ look, rows, limit: limitOf(look, rows), made: null }];
  });
  const last = decidingLook(made);
  return { looks, decided: last === null || last.verdict === 'continue' ? null : last };
}
