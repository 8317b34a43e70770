// All that a run says: figures of every contestant, comparisons with the baseline, claims, and the statements at the top.
import { itemsRange, itemsToSee } from '../../statistics/planning.ts';
import type { Contestant, GraderType, Replacement, RowResult, TestItem } from '../types.ts';
import { claim } from './claims.ts';
import { compare, FEWEST_PAIRS, type Unclaimed } from './compare.ts';
import { isFloor } from './floors.ts';
import { metricsOf, summaryInSteps } from './metrics.ts';
import { decidingLook, withLooks, type Looks } from './plannedLooks.ts';
import type { Rows } from './pairs.ts';
import { judgeReplacementInSteps, type ReplacementFacts } from './replacement.ts';
import { replacementStatements } from './replacementStatements.ts';
import type { Statement } from './statements.ts';
import { LESS_IS_BETTER, type Comparison, type ContestantSummary, type Metric } from './types.ts';

/** Share of the spread from which one row is named when the mean and the typical row disagree. */
const HEAVY = 0.2;

export { isFloor } from './floors.ts';

export interface JudgeInput {
  readonly contestants: readonly Pick<Contestant, 'id' | 'label' | 'kind' | 'listed'>[];
  /** Contestant that the others are compared with; null when there is only one. */
  readonly baseline: string | null;
  readonly grader: GraderType;
  readonly primary: Metric;
  /** Difference that matters as a share of the better contestant's figure. */
  readonly matters: number;
  readonly items: readonly Pick<TestItem, 'index' | 'messages'>[];
  /** Cluster of an item; default: items with equal messages share one. */
  readonly clusterOf?: (item: number) => number;
  readonly rows: readonly RowResult[];
  /** Looks of a run that may stop early; null for a run that asks all rows. */
  readonly looks?: Looks | null;
  /** Margin within which the first contestant may replace the baseline; null or absent: not asked. */
  readonly replacement?: Replacement | null;
  /** Whether each contestant's own figures are wanted, besides the comparisons; default: yes. */
  readonly figures?: boolean;
}

export interface Judgment {
  readonly contestants: readonly ContestantSummary[];
  /** One entry a contestant and metric, in the order of the contestants. */
  readonly comparisons: readonly Comparison[];
  /** What is said at the top about the first contestant, in order. */
  readonly statements: readonly Statement[];
  /** Only of a run that judges a replacement. */
  readonly replacement?: ReplacementFacts;
}

export function judge(input: JudgeInput): Judgment {
  const judging = judgeInSteps(input);
  for (;;) {
    const step = judging.next();
    if (step.done === true) return step.value;
  }
}

/** Judges a run in steps of some ten milliseconds for 25,000 rows, so that a thread can do other work in between. */
export function* judgeInSteps(input: JudgeInput): Generator<undefined, Judgment> {
  const { contestants, baseline, grader, primary, rows, matters, figures = true } = input;
  const clusterOf = input.clusterOf ?? clustersOf(input.items);
  const byContestant = new Map<string, Map<number, RowResult>>(contestants.map(({ id }) => [id, new Map()]));
  for (const row of rows) byContestant.get(row.contestant)?.set(row.item, row);
  const rowsOfId = (id: string): Rows => byContestant.get(id) ?? new Map<number, RowResult>();
  yield;
  const metrics = metricsOf(grader);
  const summaries: ContestantSummary[] = [];
  for (const { id } of contestants)
    summaries.push(yield* summaryInSteps(id, rowsOfId(id), figures ? metrics : [], clusterOf));
  const others = contestants.filter((contestant) => contestant.id !== baseline && !isFloor(contestant));
  function* pairs(noNumberAsZero: boolean, which: readonly Metric[]): Generator<undefined, Unclaimed[]> {
    const found: Unclaimed[] = [];
    if (baseline === null) return found;
    for (const { id } of others) {
      for (const metric of which) {
        if (metric === 'medianError') continue;
        const b = { id: baseline, rows: rowsOfId(baseline) };
        found.push(compare({ a: { id, rows: rowsOfId(id) }, b, metric, clusterOf, matters, noNumberAsZero }));
        yield;
      }
    }
    return found;
  }
  const silent = summaries.some(({ noNumber }) => noNumber > 0);
  const compared = yield* pairs(false, metrics);
  const claimed = claim({
    comparisons: compared,
    primary,
    withZeros: silent
      ? yield* pairs(
          true,
          metrics.filter((metric) => metric === 'mae' || metric === 'rmsle'),
        )
      : [],
  });
  const looks = input.looks ?? null;
  const comparisons = looks === null ? claimed : withLooks(claimed, looks, primary);
  // Claims that only the rule about replies without a number prevents.
  const prevented = !silent || looks !== null ? [] : claim({ comparisons: compared, primary, withZeros: [] });
  const [first] = others;
  if (input.replacement && baseline !== null && first !== undefined) {
    yield;
    const [a, b] = [first.id, baseline].map((id) => ({ id, rows: rowsOfId(id) }));
    if (a === undefined || b === undefined) throw new Error('A replacement needs two contestants.');
    const asked = { a, b, grader, primary, replacement: input.replacement, clusterOf };
    const replacement = yield* judgeReplacementInSteps(asked);
    const labels = [a, b].map(({ id }) => contestants.find((one) => one.id === id)?.label ?? id);
    const statements = replacementStatements(replacement, labels[0] ?? '', labels[1] ?? '', input.replacement);
    return { contestants: summaries, comparisons, statements, replacement };
  }
  const statements = statementsOf(input, summaries, comparisons, prevented);
  return { contestants: summaries, comparisons, statements };
}

