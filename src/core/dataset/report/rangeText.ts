import { grouped } from '../../cost/estimate.ts';

/** Of whole numbers, `to` exclusive: `100 to 119`, or the only one. */
export function rangeText(from: number, to: number): string {
  return to - from === 1 ? grouped(from) : `${grouped(from)} to ${grouped(to - 1)}`;
}
