// Lines of the charts: which points, where, and smoothed how. Draws nothing.
import type { MetricColumns, SeriesView } from '../../../src/core/training/curves/columns.ts';
import { roleOf, type MetricRole } from '../../../src/core/training/curves/families.ts';
import { Smoother, type SmoothingChoice } from '../../../src/core/training/curves/smoother.ts';
import { ColumnScan, lowerBound, type ColumnView, type Scale } from '../../../src/core/training/curves/thinning.ts';
import {
  placeOf,
  placesOf,
  xMapOf,
  type JobScale,
  type XAxis,
  type XMap,
} from '../../../src/core/training/curves/xAxis.ts';
import type { Range } from '../../../src/core/training/curves/yRange.ts';
import type { UnconditionalLoss } from '../../../src/core/training/curves/levels.ts';
import type { VerdictMark } from '../../../src/core/training/verdict/runVerdicts.ts';

export interface Mark {
  readonly step: number;
  readonly label: string;
}

/** A job in the charts. */
export interface ChartRun {
  /** Stays the same over reloads: what is switched off is kept by it. */
  readonly id: string;
  readonly name: string;
  readonly curve: MetricColumns;
  /** Checkpoints and ends of epochs. */
  readonly marks: readonly Mark[];
  /** Places that the verdicts on its curves name; absent where none is judged. */
  readonly findings?: readonly VerdictMark[];
  readonly totalSteps: number | null;
  readonly scale: JobScale;
  readonly unconditional: UnconditionalLoss | null;
  /** It still trains: its x axis reaches to the last step that is planned. */
  readonly isLive: boolean;
}

export interface Line {
  /** Name of the run and the metric. */
  readonly id: string;
  readonly run: ChartRun;
  readonly metric: string;
  readonly role: MetricRole;
  readonly view: SeriesView;
  /** Places on the x axis, ascending. */
  readonly xs: Float64Array;
  readonly raw: Float64Array;
  /** Same as `raw` where nothing is smoothed. */
  readonly shown: Float64Array;
  /** Thins both to pixel columns; only what was appended since the last time is looked at. */
  readonly thin: { readonly raw: (view: ColumnView) => ColumnScan; readonly shown: (view: ColumnView) => ColumnScan };
}

/** Steps that the x axis shows at least: a first point or two would lie on the edge. */
const MIN_STEPS = 5;

export function lineId(run: ChartRun, metric: string): string {
  return `${run.id} ${metric}`;
}

/** Places of a job's points on an axis, kept until the job or the axis changes. */
export class Places {
  readonly #maps = new WeakMap<MetricColumns, { readonly key: string; readonly map: XMap | null }>();
  readonly #xs = new WeakMap<SeriesView, { readonly map: XMap; readonly xs: Float64Array }>();

  map(run: ChartRun, axis: XAxis): XMap | null {
    const { curve, scale, totalSteps } = run;
    const key = JSON.stringify([axis, curve.length, totalSteps, scale, curve.times?.at(-1)]);
    const known = this.#maps.get(curve);
    if (known?.key === key) return known.map;
    const epochs = axis === 'epoch' && curve.series('epoch').length > 0 ? curve.byRow('epoch') : null;
    const made = xMapOf(axis, { steps: curve.steps, times: curve.times, epochs, totalSteps, scale });
    // The same map as long as it says the same, so that lines go on with it.
    const isSame = made && known?.map && 'factor' in made && 'factor' in known.map && made.factor === known.map.factor;
    const map = isSame === true ? known.map : made;
    this.#maps.set(curve, { key, map });
    return map;
  }

  xs(view: SeriesView, map: XMap): Float64Array {
    const known = this.#xs.get(view);
    if (known?.map === map) return known.xs;
    const xs = placesOf(map, view.xs, view.rows);
    this.#xs.set(view, { map, xs });
    return xs;
  }
}

