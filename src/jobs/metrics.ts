import type { JobEvent, MetricPoint } from '../core/training/job.ts';

/** Fills what `older` lacks from `newer` and replaces what both have. */
function merge(older: MetricPoint, newer: MetricPoint): MetricPoint {
  const merged: Record<string, number | null> = { ...older };
  for (const [key, value] of Object.entries(newer) as [string, number | null][]) {
    if (value !== null) merged[key] = value;
  }
  return merged as unknown as MetricPoint;
}

export function sameMetrics(a: MetricPoint, b: MetricPoint): boolean {
  return (Object.keys(a) as (keyof MetricPoint)[]).every((key) => a[key] === b[key]);
}

/** Events (newest first) → one point a step, by step. The same step may come several times, each time with other figures. */
export function metricSeries(newestFirst: readonly JobEvent[]): readonly MetricPoint[] {
  const byStep = new Map<number, MetricPoint>();
  for (let index = newestFirst.length - 1; index >= 0; index--) {
    const point = newestFirst[index]?.metrics;
    if (!point) continue;
    const before = byStep.get(point.step);
    byStep.set(point.step, before ? merge(before, point) : point);
  }
  return [...byStep.values()].sort((a, b) => a.step - b.step);
}
