// Intervals of differences over the band of the margin, as a picture without colors of its own.
import { el, text, type Html } from './documentHtml.ts';

export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const WIDTH = 640;
const NAMES = 150;
const ROW = 26;

/** Intervals under each other, over the band of the margin. @param write writes a size in the unit of the rows */
export function intervalPicture(
  rows: readonly IntervalRow[],
  margin: number,
  title: string,
  write: (size: number) => string,
): Html {
  const most = 1.1 * Math.max(margin, ...rows.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]));
  const x = (value: number): string => (NAMES + ((value + most) / (2 * most)) * (WIDTH - NAMES)).toFixed(1);
  const height = ROW * rows.length + 8;
  const ticks = [-margin, 0, margin].map((value) =>
    el('text', { x: x(value), y: String(height + 14), class: 'tick' }, text(tickText(value, write))),
  );
  const marks = rows.flatMap(({ name, value, low, high }, at) => {
    const y = String(ROW * at + ROW / 2 + 4);
    return [
      el('text', { x: '0', y, class: 'name' }, text(shortened(name))),
      el('line', { x1: x(low), x2: x(high), y1: y, y2: y, class: 'interval' }),
      el('circle', { cx: x(value), cy: y, r: '4', class: 'value' }),
    ];
  });
  const [left, right] = [x(-margin), x(margin)];
  return el(
    'svg',
    {
      viewBox: `0 0 ${String(WIDTH)} ${String(height + 20)}`,
      role: 'img',
      'aria-label': title,
    },
    el('rect', {
      x: left,
      y: '0',
      width: (Number(right) - Number(left)).toFixed(1),
      height: String(height),
      class: 'band',
    }),
    el('line', { x1: x(0), x2: x(0), y1: '0', y2: String(height), class: 'zero' }),
    ...marks,
    ...ticks,
  );
}

function shortened(name: string): string {
  return name.length > 24 ? `${name.slice(0, 23)}…` : name;
}

function tickText(value: number, write: (size: number) => string): string {
  if (value === 0) return '0';
  return value < 0 ? `−${write(-value)}` : `+${write(value)}`;
}
