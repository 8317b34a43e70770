import { wordsOf, type TrainingPair } from './words.ts';

export interface Neighbor {
  /** Index in the training pairs. */
  readonly index: number;
  /** Cosine of the two TF-IDF vectors, 0…1. */
  readonly similarity: number;
}

/** Words of a question that are looked up, rarest first: the others hardly change the order and cost most of the time. */
const MOST_WORDS = 60;

/** Index of training questions by TF-IDF over words, for the nearest neighbors of test questions. */
export class NeighborIndex {
  /** Examples with each word, and the word's weight in them. */
  readonly #postings = new Map<string, { readonly examples: number[]; readonly weights: number[] }>();
  readonly #idf = new Map<string, number>();
  readonly #scores: Float64Array;

  constructor(training: readonly Pick<TrainingPair, 'question'>[]) {
    const counted = training.map(({ question }) => countsOf(question));
    const frequency = new Map<string, number>();
    for (const counts of counted) for (const word of counts.keys()) frequency.set(word, (frequency.get(word) ?? 0) + 1);
    for (const [word, count] of frequency) this.#idf.set(word, Math.log((1 + training.length) / (1 + count)) + 1);
    for (const [example, counts] of counted.entries()) {
      for (const [word, weight] of this.#normalized(counts)) {
        let posting = this.#postings.get(word);
        if (posting === undefined) {
          posting = { examples: [], weights: [] };
          this.#postings.set(word, posting);
        }
        posting.examples.push(example);
        posting.weights.push(weight);
      }
    }
    this.#scores = new Float64Array(training.length);
  }

  /** The `most` nearest examples, nearest first, of equal ones the earlier; none that shares no word. */
  nearest(question: string, most: number): readonly Neighbor[] {
    const touched: number[] = [];
    const scores = this.#scores;
    const rarest = [...this.#normalized(countsOf(question))]
      .filter(([word]) => this.#postings.has(word))
      .sort(([a], [b]) => (this.#idf.get(b) ?? 0) - (this.#idf.get(a) ?? 0) || (a < b ? -1 : 1))
      .slice(0, MOST_WORDS);
    for (const [word, weight] of rarest) {
      const posting = this.#postings.get(word);
      if (posting === undefined) continue;
      const { examples, weights } = posting;
      // By index: the innermost loop, which runs for every pair of a question and an example.
      for (let at = 0; at < examples.length; at += 1) {
        const example = examples[at] ?? 0;
        const before = scores[example] ?? 0;
        if (before === 0) touched.push(example);
        scores[example] = before + weight * (weights[at] ?? 0);
      }
    }
    // Almost every example shares some word: only the best are kept in order, the others are looked at once.
    const best: Neighbor[] = [];
    for (const index of touched) {
      const similarity = Math.min(1, scores[index] ?? 0);
      scores[index] = 0;
      const last = best[most - 1];
      if (last !== undefined && !isNearer(similarity, index, last)) continue;
      let place = Math.min(best.length, most - 1);
      for (let before = best[place - 1]; before !== undefined && isNearer(similarity, index, before);) {
        best[place] = before;
        place -= 1;
        before = best[place - 1];
      }
      best[place] = { index, similarity };
    }
    return best;
  }

  #normalized(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const weights = new Map<string, number>();
    let squares = 0;
    for (const [word, count] of counts) {
      const weight = count * (this.#idf.get(word) ?? 0);
      squares += weight * weight;
      weights.set(word, weight);
    }
    const length = Math.sqrt(squares);
    if (length > 0) for (const [word, weight] of weights) weights.set(word, weight / length);
    return weights;
  }
}

function isNearer(similarity: number, index: number, than: Neighbor): boolean {
  return similarity === than.similarity ? index < than.index : similarity > than.similarity;
}

function countsOf(question: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of wordsOf(question)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
