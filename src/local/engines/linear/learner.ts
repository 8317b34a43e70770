import type { FeatureVector } from './features.ts';
import type { Gate, LinearModel, Slot } from './model.ts';
import { END, gateProbabilities, project } from './model.ts';
import { BASIS, CELLS } from './numbers.ts';
import type { NumberPiece } from './pieces.ts';
import type { PreparedExample, Target } from './prepare.ts';

/** One place of an answer, looked up once: each step computes only the part that depends on the weights. */
type Place =
  | { readonly kind: 'fixed'; readonly log: number; readonly correct: number }
  | {
      readonly kind: 'gate';
      readonly gate: Gate;
      readonly target: number;
      readonly restLog: number;
      readonly tokens: number;
    }
  | {
      readonly kind: 'number';
      readonly slot: Slot;
      readonly number: NumberPiece;
      readonly cell: number;
      readonly fixedLog: number;
    };

export interface CompiledTarget {
  readonly vector: FeatureVector;
  readonly places: readonly Place[];
  readonly tokens: number;
}

export interface CompiledExample {
  readonly targets: readonly CompiledTarget[];
}

export interface Score {
  /** Summed −ln p, in nats. */
  loss: number;
  /** Tokens guessed right and tokens in all, ends included. */
  correct: number;
  tokens: number;
}

function compileTarget(model: LinearModel, target: Target): CompiledTarget {
  const places: Place[] = [];
  const history: number[] = [];
  const word = (symbol: number, text: string, tokens: number): void => {
    const gate = model.gateAt(history);
    if (gate) {
      const position = gate.position.get(symbol) ?? -1;
      const restLog = position < 0 ? model.unconditionalLog(gate.history, symbol, text) - Math.log(gate.rest) : 0;
      places.push({ kind: 'gate', gate, target: position, restLog, tokens });
    } else {
      const correct = model.statistics.mostFrequent(history) === symbol ? tokens : 0;
      places.push({ kind: 'fixed', log: model.unconditionalLog(history, symbol, text), correct });
    }
  };
  for (const piece of target.pieces) {
    const symbol = model.vocabulary.id(piece);
    // A number is announced without a token of its own; its tokens are counted with its value.
    word(symbol, piece.text, piece.kind === 'number' ? 0 : piece.tokens);
    if (piece.kind === 'number') {
      const slot = model.slotAt(history);
      places.push({
        kind: 'number',
        slot,
        number: piece,
        cell: slot.numbers.cellOf(piece),
        fixedLog: slot.numbers.fixedLog(piece),
      });
    }
    history.push(symbol);
  }
  word(END, '', 1);
  return { vector: model.space.vector(target.features), places, tokens: target.tokens };
}

export function compile(model: LinearModel, example: PreparedExample): CompiledExample {
  return { targets: example.targets.map((target) => compileTarget(model, target)) };
}

/** Sums of gradients of one batch for one weight table, and Adagrad's memory. */
class Table {
  readonly weights: Float32Array;
  readonly width: number;
  readonly memory: Float32Array;
  readonly #gradient: Float32Array;
  readonly #touched: Int32Array;
  readonly #isTouched: Uint8Array;
  #count = 0;

  constructor(weights: Float32Array, width: number) {
    this.weights = weights;
    this.width = width;
    this.memory = new Float32Array(weights.length);
    this.#gradient = new Float32Array(weights.length);
    const features = width === 0 ? 0 : weights.length / width;
    this.#touched = new Int32Array(features);
    this.#isTouched = new Uint8Array(features);
  }

  add(vector: FeatureVector, gradient: Float64Array): void {
    const { index, weight } = vector;
    for (let i = 0; i < index.length; i += 1) {
      const feature = index[i] ?? 0;
      if (this.#isTouched[feature] === 0) {
        this.#isTouched[feature] = 1;
        this.#touched[this.#count] = feature;
        this.#count += 1;
      }
      const from = feature * this.width;
      const value = weight[i] ?? 0;
      for (let k = 0; k < this.width; k += 1) {
        this.#gradient[from + k] = (this.#gradient[from + k] ?? 0) + value * (gradient[k] ?? 0);
      }
    }
  }

