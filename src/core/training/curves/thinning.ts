/** Scale of an axis. */
export type Scale = 'linear' | 'log';

/**
 * Picks the points that a line needs to look the same at a width of `columns` pixels: the lowest and the highest point of each column,
 * and one point beyond either edge so that the line enters and leaves the view at the right place. Columns are those of the axis: equal
 * distances on a linear one, equal ratios on a logarithmic one.
 *
 * @param xs ascending; only the first `length` entries are read.
 * @param ys as long as `xs`, finite.
 * @param length number of points.
 * @param from left edge of the view, in units of x; above 0 on a logarithmic axis.
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
  scale: Scale = 'linear',
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
  forEachColumn(xs, inside, outside, edgesOf(from, to, width, scale), (first, beyond) => {
    let low = first;
    let high = first;
    let lowest = ys[first] ?? 0;
    let highest = lowest;
    for (let i = first + 1; i < beyond; i++) {
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
  });
  if (outside < end) picked[count++] = outside;
  return picked.slice(0, count);
}

/** Lowest and highest value of each pixel column that has points, ascending in x. */
export interface Band {
  /** Of the first point of the column. */
  readonly xs: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * Takes the range of the values in each pixel column, as the band behind a smoothed line. A neighbor's nearest value is part of a
 * column's range, as a line through the points would be, so that the band has no gaps between steps.
 *
 * @param xs ascending; only the first `length` entries are read.
 * @param ys as long as `xs`, finite.
 */
export function minMaxBand(
  xs: Float64Array,
  ys: Float64Array,
  length: number,
  from: number,
  to: number,
  columns: number,
  scale: Scale = 'linear',
): Band {
  const inside = lowerBound(xs, length, from);
  const outside = lowerBound(xs, length, to, true);
  const width = Math.max(1, Math.floor(columns));
  const most = Math.min(width, outside - inside) + 2;
  const band = { xs: new Float64Array(most), low: new Float64Array(most), high: new Float64Array(most) };
  let count = 0;
  const put = (first: number, beyond: number): void => {
    let low = Infinity;
    let high = -Infinity;
    for (let i = Math.max(0, first - 1); i < beyond; i++) {
      const y = ys[i] ?? 0;
      if (y < low) low = y;
      if (y > high) high = y;
    }
    band.xs[count] = xs[first] ?? 0;
    band.low[count] = low;
    band.high[count++] = high;
  };
  if (inside > 0) put(inside - 1, inside);
  forEachColumn(xs, inside, outside, edgesOf(from, to, width, scale), put);
  if (outside < length) put(outside, outside + 1);
  return { xs: band.xs.subarray(0, count), low: band.low.subarray(0, count), high: band.high.subarray(0, count) };
}

interface Edges {
  readonly width: number;
  /** Right edge of a column, counted from 1; the last one has none. */
  readonly edgeOf: (column: number) => number;
  /** Number of columns left of x, which may be off by one by rounding. */
  readonly columnsBefore: (x: number) => number;
}

function edgesOf(from: number, to: number, width: number, scale: Scale): Edges {
  if (scale === 'linear') {
    return {
      width,
      edgeOf: (column) => (column >= width ? Infinity : from + ((to - from) * column) / width),
      columnsBefore: (x) => Math.floor(((x - from) / (to - from)) * width),
    };
  }
  const ratio = Math.log(to / from);
  return {
    width,
    edgeOf: (column) => (column >= width ? Infinity : from * Math.exp((ratio * column) / width)),
    columnsBefore: (x) => Math.floor((Math.log(x / from) / ratio) * width),
  };
}

/** Calls `visit` with the places of the first point in a column and of the first one beyond it; empty columns are left out. */
function forEachColumn(
  xs: Float64Array,
  inside: number,
  outside: number,
  { width, edgeOf, columnsBefore }: Edges,
  visit: (first: number, beyond: number) => void,
): void {
  let i = inside;
  let column = 1;
  while (i < outside) {
    const x = xs[i] ?? 0;
    // Empty columns before the next point are skipped.
    if (x >= edgeOf(column)) {
      column = Math.max(column + 1, Math.min(width, columnsBefore(x)));
      while (x >= edgeOf(column)) column += 1;
    }
    const edge = edgeOf(column);
    const first = i;
    for (i += 1; i < outside && (xs[i] ?? 0) < edge;) i += 1;
    visit(first, i);
    column += 1;
  }
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
