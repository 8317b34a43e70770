import { count } from '../../base/numbers.ts';

/** Of whole numbers, `to` exclusive: `100 to 119`, or the only one. */
export function rangeText(from: number, to: number): string {
  return to - from === 1 ? count(from) : `${count(from)} to ${count(to - 1)}`;
}
