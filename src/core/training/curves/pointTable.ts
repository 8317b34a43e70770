import type { MetricPoint } from '../job.ts';
import { FIGURE_NAMES } from './series.ts';

/** Points of a job as columns that share nothing with other memory: what is sent between processes. */
export interface PointTable {
  /** One row a step, ascending. */
  readonly steps: Float64Array;
  /** Unix seconds of each row, 0 where unknown; null when none is known. */
  readonly times: Uint32Array | null;
  readonly series: readonly {
    readonly name: string;
    /** Row of each value, ascending; null: value i belongs to row i. */
    readonly rows: Uint32Array | null;
    /** Finite. */
    readonly values: Float64Array;
  }[];
}

export const NO_TABLE: PointTable = { steps: new Float64Array(), times: null, series: [] };

/** Checks a table that came from another process: lengths, order and finite figures. */
export function isPointTable(value: unknown): value is PointTable {
  if (typeof value !== 'object' || value === null) return false;
  const { steps, times, series } = value as Partial<PointTable>;
  return (
    isFloats(steps) &&
    areFinite(steps) &&
    ascends(steps) &&
    (times === null || (isWholes(times) && times.length === steps.length)) &&
    Array.isArray(series) &&
    series.every((one: unknown) => isSeries(one, steps.length))
  );
}

function isSeries(value: unknown, length: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, rows, values } = value as Partial<PointTable['series'][number]>;
  if (typeof name !== 'string' || !isFloats(values) || !areFinite(values)) return false;
  if (rows === null) return values.length <= length;
  return isWholes(rows) && rows.length === values.length && ascends(rows) && (rows.at(-1) ?? -1) < length;
}

// Loops, not `every`: a call for each of a million figures takes its time.
function areFinite(values: Float64Array): boolean {
  // The sum is finite unless a value is not, or values are near the largest number: only then each is looked at.
  let sum = 0;
  for (const value of values) sum += value;
  return Number.isFinite(sum) || values.every((value) => Number.isFinite(value));
}

function ascends(values: Float64Array | Uint32Array): boolean {
  let last = -Infinity;
  for (const value of values) {
    if (!(value > last)) return false;
    last = value;
  }
  return true;
}

function isFloats(value: unknown): value is Float64Array {
  return value instanceof Float64Array;
}

function isWholes(value: unknown): value is Uint32Array {
  return value instanceof Uint32Array;
}

/** Makes a table of points in any order; of two for one step the later one's figures count where it has them. */
export function tableOfPoints(points: readonly MetricPoint[], times: readonly number[] = []): PointTable {
  const order = points.map((_, index) => index);
  const stepOf = (index: number): number => points[index]?.step ?? 0;
  if (!points.every((point, index) => index === 0 || stepOf(index - 1) < point.step))
    order.sort((a, b) => stepOf(a) - stepOf(b));
  const steps: number[] = [];
  const seconds: number[] = [];
  const figures = new Map<string, { readonly rows: number[]; readonly values: number[] }>();
  for (const index of order) {
    const point = points[index];
    if (!point) continue;
    if (steps.at(-1) !== point.step) {
      steps.push(point.step);
      seconds.push(0);
    }
    const row = steps.length - 1;
    seconds[row] = times[index] ?? seconds[row] ?? 0;
    for (const [name, value] of figuresOf(point)) {
      let column = figures.get(name);
      if (!column) figures.set(name, (column = { rows: [], values: [] }));
      const last = column.rows.length - 1;
      if (column.rows[last] === row) column.values[last] = value;
      else {
        column.rows.push(row);
        column.values.push(value);
      }
    }
  }
  return {
    steps: Float64Array.from(steps),
    times: seconds.some((time) => time > 0) ? Uint32Array.from(seconds) : null,
    series: [...figures].map(([name, { rows, values }]) => ({
      name,
      rows: isDense(rows) ? null : Uint32Array.from(rows),
      values: Float64Array.from(values),
    })),
  };
}

