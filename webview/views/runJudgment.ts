// Judges the rows that the page has, in slices: the extension host computes nothing.
import { judgeInSteps, type JudgeInput, type Judgment } from '../../src/core/evaluation/comparison/judge.ts';
import { isFloor } from '../../src/core/evaluation/comparison/floors.ts';
import { metricsOf, summaryInSteps } from '../../src/core/evaluation/comparison/metrics.ts';
import type { Statement } from '../../src/core/evaluation/comparison/statements.ts';
import { checkThresholds, type ThresholdCheck } from '../../src/core/evaluation/comparison/thresholds.ts';
import type { Comparison, ContestantSummary } from '../../src/core/evaluation/comparison/types.ts';
import type { GraderType, RowResult } from '../../src/core/evaluation/types.ts';
import type { RowDifference } from '../charts/differenceChart.ts';
import { isAnswered, type EvaluationModel } from './evaluationModel.ts';

/** Contestants that are compared; `b` is null while there is only one. */
export interface Pair {
  readonly a: string;
  readonly b: string | null;
}

export interface RunJudgment {
  readonly pair: Pair;
  /** Statements about the pair that the run asks about. */
  readonly answer: readonly Statement[];
  readonly answered: Comparison | null;
  /** Thresholds of the evaluation file, about the first contestant's own rows; empty without any. */
  readonly thresholds: readonly ThresholdCheck[];
  /** Number of items that the first contestant has answered, which the thresholds are about. */
  readonly judged: number;
  /** Statements about the chosen pair. */
  readonly statements: readonly Statement[];
  /** Comparisons of the chosen pair, one a metric. */
  readonly comparisons: readonly Comparison[];
  /** Figures over the items that all contestants have answered. */
  readonly summaries: readonly ContestantSummary[];
  /** Number of these items. */
  readonly common: number;
  /** Differences of the chosen pair, row by row: errors, or 1 for an answer that only `b` has right. */
  readonly differences: readonly RowDifference[];
}

/** More labels than this are texts, which have no confusion matrix and no F1. */
const MOST_LABELS = 12;

/** Grader as the statistics know it: a few answers that occur again and again are labels. */
export function judgedGrader(model: EvaluationModel): GraderType {
  const { run } = model.state;
  if (run.grader !== 'string_check') return run.grader;
  return labelsOf(model) === null ? 'string_check' : 'label';
}

/** The answers that the file expects, in alphabetical order, when they are a few labels; else null. */
export function labelsOf(model: EvaluationModel): readonly string[] | null {
  const { grader, graderOptions } = model.state.run;
  if (grader !== 'string_check' && grader !== 'label') return null;
  const named = graderOptions?.labels ?? [];
  if (named.length > 0) return named.length > MOST_LABELS ? null : named;
  const labels = new Set<string>();
  let rows = 0;
  for (const { id } of model.state.run.contestants) {
    for (const row of model.rowsOf(id).values()) {
      if (row.status === 'ungradable') continue;
      rows += 1;
      labels.add(String(row.truth));
      if (labels.size > MOST_LABELS) return null;
    }
  }
  return labels.size >= 2 && rows >= 2 * labels.size ? [...labels].sort((a, b) => (a < b ? -1 : 1)) : null;
}

/** The pair that the run asks about: its first contestant, and the one that all are compared with. */
export function askedPair(model: EvaluationModel): Pair {
  const { run, question } = model.state;
  const others = run.contestants.filter(({ id }) => id !== question.baseline);
  const a = others.find((one) => !isFloor(one)) ?? others[0] ?? run.contestants[0];
  return { a: a?.id ?? '', b: question.baseline };
}

