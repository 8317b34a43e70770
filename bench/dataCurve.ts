import path from 'node:path';
import { createRandom } from '../src/core/base/random.ts';
import { dataCurveOf, type DataCurve } from '../src/core/dataset/dataCurve/dataCurve.ts';
import type { ChatExample } from '../src/core/dataset/example.ts';
import { median } from '../src/core/dataset/report/answers.ts';
import type { Range } from '../src/core/statistics/powerLaw.ts';
import { measureCurve } from '../src/local/dataCurve/measure.ts';
import { answerOf, readExamples, withAnswer } from '../test/support/plantedAnswers.ts';
import { chat, readQuestions } from './localEngine.ts';
import { topIntents } from './suspicious.ts';
import type { Row } from './table.ts';

/** Not those that the method was tuned with, which are 1 to 8. */
const SEEDS = [11, 12, 13, 14, 15, 16, 17, 18];
const LEAST_HELD = 0.85;
const MOST_WIDTH = 0.3;
const LEAST_FLAT = 0.95;
const MOST_FLAT = 0.1;
const LONGEST_S = 20;
const SIGNAL = { aborted: false };

interface Case {
  /** Fitted on half of the rows. */
  readonly curve: DataCurve;
  /** Error of models that train on all rows, on the rows that the curve was tested on. */
  readonly same: number;
  /** Error of all rows by cross-validation. */
  readonly all: number;
}

/** Curves of halves of real files against what all rows give; nothing without a data folder. */
export async function dataCurveBench(dataFolder: string | undefined): Promise<Row[]> {
  if (dataFolder === undefined) return [];
  const questions = readQuestions(dataFolder, 'train.csv').map(chat);
  const emmy = readExamples(path.join(dataFolder, 'lesson/students/emmy_fine_tune_train.jsonl'));
  const lesson = readExamples(path.join(dataFolder, 'lesson/pricer_v1_fine_tune_train_200.jsonl'));
  const files: readonly ((seed: number) => readonly ChatExample[])[] = [
    (seed) => createRandom(seed).shuffle(emmy),
    (seed) => createRandom(seed).shuffle(lesson),
    (seed) => topIntents(questions, 80, seed),
    (seed) => createRandom(seed).shuffle(questions).slice(0, 1000),
    (seed) => createRandom(seed).shuffle(questions).slice(0, 2000),
  ];
  const cases: Case[] = [];
  const shuffled: DataCurve[] = [];
  for (const rowsOf of files) {
    for (const seed of SEEDS) {
      cases.push(await caseOf(rowsOf(seed), seed));
      shuffled.push(await curveOf(withShuffledAnswers(rowsOf(seed), seed), seed));
    }
  }
  const begun = performance.now();
  await curveOf(emmy, 1);
  const seconds = (performance.now() - begun) / 1000;
  return [
    heldRow(cases, 'models that train on all rows', ({ curve, same }) => [curve.doubled, same]),
    widthRow(cases, 'of it', ({ curve, same }) => [curve.doubled, same], MOST_WIDTH),
    heldRow(cases, 'all rows by cross-validation, new rows tested too', ({ curve, all }) => [curve.doubledFile, all]),
    widthRow(cases, 'of that', ({ curve, all }) => [curve.doubledFile, all], null),
    flatRow(shuffled, 'shuffled answers', (share) => share >= LEAST_FLAT, `≥ ${percent(LEAST_FLAT)}`),
    flatRow(
      cases.map(({ curve }) => curve),
      'true answers',
      (share) => share <= MOST_FLAT,
      `≤ ${percent(MOST_FLAT)}`,
    ),
    {
      name: 'time for 400 prices',
      figure: `${seconds.toFixed(1)} s`,
      goal: `≤ ${String(LONGEST_S)} s`,
      met: seconds <= LONGEST_S,
      note: 'one thread, 75 trainings and the choice of the settings',
    },
  ];
}

async function curveOf(examples: readonly ChatExample[], seed: number): Promise<DataCurve> {
  const measured = await measureCurve(examples, { validation: null, seed, signal: SIGNAL });
  if (measured === null) throw new Error('It was aborted.');
  return dataCurveOf(measured);
}

async function caseOf(examples: readonly ChatExample[], seed: number): Promise<Case> {
  const half = examples.slice(0, Math.floor(examples.length / 2));
  const curve = await curveOf(half, seed);
  const whole = await measureCurve(examples, { validation: null, shares: [1], seed, signal: SIGNAL });
  const [errors] = whole?.errors ?? [];
  if (whole === null || errors === undefined) throw new Error('It was aborted.');
  return {
    curve,
    same: mean(errors.filter((_, at) => (whole.places[at] ?? 0) < half.length)),
    all: mean(errors),
  };
}

function heldRow(cases: readonly Case[], what: string, of: (one: Case) => readonly [Range, number]): Row {
  const held = cases.filter((one) => {
    const [{ low, high }, error] = of(one);
    return error >= low && error <= high;
  });
  const share = held.length / cases.length;
  const files = cases.length / SEEDS.length;
  const each = Array.from({ length: files }, (_, file) => {
    const own = cases.slice(file * SEEDS.length, (file + 1) * SEEDS.length);
    return `${String(own.filter((one) => held.includes(one)).length)} of ${String(own.length)}`;
  });
  return {
    name: `error of ${what}, within the 90 % interval of half of the rows`,
    figure: percent(share),
    goal: `≥ ${percent(LEAST_HELD)}`,
    met: share >= LEAST_HELD,
    note: `${String(cases.length)} cases: prices (400, 200 rows), ten intents (800), 77 intents (1,000, 2,000): ${each.join(', ')}`,
  };
}

/** `most`: null where there is no goal. */
function widthRow(
  cases: readonly Case[],
  what: string,
  of: (one: Case) => readonly [Range, number],
  most: number | null,
): Row {
  const widths = cases.map((one) => {
    const [{ low, high }, error] = of(one);
    return (high - low) / error;
  });
  const middle = median(widths);
  return {
    name: `median width ${what}, by the error`,
    figure: percent(middle),
    goal: most === null ? 'no goal' : `≤ ${percent(most)}`,
    met: most === null || middle <= most,
    note: `${percent(Math.min(...widths))} to ${percent(Math.max(...widths))}`,
  };
}

function flatRow(curves: readonly DataCurve[], what: string, isMet: (share: number) => boolean, goal: string): Row {
  const of = (verdict: DataCurve['verdict']): number => curves.filter((curve) => curve.verdict === verdict).length;
  const share = of('flat') / curves.length;
  return {
    name: `called flat: ${what}`,
    figure: percent(share),
    goal,
    met: isMet(share),
    note: `${String(curves.length)} files; falls: ${String(of('falls'))}, too few rows to say: ${String(of('unclear'))}`,
  };
}

function withShuffledAnswers(examples: readonly ChatExample[], seed: number): readonly ChatExample[] {
  const answers = createRandom(seed + 1000).shuffle(examples.map(answerOf));
  return examples.map((example, index) => withAnswer(example, answers[index] ?? ''));
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
