import { Emitter } from '../../core/base/emitter.ts';
import { isProviderFailure, problemOf } from '../../core/provider/failure.ts';
import type { Problem } from '../../core/base/result.ts';
import type { JobRecord } from '../store/jobRecord.ts';
import { Leadership, type Shown, shownInAny } from './leadership.ts';
import { BEAT_MS } from '../../storage/lease.ts';
import { type Clock, systemClock } from './clock.ts';
import { Heartbeat } from './heartbeat.ts';
import type { JobEnded, JobMonitorOptions, MonitorState } from './monitorContract.ts';
import { Pauses } from './pauses.ts';
import { isUnderWay, type MonitoredProvider, Poller } from './poller.ts';
import type { JobUpdate } from '../store/recordUpdate.ts';

/** Limit of starts of the local server in a row; each is a process. */
const MOST_STARTS = 3;
/** Thrown when another window has taken over the polling. */
class LeaseLost extends Error {}

/**
 * Watches the jobs of one connection: one request after the other, never two rounds at once, and in one window only. Rests when no job
 * is in progress; `poke` (a job was started, a view became visible, the user asked) begins a round at once. Each job's end is reported
 * once, also when it came while no window was open.
 */
export class JobMonitor {
  readonly #options: JobMonitorOptions;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #poller: Poller;
  readonly #leadership: Leadership | null;
  readonly #heartbeat: Heartbeat | null;
  readonly #pauses: Pauses;
  readonly #subscription: { dispose(): void };
  readonly #ended = new Emitter<JobEnded>();
  readonly #problemChanged = new Emitter<Problem | null>();
  readonly #stateChanged = new Emitter<MonitorState>();
  #state: MonitorState = 'resting';
  #problem: Problem | null = null;
  #lastList: number | null = null;
  #firstRound = true;
  #busy = false;
  /** True after a failure that makes further requests useless. */
  #stopped = false;
  #poked: 'no' | 'look' | 'now' = 'no';
  #cancelTimer: (() => void) | null = null;
  #left: Promise<void> = Promise.resolve();

