// Axes: values to places, and the ticks between two values.
import type { Scale } from '../../../src/core/training/curves/thinning.ts';
import type { XAxis } from '../../../src/core/training/curves/xAxis.ts';
import { niceStep, type Range } from '../../../src/core/training/curves/yRange.ts';

/** Place on an axis: the value, or its decimal logarithm. */
export function toPlace(value: number, scale: Scale): number {
  return scale === 'log' ? Math.log10(value) : value;
}

export function fromPlace(place: number, scale: Scale): number {
  return scale === 'log' ? 10 ** place : place;
}

export function placeRange({ from, to }: Range, scale: Scale): Range {
  return { from: toPlace(from, scale), to: toPlace(to, scale) };
}

const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** Values for the ticks of an axis, `most` of them or a few more. */
export function ticksOf({ from, to }: Range, scale: Scale, most: number, axis: XAxis | null = null): readonly number[] {
  if (!(to > from) || !Number.isFinite(to - from)) return [];
  if (scale === 'log') return logTicks(from, to, most);
  const about = (to - from) / Math.max(1, most);
  if (axis === 'relative') return multiples(from, to, timeStep(about), 0);
  if (axis === 'wall') return multiples(from, to, timeStep(about), new Date(from * 1000).getTimezoneOffset() * 60);
  const step = niceStep(about);
  // Steps, examples and tokens are whole.
  return multiples(from, to, axis === null || axis === 'epoch' ? step : Math.max(1, step), 0);
}

function timeStep(about: number): number {
  return SECONDS.find((step) => step >= about) ?? niceStep(about / 86_400) * 86_400;
}

/** Multiples of a step, counted from `origin`. */
function multiples(from: number, to: number, step: number, origin: number): readonly number[] {
  const first = Math.ceil((from - origin) / step - 1e-9);
  const last = Math.floor((to - origin) / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) =>
    Number(((first + n) * step + origin).toPrecision(15)),
  );
}

/** Powers of ten; 2 and 5 times them where there is room; round numbers where less than a power is in view. */
function logTicks(from: number, to: number, most: number): readonly number[] {
  const decades = Math.log10(to / from);
  if (decades < 0.7) return multiples(from, to, niceStep((to - from) / Math.max(1, most)), 0);
  const digits = decades * 3 <= most * 1.3 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / Math.max(1, most)));
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) {
    if (power % every !== 0) continue;
    for (const digit of digits) {
      const value = Number((digit * 10 ** power).toPrecision(12));
      if (value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9)) ticks.push(value);
    }
  }
  return ticks;
}
