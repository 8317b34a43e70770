import type { Random } from '../../../core/base/random.ts';
import type { NumberPiece } from './pieces.ts';
import { numberText, numberTokens, valueOf } from './pieces.ts';

// The number line is cut into cells of equal width in ln(1 + value / unit): 0.1 is a tenth, finer than any answer can be
// predicted. The unit is 1 unless the numbers are smaller (shares, rates).
const CELL_WIDTH = 0.1;
const LEAST_UNIT = 1e-6;
const LARGEST = 1e12;
/** Number of cells, enough for every number of a piece (12 digits before the point) in the least unit. */
export const CELLS = Math.ceil(Math.log1p(LARGEST / LEAST_UNIT) / CELL_WIDTH) + 1;
const MOST_DECIMALS = 6;
/** Radial bumps over the magnitudes seen, plus one straight line through all of them. */
const BUMPS = 10;
export const BASIS = BUMPS + 1;

/** Cells for numbers of one magnitude. */
class Scale {
  readonly #unit: number;
  readonly #bounds: Float64Array;

  constructor(unit: number) {
    this.#unit = unit;
    this.#bounds = Float64Array.from({ length: CELLS + 1 }, (_, cell) => unit * Math.expm1(cell * CELL_WIDTH));
  }

  /** The unit is what nineteen of twenty numbers reach, at most 1. */
  static of(values: readonly number[]): Scale {
    const positive = values.filter((value) => value > 0).sort((a, b) => a - b);
    const small = positive[Math.floor(positive.length / 20)] ?? 1;
    return new Scale(Math.max(LEAST_UNIT, Math.min(1, small)));
  }

  /** Lower bound of the cell. */
  bound(cell: number): number {
    return this.#bounds[cell] ?? Infinity;
  }

