import { BEAT_MS } from '../../storage/lease.ts';
import type { Clock } from './clock.ts';
import type { Leadership, Shown } from './leadership.ts';

/** The wall clock ran so much further than ours: the machine slept (or somebody set the clock, which costs one look). */
const SLEPT_MS = 30_000;

export interface HeartbeatOptions {
  readonly leadership: Leadership;
  readonly clock: Clock;
  /** Unix milliseconds: when it jumps and the clock does not, the machine slept. */
  readonly wallClock: () => number;
  /** Whether this window still asks. */
  readonly goesOn: () => boolean;
  /** Another window asked to look now, or the machine slept. */
  readonly wanted: () => void;
  /** Another window shows a job that none showed before. */
  readonly newlyShown: () => void;
}

/** Every two seconds while this window asks: a sign of life, what the other windows want, and whether the machine slept. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #others: { readonly shown: Shown; readonly pokes: number } = { shown: new Set(), pokes: 0 };
  #cancel: (() => void) | null = null;
  #drift = 0;
  #over = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** What the other windows showed at the last beat. */
  get shownElsewhere(): Shown {
    return this.#others.shown;
  }

  start(): void {
    if (this.#cancel || this.#over) return;
    this.#drift = this.#wallDrift();
    this.#cancel = this.#options.clock.after(BEAT_MS, () => {
      this.#cancel = null;
      void this.#beat().catch(() => undefined);
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  dispose(): void {
    this.#over = true;
    this.stop();
  }

  async #beat(): Promise<void> {
    const { leadership, goesOn, wanted, newlyShown } = this.#options;
    if (leadership.token === null || !(await leadership.beat())) return;
    const before = this.#others;
    this.#others = await leadership.wishes();
    if (this.#over) return;
    const slept = Math.abs(this.#wallDrift() - this.#drift) > SLEPT_MS;
    if (this.#others.pokes > before.pokes || slept) wanted();
    else if (isMore(this.#others.shown, before.shown)) newlyShown();
    if (goesOn()) this.start();
  }

  #wallDrift(): number {
    return this.#options.wallClock() - this.#options.clock.now();
  }
}

function isMore(now: Shown, before: Shown): boolean {
  if (before === 'all') return false;
  return now === 'all' || [...now].some((id) => !before.has(id));
}