export function* judgeRun(model: EvaluationModel, pair: Pair): Generator<undefined, RunJudgment> {
  const { run, question } = model.state;
  const { contestants } = model;
  const asked = askedPair(model);
  const grader = judgedGrader(model);
  const base = {
    grader,
    primary: question.primary,
    matters: question.matters,
    items: model.state.items.map(({ index }) => ({ index, messages: [] })),
    clusterOf: model.clusterOf,
    // The table has those over the items that all have.
    figures: false,
  } satisfies Partial<JudgeInput>;
  const looks = model.state.looks && new Map(model.state.looks.map((one) => [one.contestant, one.looks]));
  const rowsOf = (ids: readonly string[]): RowResult[] => ids.flatMap((id) => [...model.rowsOf(id).values()]);
  const ids = run.contestants.map(({ id }) => id);
  const own = yield* judgeInSteps({
    ...base,
    contestants: run.contestants,
    baseline: question.baseline,
    rows: rowsOf(ids),
    looks,
    replacement: question.replacement ?? null,
  });
  const thresholds = yield* thresholdsOf(model, own);
  let chosen: Judgment = own;
  if (pair.b !== null && (pair.a !== asked.a || pair.b !== asked.b)) {
    // The chosen one is asked about, a floor too; all others stay in the family of claims.
    const first = contestants.find(({ id }) => id === pair.a);
    const others = contestants.filter(({ id }) => id !== pair.a);
    const order = first ? [{ ...first, kind: 'base' as const }, ...others] : others;
    chosen = yield* judgeInSteps({
      ...base,
      contestants: order,
      baseline: pair.b,
      // Looks are about the run's own baseline.
      looks: pair.b === question.baseline ? looks : null,
      rows: rowsOf(order.map(({ id }) => id)),
    });
  }
  const common = commonItems(model);
  yield;
  const summaries: ContestantSummary[] = [];
  for (const { id } of contestants) {
    const rows = new Map([...model.rowsOf(id)].filter(([item]) => common.has(item)));
    summaries.push(yield* summaryInSteps(id, rows, metricsOf(grader), model.clusterOf));
  }
  const isOf = ({ a, b }: Comparison): boolean => a === pair.a && b === pair.b;
  return {
    pair,
    answer: own.statements,
    answered: own.comparisons.find(({ a, metric }) => a === asked.a && metric === question.primary) ?? null,
    thresholds,
    judged: answeredBy(model, run.contestants[0]?.id ?? ''),
    statements: chosen.statements,
    comparisons: chosen.comparisons.filter(isOf),
    summaries,
    common: common.size,
    differences: differencesOf(model, pair),
  };
}

/** Judges the thresholds by the same figures as the command line: those over all rows of the first contestant. */
function* thresholdsOf(model: EvaluationModel, own: Judgment): Generator<undefined, readonly ThresholdCheck[]> {
  const { run, question } = model.state;
  const [first] = run.contestants;
  if (run.pass === undefined || first === undefined) return [];
  const metrics = metricsOf(run.grader).filter((metric) => run.pass?.metrics[metric] !== undefined);
  const figures = yield* summaryInSteps(first.id, model.rowsOf(first.id), metrics, model.clusterOf);
  return checkThresholds(run.pass, { contestants: [figures], comparisons: own.comparisons }, question.primary);
}

/** Items that every contestant has answered; contestants without any answer, and those of another run, aside. */
function commonItems(model: EvaluationModel): ReadonlySet<number> {
  const ids = model.contestants.map(({ id }) => id).filter((id) => hasAnswer(model, id));
  const common = new Set<number>();
  for (const { index } of model.state.items)
    if (ids.length > 0 && ids.every((id) => isAnswered(model.row(id, index)))) common.add(index);
  return common;
}

function answeredBy(model: EvaluationModel, contestant: string): number {
  let items = 0;
  for (const row of model.rowsOf(contestant).values()) if (isAnswered(row)) items += 1;
  return items;
}

function hasAnswer(model: EvaluationModel, contestant: string): boolean {
  for (const row of model.rowsOf(contestant).values()) if (isAnswered(row)) return true;
  return false;
}

function differencesOf(model: EvaluationModel, { a, b }: Pair): readonly RowDifference[] {
  if (b === null) return [];
  const numeric = model.state.run.grader === 'number';
  const valueOf = (row: RowResult | undefined): number | null => {
    if (!isAnswered(row)) return null;
    if (numeric) return row.status === 'graded' ? row.error : null;
    return row.colour === 'green' ? 0 : 1;
  };
  const found: RowDifference[] = [];
  for (const [item, row] of model.rowsOf(a)) {
    const [first, second] = [valueOf(row), valueOf(model.row(b, item))];
    if (first !== null && second !== null) found.push({ item, value: first - second });
  }
  return found;
}
