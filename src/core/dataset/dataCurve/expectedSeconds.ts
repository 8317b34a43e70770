import { FOLDS, planOf } from './plan.ts';

/** Trainings of all sizes in one pass over the parts of an order, in trainings of the whole. */
const SIZES = 2.65;
/** Measured on one core: seconds for an example in one training, and for each of its tokens. */
const A_ROW = 0.0004;
const A_TOKEN = 0.000001;
/** Different answers for which an example takes twice as long. */
const ANSWERS = 30;
/** Trainings that the choice of the settings costs, in trainings of each size; above a thousand rows it looks at one part. */
const CHOICE = { few: 4, many: 1.5 };
const MANY = 1000;

export interface FileFigures {
  readonly examples: number;
  readonly tokens: number;
  /** Different answers. */
  readonly distinct: number;
}

/** Seconds that a measurement takes about, from the figures of the training file. */
export function expectedSeconds({ examples, tokens, distinct }: FileFigures, crossValidated: boolean): number {
  const { repeats, folds } = planOf(examples, crossValidated);
  const share = crossValidated ? (FOLDS - 1) / FOLDS : 1;
  // Numbers, and answers that hardly repeat, are not learned one by one.
  const classes = 4 * distinct <= examples ? distinct : 1;
  const training = examples * A_ROW * (1 + classes / ANSWERS) + tokens * A_TOKEN;
  return training * share * SIZES * (repeats * folds + (examples > MANY ? CHOICE.many : CHOICE.few));
}
