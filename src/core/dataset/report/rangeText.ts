import { t } from '../../base/messages.ts';
import { count } from '../../base/numbers.ts';

/** Of whole numbers, `to` exclusive: `100 to 119`, or the only one. */
export function rangeText(from: number, to: number): string {
  return to - from === 1 ? count(from) : t('{0} to {1}', from, to - 1);
}
