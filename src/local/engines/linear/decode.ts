import type { Random } from '../../../core/random.ts';
import { createRandom } from '../../../core/random.ts';
import type { ChatMessage } from '../../../core/dataset/example.ts';
import { textOf } from '../../../core/dataset/example.ts';
import type { Completion, CompletionRequest, LoadedModel } from '../../engine.ts';
import type { FeatureVector } from './features.ts';
import { extractFeatures } from './features.ts';
import type { LinearModel } from './model.ts';
import { END, gateProbabilities, NUMBER, project } from './model.ts';
import { BASIS, CELLS, drawn } from './numbers.ts';
import { numberText, toPieces } from './pieces.ts';
import { countMessageTokens, countTokens, firstTokens } from '../../tokens.ts';

/** No answer of this model is worth more; a distribution that never ends must. */
const MOST_PIECES = 4096;

/** Where a continuation starts: the symbols before it, and what the prefix already holds of the piece to come. */
interface Start {
  readonly history: readonly number[];
  readonly begun: string;
}

export class LinearCompleter implements LoadedModel {
  readonly #model: LinearModel;
  readonly #answers: readonly string[];
  readonly #scores = new Float64Array(512);
  readonly #scratch = new Float64Array(CELLS);

  constructor(model: LinearModel) {
    this.#model = model;
    this.#answers = [...new Set(answerTexts(model))];
  }

  countPromptTokens(messages: readonly ChatMessage[]): number {
    return countMessageTokens(messages) + 3;
  }

  complete(request: CompletionRequest): Completion[] {
    const last = request.messages.at(-1);
    const prefix = last?.role === 'assistant' ? textOf(last) : '';
    const prompt = last?.role === 'assistant' ? request.messages.slice(0, -1) : request.messages;
    const vector = this.#model.space.vector(extractFeatures(prompt, this.#model.frame));
    const start = this.#start(prefix);
    return Array.from({ length: request.n }, (_, index) => {
      // Every answer of one request has a seed of its own, and the first is what n = 1 would have given.
      const random = request.temperature > 0 ? createRandom(request.seed + index * 0x9e3779b1) : null;
      return finish(this.#write(vector, start, request, random), request);
    });
  }

  /**
   * Where a prefix stands in the answers that were learnt: the longest end of it that some answer begins with, so
   * `Price is $` leads to the number both when the answers were `Price is $71.99` and when they were `71.99`.
   */
  #start(prefix: string): Start {
    for (let from = 0; from < prefix.length; from += 1) {
      const end = prefix.slice(from);
      if (!this.#answers.some((answer) => answer.startsWith(end))) continue;
      return this.#aligned(end);
    }
    return { history: [], begun: '' };
  }

  /** Cuts the prefix where the answers have a border between pieces; the piece it ends in is then begun, not whole. */
  #aligned(prefix: string): Start {
    const answer = this.#answers.find((text) => text.startsWith(prefix)) ?? prefix;
    const history: number[] = [];
    let at = 0;
    for (const piece of toPieces(answer, this.#model.numbersAsWords)) {
      if (at + piece.text.length > prefix.length) break;
      history.push(this.#model.vocabulary.id(piece));
      at += piece.text.length;
    }
    return { history, begun: prefix.slice(at) };
  }

  #write(vector: FeatureVector, start: Start, request: CompletionRequest, random: Random | null): string {
    const history = [...start.history];
    let text = '';
    let { begun } = start;
    for (let pieces = 0; pieces < MOST_PIECES; pieces += 1) {
      const symbol = this.#next(vector, history, request, random, begun);
      if (symbol === END) break;
      const written =
        symbol === NUMBER ? this.#number(vector, history, request, random) : this.#model.vocabulary.text(symbol);
      // What the prefix already holds of this piece is not said again.
      text += written.startsWith(begun) ? written.slice(begun.length) : written;
      begun = '';
      history.push(symbol);
      if (request.stop.some((stop) => text.includes(stop))) break;
      // A token has at least one character (byte spellings are never generated).
      if (request.maxTokens !== null && pieces > request.maxTokens) break;
    }
    return text;
  }

  #next(
    vector: FeatureVector,
    history: readonly number[],
    request: CompletionRequest,
    random: Random | null,
    begun: string,
  ): number {
    let candidates = this.#candidates(vector, history);
    if (begun !== '') {
      const fitting = candidates.filter(({ symbol }) =>
        symbol === NUMBER
          ? /^\d/u.test(begun)
          : symbol !== END && this.#model.vocabulary.text(symbol).startsWith(begun),
      );
      if (fitting.length > 0) candidates = fitting;
    }
    if (!random) return candidates.reduce((best, next) => (next.mass > best.mass ? next : best)).symbol;
    const sharpened = candidates.map(({ symbol, mass }) => ({ symbol, mass: mass ** (1 / request.temperature) }));
    return drawn(nucleus(sharpened, request.topP), (item) => item.mass, random).symbol;
  }

  #candidates(vector: FeatureVector, history: readonly number[]): { symbol: number; mass: number }[] {
    const gate = this.#model.gateAt(history);
    if (gate) {
      project(gate.weights, gate.listed.length, vector, this.#scores);
      gateProbabilities(gate, this.#scores);
      return Array.from(gate.listed, (symbol, k) => ({ symbol, mass: this.#scores[k] ?? 0 }));
    }
    return this.#model.statistics.following(history);
  }

  #number(
    vector: FeatureVector,
    history: readonly number[],
    request: CompletionRequest,
    random: Random | null,
  ): string {
    const slot = this.#model.slotAt(history);
    project(slot.weights, BASIS, vector, this.#scores);
    if (!random) return slot.numbers.median(this.#scores, this.#scratch).text;
    return slot.numbers.sample(this.#scores, request.temperature, random, this.#scratch).text;
  }
}

function nucleus(items: { symbol: number; mass: number }[], share: number): { symbol: number; mass: number }[] {
  if (share >= 1) return items;
  const total = items.reduce((sum, item) => sum + item.mass, 0);
  const kept: { symbol: number; mass: number }[] = [];
  let mass = 0;
  for (const item of [...items].sort((a, b) => b.mass - a.mass)) {
    kept.push(item);
    mass += item.mass;
    if (mass >= share * total) break;
  }
  return kept;
}

function finish(text: string, request: CompletionRequest): Completion {
  let end = text.length;
  for (const stop of request.stop) {
    const at = text.indexOf(stop);
    if (at >= 0) end = Math.min(end, at);
  }
  const stopped = text.slice(0, end);
  const tokens = countTokens(stopped);
  if (request.maxTokens === null || tokens <= request.maxTokens) return { text: stopped, finishReason: 'stop', tokens };
  return { text: firstTokens(stopped, request.maxTokens), finishReason: 'length', tokens: request.maxTokens };
}

function* answerTexts(model: LinearModel): Generator<string> {
  let next = 0;
  for (const sequence of model.answers.sequences) {
    let text = '';
    for (const symbol of sequence) {
      if (symbol !== NUMBER) {
        text += model.vocabulary.text(symbol);
        continue;
      }
      const number = model.answers.numbers[next];
      next += 1;
      if (number) text += numberText(number.integer, number.fraction, number.grouped);
    }
    yield text;
  }
}
