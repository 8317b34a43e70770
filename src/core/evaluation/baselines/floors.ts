import { t, tn } from '../../base/messages.ts';
import type { AnswerFigures } from '../../dataset/report/answers.ts';
import type { Floor } from '../evalFile.ts';
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

/** Makes every free floor that can be made. `between` is called before each, and may end the work by throwing. */
export function floorsOf(input: FloorInput, between: () => void = () => undefined): Floors {
  const floors: Partial<Record<Floor, Omit<Contestant, 'id'>>> = {};
  for (const name of FLOORS) {
    between();
    const floor = floorContestant(name, input);
    if (floor !== null) floors[name] = floor;
  }
  return floors;
}

/** Free contestant that every model must beat; null when it cannot be made: without a training file, or of answers that are free text. */
export function floorContestant(floor: Floor, input: FloorInput): Omit<Contestant, 'id'> | null {
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
      const answers = input.items.map((item) => {
        const [nearest] = index.nearest(questionOfItem(item), 1);
        return pairs[nearest?.index ?? 0]?.answer.trim() ?? '';
      });
      return { kind: 'constant', label: t('nearest training example'), answers, constantSource: sourceOf(pairs) };
    }
    case 'bagOfWords': {
      const pairs = input.training?.pairs ?? [];
      const guess = input.grader === 'number' ? guessNumber(pairs, input) : answerFromWords(trimmed(pairs));
      if (guess === null) return null;
      const answers = input.items.map((item) => guess(questionOfItem(item)));
      return { kind: 'constant', label: t('bag of words'), answers, constantSource: sourceOf(pairs) };
    }
  }
}

function sourceOf(pairs: readonly TrainingPair[]): string {
  return tn(pairs.length, 'from {0} training example', 'from {0} training examples');
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
