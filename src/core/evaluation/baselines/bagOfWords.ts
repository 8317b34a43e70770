// A model of words alone, fitted in a second: what a fine-tuned model must beat to be worth its price.
import { wordsOf, type TrainingPair } from './words.ts';

/** Words that count: the most frequent ones that are neither in almost every example nor in one only. */
const MOST_WORDS = 2000;
/** Ridge penalties to choose from, by the error on examples left out. */
const PENALTIES = [1, 3, 10, 30, 100, 300, 1000];
const FOLDS = 5;
/** Examples that the penalty is chosen with; more change it little and cost time. */
const MOST_FOR_CHOICE = 2000;
const STEPS = 200;
/** Different answers up to which they are classes rather than texts. */
const MOST_CLASSES = 500;

/** Index of the words that a model uses. */
class Vocabulary {
  readonly #index = new Map<string, number>();

  constructor(texts: readonly string[]) {
    const frequency = new Map<string, number>();
    for (const text of texts)
      for (const word of new Set(wordsOf(text))) frequency.set(word, (frequency.get(word) ?? 0) + 1);
    const used = [...frequency]
      .filter(([, count]) => count >= 2 && count <= 0.95 * texts.length)
      .sort(([a, one], [b, two]) => two - one || (a < b ? -1 : 1))
      .slice(0, MOST_WORDS);
    for (const [word] of used) this.#index.set(word, this.#index.size);
  }

  get size(): number {
    return this.#index.size;
  }

  /** Numbers of the known words of a text, each once. */
  of(text: string): readonly number[] {
    const found = new Set<number>();
    for (const word of wordsOf(text)) {
      const at = this.#index.get(word);
      if (at !== undefined) found.add(at);
    }
    return [...found];
  }
}

/**
 * Fits a ridge regression of the numbers on the words of the questions, and returns its guess for a question. Guesses stay within
 * the numbers of the training. Null below two examples.
 */
export function numberFromWords(
  training: readonly { readonly question: string; readonly number: number }[],
): ((question: string) => number) | null {
  if (training.length < 2) return null;
  const vocabulary = new Vocabulary(training.map(({ question }) => question));
  const rows = training.map(({ question }) => vocabulary.of(question));
  const numbers = training.map(({ number }) => number);
  // The numbers of prices and counts span orders of magnitude; their logarithm is what words explain.
  const isPositive = numbers.every((number) => number >= 0);
  const targets = isPositive ? numbers.map(Math.log1p) : numbers;
  const mean = targets.reduce((sum, target) => sum + target / targets.length, 0);
  const centered = targets.map((target) => target - mean);
  const penalty = penaltyFor(rows.slice(0, MOST_FOR_CHOICE), centered.slice(0, MOST_FOR_CHOICE), vocabulary.size);
  const weights = ridge(rows, centered, vocabulary.size, penalty);
  const low = numbers.reduce((least, number) => Math.min(least, number), Infinity);
  const high = numbers.reduce((most, number) => Math.max(most, number), -Infinity);
  return (question) => {
    const guess = vocabulary.of(question).reduce((sum, word) => sum + (weights[word] ?? 0), mean);
    return Math.min(high, Math.max(low, isPositive ? Math.expm1(guess) : guess));
  };
}

/** Penalty whose fits to four fifths of the examples are nearest to the other fifth, by the mean absolute error. */
function penaltyFor(rows: readonly (readonly number[])[], targets: readonly number[], columns: number): number {
  let best = PENALTIES[0] ?? 1;
  let least = Infinity;
  for (const penalty of PENALTIES) {
    let error = 0;
    for (let fold = 0; fold < FOLDS; fold++) {
      const kept = (_: unknown, at: number): boolean => at % FOLDS !== fold;
      const weights = ridge(rows.filter(kept), targets.filter(kept), columns, penalty);
      for (const [at, row] of rows.entries()) {
        if (kept(row, at)) continue;
        error += Math.abs(row.reduce((sum, word) => sum + (weights[word] ?? 0), 0) - (targets[at] ?? 0));
      }
    }
    if (error >= least) continue;
    least = error;
    best = penalty;
  }
  return best;
}

/** Solves (XᵀX + λI) w = Xᵀy by conjugate gradients, X being ones at the given columns. */
function ridge(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  columns: number,
  penalty: number,
): Float64Array {
  const weights = new Float64Array(columns);
  const residual = new Float64Array(columns);
  for (const [at, row] of rows.entries())
    for (const column of row) residual[column] = (residual[column] ?? 0) + (targets[at] ?? 0);
  const direction = Float64Array.from(residual);
  let size = dot(residual, residual);
  const enough = size * 1e-12;
  for (let step = 0; step < STEPS && size > enough; step++) {
    const image = direction.map((value) => value * penalty);
    for (const row of rows) {
      let sum = 0;
      for (const column of row) sum += direction[column] ?? 0;
      for (const column of row) image[column] = (image[column] ?? 0) + sum;
    }
    const along = size / dot(direction, image);
    for (let i = 0; i < columns; i++) {
      weights[i] = (weights[i] ?? 0) + along * (direction[i] ?? 0);
      residual[i] = (residual[i] ?? 0) - along * (image[i] ?? 0);
    }
    const next = dot(residual, residual);
    for (let i = 0; i < columns; i++) direction[i] = (residual[i] ?? 0) + (next / size) * (direction[i] ?? 0);
    size = next;
  }
  return weights;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/**
 * Fits naive Bayes (multinomial, add-one) of the answers on the words of the questions, and returns its guess for a question; of
 * equally likely answers the earlier. Null without examples, or where there are too many different answers to be classes.
 */
export function answerFromWords(training: readonly TrainingPair[]): ((question: string) => string) | null {
  const classes = new Map<string, number>();
  for (const { answer } of training) if (!classes.has(answer)) classes.set(answer, classes.size);
  if (training.length === 0 || classes.size > MOST_CLASSES || classes.size * 2 > training.length) return null;
  const vocabulary = new Vocabulary(training.map(({ question }) => question));
  const counts = Array.from(classes.values(), () => new Float64Array(vocabulary.size));
  const totals = new Float64Array(classes.size);
  const examples = new Float64Array(classes.size);
  for (const { question, answer } of training) {
    const at = classes.get(answer) ?? 0;
    examples[at] = (examples[at] ?? 0) + 1;
    for (const word of vocabulary.of(question)) {
      const line = counts[at];
      if (line) line[word] = (line[word] ?? 0) + 1;
      totals[at] = (totals[at] ?? 0) + 1;
    }
  }
  const answers = [...classes.keys()];
  return (question) => {
    const words = vocabulary.of(question);
    let best = '';
    let most = -Infinity;
    for (const [at, answer] of answers.entries()) {
      let score = Math.log((examples[at] ?? 0) / training.length);
      const room = (totals[at] ?? 0) + vocabulary.size;
      for (const word of words) score += Math.log(((counts[at]?.[word] ?? 0) + 1) / room);
      if (score <= most) continue;
      most = score;
      best = answer;
    }
    return best;
  };
}
