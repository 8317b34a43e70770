import type { Piece } from './pieces.ts';

/** Symbols every model has; words follow. */
export const END = 0;
export const NUMBER = 1;
export const FIRST_WORD = 2;
/** Symbol in a history for a word never seen in training. */
export const UNKNOWN = -2;
const START = -1;
const LONGEST_CONTEXT = 3;

interface Context {
  total: number;
  /** Number of continuations that occur in the training answers only here: the frequency of new ones. */
  rare: number;
  readonly counts: Map<number, number>;
}

/** The words of the answers and their numbers. */
export class Vocabulary {
  readonly words: readonly string[];
  readonly #ids = new Map<string, number>();

  constructor(words: readonly string[]) {
    this.words = words;
    for (const [index, word] of words.entries()) this.#ids.set(word, index + FIRST_WORD);
  }

  static fit(answers: Iterable<readonly Piece[]>): Vocabulary {
    const words = new Set<string>();
    for (const pieces of answers) for (const piece of pieces) if (piece.kind === 'word') words.add(piece.text);
    return new Vocabulary([...words]);
  }

  get size(): number {
    return this.words.length + FIRST_WORD;
  }

  id(piece: Piece): number {
    return piece.kind === 'number' ? NUMBER : (this.#ids.get(piece.text) ?? UNKNOWN);
  }

  text(symbol: number): string {
    return this.words[symbol - FIRST_WORD] ?? '';
  }
}

/** The last pieces before a place in an answer, as a key; numbers are all alike. */
export function contextKey(history: readonly number[], length: number): string {
  const from = history.length - length;
  let key = '';
  for (let i = Math.max(-1, from); i < history.length; i += 1)
    key += `${String(i < 0 ? START : (history[i] ?? START))},`;
  return key;
}

/** Longest context at a place: up to three pieces, the start of the answer being one. */
export function contextLength(history: readonly number[]): number {
  return Math.min(LONGEST_CONTEXT, history.length + 1);
}

/**
 * Model of the sequences in the answers, independent of the prompts: interpolated counts (Witten and Bell, 1991) over up
 * to three pieces. Something never seen is spelled in bytes, with the probability that something new turned up in
 * training (Good and Turing), so the probabilities of everything that can follow sum to 1.
 */
export class AnswerStatistics {
  readonly #contexts = new Map<string, Context>();
  readonly #symbols: number;
  readonly #bytes = new Float64Array(256);
  readonly #bytesEnd: number;

  constructor(sequences: readonly (readonly number[])[], vocabulary: Vocabulary) {
    this.#symbols = vocabulary.size;
    const answersWith = new Map<number, number>();
    for (const sequence of sequences)
      for (const symbol of new Set(sequence)) answersWith.set(symbol, (answersWith.get(symbol) ?? 0) + 1);
    for (const sequence of sequences) {
      for (let i = 0; i <= sequence.length; i += 1) {
        const symbol = i < sequence.length ? (sequence[i] ?? END) : END;
        const history = sequence.slice(Math.max(0, i - LONGEST_CONTEXT), i);
        // The start is part of the history only while it is near.
        const longest = i < LONGEST_CONTEXT ? i + 1 : LONGEST_CONTEXT;
        const rare = symbol >= FIRST_WORD && answersWith.get(symbol) === 1;
        for (let length = 0; length <= longest; length += 1) this.#count(contextKey(history, length), symbol, rare);
      }
    }
    let bytes = 0;
    const encoder = new TextEncoder();
    for (const word of vocabulary.words) {
      for (const byte of encoder.encode(word)) {
        this.#bytes[byte] = (this.#bytes[byte] ?? 0) + 1;
        bytes += 1;
      }
    }
    for (let byte = 0; byte < 256; byte += 1) this.#bytes[byte] = ((this.#bytes[byte] ?? 0) + 0.5) / (bytes + 128);
    this.#bytesEnd = (vocabulary.words.length + 1) / (bytes + vocabulary.words.length + 4);
  }

  #count(key: string, symbol: number, rare: boolean): void {
    let context = this.#contexts.get(key);
    if (!context) {
      context = { total: 0, rare: 0, counts: new Map() };
      this.#contexts.set(key, context);
    }
    context.total += 1;
    if (rare) context.rare += 1;
    context.counts.set(symbol, (context.counts.get(symbol) ?? 0) + 1);
  }

  context(key: string): { readonly total: number; readonly counts: ReadonlyMap<number, number> } | undefined {
    return this.#contexts.get(key);
  }

  /** Probability that none of the known symbols follows. */
  unknown(history: readonly number[]): number {
    let probability = 0.5 / (this.#symbols + 1);
    for (let length = 0; length <= contextLength(history); length += 1) {
      const context = this.#contexts.get(contextKey(history, length));
      if (!context) break;
      // A context of few cases borrows two from the shorter one.
      probability = (context.rare + 2 * probability) / (context.total + 2);
    }
    return probability;
  }

  /** Probability of one known symbol (END, NUMBER or a word). */
  probability(history: readonly number[], symbol: number): number {
    let probability = 1 / this.#symbols;
    for (let length = 0; length <= contextLength(history); length += 1) {
      const context = this.#contexts.get(contextKey(history, length));
      if (!context) break;
      const kinds = context.counts.size;
      probability = ((context.counts.get(symbol) ?? 0) + kinds * probability) / (context.total + kinds);
    }
    return probability * (1 - this.unknown(history));
  }

  /** Natural logarithm of the probability of these bytes (one or more), given that something unknown is spelled. */
  spellingLog(bytes: Uint8Array): number {
    let log = Math.log(this.#bytesEnd);
    for (const [index, byte] of bytes.entries()) {
      log += Math.log(this.#bytes[byte] ?? 0) + (index > 0 ? Math.log(1 - this.#bytesEnd) : 0);
    }
    return log;
  }

  /** Most frequent continuation. */
  mostFrequent(history: readonly number[]): number {
    for (let length = contextLength(history); length >= 0; length -= 1) {
      const context = this.#contexts.get(contextKey(history, length));
      if (!context) continue;
      let best = END;
      let most = 0;
      for (const [symbol, count] of context.counts) if (count > most) [best, most] = [symbol, count];
      return best;
    }
    return END;
  }

  /** Continuations seen in the longest context, with counts. */
  following(history: readonly number[]): { symbol: number; mass: number }[] {
    for (let length = contextLength(history); length >= 0; length -= 1) {
      const context = this.#contexts.get(contextKey(history, length));
      if (context) return [...context.counts].map(([symbol, mass]) => ({ symbol, mass }));
    }
    return [{ symbol: END, mass: 1 }];
  }
}
