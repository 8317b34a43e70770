import { median } from '../dataset/report/answers.ts';
import { numberColour } from './graders/number.ts';
import type { GraderOptions, GraderType, RowResult, RowSample } from './types.ts';
import { totalUsage } from './usage.ts';

/**
 * Joins several replies for a row into its result. Number: the median of the numbers, the mean of the middle two where they are even;
 * without a number only when no reply has one. Others: the most frequent guess, of equally frequent ones the first. `sample` is the
 * first reply with that guess, or nearest to it. Tokens are added up; `ms` is the median.
 * @param truth of the row, graded
 * @throws RangeError without a reply
 */
export function joinSamples(
  grader: GraderType,
  truth: number | string,
  samples: readonly RowSample[],
  options: GraderOptions = {},
): Omit<RowResult, 'contestant' | 'item'> {
  const { guess, chosen } = grader === 'number' ? middle(samples) : mostFrequent(samples);
  const { status, error, colour, finishReason } = chosen;
  const usage = totalUsage(samples.map((sample) => sample.usage));
  const times = samples.flatMap(({ ms }) => ms ?? []);
  const distance = typeof guess === 'number' && typeof truth === 'number' ? Math.abs(guess - truth) : null;
  const lesson = lessonOf(samples);
  const isNew = distance !== null && guess !== chosen.guess;
  return {
    status,
    sample: chosen.sample,
    ...(finishReason === undefined ? {} : { finishReason }),
    guess,
    truth,
    error: isNew ? distance : error,
    colour: isNew ? numberColour(distance, truth as number, options) : colour,
    ...(lesson === undefined ? {} : { lesson }),
    ...(usage === undefined ? {} : { usage }),
    ...(times.length === 0 ? {} : { ms: median(times) }),
    samples,
  };
}

interface Joined {
  readonly guess: RowSample['guess'];
  readonly chosen: RowSample;
}

function middle(samples: readonly RowSample[]): Joined {
  const numbers = samples.flatMap(({ guess }) => (typeof guess === 'number' ? [guess] : []));
  if (numbers.length === 0) return { guess: null, chosen: firstOf(samples) };
  const guess = median(numbers);
  let chosen: RowSample | null = null;
  let nearest = Infinity;
  for (const sample of samples) {
    if (typeof sample.guess !== 'number') continue;
    const distance = Math.abs(sample.guess - guess);
    if (chosen !== null && distance >= nearest) continue;
    chosen = sample;
    nearest = distance;
  }
  return { guess, chosen: chosen ?? firstOf(samples) };
}

/** The median by the lesson's rule, where it reads other numbers in some reply. */
function lessonOf(samples: readonly RowSample[]): RowResult['lesson'] {
  const read = samples.find(({ lesson }) => lesson !== undefined)?.lesson;
  if (read === undefined) return undefined;
  const guesses = samples.flatMap(({ lesson, guess }) => {
    const number = lesson === undefined ? guess : lesson.guess;
    return typeof number === 'number' ? [number] : [];
  });
  return { guess: guesses.length === 0 ? null : median(guesses), truth: read.truth };
}

function mostFrequent(samples: readonly RowSample[]): Joined {
  const counts = new Map<RowSample['guess'], number>();
  for (const { guess } of samples) counts.set(guess, (counts.get(guess) ?? 0) + 1);
  let chosen = firstOf(samples);
  for (const sample of samples) {
    if ((counts.get(sample.guess) ?? 0) > (counts.get(chosen.guess) ?? 0)) chosen = sample;
  }
  return { guess: chosen.guess, chosen };
}

function firstOf(samples: readonly RowSample[]): RowSample {
  const [first] = samples;
  if (first === undefined) throw new RangeError('No reply to join.');
  return first;
}
