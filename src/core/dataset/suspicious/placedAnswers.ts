import { LineTracker, type LinePlaces } from './lineTracker.ts';
import type { PlacedAnswer, SuspiciousReport, TrackedLine } from './types.ts';

/** Lines of all rows of a report, and of the rows similar to each after it. */
function linesOf({ rows }: SuspiciousReport): readonly TrackedLine[] {
  return rows.flatMap((row) => [row, ...row.similar]);
}

/** Follows the rows of a report. */
export function trackerOf(report: SuspiciousReport): LineTracker {
  return new LineTracker(linesOf(report));
}

/** Rows of a report at their places (those of its tracker); rows and similar rows without a place are left out. */
export function placedAnswers({ rows }: SuspiciousReport, places: LinePlaces): readonly PlacedAnswer[] {
  let at = 0;
  return rows.flatMap((row, rank) => {
    const line = places[at] ?? null;
    const similar = row.similar.flatMap((other, index) => {
      const its = places[at + 1 + index] ?? null;
      return its === null ? [] : [{ ...other, line: its }];
    });
    at += 1 + row.similar.length;
    return line === null ? [] : [{ ...row, line, similar, rank }];
  });
}

/** Number of answers that are called suspicious, without those of the report whose text was changed since. `placed`: the report's rows that hold. */
export function stillCalled({ called, rows }: SuspiciousReport, placed: readonly PlacedAnswer[]): number {
  const of = (some: readonly { readonly called: boolean }[]): number => some.filter((row) => row.called).length;
  return called - of(rows) + of(placed);
}
