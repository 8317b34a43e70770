import { Emitter } from '../../core/base/emitter.ts';
import { isProviderFailure, problemOf } from '../../core/provider/api.ts';
import type { Problem } from '../../core/base/result.ts';
import type { JobRecord } from '../store/jobRecord.ts';
import { Leadership, type Shown } from './leadership.ts';
import { BEAT_MS } from '../../storage/lease.ts';
import type { Pace } from './pace.ts';
import { isUnderWay, type MonitoredProvider, Poller } from './poller.ts';
import type { JobUpdate } from '../store/recordUpdate.ts';
import type { JobStore } from '../store/store.ts';

export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls back after `ms`; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
}

const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

export interface JobMonitorOptions {
  readonly connectionId: string;
  /** Asked before every round, so that a server that came back elsewhere or a new key is picked up. May reject with a `Problem` carrier. */
  readonly provider: (signal: AbortSignal) => Promise<MonitoredProvider>;
  readonly store: JobStore;
  readonly pace: Pace;
  /** Jobs that this window shows; default all. */
  readonly shown?: () => Shown;
  /** Folder of the lease that the windows share; without one this monitor is alone. */
  readonly leaseFolder?: string;
  readonly clock?: Clock;
  /** Unix milliseconds: when it jumps and the clock does not, the machine slept. */
  readonly wallClock?: () => number;
  /** 0…1, for jitter. */
  readonly random?: () => number;
}

export interface JobEnded {
  readonly record: JobRecord;
  /** False: it had ended before the first round, so while nobody was watching. */
  readonly seenRunning: boolean;
}

export type MonitorState =
  /** Nothing runs: no requests until `poke`. */
  | 'resting'
  | 'polling'
  | 'waiting'
  /** Another window asks; this one reads what it stores. */
  | 'following'
  | 'disposed';

/** A provider that asked to slow down is asked half as often for so long. */
const SLOW_MS = 1_800_000;
const MOST_SLOW = 3;
/** Of the local server in a row; each is a process. */
const MOST_STARTS = 3;
/** The wall clock ran so much further than ours: the machine slept (or somebody set the clock, which costs one look). */
const SLEPT_MS = 30_000;

class LeaseLost extends Error {}

/**
 * Watches the jobs of one connection: one request after the other, never two rounds at once, and in one window only. Rests when no job
 * is under way; `poke` (a job was started, a view became visible, the user asked) begins a round at once. Each job's end is told once,
 * also when it came while nobody was watching.
 */
export class JobMonitor {
  readonly #options: JobMonitorOptions;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #poller: Poller;
  readonly #leadership: Leadership | null;
  readonly #ended = new Emitter<JobEnded>();
  readonly #problemChanged = new Emitter<Problem | null>();
  readonly #stateChanged = new Emitter<MonitorState>();
  #state: MonitorState = 'resting';
  #problem: Problem | null = null;
  #failures = 0;
  #retryAfterMs = 0;
  #quietRounds = 0;
  #lastList: number | null = null;
  #firstRound = true;
  #busy = false;
  /** The provider said that asking again is of no use. */
  #stopped = false;
  #poked: 'no' | 'look' | 'now' = 'no';
  #slow: readonly number[] = [];
  #others: { readonly shown: Shown; readonly pokes: number } = { shown: new Set(), pokes: 0 };
  #cancelTimer: (() => void) | null = null;
  #cancelBeat: (() => void) | null = null;
  #drift = 0;

