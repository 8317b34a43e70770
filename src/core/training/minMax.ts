/**
 * Picks the points a line needs so that it looks the same at a width of `columns` pixels: the first, lowest, highest and last point of each
 * column, and one point beyond either edge so that the line enters and leaves the view where it should.
 *
 * @param xs ascending; only the first `length` entries are read.
 * @param ys as long as `xs`, finite.
 * @param length number of points.
 * @param from left edge of the view, in units of x.
 * @param to right edge of the view, greater than `from`.
 * @param columns width of the view in pixels, at least 1.
 * @returns ascending indices into `xs`; at most 4 · columns + 2.
 */
export function minMaxIndices(
  xs: Float64Array,
  ys: Float64Array,
  length: number,
  from: number,
  to: number,
  columns: number,
): Uint32Array {
  const start = Math.max(0, lowerBound(xs, length, from) - 1);
  const end = Math.min(length, lowerBound(xs, length, to, true) + 1);
  const width = Math.max(1, Math.floor(columns));
  if (end - start <= 4 * width) return Uint32Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);

  const picked = new Uint32Array(4 * width + 6);
  let count = 0;
  const scale = width / (to - from);
  let i = start;
  while (i < end) {
    const column = columnOf(xs[i] ?? 0, from, scale, width);
    const first = i;
    let low = i;
    let high = i;
    for (i++; i < end && columnOf(xs[i] ?? 0, from, scale, width) === column; i++) {
      const y = ys[i] ?? 0;
      if (y < (ys[low] ?? 0)) low = i;
      else if (y > (ys[high] ?? 0)) high = i;
    }
    const last = i - 1;
    const early = Math.min(low, high);
    const late = Math.max(low, high);
    picked[count++] = first;
    if (early !== first) picked[count++] = early;
    if (late !== early && late !== first) picked[count++] = late;
    if (last !== late && last !== first) picked[count++] = last;
  }
  return picked.slice(0, count);
}

/** −1 left of the view, `width` right of it: the neighbours beyond the edges get columns of their own. */
function columnOf(x: number, from: number, scale: number, width: number): number {
  const column = Math.floor((x - from) * scale);
  return column < 0 ? -1 : Math.min(column, width);
}

/** Index of the first x that is not below `value` (with `after`: that is above it). */
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
