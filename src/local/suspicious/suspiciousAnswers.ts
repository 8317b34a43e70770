// Which answers of a dataset look wrong: those that models which have not seen the row find unlikely. Peer: cleanlab's label quality, which
// is the same probability by another model. Rates are in docs/suspicious-answers.md.
import { t } from '../../core/base/messages.ts';
import { fail, ok, type Result } from '../../core/base/result.ts';
import type { ChatExample } from '../../core/dataset/example.ts';
import { readNumber } from '../../core/evaluation/readNumber.ts';
import { median } from '../../core/dataset/report/answers.ts';
import { numbersAreNames, turnsOf } from '../engines/linear/prepare.ts';
import { areLongOrDistinct, FEWEST_ANSWERS } from '../shortAnswers.ts';
import { judgeHeldOut, type HeldOut, type HeldOutOptions } from './heldOut.ts';

/** Share of answers with a number from which they are judged as numbers. */
const NUMERIC = 0.9;
/** Probability below which an answer is called suspicious where another one is expected. */
const UNLIKELY = 0.03;
/** Robust standard deviations of the log ratio beyond which a number is called suspicious, and the least ratio. */
const FAR = 4;
export const LEAST_RATIO = 3;
/** Standard errors above zero from which a gain is no chance: of shuffled answers the gain is below zero. */
const SURE = 1;

export interface SuspiciousRow {
  /** Place of the example in the list. */
  readonly index: number;
  readonly answer: string;
  /** What models that have not seen the row expect. */
  readonly expected: string;
  /**
   * 0…1, 1 the most suspicious. Other answers: one minus the probability of the answer. Numbers: one minus the smaller of answer and
   * expectation divided by the larger one, so 0.9 is ten times off.
   */
  readonly score: number;
  /** Whether the product warns of it. */
  readonly called: boolean;
}

export interface SuspiciousAnswers {
  readonly kind: 'numbers' | 'texts';
  /** All rows, the most suspicious first. */
  readonly rows: readonly SuspiciousRow[];
}

/**
 * Ranks the last answers of chat examples. Fails with a sentence where nothing can be said of single ones: too few, long or mostly distinct
 * answers, prompts that say nothing about them. Null when aborted.
 */
export async function findSuspicious(
  examples: readonly ChatExample[],
  options: HeldOutOptions,
): Promise<Result<SuspiciousAnswers> | null> {
  const answers = examples.map((example) => turnsOf(example).at(-1)?.answer ?? null);
  const places = answers.flatMap((answer, index) => (answer === null ? [] : [index]));
  const given = answers.filter((answer) => answer !== null);
  const unfit = unfitness(given);
  if (unfit !== null) return fail(unfit);
  const judged = examples.filter((_, index) => answers[index] !== null);
  const heldOut = await judgeHeldOut(judged, options);
  if (heldOut === null) return null;
  const numbers = given.map((answer) => readNumber(answer));
  const areNumbers =
    !numbersAreNames(judged) && numbers.filter((number) => number !== null).length >= NUMERIC * given.length;
  if (!heldOut.helps || (!areNumbers && !beatsFrequencies(given, heldOut.rows)))
    return fail(nothingToSay(t('the prompts do not help to predict the answers')));
  const rows = (areNumbers ? byRatio(given, numbers, heldOut.rows) : byProbability(given, heldOut.rows)).map(
    ({ index, ...row }) => ({ index: places[index] ?? index, ...row }),
  );
  const order = rows.map((row, at) => ({ row, at })).sort((a, b) => b.row.score - a.row.score || a.at - b.at);
  return ok({ kind: areNumbers ? 'numbers' : 'texts', rows: order.map(({ row }) => row) });
}

function unfitness(answers: readonly string[]) {
  if (answers.length < FEWEST_ANSWERS) {
    return nothingToSay(
      t('there are {0} examples with an answer in text, and at least {1} are needed', answers.length, FEWEST_ANSWERS),
    );
  }
  return areLongOrDistinct(answers) ? nothingToSay(t('the answers are long or mostly distinct')) : null;
}

function nothingToSay(why: string) {
  return {
    code: 'nothing-suspicious-to-say',
    message: t('Nothing can be said of single answers: {0}.', why),
    action: t('Compare them by hand, or check a file with short answers that repeat, or with numbers.'),
  };
}

/** Whether models give the answers a higher probability than the frequency of each among the other rows does, beyond chance. */
function beatsFrequencies(answers: readonly string[], heldOut: readonly HeldOut[]): boolean {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  // Half a row more of each answer, so that one that occurs once has a frequency.
  const rows = answers.length - 1 + counts.size / 2;
  const gains = answers.map((answer, index) => {
    const frequency = ((counts.get(answer) ?? 1) - 0.5) / rows;
    return Math.log(Math.max(heldOut[index]?.probability ?? 0, Number.MIN_VALUE)) - Math.log(frequency);
  });
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (gains.length - 1);
  return mean > SURE * Math.sqrt(variance / gains.length);
}

function byProbability(answers: readonly string[], heldOut: readonly HeldOut[]): readonly SuspiciousRow[] {
  return answers.map((answer, index) => {
    const { probability = 1, expected = '' } = heldOut[index] ?? {};
    const called = probability < UNLIKELY && expected.trim() !== answer.trim();
    return { index, answer, expected, score: 1 - probability, called };
  });
}

function byRatio(
  answers: readonly string[],
  numbers: readonly (number | null)[],
  heldOut: readonly HeldOut[],
): readonly SuspiciousRow[] {
  const ratios = answers.map((_, index) => {
    const [given, expected] = [numbers[index] ?? null, readNumber(heldOut[index]?.expected ?? '')];
    return logRatio(given, expected);
  });
  const known = ratios.filter((ratio) => ratio !== null);
  const middle = median(known);
  const spread = 1.4826 * median(known.map((ratio) => Math.abs(ratio - middle)));
  return answers.map((answer, index) => {
    const expected = heldOut[index]?.expected ?? '';
    const ratio = ratios[index] ?? null;
    if (ratio === null) return { index, answer, expected, score: 0, called: false };
    const called = Math.abs(ratio) > Math.log(LEAST_RATIO) && Math.abs(ratio - middle) > FAR * spread;
    return { index, answer, expected, score: 1 - Math.exp(-Math.abs(ratio)), called };
  });
}

const HALF_A_CENT = 0.005;

/** Logarithm of a ratio of two numbers; null without both, and for negative ones. Zero has one, with half of the smallest amount of money added. */
export function logRatio(given: number | null, other: number | null): number | null {
  if (given === null || other === null || given < 0 || other < 0) return null;
  return Math.log((given + HALF_A_CENT) / (other + HALF_A_CENT));
}
