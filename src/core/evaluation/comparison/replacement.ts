// Whether a replacement may take the place of a model whose answers were recorded. Two questions, both paired over the items: is it as close
// to the truth, and does it answer the same. Methods and measured error rates: docs/statistics.md, "Replacements".
import { studentCdf } from '../../statistics/distributions.ts';
import { holm } from '../../statistics/holm.ts';
import type { Difference, Estimate } from '../../statistics/interval.ts';
import { studentMean } from '../../statistics/means.ts';
import { meanOf, sdOf } from '../../statistics/moments.ts';
import { itemsRange, itemsToBound, itemsToEqual } from '../../statistics/planning.ts';
import type { GraderType, Replacement, RowResult, RowSample } from '../types.ts';
import { compare, FEWEST_PAIRS } from './compare.ts';
import type { ReplacementVerdict } from './fact.ts';
import { valueIn } from './metrics.ts';
import { clusterMeans, differencesOf, isAnswered, pairsOf, type Rows } from './pairs.ts';
import { slicesOf } from './slices.ts';
import { LESS_IS_BETTER, type Metric } from './types.ts';

/** Metrics in which a replacement is judged: means over items, so that a margin has a unit. */
export type ReplacementMetric = 'mae' | 'hits' | 'accuracy';

const LEVEL = 0.05;
/** Items whose replies are compared at a time: some milliseconds, also with several replies to each. */
const SLICE_ITEMS = 4000;
/**
 * Two one-sided tests at 1 % each, which is whether the 98 % interval lies within the margin. At the usual 5 % each, skewed errors made every
 * tenth replacement that was worse by the margin an equal one; at 2.5 % it was up to 6 of 100.
 */
const ALPHA = 0.01;
const EQUAL_LEVEL = 1 - 2 * ALPHA;
/** Strictness of each of the two questions; both are answered in four of five runs then. */
const STRICTNESS = { power: 0.9, alpha: ALPHA };

export interface ReplacementInput {
  /** Rows of the replacement. */
  readonly a: { readonly id: string; readonly rows: Rows };
  /** Recorded rows of the old model. */
  readonly b: { readonly id: string; readonly rows: Rows };
  readonly grader: GraderType;
  readonly primary: Metric;
  readonly replacement: Replacement;
  readonly clusterOf: (item: number) => number;
}

/** Differences are replacement − old, in the metric's unit. */
export interface ReplacementFacts {
  readonly metric: ReplacementMetric;
  readonly margin: number;
  /** Items that both have answered. */
  readonly items: number;
  /** The same with equal prompts counted once. */
  readonly clusters: number;
  readonly difference: Difference | null;
  /** Least margin within which they are shown to be equal; null without an interval. */
  readonly within: number | null;
  readonly quality: 'equal' | 'better' | 'worse' | 'none';
  readonly answers: AnswerFacts;
  /** Items that would answer what is open; null when nothing is, or when more items are not what is missing. */
  readonly needed: { readonly from: number; readonly to: number } | null;
  readonly slices: readonly SliceFacts[];
}

/** How far replies are from each other, in the metric's unit: errors apart, or the share of pairs that differ. */
export interface AnswerFacts {
  /** Mean distance of a reply of the replacement to a recorded one; null without pairs. */
  readonly between: number | null;
  /** Mean distance of two recorded replies to the same item; null where that is not known: one reply each, drawn by chance. */
  readonly own: number | null;
  /** `between` − `own`, with its 98 % interval. */
  readonly beyond: Estimate | null;
  /** `same`: no further than the old model from itself, beyond the margin; `unknown`: without the model's own spread. */
  readonly verdict: 'same' | 'other' | 'none' | 'unknown';
}

/** Part of the items, named by their expected answer. Claims hold after Holm over all parts and both of their tests. */
export interface SliceFacts {
  /** The label, or the least and the largest number. */
  readonly name: string | readonly [number, number];
  readonly items: number;
  readonly difference: Estimate | null;
  readonly claim: 'equal' | 'better' | 'worse' | 'none';
}

/** Metric by which a replacement is judged: the primary one where it is a mean over items. */
export function replacementMetric(grader: GraderType, primary: Metric): ReplacementMetric {
  if (primary === 'mae' || primary === 'hits' || primary === 'accuracy') return primary;
  return grader === 'number' ? 'mae' : 'accuracy';
}

/** The verdict in one word: `equal` needs the same answers, too. */
export function verdictOf({ quality, answers }: Pick<ReplacementFacts, 'quality' | 'answers'>): ReplacementVerdict {
  return quality === 'equal' && answers.verdict !== 'same' ? 'as-good' : quality;
}

