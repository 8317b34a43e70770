// Figures of one contestant, each with the interval whose measured coverage is in docs/statistics.md.
import { jackknife } from '../../statistics/jackknife.ts';
import type { Estimate } from '../../statistics/interval.ts';
import { hallMean, medianInterval, studentMean } from '../../statistics/means.ts';
import { wilson } from '../../statistics/shares.ts';
import { squaredLogError } from '../report/report.ts';
import type { GraderType } from '../types.ts';
import { macroF1 } from './labels.ts';
import { outcomesOf } from './outcomes.ts';
import { areAlone, clusterMeans, isAnswered, type Rows, type ValueOf } from './pairs.ts';
import type { ContestantSummary, Metric } from './types.ts';

/** Metrics of a grader; the first is the usual primary one. */
export function metricsOf(grader: GraderType): readonly Metric[] {
  if (grader === 'number') return ['mae', 'medianError', 'rmsle', 'hits'];
  return grader === 'label' ? ['accuracy', 'f1'] : ['accuracy'];
}

/** Value of a row that a metric is the mean of (`rmsle`: squared log errors; `medianError`: errors); null when the row has none. */
export function valueIn(metric: Exclude<Metric, 'f1'>): ValueOf {
  switch (metric) {
    case 'mae':
    case 'medianError':
      return (row) => (row.status === 'graded' ? row.error : null);
    case 'rmsle':
      return (row) =>
        row.status === 'graded' && typeof row.guess === 'number' && typeof row.truth === 'number'
          ? squaredLogError(row.guess, row.truth)
          : null;
    case 'hits':
    case 'accuracy':
      return (row) => (isAnswered(row) ? Number(row.colour === 'green') : null);
  }
}

/** One figure of a contestant with its interval; null without rows that have one. */
export function figureOf(metric: Metric, rows: Rows, clusterOf: (item: number) => number): Estimate | null {
  return metric === 'f1' ? f1Of(rows, clusterOf) : estimateOf(metric, rows, clusterOf);
}

/**
 * Figures of one contestant over its rows, in steps of some milliseconds for 25,000 rows. `clusterOf`: cluster of an item; items with
 * equal prompts share one.
 */
export function* summaryInSteps(
  contestant: string,
  rows: Rows,
  metrics: readonly Metric[],
  clusterOf: (item: number) => number,
): Generator<undefined, ContestantSummary> {
  const found: Partial<Record<Metric, Estimate>> = {};
  for (const metric of metrics) {
    const estimate = figureOf(metric, rows, clusterOf);
    if (estimate !== null) found[metric] = estimate;
    yield;
  }
  return { contestant, ...outcomesOf(rows.values()), metrics: found };
}

function estimateOf(metric: Exclude<Metric, 'f1'>, rows: Rows, clusterOf: (item: number) => number): Estimate | null {
  const valueOf = valueIn(metric);
  const items: number[] = [];
  const found: number[] = [];
  rows.forEach((row, item) => {
    const value = valueOf(row);
    if (value === null) return;
    items.push(item);
    found.push(value);
  });
  const values = clusterMeans(items, Float64Array.from(found), clusterOf);
  if (values.length === 0) return null;
  switch (metric) {
    case 'mae':
      return hallMean(values) ?? alone(values);
    case 'rmsle': {
      const squared = hallMean(values) ?? alone(values);
      const { value, low, high } = squared;
      return { value: Math.sqrt(value), low: Math.sqrt(Math.max(0, low)), high: Math.sqrt(Math.max(0, high)) };
    }
    case 'medianError':
      return medianInterval(values) ?? withoutInterval(values);
    case 'hits':
    case 'accuracy':
      return shareOf(values, items.length);
  }
}

/** Share of ones; with prompts that occur twice the cluster means are no longer ones and zeros, and Student's t serves them. */
function shareOf(values: Float64Array, items: number): Estimate | null {
  if (values.length === items) {
    return wilson(
      values.reduce((sum, value) => sum + value, 0),
      items,
    );
  }
  const { value, low, high } = studentMean(values) ?? alone(values);
  return { value, low: Math.max(0, low), high: Math.min(1, high) };
}

/** One value says nothing about others. */
function alone(values: Float64Array): Estimate {
  return { value: values[0] ?? NaN, low: -Infinity, high: Infinity };
}

/** Median of too few values for an interval of order statistics. */
function withoutInterval(values: Float64Array): Estimate {
  const order = Float64Array.from(values).sort();
  const upper = order[order.length >> 1] ?? NaN;
  const lower = order[(order.length - 1) >> 1] ?? NaN;
  return { value: lower + (upper - lower) / 2, low: -Infinity, high: Infinity };
}

function f1Of(rows: Rows, clusterOf: (item: number) => number): Estimate | null {
  const items: number[] = [];
  const labeled = [...rows].flatMap(([item, row]) => {
    if (!isAnswered(row)) return [];
    items.push(item);
    return [{ truth: String(row.truth), guess: row.guess === null ? null : String(row.guess) }];
  });
  if (labeled.length === 0) return null;
  const { f1, without } = macroF1(labeled, groupsOf(items, clusterOf));
  const estimate = jackknife(f1, without);
  if (estimate === null) return { value: f1, low: 0, high: 1 };
  return { value: f1, low: Math.max(0, estimate.low), high: Math.min(1, estimate.high) };
}

/** Indices of the rows of each cluster, in the order of the clusters' first rows. */
export function groupsOf(items: readonly number[], clusterOf: (item: number) => number): readonly number[][] {
  if (areAlone(items, clusterOf)) return items.map((_, at) => [at]);
  const groups = new Map<number, number[]>();
  for (const [at, item] of items.entries()) {
    const key = clusterOf(item);
    const group = groups.get(key);
    if (group) group.push(at);
    else groups.set(key, [at]);
  }
  return [...groups.values()];
}
