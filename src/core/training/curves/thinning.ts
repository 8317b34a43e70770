/** Scale of an axis. */
export type Scale = 'linear' | 'log';

/** The part of an x axis in view. */
export interface ColumnView {
  /** Left edge, in units of x; above 0 on a logarithmic axis. */
  readonly from: number;
  /** Right edge, greater than `from`. */
  readonly to: number;
  /** Width in pixels, at least 1. */
  readonly columns: number;
  readonly scale: Scale;
}

/** Lowest and highest value of each pixel column that has points, ascending in x. */
export interface Band {
  /** Of the first point of the column. */
  readonly xs: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * The lowest and the highest point of each pixel column of a series: what a line needs to look the same as with all of its points. Columns
 * are those of the axis: equal distances on a linear one, equal ratios on a logarithmic one. Where points were appended and the view is the
 * same, only the last column is looked at again.
 */
export class ColumnScan {
  #view: ColumnView = { from: 0, to: 0, columns: 0, scale: 'linear' };
  #xs: Float64Array = new Float64Array();
  #ys: Float64Array = new Float64Array();
  #length = 0;
  /** Places of the first point in view and of the first one beyond it. */
  #inside = 0;
  #outside = 0;
  #first = new Uint32Array();
  #low = new Uint32Array();
  #high = new Uint32Array();
  #count = 0;

  /**
   * @param xs ascending; only the first `length` entries are read.
   * @param ys as long as `xs`, finite.
   * @param unchanged number of points at the begin that are the same as in the last call.
   */
  update(xs: Float64Array, ys: Float64Array, length: number, view: ColumnView, unchanged = 0): this {
    const before = this.#view;
    const width = Math.max(1, Math.floor(view.columns));
    const goesOn =
      this.#count > 0 &&
      unchanged >= this.#length &&
      length >= this.#length &&
      before.from === view.from &&
      before.to === view.to &&
      before.columns === width &&
      before.scale === view.scale;
    this.#inside = lowerBound(xs, length, view.from);
    this.#outside = lowerBound(xs, length, view.to, true);
    this.#xs = xs;
    this.#ys = ys;
    this.#length = length;
    if (!goesOn) {
      this.#view = { ...view, columns: width };
      this.#count = 0;
      this.#reserve(Math.min(width, this.#outside - this.#inside));
      this.#scan(this.#inside);
    } else {
      this.#reserve(width);
      this.#count -= 1;
      this.#scan(this.#first[this.#count] ?? this.#inside);
    }
    return this;
  }

  /** Ascending places of the points to draw: two a column, and one beyond either edge; at most 2 · columns + 4. */
  indices(): Uint32Array {
    const start = Math.max(0, this.#inside - 1);
    const end = Math.min(this.#length, this.#outside + 1);
    if (end - start <= 2 * this.#view.columns)
      return Uint32Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
    const picked = new Uint32Array(2 * this.#count + 2);
    let count = 0;
    if (start < this.#inside) picked[count++] = start;
    for (let column = 0; column < this.#count; column++) {
      const low = this.#low[column] ?? 0;
      const high = this.#high[column] ?? 0;
      picked[count++] = Math.min(low, high);
      if (low !== high) picked[count++] = Math.max(low, high);
    }
    if (this.#outside < end) picked[count++] = this.#outside;
    return picked.subarray(0, count);
  }

  /**
   * The range of the values in each column. The point before a column is part of its range, as a line through the points would be, so that
   * the band has no gaps between steps.
   */
  band(): Band {
    const most = this.#count + 2;
    const band = { xs: new Float64Array(most), low: new Float64Array(most), high: new Float64Array(most) };
    let count = 0;
    const put = (first: number, low: number, high: number): void => {
      const before = this.#ys[Math.max(0, first - 1)] ?? 0;
      band.xs[count] = this.#xs[first] ?? 0;
      band.low[count] = Math.min(before, this.#ys[low] ?? 0);
      band.high[count++] = Math.max(before, this.#ys[high] ?? 0);
    };
    if (this.#inside > 0) put(this.#inside - 1, this.#inside - 1, this.#inside - 1);
    for (let column = 0; column < this.#count; column++)
      put(this.#first[column] ?? 0, this.#low[column] ?? 0, this.#high[column] ?? 0);
    if (this.#outside < this.#length) put(this.#outside, this.#outside, this.#outside);
    return { xs: band.xs.subarray(0, count), low: band.low.subarray(0, count), high: band.high.subarray(0, count) };
  }

  #reserve(size: number): void {
    if (this.#first.length >= size) return;
    this.#first = grown(this.#first, size);
    this.#low = grown(this.#low, size);
    this.#high = grown(this.#high, size);
  }

  /** Adds the columns of the points from `start` on; empty columns are left out. */
  #scan(start: number): void {
    const { edgeOf, columnsBefore, width } = edgesOf(this.#view);
    const [xs, ys, outside] = [this.#xs, this.#ys, this.#outside];
    let i = start;
    let column = 1;
    while (i < outside) {
      const x = xs[i] ?? 0;
      if (x >= edgeOf(column)) {
        column = Math.max(column + 1, Math.min(width, columnsBefore(x)));
        while (x >= edgeOf(column)) column += 1;
      }
      const edge = edgeOf(column);
      let [low, high] = [i, i];
      let lowest = ys[i] ?? 0;
      let highest = lowest;
      this.#first[this.#count] = i;
      for (i += 1; i < outside && (xs[i] ?? 0) < edge; i++) {
        const y = ys[i] ?? 0;
        if (y < lowest) {
          lowest = y;
          low = i;
        } else if (y > highest) {
          highest = y;
          high = i;
        }
      }
      this.#low[this.#count] = low;
      this.#high[this.#count++] = high;
      column += 1;
    }
  }
}

function grown(values: Uint32Array, size: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(size);
  larger.set(values);
  return larger;
}

interface Edges {
  readonly width: number;
  /** Right edge of a column, counted from 1; the last one has none. */
  readonly edgeOf: (column: number) => number;
  /** Number of columns left of x, which may be off by one by rounding. */
  readonly columnsBefore: (x: number) => number;
}

function edgesOf({ from, to, columns: width, scale }: ColumnView): Edges {
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

/** Places of the points to draw; see `ColumnScan.indices`. */
export function minMaxIndices(
  xs: Float64Array,
  ys: Float64Array,
  length: number,
  from: number,
  to: number,
  columns: number,
  scale: Scale = 'linear',
): Uint32Array {
  return new ColumnScan().update(xs, ys, length, { from, to, columns, scale }).indices();
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