export function judgeReplacement(input: ReplacementInput): ReplacementFacts {
  const judging = judgeReplacementInSteps(input);
  for (;;) {
    const step = judging.next();
    if (step.done === true) return step.value;
  }
}

/** Judges a replacement in steps of at most some thirty milliseconds for 25,000 rows, so that a thread can do other work in between. */
export function* judgeReplacementInSteps(input: ReplacementInput): Generator<undefined, ReplacementFacts> {
  const { a, b, grader, primary, replacement, clusterOf } = input;
  const { margin } = replacement;
  const metric = replacementMetric(grader, primary);
  const of = (noNumberAsZero: boolean) =>
    compare({ a, b, metric, clusterOf, matters: 0, noNumberAsZero, equalLevel: EQUAL_LEVEL });
  const plain = of(false);
  yield;
  // A model that is silent where it would be wrong is not equal for it.
  const isSilent = metric === 'mae' && [...a.rows.values(), ...b.rows.values()].some(isWithoutNumber);
  const asked = isSilent ? [plain, of(true)] : [plain];
  if (isSilent) yield;
  const { difference, clusters, items, sd } = plain;
  const intervals = asked.map(({ narrow }) => narrow);
  const within = intervals.every((one) => one !== null)
    ? Math.max(...intervals.flatMap(({ low, high }) => [-low, high]))
    : null;
  const isEnough = difference !== null && clusters >= FEWEST_PAIRS;
  const isEqual = within !== null && within < margin;
  const side = difference === null ? 'none' : sideOf(metric, difference.value);
  const isShown = asked.every(
    (one) => one.difference !== null && one.difference.p < LEVEL && sideOf(metric, one.difference.value) === side,
  );
  const quality = !isEnough ? 'none' : isEqual ? 'equal' : isShown ? side : 'none';
  const apart = yield* answersApart(input, metric);
  yield;
  const answers = apart.verdict !== 'unknown' && !isEnough ? { ...apart, verdict: 'none' as const } : apart;
  return {
    metric,
    margin,
    items,
    clusters,
    difference,
    within,
    quality,
    answers,
    needed: neededFor({ quality, answers, margin, clusters, sd, beyondSd: apart.sd }),
    slices: judgeSlices(input, metric),
  };
}

function isWithoutNumber({ status }: RowResult): boolean {
  return status === 'no-number';
}

function sideOf(metric: Metric, value: number): 'better' | 'worse' | 'none' {
  if (value === 0) return 'none';
  return value < 0 === LESS_IS_BETTER.has(metric) ? 'better' : 'worse';
}

/** Compares the distance between the two models with the distance of the old one from itself, item by item. */
function* answersApart(
  { a, b, grader, replacement, clusterOf }: ReplacementInput,
  metric: ReplacementMetric,
): Generator<undefined, AnswerFacts & { readonly sd: number | null }> {
  const distance = distanceIn(metric, grader);
  const items: number[] = [];
  const between: number[] = [];
  const own: number[] = [];
  let isOwnKnown = true;
  for (const [item, old] of b.rows) {
    const row = a.rows.get(item);
    if (row === undefined || !isAnswered(row) || !isAnswered(old)) continue;
    const [replies, recorded] = [repliesOf(row), repliesOf(old)];
    if (items.length % SLICE_ITEMS === SLICE_ITEMS - 1) yield;
    items.push(item);
    between.push(meanDistance(replies, recorded, distance));
    if (recorded.length > 1) own.push(meanOwnDistance(recorded, distance));
    else {
      own.push(0);
      isOwnKnown &&= replacement.temperature === 0;
    }
  }
  const mean = (values: readonly number[]): number => meanOf(clusterMeans(items, Float64Array.from(values), clusterOf));
  if (items.length === 0) return { between: null, own: null, beyond: null, verdict: 'none', sd: null };
  if (!isOwnKnown) return { between: mean(between), own: null, beyond: null, verdict: 'unknown', sd: null };
  const differences = clusterMeans(
    items,
    Float64Array.from(between, (value, at) => value - (own[at] ?? 0)),
    clusterOf,
  );
  const beyond = studentMean(differences, EQUAL_LEVEL);
  const { margin } = replacement;
  const verdict = beyond === null ? 'none' : beyond.high < margin ? 'same' : beyond.low > margin ? 'other' : 'none';
  return { between: mean(between), own: mean(own), beyond, verdict, sd: sdOf(differences) };
}

