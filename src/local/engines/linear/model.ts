import type { FeatureSpace, FeatureVector, PromptFrame } from './features.ts';
import { AnswerStatistics, contextKey, contextLength, END, FIRST_WORD, UNKNOWN, NUMBER, Vocabulary } from './ngram.ts';
import { BASIS, NumberSlot } from './numbers.ts';
import type { NumberPiece, Piece } from './pieces.ts';

/** Place in the answers whose continuation is learned from the prompt: one of a few words, the end, a number. */
export interface Gate {
  readonly key: string;
  /** Symbols that can be told apart; everything else keeps its unconditional share. */
  readonly listed: Int32Array;
  readonly position: ReadonlyMap<number, number>;
  /** Unconditional probabilities of the listed symbols. */
  readonly base: Float64Array;
  readonly rest: number;
  /** The context the unconditional probabilities are taken in. */
  readonly history: readonly number[];
  /** weights[feature * listed.length + k] */
  readonly weights: Float32Array;
}

/** Place of numbers, with the weights of the magnitude basis. */
export interface Slot {
  readonly key: string;
  readonly numbers: NumberSlot;
  /** weights[feature * BASIS + b]; empty where there are too few numbers to learn from. */
  readonly weights: Float32Array;
}

/** Facts about the training answers that do not depend on the prompts. */
export interface AnswerData {
  readonly words: readonly string[];
  /** Symbols of each answer, without the end. */
  readonly sequences: readonly (readonly number[])[];
  /** The numbers among them, in order. */
  readonly numbers: readonly NumberPiece[];
}

const FEWEST_CASES = 6;
const FEWEST_NUMBERS = 8;
const MOST_LISTED = 128;
/** Limit of the weights of all gates together: 32 MB. Open-ended prose has more places; the rest stays unconditional. */
const MOST_WEIGHTS = 8_000_000;

export class LinearModel {
  readonly space: FeatureSpace;
  readonly frame: PromptFrame;
  readonly numbersAsWords: boolean;
  readonly answers: AnswerData;
  readonly vocabulary: Vocabulary;
  readonly statistics: AnswerStatistics;
  readonly gates = new Map<string, Gate>();
  readonly slots = new Map<string, Slot>();

  constructor(space: FeatureSpace, frame: PromptFrame, numbersAsWords: boolean, answers: AnswerData) {
    this.space = space;
    this.frame = frame;
    this.numbersAsWords = numbersAsWords;
    this.answers = answers;
    this.vocabulary = new Vocabulary(answers.words);
    this.statistics = new AnswerStatistics(answers.sequences, this.vocabulary);
    this.#addSlots();
    this.#addGates();
  }

  static answersOf(answers: readonly (readonly Piece[])[]): AnswerData {
    const vocabulary = Vocabulary.fit(answers);
    return {
      words: vocabulary.words,
      sequences: answers.map((pieces) => pieces.map((piece) => vocabulary.id(piece))),
      numbers: answers.flatMap((pieces) => pieces.filter((piece) => piece.kind === 'number')),
    };
  }

