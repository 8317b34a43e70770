import { extractNumber } from '../extractNumber.ts';
import { readNumber } from '../readNumber.ts';
import type { Bounds, Colour, GraderOptions } from '../types.ts';
import type { GraderParams, RowParts } from './rowParts.ts';

/** Bounds of the lesson's colors: below either bound is enough. Absolute in the answers' unit, relative as a share of the truth. */
export const GREEN: Bounds = { absolute: 40, relative: 0.2 };
export const ORANGE: Bounds = { absolute: 80, relative: 0.4 };

/** Color of an error, which must not be negative. For a truth of zero only the absolute bound decides; a negative truth counts by its size. */
export function numberColour(error: number, truth: number, options: GraderOptions = {}): Colour {
  const { green = GREEN, orange = ORANGE } = options;
  const relative = truth === 0 ? Infinity : error / Math.abs(truth);
  if (error < green.absolute || relative < green.relative) return 'green';
  if (error < orange.absolute || relative < orange.relative) return 'orange';
  return 'red';
}

/** Number that is asked for; null when the answer in the file holds none. */
export function truthNumberOf(params: Omit<GraderParams, 'sample'>): number | null {
  const { truth, answerPrefix, truthPrefix, numberReader } = params;
  if (!numberReader) return lessonTruthOf(params);
  const prefix = truthPrefix ?? answerPrefix ?? '';
  return readNumber(withoutPrefix(truth, prefix), numberReader.decimalMark, cutOff(truth, prefix));
}

/** Number in a reply, which continues the answer prefix or repeats the shared beginning of the answers; null when it holds none. */
export function replyNumberOf(params: Omit<GraderParams, 'truth'>): number | null {
  const { sample, answerPrefix, truthPrefix, numberReader } = params;
  if (!numberReader) return lessonReplyOf(params);
  const continued = withoutPrefix(sample, answerPrefix ?? '');
  // A reply that continues the answer prefix stands behind it, whether or not it repeats it.
  const before = cutOff(continued, truthPrefix ?? '') || (answerPrefix ?? '');
  return readNumber(withoutPrefix(continued, truthPrefix ?? ''), numberReader.decimalMark, before);
}

function lessonTruthOf({ truth, answerPrefix, truthPrefix }: Omit<GraderParams, 'sample'>): number | null {
  return extractNumber(withoutPrefix(truth, truthPrefix ?? answerPrefix ?? ''));
}

function lessonReplyOf({ sample, answerPrefix, truthPrefix }: Omit<GraderParams, 'truth'>): number | null {
  return extractNumber(withoutPrefix(withoutPrefix(sample, answerPrefix ?? ''), truthPrefix ?? ''));
}

/** Prefix that `withoutPrefix` removes from the text; empty when it removes none. */
function cutOff(text: string, prefix: string): string {
  return withoutPrefix(text, prefix) === text ? '' : prefix.trim();
}

/** Numbers by the lesson's rule, when they are others than those of the row. */
function lessonOf(params: GraderParams, guess: number | null, truth: number): Pick<RowParts, 'lesson'> {
  if (!params.numberReader) return {};
  const lesson = { guess: lessonReplyOf(params), truth: lessonTruthOf(params) };
  return lesson.guess === guess && lesson.truth === truth ? {} : { lesson };
}

/**
 * Compares the number in the reply with the number in the answer. A reply without a number is `no-number` and red, not a
 * guess of 0; an answer in the file without a number makes the row `ungradable`.
 */
export function gradeNumber(params: GraderParams): RowParts {
  const truthNumber = truthNumberOf(params);
  if (truthNumber === null) return ungradable(params.truth);
  const guess = replyNumberOf(params);
  const lesson = lessonOf(params, guess, truthNumber);
  const error = guess === null ? NaN : Math.abs(guess - truthNumber);
  // Two doubles near ±1.8e308 can differ by more than a double can hold.
  if (!Number.isFinite(error))
    return { status: 'no-number', guess: null, truth: truthNumber, error: null, colour: 'red', ...lesson };
  return {
    status: 'graded',
    guess,
    truth: truthNumber,
    error,
    colour: numberColour(error, truthNumber, params.options ?? {}),
    ...lesson,
  };
}

/** Row of an expected answer that gives nothing to compare with. */
export function ungradable(truth: string): RowParts {
  return { status: 'ungradable', guess: null, truth: truth.trim(), error: null, colour: null };
}

/** Removes a prefix, which may hold a number of its own (`Item 7 costs $`) that is not the one asked for. */
export function withoutPrefix(text: string, prefix: string): string {
  const trimmed = text.trimStart();
  const start = prefix.trim();
  return start !== '' && trimmed.startsWith(start) ? trimmed.slice(start.length) : text;
}