/** One reply to an item, as far as it is compared. */
type Reply = Pick<RowSample, 'guess' | 'colour'>;

function repliesOf(row: RowResult): readonly Reply[] {
  return row.samples ?? [row];
}

type Distance = (a: Reply, b: Reply) => number;

function distanceIn(metric: ReplacementMetric, grader: GraderType): Distance {
  // A reply without a number counts as 0, as in the lesson's figure.
  if (metric === 'mae') return (a, b) => Math.abs(numberOf(a) - numberOf(b));
  const byGuess = metric === 'accuracy' && (grader === 'label' || grader === 'string_check');
  // Texts in which an answer is looked for differ in every word: what counts is whether both have it.
  return byGuess
    ? (a, b) => Number(a.guess !== b.guess)
    : (a, b) => Number((a.colour === 'green') !== (b.colour === 'green'));
}

function numberOf({ guess }: Reply): number {
  return typeof guess === 'number' ? guess : 0;
}

function meanDistance(a: readonly Reply[], b: readonly Reply[], distance: Distance): number {
  let sum = 0;
  for (const one of a) for (const other of b) sum += distance(one, other);
  return sum / (a.length * b.length);
}

/** Over all pairs of different replies: expects the same as {@link meanDistance} of two models that answer alike. */
function meanOwnDistance(replies: readonly Reply[], distance: Distance): number {
  let sum = 0;
  for (const [at, one] of replies.entries()) for (const other of replies.slice(at + 1)) sum += distance(one, other);
  return (2 * sum) / (replies.length * (replies.length - 1));
}

function neededFor({
  quality,
  answers,
  margin,
  clusters,
  sd,
  beyondSd,
}: Pick<ReplacementFacts, 'quality' | 'answers' | 'margin' | 'clusters'> & {
  readonly sd: number | null;
  readonly beyondSd: number | null;
}): ReplacementFacts['needed'] {
  if (clusters < FEWEST_PAIRS) return null;
  const forQuality = quality === 'none' && sd !== null ? itemsToEqual(sd, margin, STRICTNESS) : 0;
  const forAnswers = answers.verdict === 'none' && beyondSd !== null ? itemsToBound(beyondSd, margin, STRICTNESS) : 0;
  const items = Math.max(forQuality, forAnswers);
  return Number.isFinite(items) && items > clusters ? itemsRange(items) : null;
}

function judgeSlices(
  { a, b, grader, replacement, clusterOf }: ReplacementInput,
  metric: ReplacementMetric,
): readonly SliceFacts[] {
  const { items, a: first, b: second } = pairsOf(a.rows, b.rows, valueIn(metric));
  const all = differencesOf({ items, a: first, b: second });
  const parts = slicesOf(
    items.map((item) => b.rows.get(item)?.truth ?? ''),
    grader,
  ).map(({ name, places }) => ({
    name,
    differences: clusterMeans(
      places.map((at) => items[at] ?? -1),
      Float64Array.from(places, (at) => all[at] ?? 0),
      clusterOf,
    ),
    items: places.length,
  }));
  // Both tests of every part are one family: a run that claims the best of many parts claims too much.
  const tests = parts.map(({ differences }) => ({
    difference: studentMean(differences),
    // Claimed at 5 %, as all others, it is the same strictness as for all items.
    pEqual: Math.min(1, (LEVEL / ALPHA) * pOfEqual(differences, replacement.margin)),
  }));
  const adjusted = holm(tests.flatMap(({ difference, pEqual }) => [difference?.p ?? 1, pEqual]));
  return parts.map(({ name, items: count }, at): SliceFacts => {
    const { difference = null } = tests[at] ?? {};
    const [pDiffers = 1, pEqual = 1] = adjusted.slice(2 * at, 2 * at + 2);
    const claim =
      difference === null
        ? 'none'
        : pEqual < LEVEL
          ? 'equal'
          : pDiffers < LEVEL
            ? sideOf(metric, difference.value)
            : 'none';
    return { name, items: count, difference, claim };
  });
}

/** p-value of two one-sided t tests against ± margin. */
function pOfEqual(differences: Float64Array, margin: number): number {
  const n = differences.length;
  if (n < 2) return 1;
  const mean = meanOf(differences);
  const se = sdOf(differences) / Math.sqrt(n);
  if (se === 0) return Math.abs(mean) < margin ? 0 : 1;
  return Math.max(1 - studentCdf((mean + margin) / se, n - 1), studentCdf((mean - margin) / se, n - 1));
}