  /** One Adagrad step with the mean gradient of the batch. `decay`: pull towards zero (the unconditional), against the gradient of one example. */
  step(rate: number, batch: number, decay: number, floor: number): void {
    for (let t = 0; t < this.#count; t += 1) {
      const feature = this.#touched[t] ?? 0;
      this.#isTouched[feature] = 0;
      const from = feature * this.width;
      for (let i = from; i < from + this.width; i += 1) {
        const weight = this.weights[i] ?? 0;
        const gradient = ((this.#gradient[i] ?? 0) + decay * weight) / batch;
        this.#gradient[i] = 0;
        if (gradient === 0) continue;
        const memory = (this.memory[i] ?? 0) + gradient * gradient;
        this.memory[i] = memory;
        this.weights[i] = weight - (rate * gradient) / Math.sqrt(memory + floor);
      }
    }
    this.#count = 0;
  }
}

export interface LearnerOptions {
  readonly rate: number;
  readonly decay: number;
  readonly floor: number;
}

/** Reads losses off a model and improves it. Owns the model's weights while it trains. */
export class Learner {
  readonly #model: LinearModel;
  readonly #tables = new Map<Float32Array, Table>();
  readonly #options: LearnerOptions;
  readonly #scores: Float64Array;
  readonly #scratch = new Float64Array(CELLS);

  constructor(model: LinearModel, options: LearnerOptions) {
    this.#model = model;
    this.#options = options;
    this.#scores = new Float64Array(512);
  }

  compile(example: PreparedExample): CompiledExample {
    return compile(this.#model, example);
  }

  /** Loss and accuracy of a batch before its step is made. */
  step(batch: readonly CompiledExample[]): Score {
    const score: Score = { loss: 0, correct: 0, tokens: 0 };
    for (const example of batch) for (const target of example.targets) this.#visit(target, score, true);
    for (const table of this.#tables.values()) {
      table.step(this.#options.rate, batch.length, this.#options.decay, this.#options.floor);
    }
    return score;
  }

  evaluate(examples: readonly CompiledExample[]): Score {
    const score: Score = { loss: 0, correct: 0, tokens: 0 };
    for (const example of examples) for (const target of example.targets) this.#visit(target, score, false);
    return score;
  }

  /** Weights and Adagrad's memory of every table, in an order that depends on the training examples alone. */
  state(): Float32Array[] {
    return this.#weights().flatMap(({ weights }) => [
      weights,
      this.#tables.get(weights)?.memory ?? new Float32Array(0),
    ]);
  }

  /** Restores a `state` of the same examples. Throws when the examples differ. */
  restore(state: readonly Float32Array[]): void {
    const tables = this.#weights();
    if (state.length !== 2 * tables.length) throw new Error('the saved state is of other examples');
    for (const [index, { weights, width }] of tables.entries()) {
      const saved = state[2 * index];
      const memory = state[2 * index + 1];
      if (saved?.length !== weights.length || !memory) throw new Error('the saved state is of other examples');
      weights.set(saved);
      if (memory.length > 0) this.#table(weights, width).memory.set(memory);
    }
  }

  #weights(): { readonly weights: Float32Array; readonly width: number }[] {
    return [
      ...[...this.#model.gates.values()].map(({ weights, listed }) => ({ weights, width: listed.length })),
      ...[...this.#model.slots.values()].map(({ weights }) => ({ weights, width: BASIS })),
    ];
  }

  #visit(target: CompiledTarget, score: Score, learn: boolean): void {
    score.tokens += target.tokens;
    for (const place of target.places) {
      if (place.kind === 'fixed') {
        score.loss -= place.log;
        score.correct += place.correct;
      } else if (place.kind === 'gate') this.#visitGate(place, target.vector, score, learn);
      else this.#visitNumber(place, target.vector, score, learn);
    }
  }

  #visitGate(place: Extract<Place, { kind: 'gate' }>, vector: FeatureVector, score: Score, learn: boolean): void {
    const { gate } = place;
    const size = gate.listed.length;
    const scores = this.#scores;
    project(gate.weights, size, vector, scores);
    const rest = gateProbabilities(gate, scores);
    if (place.target >= 0) {
      score.loss -= Math.log(scores[place.target] ?? 0);
      let best = 0;
      for (let k = 1; k < size; k += 1) if ((scores[k] ?? 0) > (scores[best] ?? 0)) best = k;
      if (best === place.target) score.correct += place.tokens;
    } else {
      score.loss -= Math.log(rest) + place.restLog;
    }
    if (!learn) return;
    if (place.target >= 0) scores[place.target] = (scores[place.target] ?? 0) - 1;
    this.#table(gate.weights, size).add(vector, scores);
  }

  #visitNumber(place: Extract<Place, { kind: 'number' }>, vector: FeatureVector, score: Score, learn: boolean): void {
    const { slot, number } = place;
    const scores = this.#scores;
    project(slot.weights, BASIS, vector, scores);
    score.loss -= place.fixedLog + slot.numbers.cellLog(number, scores, this.#scratch);
    score.correct += sameTokens(slot.numbers.medianOfCells(this.#scratch, number.fraction.length).text, number.text);
    if (!learn || slot.weights.length === 0) return;
    const { low, high, basis } = slot.numbers;
    for (let b = 0; b < BASIS; b += 1) scores[b] = 0;
    for (let cell = low; cell <= high; cell += 1) {
      const error = (this.#scratch[cell - low] ?? 0) - (cell === place.cell ? 1 : 0);
      if (error === 0) continue;
      const from = (cell - low) * BASIS;
      for (let b = 0; b < BASIS; b += 1) scores[b] = (scores[b] ?? 0) + error * (basis[from + b] ?? 0);
    }
    this.#table(slot.weights, BASIS).add(vector, scores);
  }

  #table(weights: Float32Array, width: number): Table {
    let table = this.#tables.get(weights);
    if (!table) {
      table = new Table(weights, width);
      this.#tables.set(weights, table);
    }
    return table;
  }
}

/** Counts the o200k tokens that two written numbers have in common, place by place. */
function sameTokens(left: string, right: string): number {
  const cut = (text: string): string[] => text.match(/\d{1,3}|[.,]/gu) ?? [];
  const other = cut(left);
  return cut(right).reduce((sum, token, index) => sum + (token === other[index] ? 1 : 0), 0);
}
