import { isProviderFailure } from '../../core/provider/failure.ts';
import type { Pace } from './pace.ts';

/** Time for which a provider that asked to slow down is polled half as often. */
const SLOW_MS = 1_800_000;
const MOST_SLOW = 3;

/** Computes the pause between the rounds of a monitor from the results of the last ones. */
export class Pauses {
  readonly #pace: Pace;
  readonly #now: () => number;
  readonly #random: () => number;
  #failures = 0;
  #retryAfterMs = 0;
  #quietRounds = 0;
  /** Times at which the provider asked to slow down. */
  #slow: readonly number[] = [];

  /** `now` in milliseconds, monotonic; `random` 0…1, for jitter. */
  constructor(pace: Pace, now: () => number, random: () => number) {
    this.#pace = pace;
    this.#now = now;
    this.#random = random;
  }

  /** Number of failed rounds in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Begins with short pauses again after a poke. */
  poked(): void {
    this.#quietRounds = 0;
  }

  answered(brought: boolean): void {
    this.#failures = 0;
    this.#retryAfterMs = 0;
    this.#quietRounds = brought && this.#pace.budget === null ? 0 : this.#quietRounds + 1;
  }

  failed(error: unknown): void {
    this.#failures++;
    this.#retryAfterMs = isProviderFailure(error) ? (error.retryAfterMs ?? 0) : 0;
    if (isProviderFailure(error) && error.status === 429) this.#slow = [...this.#slow, this.#now()];
  }

  /** Returns the next pause in milliseconds; `seen`: some window shows a job in progress. */
  next(seen: boolean): number {
    const slowness = this.slowness();
    const calm = this.#calm(seen) * slowness;
    if (this.#failures === 0) return calm;
    const { failing, fast } = this.#pace;
    // Jitter: windows and machines that lost the same server do not come back in one moment.
    const pause = Math.min(failing, fast * 2 ** Math.min(this.#failures, 16)) * (1 - this.#random() / 4);
    return Math.max(pause, this.#retryAfterMs, slowness > 1 ? calm : 0);
  }

  /** Factor of the pause: 1, or 2, 4, 8 while the provider has asked to slow down within the last half hour. */
  slowness(): number {
    const now = this.#now();
    this.#slow = this.#slow.filter((at) => now - at < SLOW_MS);
    return 2 ** Math.min(this.#slow.length, MOST_SLOW);
  }

  #calm(seen: boolean): number {
    const { slow, fast, hidden } = this.#pace;
    const pause = Math.min(slow, fast * 1.5 ** Math.min(this.#quietRounds, 16));
    return seen ? pause : Math.max(hidden, pause);
  }
}
