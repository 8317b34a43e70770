import {
  continueEma,
  continueTimeEma,
  isConstant,
  smooth,
  startOfAverage,
  type AverageState,
  type Smoothing,
} from './smoothing.ts';

export interface SmoothingChoice {
  readonly kind: Smoothing;
  /** See `smooth`. */
  readonly amount: number;
}

/** A series that may grow: the first `length` entries. */
export interface SmoothedInput {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly length: number;
}

/**
 * Smoothed values of one series that grows at its end. The two averages that look back only go on where they were; the other kinds
 * are taken again.
 */
export class Smoother {
  #choice: SmoothingChoice = { kind: 'none', amount: 0 };
  #range = Number.NaN;
  #values = new Float64Array(0);
  #length = 0;
  #state: AverageState = startOfAverage();
  #kept = 0;
  /** All values so far are equal, and were returned as they are. */
  #isConstant = false;

  /** Number of smoothed values at the begin that the last call left as they were. */
  get kept(): number {
    return this.#kept;
  }

  /**
   * @param unchanged number of points at the begin that are the same as in the last call.
   * @param range length of the x axis; see `timeEma`.
   * @returns the smoothed values, one a point; valid until the next call.
   */
  update(input: SmoothedInput, choice: SmoothingChoice, range: number, unchanged: number): Float64Array {
    const { xs, ys, length } = input;
    const isSame =
      choice.kind === this.#choice.kind &&
      choice.amount === this.#choice.amount &&
      (choice.kind !== 'time-ema' || range === this.#range) &&
      unchanged >= this.#length &&
      length >= this.#length;
    if (isSame && length === this.#length) {
      this.#kept = length;
      return this.#values.subarray(0, length);
    }
    this.#kept = 0;
    const goesOn = isSame && !this.#isConstant && this.#length > 0;
    this.#choice = choice;
    this.#range = range;
    if (choice.kind !== 'ema' && choice.kind !== 'time-ema') {
      this.#values = smooth(choice.kind, choice.amount, xs.subarray(0, length), ys.subarray(0, length), range);
      this.#length = length;
      return this.#values;
    }
    if (!goesOn) {
      this.#length = 0;
      this.#state = startOfAverage();
    }
    this.#kept = this.#length;
    this.#reserve(length);
    this.#isConstant = !goesOn && (choice.amount === 0 || isConstant(ys.subarray(0, length)));
    if (this.#isConstant) this.#values.set(ys.subarray(0, length));
    else if (choice.kind === 'ema') continueEma(ys, this.#values, this.#length, length, choice.amount, this.#state);
    else continueTimeEma(xs, ys, this.#values, this.#length, length, choice.amount, range, this.#state);
    this.#length = length;
    return this.#values.subarray(0, length);
  }

  #reserve(length: number): void {
    if (length <= this.#values.length) return;
    const larger = new Float64Array(this.#length === 0 ? length : Math.max(length, this.#values.length * 1.5));
    larger.set(this.#values.subarray(0, this.#length));
    this.#values = larger;
  }
}
