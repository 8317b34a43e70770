import { median } from '../../dataset/report/answers.ts';
import { tn } from '../../base/messages.ts';
import { truthNumberOf } from '../graders/number.ts';
import type { GraderType, NumberReader } from '../types.ts';

export interface ConstantBaseline {
  /** Constant answer. */
  readonly constant: string;
  /** Origin of the constant, e.g. `median of 500 training answers`. */
  readonly constantSource: string;
}

/** Part of an answer summary that the baseline needs. */
export interface TrainingAnswers {
  readonly count: number;
  readonly medianNumber: number | null;
  readonly mostFrequent: string | null;
}

/**
 * Floor that every model must beat: always the median number, or always the most frequent answer. It is taken from the
 * training answers where they are known; from the test answers otherwise, which flatters it a little, so the source says
 * so. Null when neither gives one (no numbers, no answers).
 * @param truthPrefix beginning that all test answers share: a number in it is not one of theirs
 * @param numberReader reader of the run, which reads the test answers here as it does there
 */
export function constantBaseline(
  grader: GraderType,
  training: TrainingAnswers | null,
  testAnswers: readonly string[],
  truthPrefix: string | null = null,
  numberReader: NumberReader | null = null,
): ConstantBaseline | null {
  if (training !== null && training.count > 0) {
    const source = training.count;
    if (grader === 'number' && training.medianNumber !== null) {
      return {
        constant: numberText(training.medianNumber, numberReader),
        constantSource: tn(source, 'median of {0} training answer', 'median of {0} training answers'),
      };
    }
    if (grader !== 'number' && training.mostFrequent !== null) {
      return {
        constant: training.mostFrequent.trim(),
        constantSource: tn(source, 'most frequent of {0} training answer', 'most frequent of {0} training answers'),
      };
    }
  }
  if (grader === 'number') {
    const numbers = testAnswers
      .map((truth) => truthNumberOf({ truth, truthPrefix, numberReader }))
      .filter((value) => value !== null);
    if (numbers.length === 0) return null;
    return {
      constant: numberText(median(numbers), numberReader),
      constantSource: tn(numbers.length, 'median of {0} test answer', 'median of {0} test answers'),
    };
  }
  const frequent = mostFrequent(testAnswers.map((answer) => answer.trim()));
  return frequent === null
    ? null
    : {
        constant: frequent,
        constantSource: tn(testAnswers.length, 'most frequent of {0} test answer', 'most frequent of {0} test answers'),
      };
}

/** Earliest of the most frequent answers; null for an empty list. */
export function mostFrequent(answers: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  let best: string | null = null;
  for (const [answer, count] of counts) if (best === null || count > (counts.get(best) ?? 0)) best = answer;
  return best;
}

/** Number with at most six decimals, without a tail of zeros, never in exponent form below 1e21; with the mark that the reader expects. */
export function numberText(value: number, reader: NumberReader | null): string {
  const text = String(Number(value.toFixed(6)));
  return reader?.decimalMark === 'comma' ? text.replace('.', ',') : text;
}
