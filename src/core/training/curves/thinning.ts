/**
 * Picks the points that a line needs to look the same at a width of `columns` pixels: the lowest and the highest point of each column,
 * and one point beyond either edge so that the line enters and leaves the view at the right place.
 *
 * @param xs ascending; only the first `length` entries are read.
 * @param ys as long as `xs`, finite.
 * @param length number of points.
 * @param from left edge of the view, in units of x.
 * @param to right edge of the view, greater than `from`.
 * @param columns width of the view in pixels, at least 1.
 * @returns ascending indices into `xs`; at most 2 · columns + 4.
 */
export function minMaxIndices(
  xs: Float64Array,
  ys: Float64Array,
  length: number,
  from: number,
  to: number,
  columns: number,
): Uint32Array {
  const inside = lowerBound(xs, length, from);
  const outside = lowerBound(xs, length, to, true);
  const start = Math.max(0, inside - 1);
  const end = Math.min(length, outside + 1);
  const width = Math.max(1, Math.floor(columns));
  if (end - start <= 2 * width) return Uint32Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);

  const picked = new Uint32Array(2 * width + 4);
  let count = 0;
  if (start < inside) picked[count++] = start;
  let i = inside;
  for (let column = 1; column <= width && i < outside; column++) {
    const edge = column === width ? Infinity : from + ((to - from) * column) / width;
    if ((xs[i] ?? 0) >= edge) continue;
    let low = i;
    let high = i;
    let lowest = ys[i] ?? 0;
    let highest = lowest;
    for (i++; i < outside && (xs[i] ?? 0) < edge; i++) {
      const y = ys[i] ?? 0;
      if (y < lowest) {
        lowest = y;
        low = i;
      } else if (y > highest) {
        highest = y;
        high = i;
      }
    }
    picked[count++] = Math.min(low, high);
    if (low !== high) picked[count++] = Math.max(low, high);
  }
  if (outside < end) picked[count++] = outside;
  return picked.slice(0, count);
}

/** Index of the first x that is not below `value` (with `after`: the first above it). */
export function lowerBound(xs: Float64Array, length: number, value: number, after = false): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const x = xs[middle] ?? 0;
    if (x < value || (after && x === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
