import type { MetricPoint } from '../../src/core/training/job.ts';
import { lowerBound } from '../../src/core/training/curves/thinning.ts';

export const METRIC_KEYS = [
  'trainLoss',
  'validLoss',
  'fullValidLoss',
  'trainAccuracy',
  'validAccuracy',
  'fullValidAccuracy',
] as const satisfies readonly (keyof MetricPoint)[];
export type MetricKey = (typeof METRIC_KEYS)[number];

/** The points of one metric that have a value, ascending in x. Immutable: a change of the store makes a new one. */
export interface Series {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly length: number;
}

/** The curve of a job in columns: 8 bytes a figure, so that a million steps fit. NaN where a step has no figure. */
export class MetricStore {
  #length = 0;
  #steps = new Float64Array(64);
  readonly #columns = new Map<MetricKey, Float64Array>(METRIC_KEYS.map((key) => [key, new Float64Array(64)]));
  readonly #series = new Map<MetricKey, Series>();

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
    this.#series.clear();
  }

  /** Takes points in any order; a figure replaces the one of the same step, a missing one leaves it. */
  merge(points: readonly MetricPoint[]): void {
    if (points.length === 0) return;
    this.#series.clear();
    const ascending = points.every((point, index) => index === 0 || (points[index - 1]?.step ?? 0) < point.step);
    const ordered = ascending ? points : points.toSorted((a, b) => a.step - b.step);
    this.#reserve(this.#length + ordered.length);
    for (const point of ordered) this.#put(point);
  }

  stepAt(index: number): number {
    return this.#steps[index] ?? Number.NaN;
  }

  /** NaN when the step has no such figure. */
  valueAt(key: MetricKey, index: number): number {
    return index < this.#length ? (this.#column(key)[index] ?? Number.NaN) : Number.NaN;
  }

  series(key: MetricKey): Series {
    const known = this.#series.get(key);
    if (known) return known;
    const column = this.#column(key);
    const xs = new Float64Array(this.#length);
    const ys = new Float64Array(this.#length);
    let length = 0;
    for (let i = 0; i < this.#length; i++) {
      const y = column[i] ?? Number.NaN;
      if (!Number.isFinite(y)) continue;
      xs[length] = this.#steps[i] ?? 0;
      ys[length++] = y;
    }
    const series = { xs: xs.subarray(0, length), ys: ys.subarray(0, length), length };
    this.#series.set(key, series);
    return series;
  }

  #put(point: MetricPoint): void {
    let index = this.#length;
    if (index > 0 && point.step <= this.stepAt(index - 1)) {
      index = lowerBound(this.#steps, this.#length, point.step);
      if (this.#steps[index] !== point.step) this.#insert(index, point.step);
    } else {
      this.#insert(index, point.step);
    }
    for (const key of METRIC_KEYS) {
      const value = point[key];
      if (value !== null) this.#column(key)[index] = value;
    }
  }

  #insert(index: number, step: number): void {
    const last = index === this.#length;
    if (!last) this.#steps.copyWithin(index + 1, index, this.#length);
    this.#steps[index] = step;
    for (const column of this.#columns.values()) {
      if (!last) column.copyWithin(index + 1, index, this.#length);
      column[index] = Number.NaN;
    }
    this.#length += 1;
  }

  #reserve(length: number): void {
    if (length <= this.#steps.length) return;
    const capacity = Math.max(length, this.#steps.length * 2);
    this.#steps = grown(this.#steps, capacity);
    for (const [key, column] of this.#columns) this.#columns.set(key, grown(column, capacity));
  }

  #column(key: MetricKey): Float64Array {
    const column = this.#columns.get(key);
    if (!column) throw new Error(`There is no metric ${key}.`);
    return column;
  }
}

function grown(values: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(values);
  return larger;
}