  constructor(options: JobMonitorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const now = (): number => this.#clock.now();
    this.#leadership = options.leaseFolder === undefined ? null : new Leadership(options.leaseFolder, now);
    this.#poller = new Poller({
      connectionId: options.connectionId,
      store: options.store,
      pace: options.pace,
      now,
      signal: this.#abort.signal,
      say: (jobId, update) => this.#say(jobId, update),
      ended: (record) => {
        this.#ended.fire({ record, seenRunning: !this.#firstRound });
      },
    });
    this.#subscription = options.store.onDidChange(({ connectionId, record }) => {
      if (connectionId !== options.connectionId || !this.#leadership || this.#state !== 'resting') return;
      // Another window started a job; should that window go, this one asks.
      if (!this.#stopped && record && isUnderWay(record)) this.#follow();
    });
  }

  readonly #subscription: { dispose(): void };

  /** Once a job, after its last events were stored, in the window that asked. */
  readonly onJobEnded = this.#ended.event;
  /** A problem when the connection stops answering (once, not at every try), null when it answers again. */
  readonly onProblem = this.#problemChanged.event;
  readonly onState = this.#stateChanged.event;

  get state(): MonitorState {
    return this.#state;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** Starts a round now, or right after the one under way. `force`: the person asked, so the list is read whoever read it just now. */
  poke(force = true): void {
    if (this.#state === 'disposed') return;
    if (this.#state === 'following' && !force) {
      this.#wish();
      return;
    }
    this.#poked = force || this.#poked === 'now' ? 'now' : 'look';
    if (this.#busy) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    void this.#round();
  }

  /** What this window shows has changed: a job that came into view is asked about soon, wherever the asking is done. */
  shownChanged(): void {
    if (this.#state === 'waiting' && this.#options.pace.budget !== null) this.poke(false);
    else if (this.#state === 'following') void this.#leadership?.wish(this.#shownHere(), false).catch(() => undefined);
  }

  dispose(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#cancelBeat?.();
    this.#cancelBeat = null;
    this.#setState('disposed');
    this.#abort.abort();
    this.#subscription.dispose();
    void this.#leadership?.dispose();
    this.#ended.dispose();
    this.#problemChanged.dispose();
    this.#stateChanged.dispose();
  }

  /** Reads the whole curve of one job, whatever its state: for jobs of the history that are opened. */
  async refresh(jobId: string): Promise<JobRecord | undefined> {
    await this.#options.store.load();
    return await this.#poller.refresh(await this.#options.provider(this.#abort.signal), jobId);
  }

  get #disposed(): boolean {
    return this.#abort.signal.aborted;
  }

  async #round(): Promise<void> {
    this.#busy = true;
    while (await this.#askOnce());
  }

  /** True when it is to be done again at once. */
  async #askOnce(): Promise<boolean> {
    let stop = false;
    // Who only looks whether the lease is free is not asking.
    if (!this.#leadership) this.#setState('polling');
    try {
      await this.#options.store.load();
      if (!(await this.#lead())) return false;
      this.#setState('polling');
      const poked = this.#poked;
      this.#poked = 'no';
      if (poked !== 'no') this.#quietRounds = 0;
      // What was asked for during the last round may have come after its list was read.
      if (poked === 'now') this.#lastList = null;
      const provider = await this.#options.provider(this.#abort.signal);
      const brought = await this.#ask(provider, poked);
      if (this.#disposed) return false;
      this.#failures = 0;
      this.#retryAfterMs = 0;
      this.#quietRounds = brought && this.#options.pace.budget === null ? 0 : this.#quietRounds + 1;
      this.#firstRound = false;
      this.#report(null);
    } catch (error) {
      if (this.#disposed) return false;
      if (error instanceof LeaseLost) {
        this.#wish();
        this.#follow();
        return false;
      }
      this.#poked = 'no';
      this.#failures++;
      // A refused key or an empty account does not heal by asking again, nor does a local server that cannot start: wait for a poke.
      stop = isProviderFailure(error)
        ? error.advice === 'stop'
        : problemOf(error).code === 'local-server-start' && this.#failures >= MOST_STARTS;
      this.#retryAfterMs = isProviderFailure(error) ? (error.retryAfterMs ?? 0) : 0;
      if (isProviderFailure(error) && error.status === 429) this.#slow = [...this.#slow, this.#clock.now()];
      this.#report(problemOf(error), stop);
    }
    return this.#rest(stop);
  }

  async #ask(provider: MonitoredProvider, poked: 'no' | 'look' | 'now'): Promise<boolean> {
    const { pace, store } = this.#options;
    const now = this.#clock.now();
    const shown = this.#shown();
    const looking = pace.budget === null || shown === 'all' || shown.size > 0;
    let list = this.#lastList === null || (looking && now - this.#lastList >= pace.list * this.#slowness());
    if (list && poked !== 'now' && (await this.#leadership?.listedWithin(pace.list / 2)) === true) {
      // Another window did it a moment ago.
      await store.refresh();
      list = false;
    }
    if (list) this.#lastList = now;
    const brought = await this.#poller.round(provider, { list, shown, share: 1 / this.#slowness() });
    if (list) await this.#leadership?.noteListed();
    return brought;
  }

  /** False: another window asks; this one waits for it to go. */
  async #lead(): Promise<boolean> {
    if (!this.#leadership) return true;
    const led = this.#leadership.token;
    if (await this.#leadership.lead()) {
      // What the window before us stored last.
      if (this.#leadership.token !== led) await this.#options.store.refresh();
      this.#beat();
      return !this.#disposed;
    }
    this.#wish(this.#poked === 'now');
    this.#follow();
    return false;
  }

  /** Looks from time to time whether the asking window has gone. */
  #follow(): void {
    if (this.#disposed) return;
    this.#cancelBeat?.();
    this.#cancelBeat = null;
    this.#poked = 'no';
    this.#busy = false;
    this.#setState('following');
    this.#cancelTimer?.();
    this.#cancelTimer = this.#clock.after(BEAT_MS, () => {
      this.#cancelTimer = null;
      if (this.#isActive()) void this.#round();
      else this.#setState('resting');
    });
  }

  /** Tells the asking window what this one shows, and whether it wants to look now. */
  #wish(poke = false): void {
    // A full disk keeps nobody from reading.
    void this.#leadership?.wish(this.#shownHere(), poke).catch(() => undefined);
  }

  /** Every two seconds while this window asks: a sign of life, what the other windows want, and whether the machine slept. */
  #beat(): void {
    if (this.#cancelBeat || this.#disposed) return;
    const drift = this.#wallDrift();
    this.#drift = drift;
    this.#cancelBeat = this.#clock.after(BEAT_MS, () => {
      this.#cancelBeat = null;
      void this.#beatNow().catch(() => undefined);
    });
  }

  async #beatNow(): Promise<void> {
    const { leaseFolder } = this.#options;
    if (!this.#leadership || leaseFolder === undefined) return;
    if (this.#leadership.token === null || !(await this.#leadership.beat())) return;
    const before = this.#others;
    this.#others = await this.#leadership.wishes();
    if (this.#disposed) return;
    const slept = Math.abs(this.#wallDrift() - this.#drift) > SLEPT_MS;
    const newlyShown = isMore(this.#others.shown, before.shown);
    if (this.#others.pokes > before.pokes || slept) this.poke();
    else if (newlyShown && this.#options.pace.budget !== null) this.poke(false);
    if (this.#state === 'polling' || this.#state === 'waiting') this.#beat();
  }

  #wallDrift(): number {
    return (this.#options.wallClock ?? Date.now)() - this.#clock.now();
  }

  #isActive(): boolean {
    return this.#options.store.list(this.#options.connectionId).some(isUnderWay);
  }

  /** Sets the timer of the next round; true when there is no time for a rest. */
  #rest(stop: boolean): boolean {
    if (this.#poked !== 'no') return true;
    this.#busy = false;
    this.#stopped = stop;
    if (stop || !this.#isActive()) {
      this.#setState('resting');
      this.#cancelBeat?.();
      this.#cancelBeat = null;
      void this.#leadership?.release();
      return false;
    }
    this.#cancelTimer = this.#clock.after(this.#pause(), () => {
      this.#cancelTimer = null;
      void this.#round();
    });
    this.#setState('waiting');
    return false;
  }

  #pause(): number {
    const { pace, random = Math.random } = this.#options;
    const slowness = this.#slowness();
    if (this.#failures > 0) {
      // Jitter: windows and machines that lost the same server do not come back in one moment.
      const pause = Math.min(pace.failing, pace.fast * 2 ** Math.min(this.#failures, 16)) * (1 - random() / 4);
      return Math.max(pause, this.#retryAfterMs, slowness > 1 ? this.#calmPause() * slowness : 0);
    }
    return this.#calmPause() * slowness;
  }

  #calmPause(): number {
    const { pace } = this.#options;
    const pause = Math.min(pace.slow, pace.fast * 1.5 ** Math.min(this.#quietRounds, 16));
    const shown = this.#shown();
    const seen = this.#options.store
      .list(this.#options.connectionId)
      .some((record) => isUnderWay(record) && (shown === 'all' || shown.has(record.job.id)));
    return seen ? pause : Math.max(pace.hidden, pause);
  }

  /** 1, or 2, 4, 8 while the provider has asked to slow down within the last half hour. */
  #slowness(): number {
    const now = this.#clock.now();
    this.#slow = this.#slow.filter((at) => now - at < SLOW_MS);
    return 2 ** Math.min(this.#slow.length, MOST_SLOW);
  }

  #shownHere(): Shown {
    return this.#options.shown?.() ?? 'all';
  }

  /** In any window. */
  #shown(): Shown {
    const here = this.#shownHere();
    const there = this.#others.shown;
    if (here === 'all' || there === 'all') return 'all';
    return new Set([...here, ...there]);
  }

  async #say(jobId: string, update: JobUpdate): Promise<JobRecord | undefined> {
    const { store, connectionId } = this.#options;
    // A window that stood still and was replaced must not write its old news over the new.
    if (this.#leadership && !(await this.#leadership.holds())) throw new LeaseLost('Another window asks now.');
    if (this.#disposed) return undefined;
    const fence = this.#leadership?.token ?? null;
    return store.update(connectionId, jobId, { ...update, ...(fence === null ? {} : { fence }) });
  }

  #report(problem: Problem | null, stop = false): void {
    const before = this.#problem;
    this.#problem = problem;
    // A server that is away says so in several ways; people are told once, and once more when they have to do something.
    const isNew = before === null ? problem !== null : problem === null || (stop && before.code !== problem.code);
    if (isNew) this.#problemChanged.fire(problem);
  }

  #setState(state: MonitorState): void {
    if (this.#state === 'disposed' || this.#state === state) return;
    this.#state = state;
    this.#stateChanged.fire(state);
  }
}

function isMore(now: Shown, before: Shown): boolean {
  if (before === 'all') return false;
  return now === 'all' || [...now].some((id) => !before.has(id));
}
