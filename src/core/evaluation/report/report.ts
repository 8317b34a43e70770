import { median } from '../../dataset/report/answers.ts';
import type { ContestantReport, RowResult } from '../types.ts';

/** Figures of all contestants in the given order. Rows of others are ignored; of two rows for one item the later counts. */
export function reportAll(contestants: readonly string[], rows: readonly RowResult[]): readonly ContestantReport[] {
  const byContestant = new Map<string, Map<number, RowResult>>(contestants.map((id) => [id, new Map()]));
  for (const row of rows) byContestant.get(row.contestant)?.set(row.item, row);
  return contestants.map((id) => report(id, [...(byContestant.get(id)?.values() ?? [])]));
}

/** Figures over the rows of one contestant, each item once. Means are null, never NaN, where there is nothing to average. */
export function report(contestant: string, rows: readonly RowResult[]): ContestantReport {
  const errors: number[] = [];
  const logErrors: number[] = [];
  const lessonErrors: number[] = [];
  const lessonLogErrors: number[] = [];
  let answered = 0;
  let noNumber = 0;
  let failed = 0;
  let ungradable = 0;
  let green = 0;
  let orange = 0;
  let red = 0;
  for (const row of rows) {
    if (row.status === 'error') {
      failed += 1;
      continue;
    }
    if (row.status === 'ungradable') {
      ungradable += 1;
      continue;
    }
    answered += 1;
    if (row.colour === 'green') green += 1;
    else if (row.colour === 'orange') orange += 1;
    else if (row.colour === 'red') red += 1;
    if (row.status === 'no-number') noNumber += 1;
    if (typeof row.truth !== 'number') continue;
    const guess = typeof row.guess === 'number' ? row.guess : null;
    if (guess !== null) {
      errors.push(Math.abs(guess - row.truth));
      logErrors.push(squaredLogError(guess, row.truth));
    }
    const lesson = row.lesson ?? { guess, truth: row.truth };
    lessonErrors.push(Math.abs((lesson.guess ?? 0) - (lesson.truth ?? 0)));
    lessonLogErrors.push(squaredLogError(lesson.guess ?? 0, lesson.truth ?? 0));
  }
  return {
    contestant,
    n: answered,
    noNumber,
    errors: failed,
    ungradable,
    meanError: mean(errors),
    lessonMeanError: mean(lessonErrors),
    medianError: errors.length === 0 ? null : median(errors),
    rmsle: root(mean(logErrors)),
    lessonRmsle: root(mean(lessonLogErrors)),
    hits: answered === 0 ? null : green / answered,
    green,
    orange,
    red,
  };
}

/** Squared log error (ln(truth + 1) − ln(guess + 1))²; values below zero count as zero, where the lesson's formula has no result from −1 down. */
export function squaredLogError(guess: number, truth: number): number {
  return (Math.log1p(Math.max(0, truth)) - Math.log1p(Math.max(0, guess))) ** 2;
}

/** Mean of finite, non-negative values; computed in parts where their plain sum would be infinite. */
function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (const value of values) sum += value;
  if (Number.isFinite(sum)) return sum / values.length;
  let running = 0;
  for (const value of values) running += value / values.length;
  return Math.min(running, Number.MAX_VALUE);
}

function root(value: number | null): number | null {
  return value === null ? null : Math.sqrt(value);
}
