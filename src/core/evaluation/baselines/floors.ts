import { t, tn } from '../../base/messages.ts';
import type { AnswerFigures } from '../../dataset/report/answers.ts';
import type { EvalFile, Floor } from '../evalFile.ts';
import { truthNumberOf } from '../graders/number.ts';
import { questionOfItem } from '../prompt.ts';
import type { Contestant, GraderType, NumberReader, TestItem } from '../types.ts';
import { answerFromWords, numberFromWords } from './bagOfWords.ts';
import { constantBaseline, numberText } from './constant.ts';
import { NeighborIndex } from './nearest.ts';
import type { TrainingPair } from './words.ts';

export interface FloorInput {
  readonly grader: GraderType;
  readonly items: readonly TestItem[];
  /** Figures of the training answers, and the examples; null when the training file is not known. */
  readonly training: { readonly answers: AnswerFigures; readonly pairs: readonly TrainingPair[] } | null;
  /** Beginning that all test answers share. */
  readonly truthPrefix: string | null;
  readonly numberReader: NumberReader | null;
}

/** Free contestants of a run, by their names; one that cannot be made is absent. */
export type Floors = Readonly<Partial<Record<Floor, Omit<Contestant, 'id'>>>>;

export const FLOORS: readonly Floor[] = ['constant', 'nearest', 'bagOfWords'];

/** Most pairs of an item and an example for which the nearest example is looked for unasked: some ten seconds. */
const MOST_PAIRS = 50e6;
/** Items whose nearest example is looked for between two steps. */
const STEP_ITEMS = 50;

/**
 * Makes every free floor that can be made, in steps of some milliseconds. With very many items and examples the nearest example is left
 * out unless the file lists it. @param listed floors that the evaluation file names
 */
export function* floorsInSteps(input: FloorInput, listed: readonly Floor[]): Generator<undefined, Floors> {
  const floors: Partial<Record<Floor, Omit<Contestant, 'id'>>> = {};
  const isLarge = input.items.length * (input.training?.pairs.length ?? 0) > MOST_PAIRS;
  for (const name of FLOORS) {
    if (name === 'nearest' && isLarge && !listed.includes(name)) continue;
    const floor = yield* floorInSteps(name, input);
    if (floor !== null) floors[name] = floor;
    yield;
  }
  return floors;
}

/** Floors that an evaluation file names among its contestants. */
export function listedFloors({ contestants }: Pick<EvalFile, 'contestants'>): readonly Floor[] {
  return contestants.flatMap((one) => ('floor' in one ? [one.floor] : []));
}

/** Free contestant that every model must beat; null when it cannot be made: without a training file, or of answers that are free text. */
export function floorContestant(floor: Floor, input: FloorInput): Omit<Contestant, 'id'> | null {
  return ended(floorInSteps(floor, input));
}

/** Runs work in steps to its end at once. */
export function ended<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

function* floorInSteps(floor: Floor, input: FloorInput): Generator<undefined, Omit<Contestant, 'id'> | null> {
  switch (floor) {
    case 'constant': {
      const { grader, items, training, truthPrefix, numberReader } = input;
      const truths = items.map(({ truth }) => truth);
      const constant = constantBaseline(grader, training?.answers ?? null, truths, truthPrefix, numberReader);
      const label = grader === 'number' ? t('constant median') : t('most frequent answer');
      return constant && { kind: 'constant', label, ...constant };
    }
    case 'nearest': {
      const pairs = input.training?.pairs ?? [];
      if (pairs.length === 0) return null;
      const index = new NeighborIndex(pairs);
      const answers: string[] = [];
      for (const item of input.items) {
        const [nearest] = index.nearest(questionOfItem(item), 1);
        answers.push(pairs[nearest?.index ?? 0]?.answer.trim() ?? '');
        if (answers.length % STEP_ITEMS === 0) yield;
      }
      return { kind: 'constant', label: t('nearest training example'), answers, constantSource: copying(pairs.length) };
    }
    case 'bagOfWords': {
      const pairs = input.training?.pairs ?? [];
      const guess = input.grader === 'number' ? guessNumber(pairs, input) : answerFromWords(trimmed(pairs));
      if (guess === null) return null;
      const answers = input.items.map((item) => guess(questionOfItem(item)));
      return { kind: 'constant', label: t('bag of words'), answers, constantSource: guessing(pairs.length) };
    }
  }
}

function copying(examples: number): string {
  return tn(
    examples,
    'answers as the nearest of {0} training example',
    'answers as the nearest of {0} training examples',
  );
}

function guessing(examples: number): string {
  return tn(
    examples,
    'guesses from the words of {0} training example',
    'guesses from the words of {0} training examples',
  );
}

function trimmed(pairs: readonly TrainingPair[]): readonly TrainingPair[] {
  return pairs.map(({ question, answer }) => ({ question, answer: answer.trim() }));
}

function guessNumber(
  pairs: readonly TrainingPair[],
  { training, numberReader }: FloorInput,
): ((question: string) => string) | null {
  const truthPrefix = training?.answers.commonPrefix ?? null;
  const known = pairs.flatMap(({ question, answer }) => {
    const number = truthNumberOf({ truth: answer, truthPrefix, numberReader });
    return number === null ? [] : [{ question, number }];
  });
  const guess = numberFromWords(known);
  return guess && ((question) => numberText(guess(question), numberReader));
}
