import { ColumnBuffer } from '../curves/columnBuffer.ts';
import { MetricColumns } from '../curves/columns.ts';
import { mergeMetricPoints } from '../curves/series.ts';
import type { JobEvent, MetricPoint } from '../job.ts';
import { hashOfNumber, hashOfText, RowIndex } from './rowIndex.ts';
import { TextColumn } from './textColumn.ts';

/** Event with metrics, where a step has several of them. */
interface Report {
  readonly createdAt: number;
  readonly id: string;
  readonly point: MetricPoint;
}

/** First and last event with metrics, by time. */
export interface StepSpan {
  readonly first: { readonly step: number; readonly createdAt: number };
  readonly last: { readonly step: number; readonly createdAt: number };
}

/**
 * Events of a job, newest first, each id once; those of one second in the order of the provider. Grows in its place, and adding costs by
 * what is new. Events of steps are kept in columns (about 150 bytes each instead of 400) and made again when they are asked for, with the
 * figures of the curve.
 */
export class EventHistory implements Iterable<JobEvent> {
  readonly #curve: MetricColumns;
  readonly #ids = new TextColumn();
  readonly #idIndex = new RowIndex((row) => this.#hashes.at(row) ?? 0);
  readonly #hashes = new ColumnBuffer<Uint32Array>(Uint32Array);
  readonly #times = new ColumnBuffer<Float64Array>(Float64Array);
  /** NaN: no metrics. */
  readonly #steps = new ColumnBuffer<Float64Array>(Float64Array);
  /** Texts of step events; those of others are in their objects. */
  readonly #texts = new TextColumn();
  readonly #textOf = new ColumnBuffer<Uint32Array>(Uint32Array);
  readonly #kindOf = new ColumnBuffer<Uint32Array>(Uint32Array);
  readonly #kinds: { readonly level: string; readonly type: string }[] = [];
  readonly #objects = new Map<number, JobEvent>();
  /** Rows, oldest first; null while that is the order in which they came. */
  #order: ColumnBuffer<Uint32Array> | null = null;
  readonly #toldRows: number[] = [];
  #told: readonly number[] | null = null;
  #messages: readonly JobEvent[] | null = null;
  #stepIndex: RowIndex | null = null;
  /** Reports of the steps that have several. */
  readonly #reports = new Map<number, readonly Report[]>();
  #span: StepSpan | null = null;

  /** `curve`: gets the metrics of the events. */
  constructor(curve: MetricColumns) {
    this.#curve = curve;
  }

  get length(): number {
    return this.#times.length;
  }

  /** First and last event with metrics; null when there is none. */
  get span(): StepSpan | null {
    return this.#span;
  }

  /** Events without metrics, newest first. */
  get messages(): readonly JobEvent[] {
    this.#messages ??= this.#sorted([...this.#objects.keys()]).flatMap((row) => this.#objects.get(row) ?? []);
    return this.#messages;
  }

  /** Number of events that say more than the figures of a step: messages, ends of epochs, warnings. */
  get toldLength(): number {
    return this.#toldRows.length;
  }

  has(id: string): boolean {
    const hash = hashOfText(id);
    return this.#idIndex.find(hash, (row) => this.#hashes.at(row) === hash && this.#ids.equals(row, id)) >= 0;
  }

  /** Gives an event; 0 is the newest. */
  at(index: number): JobEvent | undefined {
    const place = this.length - 1 - index;
    if (index < 0 || place < 0) return undefined;
    return this.#make(this.#order?.at(place) ?? place);
  }

  /** Gives some of the events, newest first. */
  slice(from: number, to = this.length): readonly JobEvent[] {
    return Array.from({ length: Math.max(0, Math.min(to, this.length) - from) }, (_, i) => this.at(from + i)).flatMap(
      (event) => event ?? [],
    );
  }

  /**
   * Gives some of the events besides ordinary steps, newest first: a line for every step belongs to the charts and the log. The end of an
   * epoch, recognized by its full validation, is included.
   */
  told(from: number, to: number): readonly JobEvent[] {
    this.#told ??= this.#sorted(this.#toldRows);
    return this.#told.slice(from, to).map((row) => this.#make(row));
  }

  *[Symbol.iterator](): Generator<JobEvent> {
    for (let place = this.length - 1; place >= 0; place--) yield this.#make(this.#order?.at(place) ?? place);
  }

  /** Gives the events, oldest first. */
  *oldestFirst(): Generator<JobEvent> {
    for (let place = 0; place < this.length; place++) yield this.#make(this.#order?.at(place) ?? place);
  }

  /**
   * Adds the events that are new. `events`: newest first.
   * @returns the new ones, newest first, and the steps whose figures changed.
   */
  add(events: readonly JobEvent[]): { readonly events: readonly JobEvent[]; readonly steps: ReadonlySet<number> } {
    const ids = new Set<string>();
    const fresh = events.filter(({ id }) => !ids.has(id) && !this.has(id) && ids.add(id));
    if (fresh.length === 0) return { events: fresh, steps: new Set() };
    fresh.sort((a, b) => b.createdAt - a.createdAt);
    const oldestFirst = fresh.toReversed();
    const first = this.length;
    const steps = this.#addMetrics(oldestFirst);
    for (const event of oldestFirst) this.#push(event);
    this.#arrange(first);
    this.#messages = null;
    this.#told = null;
    return { events: fresh, steps };
  }