  #addSlots(): void {
    const places = new Map<string, NumberPiece[]>();
    const histories: number[][] = [];
    let next = 0;
    for (const sequence of this.answers.sequences) {
      for (const [index, symbol] of sequence.entries()) {
        if (symbol !== NUMBER) continue;
        const number = this.answers.numbers[next];
        next += 1;
        if (!number) continue;
        const history = sequence.slice(Math.max(0, index - 4), index);
        histories.push(history);
        for (let length = 0; length <= contextLength(history); length += 1) {
          const key = contextKey(history, length);
          const list = places.get(key);
          if (list) list.push(number);
          else places.set(key, [number]);
        }
      }
    }
    // Only the longest contexts: a shorter one with a longer one above it is never asked.
    for (const history of histories) {
      for (let length = contextLength(history); length >= 0; length -= 1) {
        const key = contextKey(history, length);
        const numbers = places.get(key) ?? [];
        if (numbers.length < FEWEST_NUMBERS) continue;
        if (!this.slots.has(key)) {
          this.slots.set(key, {
            key,
            numbers: new NumberSlot(numbers),
            weights: new Float32Array(this.space.size * BASIS),
          });
        }
        break;
      }
    }
    if (!this.slots.has('')) {
      this.slots.set('', { key: '', numbers: new NumberSlot(this.answers.numbers), weights: new Float32Array(0) });
    }
  }

  #addGates(): void {
    const candidates: { key: string; total: number; listed: number[] }[] = [];
    // Only places that answers really pass through: a shorter context with a longer one above it is never asked.
    const keys = new Set<string>();
    for (const sequence of this.answers.sequences) {
      for (let i = 0; i <= sequence.length; i += 1) {
        const key = this.#placeKey(sequence.slice(Math.max(0, i - 4), i));
        if (key !== undefined) keys.add(key);
      }
    }
    for (const key of keys) {
      const context = this.statistics.context(key);
      if (!context) continue;
      const listed = [...context.counts].filter(([, count]) => count >= 2).sort((x, y) => y[1] - x[1] || x[0] - y[0]);
      if (listed.length < 2) continue;
      candidates.push({ key, total: context.total, listed: listed.slice(0, MOST_LISTED).map(([symbol]) => symbol) });
    }
    candidates.sort((a, b) => b.total - a.total || (a.key < b.key ? -1 : 1));
    let left = MOST_WEIGHTS;
    for (const { key, listed } of candidates) {
      const size = listed.length * this.space.size;
      if (size > left) continue;
      left -= size;
      this.gates.set(key, this.#gate(key, listed));
    }
  }

  #gate(key: string, listed: readonly number[]): Gate {
    const history = key
      .split(',')
      .slice(0, -1)
      .map(Number)
      .filter((symbol) => symbol !== -1);
    // A key that begins with the start has the whole answer so far as its history; others are the end of a longer one.
    const longer = key.startsWith('-1,') ? history : [UNKNOWN, ...history];
    const base = Float64Array.from(listed, (symbol) => this.statistics.probability(longer, symbol));
    const position = new Map(listed.map((symbol, index) => [symbol, index]));
    const rest = Math.max(1e-12, 1 - base.reduce((sum, value) => sum + value, 0));
    return {
      key,
      listed: Int32Array.from(listed),
      position,
      base,
      rest,
      history: longer,
      weights: new Float32Array(this.space.size * listed.length),
    };
  }

  /** The gate at a place: that of the longest context with enough cases, if it has one. */
  gateAt(history: readonly number[]): Gate | undefined {
    const key = this.#placeKey(history);
    return key === undefined ? undefined : this.gates.get(key);
  }

  #placeKey(history: readonly number[]): string | undefined {
    for (let length = contextLength(history); length >= 1; length -= 1) {
      const key = contextKey(history, length);
      if ((this.statistics.context(key)?.total ?? 0) >= FEWEST_CASES) return key;
    }
    return undefined;
  }

  slotAt(history: readonly number[]): Slot {
    for (let length = contextLength(history); length >= 0; length -= 1) {
      const slot = this.slots.get(contextKey(history, length));
      if (slot) return slot;
    }
    throw new Error('A model always has a slot for numbers anywhere');
  }

  /** Natural logarithm of the unconditional probability of a word, known or not, or of END or NUMBER. */
  unconditionalLog(history: readonly number[], symbol: number, text: string): number {
    if (symbol === UNKNOWN)
      return Math.log(this.statistics.unknown(history)) + this.statistics.spellingLog(new TextEncoder().encode(text));
    return Math.log(this.statistics.probability(history, symbol));
  }
}

/** scores[k] = Σ weights[feature * width + k] · weight, over the prompt's features. */
export function project(weights: Float32Array, width: number, vector: FeatureVector, scores: Float64Array): void {
  for (let k = 0; k < width; k += 1) scores[k] = 0;
  if (weights.length === 0) return;
  const { index, weight } = vector;
  for (let i = 0; i < index.length; i += 1) {
    const from = (index[i] ?? 0) * width;
    const value = weight[i] ?? 0;
    for (let k = 0; k < width; k += 1) scores[k] = (scores[k] ?? 0) + value * (weights[from + k] ?? 0);
  }
}

/** Turns scores into probabilities of the listed symbols, in place; returns that of everything else. */
export function gateProbabilities(gate: Gate, scores: Float64Array): number {
  let largest = 0;
  const size = gate.listed.length;
  for (let k = 0; k < size; k += 1) if ((scores[k] ?? 0) > largest) largest = scores[k] ?? 0;
  let total = gate.rest * Math.exp(-largest);
  const rest = total;
  for (let k = 0; k < size; k += 1) {
    const mass = (gate.base[k] ?? 0) * Math.exp((scores[k] ?? 0) - largest);
    scores[k] = mass;
    total += mass;
  }
  for (let k = 0; k < size; k += 1) scores[k] = (scores[k] ?? 0) / total;
  return rest / total;
}

export { END, FIRST_WORD, NUMBER, UNKNOWN };
