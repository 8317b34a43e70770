// What an evaluation is run with unless the user says otherwise.
import type { AnswerFigures } from '../dataset/report/answers.ts';
import type { GraderSpec } from './evalFile.ts';
import type { Sampling } from './types.ts';

/** Labels are few and short, and each occurs often. */
const MOST_LABELS = 20;
const ROWS_A_LABEL = 5;
const LABEL_TOKENS = 8;

const SEED = 42;

/** Replies to a row of a recording where they are drawn by chance, so that it is known how far the model is from itself. */
export const REPLIES_BY_CHANCE = 5;

/** Grader that the answers call for: numbers, a few labels that repeat, or texts. */
export function proposedGrader({
  proposedGrader: type,
  distinct,
  count,
  meanTokens,
}: Pick<AnswerFigures, 'proposedGrader' | 'distinct' | 'count' | 'meanTokens'>): GraderSpec {
  if (type === 'number') return { type: 'number' };
  const areLabels =
    distinct >= 2 && distinct <= MOST_LABELS && count >= distinct * ROWS_A_LABEL && meanTokens <= LABEL_TOKENS;
  return { type: areLabels ? 'label' : 'exact' };
}

/** Sampling with room for an answer of this kind and not much more: a model that rambles is paid by the token. */
export function proposedSampling({ meanTokens }: Pick<AnswerFigures, 'meanTokens'>, grader: GraderSpec): Sampling {
  const room = grader.type === 'number' ? 1.5 : 3;
  return { temperature: 0, maxTokens: Math.max(16, Math.ceil(meanTokens * room)), seed: SEED };
}