/** Axes that all of these jobs know. */
export function axesOf(runs: readonly ChartRun[], axes: readonly XAxis[]): readonly XAxis[] {
  return axes.filter((axis) =>
    runs.every(({ curve, scale, totalSteps }) => {
      if (axis === 'epoch' && curve.series('epoch').length > 0) return true;
      // The first row tells whether there are times; all of them would be copied for nothing.
      const times = curve.times?.some((time) => time > 0) === true ? Uint32Array.of(1) : null;
      return xMapOf(axis, { steps: Float64Array.of(1), times, epochs: null, totalSteps, scale }) !== null;
    }),
  );
}

/** The whole x axis of these jobs. */
export function extentOf(runs: readonly ChartRun[], axis: XAxis, scale: Scale, places: Places): Range {
  let from = Infinity;
  let to = -Infinity;
  for (const run of runs) {
    const map = places.map(run, axis);
    if (!map) continue;
    const { steps, length } = run.curve;
    if (length > 0) {
      const first = scale === 'log' ? firstPositive(map, steps) : placeOf(map, steps[0] ?? 0);
      if (!Number.isNaN(first)) from = Math.min(from, first);
      to = Math.max(to, placeOf(map, steps[length - 1] ?? 0));
    }
    if (run.isLive && run.totalSteps !== null && 'factor' in map) to = Math.max(to, placeOf(map, run.totalSteps));
    const least = 'factor' in map ? MIN_STEPS * map.factor : MIN_STEPS;
    to = Math.max(to, (scale === 'log' || axis === 'wall' ? (Number.isFinite(from) ? from : 0) : 0) + least);
  }
  if (!Number.isFinite(to)) return scale === 'log' ? { from: 1, to: 10 } : { from: 0, to: MIN_STEPS };
  if (scale === 'linear') from = axis === 'wall' ? from : Math.min(0, from);
  if (!Number.isFinite(from)) from = scale === 'log' ? to / 10 : 0;
  return to > from ? { from, to } : { from, to: from + 1 };
}

function firstPositive(map: XMap, steps: Float64Array): number {
  const at = lowerBound(steps, steps.length, 0, true);
  for (let i = at; i < steps.length; i++) {
    const place = placeOf(map, steps[i] ?? 0);
    if (place > 0) return place;
  }
  return Number.NaN;
}

/** What is kept of a line between drawings. */
interface Kept {
  readonly smoother: Smoother;
  readonly raw: Thinner;
  readonly shown: Thinner;
  curve: MetricColumns | null;
  edits: number;
  xs: XMap | null;
  length: number;
}

/** A scan, and how much of its input is the same as when it was last asked. */
class Thinner {
  readonly #scan = new ColumnScan();
  #unchanged = 0;

  /** The input has changed behind its first `unchanged` points. */
  change(unchanged: number): void {
    this.#unchanged = Math.min(this.#unchanged, unchanged);
  }

  update(xs: Float64Array, ys: Float64Array, view: ColumnView): ColumnScan {
    this.#scan.update(xs, ys, ys.length, view, this.#unchanged);
    this.#unchanged = ys.length;
    return this.#scan;
  }
}

/** Makes the lines of one chart; smoothed values go on where points were appended. */
export class LineMaker {
  readonly #places: Places;
  readonly #kept = new Map<string, Kept>();

  constructor(places: Places) {
    this.#places = places;
  }

