// Data of the pictures, from the rows that the page has.
import { studentQuantile } from '../../src/core/statistics/distributions.ts';
import type { RowResult } from '../../src/core/evaluation/types.ts';
import type { ErrorBar } from '../charts/errorHistogram.ts';
import type { RunningPoint } from '../charts/runningChart.ts';
import type { ScatterPoint } from '../charts/scatterChart.ts';
import { isAnswered, type EvaluationModel } from './evaluationModel.ts';

const BARS = 20;
/** Share of the errors that the bars of one width reach; the rest is in the last bar. */
const REACH = 0.97;
/** Points of a running figure. */
const POINTS = 200;

export function scatterPoints(model: EvaluationModel, contestant: string): readonly ScatterPoint[] {
  const points: ScatterPoint[] = [];
  for (const { item, status, guess, truth, colour } of model.rowsOf(contestant).values()) {
    if (status !== 'graded' || typeof guess !== 'number' || typeof truth !== 'number' || colour === null) continue;
    points.push({ item, truth, guess, colour });
  }
  return points;
}

/** Bars of one round width; larger errors are together in the last one. */
export function errorBars(model: EvaluationModel, a: string, b: string | null): readonly ErrorBar[] {
  const own = errorsOf(model.rowsOf(a).values());
  if (own.length === 0) return [];
  const others = b === null ? [] : errorsOf(model.rowsOf(b).values());
  const sorted = Float64Array.from([...own, ...others], ({ error }) => error).sort();
  const far = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * REACH))] ?? 1;
  const width = roundWidth((far || 1) / BARS);
  const last = Math.max(0, Math.min(BARS, Math.floor(far / width)));
  const bars = Array.from({ length: last + 1 }, (_, index) => ({
    from: index * width,
    to: index === last && (sorted.at(-1) ?? 0) >= (index + 1) * width ? Infinity : (index + 1) * width,
    items: [] as number[],
    others: 0,
  }));
  const barOf = (error: number) => bars[Math.min(last, Math.floor(error / width))];
  for (const { item, error } of own) barOf(error)?.items.push(item);
  for (const { error } of others) {
    const bar = barOf(error);
    if (bar) bar.others += 1;
  }
  return bars;
}

function errorsOf(rows: Iterable<RowResult>): { readonly item: number; readonly error: number }[] {
  const found: { item: number; error: number }[] = [];
  for (const { item, status, error } of rows) if (status === 'graded' && error !== null) found.push({ item, error });
  return found;
}

/** The next of 1, 2, 2.5, 5 times a power of ten. */
function roundWidth(width: number): number {
  const power = 10 ** Math.floor(Math.log10(width));
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= width * 0.999) ?? 10) * power;
}

/** Mean error (or share of right answers) over the first rows of the file, with the band of a single look. */
export function runningFigure(model: EvaluationModel, contestant: string): readonly RunningPoint[] {
  const numeric = model.state.run.grader === 'number';
  const values: number[] = [];
  for (const { index } of model.state.items) {
    const row = model.row(contestant, index);
    if (!isAnswered(row)) continue;
    if (!numeric) values.push(Number(row.colour === 'green'));
    else if (row.status === 'graded' && row.error !== null) values.push(row.error);
  }
  const step = Math.max(1, Math.ceil(values.length / POINTS));
  const points: RunningPoint[] = [];
  let mean = 0;
  let squares = 0;
  for (const [index, value] of values.entries()) {
    const n = index + 1;
    const before = mean;
    mean += (value - before) / n;
    squares += (value - before) * (value - mean);
    if (n < 2 || (n % step !== 0 && n !== values.length)) continue;
    const half = studentQuantile(0.975, n - 1) * Math.sqrt(squares / (n - 1) / n);
    points.push({ n, value: mean, low: mean - half, high: mean + half });
  }
  return points;
}

/** Rows by expected label (first index) and given label (second index); the last column has the replies that are no label. */
export function confusionItems(
  model: EvaluationModel,
  contestant: string,
  labels: readonly string[],
): readonly (readonly (readonly number[])[])[] {
  const index = new Map(labels.map((label, at) => [label, at]));
  const cells = labels.map(() => Array.from({ length: labels.length + 1 }, (): number[] => []));
  for (const row of model.rowsOf(contestant).values()) {
    if (!isAnswered(row)) continue;
    const guess = index.get(String(row.guess)) ?? labels.length;
    cells[index.get(String(row.truth)) ?? -1]?.[guess]?.push(row.item);
  }
  return cells;
}
