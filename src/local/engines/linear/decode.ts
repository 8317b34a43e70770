import { setImmediate } from 'node:timers/promises';
import type { Random } from '../../../core/base/random.ts';
import { createRandom } from '../../../core/base/random.ts';
import { textOf } from '../../../core/dataset/example.ts';
import type { Answers, Completion, CompletionRequest, LoadedModel, TokenCounts, Written } from '../engine.ts';
import type { FeatureVector } from './features.ts';
import { extractFeatures } from './features.ts';
import type { LinearModel } from './model.ts';
import { END, gateProbabilities, NUMBER, project } from './model.ts';
import { BASIS, CELLS, drawn } from './numbers.ts';
import { numberText, toPieces } from './pieces.ts';
import { countMessageTokens, countTokens, firstTokens } from '../../tokens.ts';

/** Limit of an answer's length: no answer of this model needs more, and a distribution that never ends must be cut. */
const MOST_PIECES = 4096;

/** Where a continuation starts: the symbols before it, and what the prefix already holds of the piece to come. */
interface Start {
  readonly history: readonly number[];
  readonly begun: string;
}

interface Prompt extends Start {
  readonly vector: FeatureVector;
}

export class LinearCompleter implements LoadedModel {
  readonly honors = { tools: false, logprobs: false };
  readonly #model: LinearModel;
  readonly #answers: readonly string[];
  readonly #scores = new Float64Array(512);
  readonly #scratch = new Float64Array(CELLS);

  constructor(model: LinearModel) {
    this.#model = model;
    this.#answers = [...new Set(answerTexts(model))];
  }

  /** Answers within one turn of the event loop, well under a millisecond each. */
  complete(request: CompletionRequest, signal: AbortSignal): Promise<Answers> {
    return Promise.resolve().then(() => {
      signal.throwIfAborted();
      const prompt = this.#prompt(request);
      const answers = Array.from({ length: request.n }, (_, index) =>
        finish([...this.#pieces(prompt, request, randomFor(request, index))].join(''), request),
      );
      return {
        completions: answers.map(({ completion }) => completion),
        promptTokens: promptTokens(request),
        completionTokens: answers.reduce((sum, { tokens }) => sum + tokens, 0),
      };
    });
  }

  /** Looks at everything else that waits between two pieces, also at whether the client is still there. */
  async *write(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<Written, TokenCounts, undefined> {
    let completionTokens = 0;
    for (let index = 0; index < request.n; index += 1) completionTokens += yield* this.#write(request, index, signal);
    return { promptTokens: promptTokens(request), completionTokens };
  }

  /** Returns the tokens of the answer. */
  async *#write(
    request: CompletionRequest,
    index: number,
    signal: AbortSignal,
  ): AsyncGenerator<Written, number, undefined> {
    let text = '';
    let said = 0;
    await setImmediate();
    for (const piece of this.#pieces(this.#prompt(request), request, randomFor(request, index))) {
      text += piece;
      const sure = settled(text, request);
      if (sure.length <= said) continue;
      signal.throwIfAborted();
      yield { index, text: sure.slice(said) };
      said = sure.length;
      await setImmediate();
    }
    signal.throwIfAborted();
    const { completion, tokens } = finish(text, request);
    if (completion.text.length > said) yield { index, text: completion.text.slice(said) };
    yield { index, end: { finishReason: completion.finishReason } };
    return tokens;
  }

  /** Nothing but memory: the collector takes it. */
  dispose(): Promise<void> {
    return Promise.resolve();
  }

  #prompt({ messages }: CompletionRequest): Prompt {
    const last = messages.at(-1);
    const prefix = last?.role === 'assistant' ? textOf(last) : '';
    const prompt = last?.role === 'assistant' ? messages.slice(0, -1) : messages;
    const vector = this.#model.space.vector(extractFeatures(prompt, this.#model.frame));
    return { vector, ...this.#start(prefix) };
  }

  /**
   * Finds a prefix in the learned answers: the longest end of it that some answer begins with, so
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

  /** The answer word by word, a number being one word. */
  *#pieces(prompt: Prompt, request: CompletionRequest, random: Random | null): Generator<string, void, undefined> {
    const { vector } = prompt;
    const history = [...prompt.history];
    let text = '';
    let { begun } = prompt;
    for (let pieces = 0; pieces < MOST_PIECES; pieces += 1) {
      const symbol = this.#next(vector, history, request, random, begun);
      if (symbol === END) break;
      const written =
        symbol === NUMBER ? this.#number(vector, history, request, random) : this.#model.vocabulary.text(symbol);
      // The part of this piece that the prefix already has is not repeated.
      const piece = written.startsWith(begun) ? written.slice(begun.length) : written;
      text += piece;
      yield piece;
      begun = '';
      history.push(symbol);
      if (request.stop.some((stop) => text.includes(stop))) break;
      // A token has at least one character (byte spellings are never generated).
      if (request.maxTokens !== null && pieces > request.maxTokens) break;
    }
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

/** Every answer of one request has a seed of its own, and the first is what n = 1 would have given. */
function randomFor({ temperature, seed }: CompletionRequest, index: number): Random | null {
  return temperature > 0 ? createRandom(seed + index * 0x9e3779b1) : null;
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

/** Part of an unfinished answer that can no longer change: `finish` may still cut off the rest. */
function settled(text: string, request: CompletionRequest): string {
  let end = text.length;
  for (const stop of request.stop) {
    const at = text.indexOf(stop);
    if (at >= 0) end = Math.min(end, at);
    // The end may be the beginning of a stop.
    for (let length = Math.min(stop.length - 1, text.length); length > 0; length -= 1) {
      if (!text.endsWith(stop.slice(0, length))) continue;
      end = Math.min(end, text.length - length);
      break;
    }
  }
  const sure = text.slice(0, end);
  if (request.maxTokens === null) return sure;
  // A token never reaches over the space before a word: up to the last word the count is final.
  return firstTokens(sure.replace(/\s*\S*$/u, ''), request.maxTokens);
}

/** The answer that a text becomes, and its o200k tokens. */
function finish(
  text: string,
  request: CompletionRequest,
): { readonly completion: Completion; readonly tokens: number } {
  let end = text.length;
  for (const stop of request.stop) {
    const at = text.indexOf(stop);
    if (at >= 0) end = Math.min(end, at);
  }
  const stopped = text.slice(0, end);
  const tokens = countTokens(stopped);
  const { maxTokens } = request;
  if (maxTokens === null || tokens <= maxTokens) return { completion: { text: stopped, finishReason: 'stop' }, tokens };
  return { completion: { text: firstTokens(stopped, maxTokens), finishReason: 'length' }, tokens: maxTokens };
}

function promptTokens({ messages }: CompletionRequest): number {
  return countMessageTokens(messages) + 3;
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