  constructor(options: JobMonitorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const now = (): number => this.#clock.now();
    this.#leadership = options.leaseFolder === undefined ? null : new Leadership(options.leaseFolder, now);
    this.#heartbeat = this.#leadership && this.#heartbeatOf(this.#leadership);
    this.#pauses = new Pauses(options.pace, now, options.random ?? Math.random);
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
      // Another window started a job; if that window closes, this one polls.
      if (!this.#stopped && record && isUnderWay(record)) this.#follow();
    });
  }

  /** Fires once for each job, after its last events were stored, in the polling window. */
  readonly onJobEnded = this.#ended.event;
  /** Fires a problem when the connection stops answering (once, not at every try), null when it answers again. */
  readonly onProblem = this.#problemChanged.event;
  readonly onState = this.#stateChanged.event;

  get state(): MonitorState {
    return this.#state;
  }

  get problem(): Problem | null {
    return this.#problem;
  }

  /** Starts a round now, or right after the current one. `force`: the user asked, so the list is read even if another window just did. */
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

  /** Handles a change of the shown jobs: one that came into view is polled soon, by whichever window polls. */
  shownChanged(): void {
    if (this.#state === 'waiting' && this.#options.pace.budget !== null) this.poke(false);
    else if (this.#state === 'following') void this.#leadership?.wish(this.#shownHere(), false).catch(() => undefined);
  }

  dispose(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#heartbeat?.dispose();
    this.#setState('disposed');
    this.#abort.abort();
    this.#subscription.dispose();
    if (this.#leadership) this.#left = this.#leave(this.#leadership);
    this.#ended.dispose();
    this.#problemChanged.dispose();
    this.#stateChanged.dispose();
  }

  /** Resolves, after `dispose`, when another window may poll. */
  left(): Promise<void> {
    return this.#left;
  }

  async #leave(leadership: Leadership): Promise<void> {
    // As before a rest: the next window must read the ends that were told here.
    if (leadership.token !== null) await this.#options.store.flush();
    await leadership.dispose();
  }

  /** Reads the whole curve of one job in any state: for opened jobs of the history. */
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

  /** Makes one round; true when the next follows at once. */
  async #askOnce(): Promise<boolean> {
    let stop = false;
    // A window that only looks whether the lease is free does not poll.
    if (!this.#leadership) this.#setState('polling');
    try {
      await this.#options.store.load();
      if (!(await this.#lead())) return false;
      this.#setState('polling');
      const poked = this.#poked;
      this.#poked = 'no';
      if (poked !== 'no') this.#pauses.poked();
      // A poke during the last round may have come after its list was read.
      if (poked === 'now') this.#lastList = null;
      const provider = await this.#options.provider(this.#abort.signal);
      const brought = await this.#ask(provider, poked);
      if (this.#disposed) return false;
      this.#pauses.answered(brought);
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
      this.#pauses.failed(error);
      // Another request does not help with a refused key or an empty account, nor with a local server that cannot start: wait for a poke.
      stop = isProviderFailure(error)
        ? error.advice === 'stop'
        : problemOf(error).code === 'local-server-start' && this.#pauses.failures >= MOST_STARTS;
      this.#report(problemOf(error), stop);
    }
    // Another window may ask as soon as this one rests. What it reads then must know the ends that were told here, or it tells them again.
    if (this.#leadership && (stop || !this.#isActive())) await this.#options.store.flush();
    return this.#rest(stop);
  }

  async #ask(provider: MonitoredProvider, poked: 'no' | 'look' | 'now'): Promise<boolean> {
    const { pace, store } = this.#options;
    const now = this.#clock.now();
    const shown = this.#shown();
    const looking = pace.budget === null || shown === 'all' || shown.size > 0;
    let list = this.#lastList === null || (looking && now - this.#lastList >= pace.list * this.#pauses.slowness());
    if (list && poked !== 'now' && (await this.#leadership?.listedWithin(pace.list / 2)) === true) {
      // Another window read the list a moment ago.
      await store.refresh();
      list = false;
    }
    if (list) this.#lastList = now;
    const brought = await this.#poller.round(provider, { list, shown, share: 1 / this.#pauses.slowness() });
    if (list) await this.#leadership?.noteListed();
    return brought;
  }

  /** Tries to lead; false when another window polls and this one waits for it to close. */
  async #lead(): Promise<boolean> {
    if (!this.#leadership) return true;
    const led = this.#leadership.token;
    if (await this.#leadership.lead()) {
      // Reads the last records of the previous window.
      if (this.#leadership.token !== led) await this.#options.store.refresh();
      this.#heartbeat?.start();
      return !this.#disposed;
    }
    this.#wish(this.#poked === 'now');
    this.#follow();
    return false;
  }

  /** Looks from time to time whether the polling window has closed. */
  #follow(): void {
    if (this.#disposed) return;
    this.#heartbeat?.stop();
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

  /** Tells the polling window which jobs this one shows, and whether it wants a look now. */
  #wish(poke = false): void {
    // A full disk must not stop the reading.
    void this.#leadership?.wish(this.#shownHere(), poke).catch(() => undefined);
  }

  #heartbeatOf(leadership: Leadership): Heartbeat {
    const { pace } = this.#options;
    return new Heartbeat({
      leadership,
      clock: this.#clock,
      wallClock: () => (this.#options.wallClock ?? Date.now)(),
      goesOn: () => this.#state === 'polling' || this.#state === 'waiting',
      wanted: () => {
        this.poke();
      },
      newlyShown: () => {
        if (pace.budget !== null) this.poke(false);
      },
    });
  }

  #isActive(): boolean {
    return this.#options.store.list(this.#options.connectionId).some(isUnderWay);
  }

  /** Sets the timer of the next round; true when the next round follows at once. */
  #rest(stop: boolean): boolean {
    if (this.#disposed) return false;
    if (this.#poked !== 'no') return true;
    this.#busy = false;
    this.#stopped = stop;
    if (stop || !this.#isActive()) {
      this.#setState('resting');
      this.#heartbeat?.stop();
      void this.#leadership?.release();
      return false;
    }
    this.#cancelTimer = this.#clock.after(this.#pauses.next(this.#isSeen()), () => {
      this.#cancelTimer = null;
      void this.#round();
    });
    this.#setState('waiting');
    return false;
  }

  #isSeen(): boolean {
    const shown = this.#shown();
    return this.#options.store
      .list(this.#options.connectionId)
      .some((record) => isUnderWay(record) && (shown === 'all' || shown.has(record.job.id)));
  }

  #shownHere(): Shown {
    return this.#options.shown?.() ?? 'all';
  }

  #shown(): Shown {
    return shownInAny(this.#shownHere(), this.#heartbeat?.shownElsewhere ?? new Set());
  }

  async #say(jobId: string, update: JobUpdate): Promise<JobRecord | undefined> {
    const { store, connectionId } = this.#options;
    // A window that was suspended and replaced must not overwrite newer records.
    if (this.#leadership && !(await this.#leadership.holds())) throw new LeaseLost('lease');
    if (this.#disposed) return undefined;
    const fence = this.#leadership?.token ?? null;
    return store.update(connectionId, jobId, { ...update, ...(fence === null ? {} : { fence }) });
  }

  #report(problem: Problem | null, stop = false): void {
    const before = this.#problem;
    this.#problem = problem;
    // An unreachable server fails in several ways; the user is told once, and once more when something has to be done.
    const isNew = before === null ? problem !== null : problem === null || (stop && before.code !== problem.code);
    if (isNew) this.#problemChanged.fire(problem);
  }

  #setState(state: MonitorState): void {
    if (this.#state === 'disposed' || this.#state === state) return;
    this.#state = state;
    this.#stateChanged.fire(state);
  }
}
