import type { RowResult } from '../types.ts';
import type { Outcomes } from './types.ts';

/** Counts rows by outcome. */
export function outcomesOf(rows: Iterable<RowResult>): Outcomes {
  const counts = { items: 0, graded: 0, noNumber: 0, refused: 0, failed: 0, ungradable: 0, cutOff: 0 };
  for (const row of rows) {
    counts.items += 1;
    if (row.status === 'ungradable') counts.ungradable += 1;
    else if (row.status === 'error' && row.code === 'moderated') counts.refused += 1;
    else if (row.status === 'error') counts.failed += 1;
    else {
      if (row.status === 'no-number') counts.noNumber += 1;
      else counts.graded += 1;
      if (row.finishReason === 'length') counts.cutOff += 1;
    }
  }
  return counts;
}
