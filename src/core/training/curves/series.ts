import type { JobEvent, MetricPoint } from '../job.ts';

/** Merges known and new events to one list, newest first, each id once (the later copy counts). */
export function mergeEvents(known: readonly JobEvent[], fresh: readonly JobEvent[]): readonly JobEvent[] {
  const byId = new Map(known.map((event) => [event.id, event]));
  for (const event of fresh) byId.set(event.id, event);
  return [...byId.values()].sort((a, b) => compareEvents(b, a));
}

/** Compares events, oldest first: by time (whole seconds), then by step, then by id, so that every order of arrival gives the same list. */
export function compareEvents(a: JobEvent, b: JobEvent): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  const byStep = (a.metrics?.step ?? Infinity) - (b.metrics?.step ?? Infinity);
  if (byStep !== 0 && !Number.isNaN(byStep)) return byStep;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Curve of a job: one point per step, ascending, for every order of the events. */
export function metricSeries(events: readonly JobEvent[]): readonly MetricPoint[] {
  const unique = mergeEvents([], events);
  return mergeMetricPoints(
    [],
    unique.toReversed().flatMap((event) => (event.metrics === null ? [] : [event.metrics])),
  );
}

/** Merges points to one per step, ascending; of two points for one step the later one's figures count where it has them. */
export function mergeMetricPoints(
  known: readonly MetricPoint[],
  fresh: readonly MetricPoint[],
): readonly MetricPoint[] {
  const byStep = new Map(known.map((point) => [point.step, point]));
  for (const point of fresh) {
    const before = byStep.get(point.step);
    byStep.set(point.step, before === undefined ? point : mergePoint(before, point));
  }
  return [...byStep.values()].sort((a, b) => a.step - b.step);
}

/** Points of `after` that are missing from `before` or changed: the update for a panel. */
export function changedMetricPoints(
  before: readonly MetricPoint[],
  after: readonly MetricPoint[],
): readonly MetricPoint[] {
  const known = new Map(before.map((point) => [point.step, point]));
  return after.filter((point) => {
    const old = known.get(point.step);
    return old === undefined || KEYS.some((key) => old[key] !== point[key]) || !sameFigures(old.others, point.others);
  });
}

/** Figures of a job by the names that providers give them, each with its steps in the order of the points. */
export function seriesByName(points: readonly MetricPoint[]): ReadonlyMap<string, readonly NamedFigure[]> {
  const series = new Map<string, NamedFigure[]>();
  const add = (name: string, step: number, value: number): void => {
    const known = series.get(name);
    if (known) known.push({ step, value });
    else series.set(name, [{ step, value }]);
  };
  for (const point of points) {
    for (const [key, name] of FIGURE_NAMES) {
      const value = point[key];
      if (value !== null) add(name, point.step, value);
    }
    for (const [name, value] of Object.entries(point.others ?? {})) add(name, point.step, value);
  }
  return series;
}

export interface NamedFigure {
  readonly step: number;
  readonly value: number;
}

/** Fields of a point and the names that providers give to their figures. */
export const FIGURE_NAMES = [
  ['trainLoss', 'train_loss'],
  ['validLoss', 'valid_loss'],
  ['fullValidLoss', 'full_valid_loss'],
  ['trainAccuracy', 'train_mean_token_accuracy'],
  ['validAccuracy', 'valid_mean_token_accuracy'],
  ['fullValidAccuracy', 'full_valid_mean_token_accuracy'],
] as const satisfies readonly (readonly [keyof MetricPoint, string])[];

function sameFigures(a: MetricPoint['others'] = {}, b: MetricPoint['others'] = {}): boolean {
  const names = Object.keys(b);
  return names.length === Object.keys(a).length && names.every((name) => a[name] === b[name]);
}

const KEYS = [
  'totalSteps',
  'trainLoss',
  'trainAccuracy',
  'validLoss',
  'validAccuracy',
  'fullValidLoss',
  'fullValidAccuracy',
] as const satisfies readonly (keyof MetricPoint)[];

function mergePoint(before: MetricPoint, after: MetricPoint): MetricPoint {
  return {
    step: after.step,
    totalSteps: after.totalSteps ?? before.totalSteps,
    trainLoss: after.trainLoss ?? before.trainLoss,
    trainAccuracy: after.trainAccuracy ?? before.trainAccuracy,
    validLoss: after.validLoss ?? before.validLoss,
    validAccuracy: after.validAccuracy ?? before.validAccuracy,
    fullValidLoss: after.fullValidLoss ?? before.fullValidLoss,
    fullValidAccuracy: after.fullValidAccuracy ?? before.fullValidAccuracy,
    ...(before.others || after.others ? { others: { ...before.others, ...after.others } } : {}),
  };
}
