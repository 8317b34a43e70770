import type { MetricPoint } from '../job.ts';
import { ColumnBuffer } from './columnBuffer.ts';
import { mergeTables, pointOfFigures, tableOfPoints, type PointTable } from './pointTable.ts';

/** Points of one metric, ascending in x. The arrays are views without a copy: read only, and exactly `length` long. */
export interface SeriesView {
  readonly name: string;
  /** Steps. */
  readonly xs: Float64Array;
  /** Finite values. */
  readonly ys: Float64Array;
  readonly length: number;
  /** Row of each point in the columns that all series share (`steps`, `times`, `byRow`); null: point i is row i. */
  readonly rows: Uint32Array | null;
  /**
   * Number of changes that were no appended points. While it stays the same, a longer view of the series begins with the same points:
   * a running average can go on where it ended.
   */
  readonly edits: number;
}

const NO_POINTS: Omit<SeriesView, 'name'> = {
  xs: new Float64Array(),
  ys: new Float64Array(),
  length: 0,
  rows: null,
  edits: 0,
};

/** Column of one metric: its first rows without a gap (`rows` null), or values with the rows that they belong to. */
interface Column {
  readonly values: ColumnBuffer<Float64Array>;
  /** Rows and steps of the values; null while the column has a value in each of the first rows. */
  sparse: { readonly rows: ColumnBuffer<Uint32Array>; readonly xs: ColumnBuffer<Float64Array> } | null;
  edits: number;
}

/**
 * Metrics of a job by name, in columns: one row a step, ascending, and a column for a metric from its first value on. 8 bytes a figure,
 * steps shared by all metrics without gaps. Names are those of the provider (`train_loss`, `train_reward_mean`; see `seriesByName`).
 */
export class MetricColumns {
  #steps = new ColumnBuffer<Float64Array>(Float64Array);
  #times: ColumnBuffer<Uint32Array> | null = null;
  readonly #columns = new Map<string, Column>();
  readonly #views = new Map<string, SeriesView>();
  #totalSteps: { readonly at: number; readonly value: number } | null = null;
  #edits = 0;
  /** Rows that will come, as announced. */
  #expected = 0;

  static of(points: readonly MetricPoint[]): MetricColumns {
    const columns = new MetricColumns();
    columns.mergePoints(points);
    return columns;
  }

  /** Number of rows, which is that of the steps. */
  get length(): number {
    return this.#steps.length;
  }

  /** Steps of all rows, ascending. */
  get steps(): Float64Array {
    return this.#steps.view();
  }

  /** Unix seconds at which each row was reported, 0 where unknown; null when none is known. */
  get times(): Uint32Array | null {
    return this.#times?.view() ?? null;
  }

  /** Number of steps that the job will make, as told with the highest step; null when unknown. */
  get totalSteps(): number | null {
    return this.#totalSteps?.value ?? null;
  }