  /** `range`: length of the x axis. Metrics without a point have no line. */
  lines(
    runs: readonly ChartRun[],
    metrics: readonly string[],
    axis: XAxis,
    choice: SmoothingChoice,
    range: number,
  ): readonly Line[] {
    return runs.flatMap((run) => {
      const map = this.#places.map(run, axis);
      if (!map) return [];
      return metrics.flatMap((metric): Line[] => {
        const view = run.curve.series(metric);
        if (view.length === 0) return [];
        return [this.#line(run, view, map, choice, range)];
      });
    });
  }

  #line(run: ChartRun, view: SeriesView, map: XMap, choice: SmoothingChoice, range: number): Line {
    const id = lineId(run, view.name);
    let kept = this.#kept.get(id);
    if (!kept) {
      kept = {
        smoother: new Smoother(),
        raw: new Thinner(),
        shown: new Thinner(),
        curve: null,
        edits: 0,
        xs: null,
        length: 0,
      };
      this.#kept.set(id, kept);
    }
    const isSame = kept.curve === run.curve && kept.edits === view.edits && kept.xs === map;
    const unchanged = isSame ? kept.length : 0;
    const role = roleOf(view.name);
    const xs = this.#places.xs(view, map);
    // Without an amount every kind gives the values themselves.
    const isRaw = role === 'full' || choice.kind === 'none' || choice.amount === 0;
    const shown = isRaw
      ? view.ys
      : kept.smoother.update({ xs, ys: view.ys, length: view.length }, choice, range, unchanged);
    kept.raw.change(unchanged);
    kept.shown.change(isRaw ? unchanged : Math.min(unchanged, kept.smoother.kept));
    Object.assign(kept, { curve: run.curve, edits: view.edits, xs: map, length: view.length });
    const { raw, shown: thinner } = kept;
    return {
      id,
      run,
      metric: view.name,
      role,
      view,
      xs,
      raw: view.ys,
      shown,
      thin: {
        raw: (columns) => raw.update(xs, view.ys, columns),
        shown: (columns) => (isRaw ? raw : thinner).update(xs, shown, columns),
      },
    };
  }
}

/** A point of a line under the crosshair. */
export interface Reading {
  readonly line: Line;
  readonly x: number;
  readonly step: number;
  readonly raw: number;
  readonly shown: number;
}

/** Nearest point of each line, where one lies within `reach` (points of lines that go on there: at any distance). */
export function readingsAt(lines: readonly Line[], x: number, reach: number): readonly Reading[] {
  return lines.flatMap((line) => {
    const index = nearest(line.xs, x);
    const place = line.xs[index];
    if (place === undefined) return [];
    const isBeyond = x < (line.xs[0] ?? 0) || x > (line.xs[line.xs.length - 1] ?? 0);
    if ((isBeyond || line.role === 'full') && Math.abs(place - x) > reach) return [];
    return [
      {
        line,
        x: place,
        step: line.view.xs[index] ?? 0,
        raw: line.raw[index] ?? 0,
        shown: line.shown[index] ?? 0,
      },
    ];
  });
}

function nearest(xs: Float64Array, x: number): number {
  if (xs.length === 0) return -1;
  const right = Math.min(xs.length - 1, lowerBound(xs, xs.length, x));
  const left = Math.max(0, right - 1);
  return x - (xs[left] ?? 0) < (xs[right] ?? 0) - x ? left : right;
}

/** The nearest x of a point that lies at least as far as `beyond`, to the right or (`direction` −1) to the left; null: there is none. */
export function nextX(lines: readonly Line[], beyond: number, direction: 1 | -1): number | null {
  let found: number | null = null;
  for (const { xs } of lines) {
    const index = direction > 0 ? lowerBound(xs, xs.length, beyond) : lowerBound(xs, xs.length, beyond, true) - 1;
    const x = xs[index];
    if (x !== undefined && (found === null || (x - found) * direction < 0)) found = x;
  }
  return found;
}

/** Number of points within the shown part of x whose raw value lies above or below the y axis. */
export function countOutside(lines: readonly Line[], shown: Range, y: Range): number {
  let outside = 0;
  for (const { xs, raw } of lines) {
    const end = lowerBound(xs, xs.length, shown.to, true);
    for (let i = lowerBound(xs, xs.length, shown.from); i < end; i++) {
      const value = raw[i] ?? 0;
      if (value < y.from || value > y.to) outside += 1;
    }
  }
  return outside;
}