/** Clusters of the items of runs that are judged again and again, while rows come. */
const clustersOfItems = new WeakMap<JudgeInput['items'], ReadonlyMap<number, number>>();

/** Gives each item the number of the first item with the same prompt. `items` must not change afterwards. */
export function clustersOf(items: JudgeInput['items']): (item: number) => number {
  let clusters = clustersOfItems.get(items);
  if (clusters === undefined) clustersOfItems.set(items, (clusters = findClusters(items)));
  const found = clusters;
  return found.size === 0 ? (item) => item : (item) => found.get(item) ?? item;
}

function findClusters(items: JudgeInput['items']): ReadonlyMap<number, number> {
  const first = new Map<string, number>();
  const clusters = new Map<number, number>();
  for (const { index, messages } of items) {
    const key = JSON.stringify(messages);
    const found = first.get(key);
    if (found === undefined) first.set(key, index);
    else clusters.set(index, found);
  }
  return clusters;
}

function statementsOf(
  { contestants, baseline, primary, matters, items, looks = null }: JudgeInput,
  summaries: readonly ContestantSummary[],
  comparisons: readonly Comparison[],
  prevented: readonly Comparison[],
): readonly Statement[] {
  const first = contestants.find((contestant) => contestant.id !== baseline && !isFloor(contestant));
  const comparison = comparisons.find(({ a, metric }) => a === first?.id && metric === primary);
  const labelOf = (id: string): string => contestants.find((contestant) => contestant.id === id)?.label ?? id;
  if (comparison === undefined) return [];
  const a = labelOf(comparison.a);
  const b = labelOf(comparison.b);
  const statements: Statement[] = [];
  const [noA, noB] = [comparison.a, comparison.b].map(
    (id) => summaries.find(({ contestant }) => contestant === id)?.noNumber ?? 0,
  );
  // Shares count a reply without a number, or without a label, as wrong: those rows are compared.
  if (noA !== noB && LESS_IS_BETTER.has(primary))
    statements.push({ code: 'no-number', params: [a, noA ?? 0, b, noB ?? 0] });
  // The typical item of a run that may stop early is not tested: nothing is said about it.
  const told = looks === null ? comparison : { ...comparison, typical: null };
  statements.push(verdictOf(told, a, b));
  const { typical, heaviest, claim: mean } = told;
  const otherwise = prevented.find(({ a: id, metric }) => id === comparison.a && metric === primary)?.claim ?? mean;
  if (mean === 'none' && (otherwise === 'better' || otherwise === 'worse'))
    statements.push({ code: 'not-with-zeros', params: [] });
  if (typical !== null && typical.claim !== mean && heaviest !== null && heaviest.share >= HEAVY) {
    statements.push({ code: 'heaviest', params: [heaviest.share] });
  }
  const look = looks === null ? null : decidingLook(looks.get(comparison.a) ?? []);
  if (look !== null && look.verdict !== 'end') {
    statements.push({ code: `look-${look.verdict}`, params: [look.rows, items.length] });
  }
  const needed = look === null ? neededOf(comparison) : null;
  if (needed !== null) statements.push({ code: 'items-needed', params: [needed.from, needed.to, matters] });
  if (comparison.clusters < comparison.items && comparison.clusters >= FEWEST_PAIRS) {
    statements.push({ code: 'equal-prompts', params: [comparison.items, comparison.clusters] });
  }
  return statements;
}

function verdictOf(comparison: Comparison, a: string, b: string): Statement {
  const { metric, difference, typical, claim: mean, clusters, better, worse, items, narrow } = comparison;
  if (difference === null || clusters < FEWEST_PAIRS) {
    return { code: 'too-few-pairs', params: [a, b, clusters, FEWEST_PAIRS] };
  }
  const figures = [metric, difference.value, difference.low, difference.high] as const;
  if (mean === 'equal' && narrow !== null) {
    const within = Math.max(Math.abs(narrow.low), Math.abs(narrow.high));
    if (typical === null || typical.claim === 'none' || typical.claim === 'equal') {
      return { code: 'equal', params: [a, b, within, ...figures] };
    }
  }
  const side = mean === 'equal' ? 'none' : mean;
  if (typical === null) return { code: `verdict-${side}`, params: [a, b, ...figures, better, worse, items] };
  const typicalSide = typical.claim === 'equal' ? 'none' : typical.claim;
  return {
    code: `verdict-${side}-typical-${typicalSide}`,
    params: [a, b, ...figures, Math.abs(typical.value), ...sizes(typical), better, worse, items],
  };
}

/** Ends of an interval as sizes, the smaller first, when it lies on one side of zero; else as they are. */
function sizes({ low, high }: { readonly low: number; readonly high: number }): readonly [number, number] {
  return high < 0 ? [-high, -low] : [low, high];
}

/** Items needed to see the difference that matters; null where something was claimed or the number is no larger than what there is. */
function neededOf({ claim: said, sd, matters, clusters }: Comparison): ReturnType<typeof itemsRange> | null {
  if (said !== 'none' || sd === null || matters === null || matters <= 0 || clusters < FEWEST_PAIRS) return null;
  const items = itemsToSee(sd, matters);
  return Number.isFinite(items) && items > clusters ? itemsRange(items) : null;
}