  /** Metrics that have a value, in the order in which they came. */
  get names(): readonly string[] {
    return [...this.#columns.keys()];
  }

  clear(): void {
    this.#steps = new ColumnBuffer<Float64Array>(Float64Array);
    this.#times = null;
    this.#columns.clear();
    this.#views.clear();
    this.#totalSteps = null;
    this.#edits += 1;
  }

  /** Makes room for so many rows, which come in parts. Call it before the first part. */
  expect(rows: number): void {
    this.#expected = rows;
  }

  /** Gives a metric's points; the same object until one of them changes. Empty for a metric that never came. */
  series(name: string): SeriesView {
    const known = this.#views.get(name);
    if (known) return known;
    const column = this.#columns.get(name);
    const view: SeriesView = column
      ? {
          name,
          xs: (column.sparse?.xs ?? this.#steps).view(column.values.length),
          ys: column.values.view(),
          length: column.values.length,
          rows: column.sparse?.rows.view() ?? null,
          edits: this.#edits + column.edits,
        }
      : { ...NO_POINTS, name, edits: this.#edits };
    this.#views.set(name, view);
    return view;
  }

  /** Copies a metric to one value a row, NaN where a row has none. */
  byRow(name: string): Float64Array {
    const values = new Float64Array(this.length).fill(Number.NaN);
    const { ys, rows, length } = this.series(name);
    if (rows === null) values.set(ys);
    else for (let i = 0; i < length; i++) values[rows[i] ?? 0] = ys[i] ?? Number.NaN;
    return values;
  }

  /** Value of a metric in a row; NaN when it has none. */
  valueAt(name: string, row: number): number {
    const column = this.#columns.get(name);
    const index = column && row < this.length ? indexOf(column, row) : -1;
    return index < 0 ? Number.NaN : (column?.values.at(index) ?? Number.NaN);
  }

  stepAt(row: number): number {
    return this.#steps.at(row) ?? Number.NaN;
  }

  /** Unix seconds; 0 when unknown. */
  timeAt(row: number): number {
    return this.#times?.at(row) ?? 0;
  }

  /** Row of a step; -1 when there is none. */
  rowOf(step: number): number {
    const row = this.#steps.lowerBound(step);
    return this.#steps.at(row) === step ? row : -1;
  }

  /** Makes the point of a row, with the job's total of steps. */
  pointAt(row: number): MetricPoint {
    const figures = new Map(this.names.map((name) => [name, this.valueAt(name, row)]));
    const point = pointOfFigures(this.stepAt(row), figures);
    return { ...point, totalSteps: this.totalSteps };
  }

  /** Makes the points of all rows: for tests and small jobs. */
  points(): readonly MetricPoint[] {
    return Array.from({ length: this.length }, (_, row) => this.pointAt(row));
  }

  /** Takes points in any order; of two for one step the later one's figures count where it has them. `times`: Unix seconds. */
  mergePoints(points: readonly MetricPoint[], times?: readonly number[]): void {
    for (const { step, totalSteps } of points) this.setTotalSteps(totalSteps, step);
    this.merge(tableOfPoints(points, times));
  }

  /** Takes the total that was told with a step; that of the highest step counts. */
  setTotalSteps(value: number | null, at: number): void {
    if (value !== null && at >= (this.#totalSteps?.at ?? -Infinity)) this.#totalSteps = { at, value };
  }

  /** Takes a table of points; a figure replaces the one of the same step, a missing one leaves it. May keep the table's arrays. */
  merge(table: PointTable): void {
    const [first] = table.steps;
    if (first === undefined) return;
    if (this.length === 0) this.#adopt(table);
    else if (first > (this.#steps.last ?? -Infinity)) this.#append(table);
    else if (table.steps.every((step) => this.rowOf(step) >= 0) && table.steps.length <= MOST_IN_PLACE)
      this.#change(table);
    else {
      this.#edits += 1;
      this.#adopt(mergeTables(this.table(), table));
    }
  }

  /** Copies the rows from `from` on into a table that shares no memory with these columns. */
  table(from = 0, to = this.length): PointTable {
    return {
      steps: this.#steps.view().slice(from, to),
      times: this.#times?.view().slice(from, to) ?? null,
      series: [...this.#columns].flatMap(([name, { values, sparse }]) => {
        const low = sparse ? sparse.rows.lowerBound(from) : Math.min(from, values.length);
        const high = sparse ? sparse.rows.lowerBound(to) : Math.min(to, values.length);
        if (high === low) return [];
        const rows = sparse?.rows.view().slice(low, high) ?? null;
        if (rows && from > 0) for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] ?? 0) - from;
        return [{ name, rows, values: values.view().slice(low, high) }];
      }),
    };
  }

  /** Copies some rows, given ascending, into a table. */
  tableOfRows(rows: readonly number[]): PointTable {
    const series = [...this.#columns.keys()].map((name) => {
      const found = rows.flatMap((row, index) => {
        const value = this.valueAt(name, row);
        return Number.isNaN(value) ? [] : [{ index, value }];
      });
      return {
        name,
        rows: found.length === rows.length ? null : Uint32Array.from(found, ({ index }) => index),
        values: Float64Array.from(found, ({ value }) => value),
      };
    });
    return {
      steps: Float64Array.from(rows, (row) => this.stepAt(row)),
      times: this.#times ? Uint32Array.from(rows, (row) => this.timeAt(row)) : null,
      series: series.filter(({ values }) => values.length > 0),
    };
  }

  #adopt({ steps, times, series }: PointTable): void {
    this.#steps = new ColumnBuffer<Float64Array>(Float64Array, steps);
    this.#times = times ? new ColumnBuffer<Uint32Array>(Uint32Array, times) : null;
    const edits = new Map([...this.#columns].map(([name, column]) => [name, column.edits]));
    this.#columns.clear();
    this.#views.clear();
    for (const { name, rows, values } of series) {
      const xs = rows && Float64Array.from(rows, (row) => steps[row] ?? Number.NaN);
      this.#columns.set(name, {
        values: new ColumnBuffer<Float64Array>(Float64Array, values),
        sparse: rows &&
          xs && {
            rows: new ColumnBuffer<Uint32Array>(Uint32Array, rows),
            xs: new ColumnBuffer<Float64Array>(Float64Array, xs),
          },
        edits: edits.get(name) ?? 0,
      });
    }
    if (this.#expected <= this.length) return;
    for (const buffer of [this.#steps, ...[...this.#columns.values()].flatMap((one) => (one.sparse ? [] : one.values))])
      buffer.reserve(this.#expected);
    this.#times?.reserve(this.#expected);
    this.#expected = 0;
  }

  #append({ steps, times, series }: PointTable): void {
    const base = this.length;
    if (times && !this.#times) this.#times = new ColumnBuffer<Uint32Array>(Uint32Array, new Uint32Array(base));
    this.#steps.pushAll(steps);
    this.#times?.pushAll(times ?? new Uint32Array(steps.length));
    // Views of series that got no point stay as they are: their steps are not those behind their end.
    for (const { name, rows, values } of series) {
      const column = this.#column(name);
      this.#views.delete(name);
      if (rows === null && column.sparse === null && column.values.length === base) column.values.pushAll(values);
      else for (let i = 0; i < values.length; i++) this.#push(column, base + (rows?.[i] ?? i), values[i] ?? 0);
    }
  }

  #change({ steps, times, series }: PointTable): void {
    const rowsOf = Array.from(steps, (step) => this.rowOf(step));
    if (times && this.#times) {
      for (const [index, row] of rowsOf.entries()) if (times[index]) this.#times.set(row, times[index]);
    }
    for (const { name, rows, values } of series) {
      const column = this.#column(name);
      this.#views.delete(name);
      for (let i = 0; i < values.length; i++) this.#set(column, rowsOf[rows?.[i] ?? i] ?? 0, values[i] ?? 0);
    }
  }

  #column(name: string): Column {
    let column = this.#columns.get(name);
    if (!column) {
      column = { values: new ColumnBuffer<Float64Array>(Float64Array), sparse: null, edits: 0 };
      this.#columns.set(name, column);
    }
    return column;
  }

  #set(column: Column, row: number, value: number): void {
    const index = indexOf(column, row);
    if (index >= 0) {
      if (column.values.at(index) === value) return;
      column.values.set(index, value);
      column.edits += 1;
    } else if (row > lastRowOf(column)) this.#push(column, row, value);
    else if (column.sparse) {
      const place = column.sparse.rows.lowerBound(row);
      column.sparse.rows.insert(place, row);
      column.sparse.xs.insert(place, this.stepAt(row));
      column.values.insert(place, value);
      column.edits += 1;
    }
  }

  /** Adds a value behind the last one of its column. */
  #push(column: Column, row: number, value: number): void {
    if (column.sparse === null && row !== column.values.length) {
      const { length } = column.values;
      column.sparse = {
        rows: new ColumnBuffer<Uint32Array>(
          Uint32Array,
          Uint32Array.from({ length }, (_, index) => index),
        ),
        xs: new ColumnBuffer<Float64Array>(Float64Array, this.#steps.view(length).slice()),
      };
    }
    column.values.push(value);
    column.sparse?.rows.push(row);
    column.sparse?.xs.push(this.stepAt(row));
  }
}

/** Most known steps that are changed in their place; more are merged in one pass over all rows. */
const MOST_IN_PLACE = 64;

function indexOf({ values, sparse }: Column, row: number): number {
  if (!sparse) return row < values.length ? row : -1;
  const index = sparse.rows.lowerBound(row);
  return sparse.rows.at(index) === row ? index : -1;
}

function lastRowOf({ values, sparse }: Column): number {
  return sparse ? (sparse.rows.last ?? -1) : values.length - 1;
}