  cellOf(value: number): number {
    const cell = Math.min(CELLS - 1, Math.floor(Math.log1p(value / this.#unit) / CELL_WIDTH));
    if (value < this.bound(cell)) return cell - 1;
    return value >= this.bound(cell + 1) ? cell + 1 : cell;
  }

  /** The value at a place between the cell's ends (0…1), along the logarithm. */
  within(cell: number, share: number): number {
    return this.#unit * Math.expm1((cell + share) * CELL_WIDTH);
  }

  /** Number of multiples of 10^-decimals, shifted by `offset`, in the cell. */
  gridPoints(cell: number, decimals: number, offset = 0): number {
    return this.firstGridPoint(cell + 1, decimals, offset) - this.firstGridPoint(cell, decimals, offset);
  }

  /** Number of the first multiple of 10^-decimals, shifted by `offset`, that is not below the cell. */
  firstGridPoint(cell: number, decimals: number, offset = 0): number {
    const scaled = (this.bound(cell) - offset) * 10 ** decimals;
    // A value that differs only by rounding is on the bound.
    return Math.max(0, Math.ceil(scaled - 1e-9 * Math.max(1, scaled)));
  }
}

interface Shape {
  readonly decimals: number;
  readonly probability: number;
  readonly count: number;
  /** Fractions seen with so many decimals, with their shares. */
  readonly fractions: ReadonlyMap<string, number>;
  /** Share of numbers whose fraction was seen before: the trust in the list of fractions. */
  readonly fractionTrust: number;
  /** 1 where a number of this shape exists in the cell. */
  readonly possible: Uint8Array;
}

/** Probabilities of a number given scores of the magnitude basis (all zero: what is known without looking at the prompt). */
export class NumberSlot {
  readonly #scale: Scale;
  readonly #shapes: readonly Shape[];
  readonly #prior: Float64Array;
  readonly #exact = new Map<string, number>();
  readonly #repeats = new Map<string, { total: number; repeated: number }>();
  readonly #grouped: number;
  /** Cells that scores reach; numbers outside keep their small prior. */
  readonly low: number;
  readonly high: number;
  /** basis[(cell - low) * BASIS + b] */
  readonly basis: Float64Array;

  constructor(numbers: readonly NumberPiece[]) {
    this.#scale = Scale.of(numbers.map(valueOf));
    const cells = numbers.map((number) => this.cellOf(number));
    this.#prior = smoothedPrior(cells);
    const first = cells.reduce((least, cell) => Math.min(least, cell), cells[0] ?? 0);
    const last = cells.reduce((most, cell) => Math.max(most, cell), first);
    this.low = Math.max(0, first - 5);
    this.high = Math.min(CELLS - 1, last + 5);
    this.basis = magnitudeBasis(cells, first, last, this.low, this.high);
    this.#shapes = shapesOf(numbers, this.#scale);
    let large = 0;
    let grouped = 0;
    for (const [index, number] of numbers.entries()) {
      const key = numberText(number.integer, number.fraction, false);
      const seen = this.#exact.get(key) ?? 0;
      this.#exact.set(key, seen + 1);
      const place = placeOf(number.fraction.length, cells[index] ?? 0);
      const repeats = this.#repeats.get(place) ?? { total: 0, repeated: 0 };
      repeats.total += 1;
      if (seen > 0) repeats.repeated += 1;
      this.#repeats.set(place, repeats);
      if (number.integer >= 1000) large += 1;
      if (number.grouped) grouped += 1;
    }
    this.#grouped = (grouped + 0.5) / (large + 1);
  }

  cellOf(number: Pick<NumberPiece, 'integer' | 'fraction'>): number {
    return this.#scale.cellOf(valueOf(number));
  }

  /** Probabilities of the cells low…high (the rest is outside), for numbers of one shape or, with null, of any. */
  cellProbabilities(scores: Float64Array, decimals: number | null, out: Float64Array): void {
    const possible = decimals === null ? null : this.#shape(decimals).possible;
    let largest = 0;
    const size = this.high - this.low + 1;
    for (let i = 0; i < size; i += 1) {
      let logit = 0;
      for (let b = 0; b < BASIS; b += 1) logit += (this.basis[i * BASIS + b] ?? 0) * (scores[b] ?? 0);
      out[i] = logit;
      if (logit > largest) largest = logit;
    }
    let total = 0;
    for (let cell = 0; cell < this.low; cell += 1) if (!possible || possible[cell]) total += this.#prior[cell] ?? 0;
    for (let cell = this.high + 1; cell < CELLS; cell += 1)
      if (!possible || possible[cell]) total += this.#prior[cell] ?? 0;
    total *= Math.exp(-largest);
    for (let i = 0; i < size; i += 1) {
      const cell = this.low + i;
      const mass = !possible || possible[cell] ? (this.#prior[cell] ?? 0) * Math.exp((out[i] ?? 0) - largest) : 0;
      out[i] = mass;
      total += mass;
    }
    for (let i = 0; i < size; i += 1) out[i] = (out[i] ?? 0) / total;
  }

  /** The part of a number's log-probability that no prompt changes: its shape, its place in its cell, its commas. */
  fixedLog(number: NumberPiece): number {
    const style = number.integer < 1000 ? 1 : number.grouped ? this.#grouped : 1 - this.#grouped;
    return Math.log(
      this.#shape(number.fraction.length).probability * this.withinCell(number, this.cellOf(number)) * style,
    );
  }

  /** The other part: its cell. Leaves the probabilities of low…high for its shape in `scratch`. */
  cellLog(number: NumberPiece, scores: Float64Array, scratch: Float64Array): number {
    const shape = this.#shape(number.fraction.length);
    const cell = this.cellOf(number);
    this.cellProbabilities(scores, shape.decimals, scratch);
    if (cell >= this.low && cell <= this.high) return Math.log(scratch[cell - this.low] ?? 0);
    let inside = 0;
    for (let i = 0; i <= this.high - this.low; i += 1) inside += scratch[i] ?? 0;
    return Math.log(Math.max(1 - inside, 1e-300) * this.#outsideShare(cell, shape));
  }

  /** Probability of the number among all of its number of decimals in its cell; these sum to 1 over the cell. */
  withinCell(number: Pick<NumberPiece, 'integer' | 'fraction'>, cell: number): number {
    const shape = this.#shape(number.fraction.length);
    const { exact, listed } = this.#weights(shape, cell);
    const seen = this.#exact.get(numberText(number.integer, number.fraction, false)) ?? 0;
    const repeats = this.#repeats.get(placeOf(shape.decimals, cell));
    let probability = 0;
    if (seen > 1 && repeats) probability += (exact * (seen - 1)) / repeats.repeated;
    if (listed > 0) {
      const share = shape.fractions.get(number.fraction) ?? 0;
      if (share > 0) probability += (listed * share) / this.#listedMass(shape, cell);
    }
    return probability + (1 - exact - listed) / this.#scale.gridPoints(cell, shape.decimals);
  }

  /** The median number of the most probable shape. */
  median(scores: Float64Array, scratch: Float64Array): NumberPiece {
    const shape = this.#shapes.reduce((best, next) => (next.probability > best.probability ? next : best));
    this.cellProbabilities(scores, shape.decimals, scratch);
    return this.medianOfCells(scratch, shape.decimals);
  }

  /** Median number from existing cell probabilities. */
  medianOfCells(scratch: Float64Array, decimals: number): NumberPiece {
    const shape = this.#shape(decimals);
    const size = this.high - this.low + 1;
    let inside = 0;
    for (let i = 0; i < size; i += 1) inside += scratch[i] ?? 0;
    let before = 0;
    for (let i = 0; i < size; i += 1) {
      const mass = scratch[i] ?? 0;
      if (before + mass >= inside / 2 && mass > 0) {
        const share = (inside / 2 - before) / mass;
        return this.#written(this.#scale.within(this.low + i, share), shape);
      }
      before += mass;
    }
    return this.#written(this.#scale.within(this.high, 0), shape);
  }

  /** A number drawn from the distribution, its magnitudes sharpened or flattened by the temperature. */
  sample(scores: Float64Array, temperature: number, random: Random, scratch: Float64Array): NumberPiece {
    const shape = drawn(this.#shapes, (item) => item.probability ** (1 / temperature), random);
    this.cellProbabilities(scores, shape.decimals, scratch);
    const cells: { cell: number; mass: number }[] = [];
    for (let cell = this.low; cell <= this.high; cell += 1)
      cells.push({ cell, mass: (scratch[cell - this.low] ?? 0) ** (1 / temperature) });
    const { cell } = drawn(cells, (item) => item.mass, random);
    const { exact, listed } = this.#weights(shape, cell);
    const which = random.next();
    const within: { text: string; mass: number }[] = [];
    if (which < exact) {
      for (const [text, count] of this.#exact) {
        const fraction = text.split('.')[1] ?? '';
        if (count > 1 && fraction.length === shape.decimals && this.#scale.cellOf(Number(text)) === cell)
          within.push({ text, mass: count - 1 });
      }
    }
    if (within.length > 0) return this.#piece(drawn(within, (item) => item.mass, random).text);
    if (which < exact + listed) {
      const fractions = [...shape.fractions].map(([fraction, share]) => {
        const offset = Number(`0.${fraction || '0'}`);
        return { fraction, offset, mass: share * this.#scale.gridPoints(cell, 0, offset) };
      });
      const { fraction, offset } = drawn(fractions, (item) => item.mass, random);
      const first = this.#scale.firstGridPoint(cell, 0, offset);
      const integer = first + random.integer(this.#scale.gridPoints(cell, 0, offset));
      return this.#piece(fraction === '' ? String(integer) : `${String(integer)}.${fraction}`);
    }
    const scale = 10 ** shape.decimals;
    const first = this.#scale.firstGridPoint(cell, shape.decimals);
    return this.#piece(
      ((first + random.integer(this.#scale.gridPoints(cell, shape.decimals))) / scale).toFixed(shape.decimals),
    );
  }

  #shape(decimals: number): Shape {
    const shape = this.#shapes[decimals];
    if (!shape) throw new RangeError('More decimals than a number piece can have');
    return shape;
  }

  #outsideShare(cell: number, shape: Shape): number {
    let total = 0;
    for (let other = 0; other < CELLS; other += 1) {
      if ((other < this.low || other > this.high) && shape.possible[other]) total += this.#prior[other] ?? 0;
    }
    return (this.#prior[cell] ?? 0) / total;
  }

  /** Distribution of a cell's mass: to numbers seen again and again, to any integer with a known fraction, and (the rest) to all. */
  #weights(shape: Shape, cell: number): { exact: number; listed: number } {
    const repeats = this.#repeats.get(placeOf(shape.decimals, cell));
    const exact = repeats ? repeats.repeated / (repeats.total + 1) : 0;
    const listed = this.#listedMass(shape, cell) > 0 ? (1 - exact) * shape.fractionTrust : 0;
    return { exact, listed };
  }

  #listedMass(shape: Shape, cell: number): number {
    let mass = 0;
    for (const [fraction, share] of shape.fractions)
      mass += share * this.#scale.gridPoints(cell, 0, Number(`0.${fraction || '0'}`));
    return mass;
  }

  /** Writes `value` as these answers write numbers: `71.6` becomes `71.99` where most prices end in 99. */
  #written(value: number, shape: Shape): NumberPiece {
    let best = value.toFixed(shape.decimals);
    if (shape.decimals > 0 && value >= 10) {
      let usual = '';
      let share = 0.25;
      for (const [fraction, portion] of shape.fractions) {
        if (portion > share) [usual, share] = [fraction, portion];
      }
      if (usual !== '') {
        const offset = Number(`0.${usual}`);
        best = `${String(Math.max(0, Math.round(value - offset)))}.${usual}`;
      }
    }
    return this.#piece(best);
  }

  #piece(text: string): NumberPiece {
    const [whole = '0', fraction = ''] = text.split('.');
    const integer = Number(whole);
    const grouped = integer >= 1000 && this.#grouped > 0.5;
    const written = numberText(integer, fraction, grouped);
    return { kind: 'number', integer, fraction, grouped, text: written, tokens: numberTokens(written) };
  }
}

function placeOf(decimals: number, cell: number): string {
  return `${String(decimals)}:${String(cell)}`;
}

export function drawn<T>(items: readonly T[], mass: (item: T) => number, random: Random): T {
  let total = 0;
  for (const item of items) total += mass(item);
  let left = random.next() * total;
  for (const item of items) {
    left -= mass(item);
    if (left < 0) return item;
  }
  // Rounding can leave a crumb: then the last one that has any mass.
  const last = items.findLast((item) => mass(item) > 0) ?? items.at(-1);
  if (last === undefined) throw new RangeError('Nothing to draw from');
  return last;
}

/** Histogram over cells smoothed with a Gaussian (Silverman's rule), with a pinch of everything so that no number is impossible. */
function smoothedPrior(cells: readonly number[]): Float64Array {
  const prior = new Float64Array(CELLS);
  const n = cells.length;
  if (n > 0) {
    const sorted = [...cells].sort((a, b) => a - b);
    const mean = sorted.reduce((sum, cell) => sum + cell, 0) / n;
    const deviation = Math.sqrt(sorted.reduce((sum, cell) => sum + (cell - mean) ** 2, 0) / n);
    const quartiles = (sorted[Math.floor(0.75 * (n - 1))] ?? 0) - (sorted[Math.floor(0.25 * (n - 1))] ?? 0);
    const spread = Math.min(deviation, quartiles > 0 ? quartiles / 1.34 : deviation);
    const width = Math.max(0.5, 0.9 * spread * n ** -0.2);
    const counts = new Map<number, number>();
    for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
    for (const [center, count] of counts) {
      const reach = Math.ceil(4 * width);
      let total = 0;
      for (let cell = Math.max(0, center - reach); cell <= Math.min(CELLS - 1, center + reach); cell += 1) {
        total += Math.exp(-0.5 * ((cell - center) / width) ** 2);
      }
      for (let cell = Math.max(0, center - reach); cell <= Math.min(CELLS - 1, center + reach); cell += 1) {
        prior[cell] = (prior[cell] ?? 0) + (count * Math.exp(-0.5 * ((cell - center) / width) ** 2)) / total / n;
      }
    }
  }
  const pinch = 1 / (n + 2);
  for (let cell = 0; cell < CELLS; cell += 1) prior[cell] = (1 - pinch) * (prior[cell] ?? 0) + pinch / CELLS;
  return prior;
}

function magnitudeBasis(
  cells: readonly number[],
  first: number,
  last: number,
  low: number,
  high: number,
): Float64Array {
  const size = high - low + 1;
  const basis = new Float64Array(size * BASIS);
  const n = Math.max(1, cells.length);
  const mean = cells.reduce((sum, cell) => sum + cell, 0) / n;
  const deviation = Math.max(1, Math.sqrt(cells.reduce((sum, cell) => sum + (cell - mean) ** 2, 0) / n));
  const spacing = Math.max(1, (last - first) / (BUMPS - 1));
  for (let i = 0; i < size; i += 1) {
    const cell = low + i;
    // The straight line learns faster than the bumps: most of what a prompt says about a number is more or less.
    basis[i * BASIS] = 1.5 * Math.max(-3, Math.min(3, (cell - mean) / deviation));
    for (let b = 0; b < BUMPS; b += 1) {
      const center = first + b * spacing;
      basis[i * BASIS + 1 + b] = Math.exp(-0.5 * ((cell - center) / spacing) ** 2);
    }
  }
  return basis;
}

function shapesOf(numbers: readonly NumberPiece[], scale: Scale): Shape[] {
  const counts = new Float64Array(MOST_DECIMALS + 1);
  const fractions = Array.from({ length: MOST_DECIMALS + 1 }, () => new Map<string, number>());
  for (const number of numbers) {
    const decimals = number.fraction.length;
    counts[decimals] = (counts[decimals] ?? 0) + 1;
    const seen = fractions[decimals];
    seen?.set(number.fraction, (seen.get(number.fraction) ?? 0) + 1);
  }
  // A tenth of a number for every shape never seen: a first surprise costs about ln(10 n) nats, not infinity.
  const total = numbers.length + 0.1 * (MOST_DECIMALS + 1);
  return fractions.map((seen, decimals) => {
    const count = counts[decimals] ?? 0;
    const possible = new Uint8Array(CELLS);
    for (let cell = 0; cell < CELLS; cell += 1) possible[cell] = scale.gridPoints(cell, decimals) > 0 ? 1 : 0;
    return {
      decimals,
      count,
      probability: (count + 0.1) / total,
      fractions: new Map([...seen].map(([fraction, times]) => [fraction, times / Math.max(1, count)])),
      fractionTrust: count === 0 ? 0 : (count - seen.size) / (count + 1),
      possible,
    };
  });
}
