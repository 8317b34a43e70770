import { BEAT_MS } from '../../storage/lease.ts';
import type { Clock } from './clock.ts';
import type { Leadership, Shown } from './leadership.ts';

/** Lead of the wall clock over the monotonic one after which the machine counts as having slept (a changed clock costs one look). */
const SLEPT_MS = 30_000;

export interface HeartbeatOptions {
  readonly leadership: Leadership;
  readonly clock: Clock;
  /** Unix milliseconds: when it jumps and the clock does not, the machine slept. */
  readonly wallClock: () => number;
  /** Tells whether this window still polls. */
  readonly goesOn: () => boolean;
  /** Called when another window wants a look now, or the machine slept. */
  readonly wanted: () => void;
  /** Called when another window shows a job that none showed before. */
  readonly newlyShown: () => void;
}

/** Timer of two seconds while this window polls: gives a sign of life, reads the wishes of other windows and notices a sleep. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #others: { readonly shown: Shown; readonly pokes: number } = { shown: new Set(), pokes: 0 };
  #cancel: (() => void) | null = null;
  #drift = 0;
  #over = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Jobs that the other windows showed at the last beat. */
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
