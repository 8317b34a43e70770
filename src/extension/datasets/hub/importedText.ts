import { tn } from '../../../core/base/messages.ts';
import type { HubImport } from '../../../protocol/hubWorker.ts';
import { leftOutText } from '../commands/newFiles.ts';

/** Reasons that are named one by one. */
const MAX_NAMED = 3;

/** Sentences about an import: what was made, what was left out, and why. */
export function importText(name: string, { converted, skipped, reasons = [], leftOut, kind }: HubImport): string {
  const created =
    kind === 'preference'
      ? tn(converted, 'Imported {1} ({0} preference pair).', 'Imported {1} ({0} preference pairs).', name)
      : tn(converted, 'Imported {1} ({0} example).', 'Imported {1} ({0} examples).', name);
  const left = skipped === 0 ? [] : [tn(skipped, '{0} row was left out.', '{0} rows were left out.')];
  const why = reasons
    .slice(0, MAX_NAMED)
    .map(({ rows, line, reason }) =>
      tn(rows, '{0} row, number {1}: {2}', '{0} rows, the first is number {1}: {2}', line, reason),
    );
  const rest = reasons.length - why.length;
  const more = rest > 0 ? [tn(rest, 'There is {0} more reason.', 'There are {0} more reasons.')] : [];
  return [created, ...left, ...why, ...more, ...leftOutText(leftOut)].join(' ');
}