/** Figures of a point by name. */
export function* figuresOf(point: MetricPoint): Generator<readonly [name: string, value: number]> {
  for (const [key, name] of FIGURE_NAMES) {
    const value = point[key];
    if (value !== null && Number.isFinite(value)) yield [name, value];
  }
  if (!point.others) return;
  for (const [name, value] of Object.entries(point.others)) if (Number.isFinite(value)) yield [name, value];
}

/** Makes a point of figures by name; NaN is no figure. The total of steps is unknown. */
export function pointOfFigures(step: number, figures: ReadonlyMap<string, number>): MetricPoint {
  const valueOf = (name: string): number | null => {
    const value = figures.get(name) ?? Number.NaN;
    return Number.isNaN(value) ? null : value;
  };
  const others = [...figures].filter(([name, value]) => !FIELD_NAMES.has(name) && !Number.isNaN(value));
  return {
    step,
    totalSteps: null,
    trainLoss: valueOf('train_loss'),
    trainAccuracy: valueOf('train_mean_token_accuracy'),
    validLoss: valueOf('valid_loss'),
    validAccuracy: valueOf('valid_mean_token_accuracy'),
    fullValidLoss: valueOf('full_valid_loss'),
    fullValidAccuracy: valueOf('full_valid_mean_token_accuracy'),
    ...(others.length === 0 ? {} : { others: Object.fromEntries(others) }),
  };
}

const FIELD_NAMES: ReadonlySet<string> = new Set(FIGURE_NAMES.map(([, name]) => name));

/** Merges two tables in one pass; the figures of the second count where both have one. */
export function mergeTables(a: PointTable, b: PointTable): PointTable {
  const steps = new Float64Array(a.steps.length + b.steps.length);
  const fromA = new Uint32Array(a.steps.length);
  const fromB = new Uint32Array(b.steps.length);
  let length = 0;
  for (let i = 0, j = 0; i < a.steps.length || j < b.steps.length; length++) {
    const left = a.steps[i] ?? Infinity;
    const right = b.steps[j] ?? Infinity;
    steps[length] = Math.min(left, right);
    if (left <= right) fromA[i++] = length;
    if (right <= left) fromB[j++] = length;
  }
  let times: Uint32Array | null = null;
  if (a.times || b.times) {
    times = new Uint32Array(length);
    for (const [source, rows] of [[a, fromA] as const, [b, fromB] as const])
      source.times?.forEach((time, index) => {
        if (times && time > 0) times[rows[index] ?? 0] = time;
      });
  }
  const names = new Set([...a.series, ...b.series].map(({ name }) => name));
  return {
    steps: steps.slice(0, length),
    times,
    series: [...names].map((name) => {
      const values = new Float64Array(length).fill(Number.NaN);
      for (const [source, places] of [[a, fromA] as const, [b, fromB] as const]) {
        const found = source.series.find((one) => one.name === name);
        found?.values.forEach((value, index) => {
          values[places[found.rows?.[index] ?? index] ?? 0] = value;
        });
      }
      return { name, ...withoutGaps(values) };
    }),
  };
}

function withoutGaps(values: Float64Array): { readonly rows: Uint32Array | null; readonly values: Float64Array } {
  let count = 0;
  let last = -1;
  for (let row = 0; row < values.length; row++) {
    if (Number.isNaN(values[row])) continue;
    count += 1;
    last = row;
  }
  if (last === count - 1) return { rows: null, values: values.slice(0, count) };
  const rows = new Uint32Array(count);
  const kept = new Float64Array(count);
  let at = 0;
  for (let row = 0; row <= last; row++) {
    const value = values[row] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    rows[at] = row;
    kept[at++] = value;
  }
  return { rows, values: kept };
}

function isDense(rows: readonly number[]): boolean {
  return rows.at(-1) === rows.length - 1;
}
