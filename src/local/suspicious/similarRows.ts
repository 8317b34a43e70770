import type { ChatExample } from '../../core/dataset/example.ts';
import { NeighborIndex } from '../../core/evaluation/baselines/nearest.ts';
import { questionOf } from '../../core/evaluation/prompt.ts';
import { readNumber } from '../../core/evaluation/readNumber.ts';
import { LEAST_RATIO, logRatio } from './suspiciousAnswers.ts';

/** Rows that are named. */
const MOST = 3;
/** Nearest rows that are looked at: most of them often say the same. */
const LOOKED_AT = 60;
/** Cosine below which questions share a common word or two. */
const LEAST_SIMILARITY = 0.2;

export interface Similar {
  /** Place of the example in the list. */
  readonly index: number;
  /** Cosine of the two questions' TF-IDF vectors, 0…1. */
  readonly similarity: number;
}

/** Finds the rows with the nearest questions whose answers are others: other texts, or numbers three times off. */
export class SimilarRows {
  readonly #answers: readonly (string | null)[];
  readonly #questions: readonly string[];
  readonly #kind: 'numbers' | 'texts';
  readonly #index: NeighborIndex;

  /** `answers`: of the examples, null where there is none. */
  constructor(examples: readonly ChatExample[], answers: readonly (string | null)[], kind: 'numbers' | 'texts') {
    this.#questions = examples.map(questionOf);
    this.#answers = answers;
    this.#kind = kind;
    this.#index = new NeighborIndex(this.#questions.map((question) => ({ question })));
  }

  /** At most three, nearest first. */
  of(place: number): readonly Similar[] {
    return this.#index
      .nearest(this.#questions[place] ?? '', LOOKED_AT)
      .filter(({ index, similarity }) => similarity >= LEAST_SIMILARITY && this.#saysOtherwise(place, index))
      .slice(0, MOST);
  }

  #saysOtherwise(place: number, other: number): boolean {
    const [own, its] = [this.#answers[place] ?? null, this.#answers[other] ?? null];
    if (own === null || its === null) return false;
    if (this.#kind === 'texts') return own.trim() !== its.trim();
    const ratio = logRatio(readNumber(its), readNumber(own));
    return ratio !== null && Math.abs(ratio) > Math.log(LEAST_RATIO);
  }
}