  #push(event: JobEvent): void {
    const row = this.length;
    const hash = hashOfText(event.id);
    this.#ids.push(event.id);
    this.#hashes.push(hash);
    this.#idIndex.add(row, hash);
    this.#times.push(event.createdAt);
    const { metrics, level, type } = event;
    const isStep = metrics !== null && event.moderation === null;
    this.#steps.push(isStep ? metrics.step : Number.NaN);
    this.#textOf.push(isStep ? this.#texts.length : 0);
    this.#kindOf.push(isStep ? this.#kind(level, type) : 0);
    if (isStep) {
      this.#texts.push(event.message);
      this.#stepIndex?.add(row, hashOfNumber(metrics.step));
    } else this.#objects.set(row, event);
    if (metrics === null || metrics.fullValidLoss !== null || level !== 'info') this.#toldRows.push(row);
  }

  #kind(level: string, type: string): number {
    const known = this.#kinds.findIndex((kind) => kind.level === level && kind.type === type);
    return known >= 0 ? known : this.#kinds.push({ level, type }) - 1;
  }

  /** Puts the rows from `first` on, which ascend in time, among the others. */
  #arrange(first: number): void {
    const { length } = this;
    const newest = first === 0 ? -Infinity : this.#timeOf(this.#order?.last ?? first - 1);
    if (newest <= this.#timeOf(first)) {
      if (this.#order) for (let row = first; row < length; row++) this.#order.push(row);
      return;
    }
    const order = new Uint32Array(length);
    for (let i = 0, old = 0, fresh = first; i < length; i++) {
      const row = this.#order?.at(old) ?? old;
      const takesOld = old < first && (fresh >= length || this.#timeOf(row) <= this.#timeOf(fresh));
      order[i] = takesOld ? row : fresh;
      if (takesOld) old += 1;
      else fresh += 1;
    }
    this.#order = new ColumnBuffer<Uint32Array>(Uint32Array, order);
  }

  /** Merges the figures of new events into the curve. Of two reports for one step the later event's figures count where it has them. */
  #addMetrics(oldestFirst: readonly JobEvent[]): ReadonlySet<number> {
    const fresh = new Map<number, Report[]>();
    for (const { metrics: point, createdAt, id } of oldestFirst) {
      if (!point) continue;
      this.#extend(point.step, createdAt);
      const same = fresh.get(point.step);
      if (same) same.push({ point, createdAt, id });
      else fresh.set(point.step, [{ point, createdAt, id }]);
    }
    const points: MetricPoint[] = [];
    const times: number[] = [];
    for (const [step, added] of fresh) {
      const known = this.#reports.get(step) ?? this.#reportOf(step);
      const all = [...known, ...added].sort(compareReports);
      if (all.length > 1) this.#reports.set(step, all);
      const [point] = mergeMetricPoints(
        [],
        all.map((report) => report.point),
      );
      if (point) points.push(point);
      times.push(all.at(-1)?.createdAt ?? 0);
    }
    this.#curve.mergePoints(points, times);
    return new Set(fresh.keys());
  }

  #extend(step: number, createdAt: number): void {
    const at = { step, createdAt };
    const { first, last } = this.#span ?? { first: at, last: at };
    this.#span = {
      first: createdAt < first.createdAt || (createdAt === first.createdAt && step < first.step) ? at : first,
      last: createdAt > last.createdAt || (createdAt === last.createdAt && step > last.step) ? at : last,
    };
  }

  /** Finds the report of a step that has one so far; none for an unknown step. */
  #reportOf(step: number): readonly Report[] {
    if (this.#curve.rowOf(step) < 0) return [];
    this.#stepIndex ??= this.#indexOfSteps();
    const row = this.#stepIndex.find(hashOfNumber(step), (known) => this.#steps.at(known) === step);
    const event = row < 0 ? [...this.#objects.values()].find(({ metrics }) => metrics?.step === step) : this.#make(row);
    return event?.metrics ? [{ createdAt: event.createdAt, id: event.id, point: event.metrics }] : [];
  }

  #indexOfSteps(): RowIndex {
    const index = new RowIndex((row) => hashOfNumber(this.#steps.at(row) ?? 0));
    for (const [row, step] of this.#steps.view().entries()) if (!Number.isNaN(step)) index.add(row, hashOfNumber(step));
    return index;
  }

  #make(row: number): JobEvent {
    const object = this.#objects.get(row);
    if (object) return object;
    const id = this.#ids.at(row);
    const step = this.#steps.at(row) ?? Number.NaN;
    const { level, type } = this.#kinds[this.#kindOf.at(row) ?? 0] ?? { level: 'info', type: 'message' };
    return {
      id,
      createdAt: this.#timeOf(row),
      level,
      message: this.#texts.at(this.#textOf.at(row) ?? 0),
      type,
      metrics:
        this.#reports.get(step)?.find((report) => report.id === id)?.point ??
        this.#curve.pointAt(this.#curve.rowOf(step)),
      moderation: null,
    };
  }

  #timeOf(row: number): number {
    return this.#times.at(row) ?? 0;
  }

  /** Sorts rows, newest first. */
  #sorted(rows: readonly number[]): readonly number[] {
    return rows.toSorted((a, b) => this.#timeOf(b) - this.#timeOf(a) || b - a);
  }
}

/** Compares as `compareEvents` does, so that every order of arrival gives the same figures. */
function compareReports(a: Report, b: Report): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
}

/** Makes the history of a job with its curve, from events given newest first. */
export function jobHistory(events: readonly JobEvent[] = []): {
  readonly events: EventHistory;
  readonly curve: MetricColumns;
} {
  const curve = new MetricColumns();
  const history = new EventHistory(curve);
  history.add(events);
  return { events: history, curve };
}
