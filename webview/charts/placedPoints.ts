import type { Place } from './pointer.ts';

/** Pixels within which a point is hit. */
const REACH = 9;

/** The nearest of `count` points within reach of a place; null: none. */
export function nearestTo({ x, y }: Place, count: number, placeOf: (index: number) => Place | null): number | null {
  let nearest: number | null = null;
  let best = REACH;
  for (let index = 0; index < count; index += 1) {
    const place = placeOf(index);
    if (!place || Math.abs(place.x - x) > best || Math.abs(place.y - y) > best) continue;
    const distance = Math.hypot(place.x - x, place.y - y);
    if (distance > best) continue;
    best = distance;
    nearest = index;
  }
  return nearest;
}

/** Indices of those of `count` points that lie in the rectangle between two places. */
export function pointsWithin(
  from: Place,
  to: Place,
  count: number,
  placeOf: (index: number) => Place | null,
): readonly number[] {
  const isBetween = (value: number, a: number, b: number): boolean =>
    value >= Math.min(a, b) && value <= Math.max(a, b);
  const indices: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const place = placeOf(index);
    if (place && isBetween(place.x, from.x, to.x) && isBetween(place.y, from.y, to.y)) indices.push(index);
  }
  return indices;
}
