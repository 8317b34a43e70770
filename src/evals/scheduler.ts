import { t } from '../core/base/messages.ts';
import type {
  Contestant,
  RowResult,
  RowSample,
  RunConfig,
  RunStatus,
  SamplingParameter,
  TestItem,
} from '../core/evaluation/types.ts';
import type { ChatReply } from '../core/provider/api.ts';
import { isProviderFailure, type ProviderFailure } from '../core/provider/failure.ts';
import type { Problem } from '../core/base/result.ts';
import { Pace } from './pace.ts';
import { type Patterns, prepareAll } from './patterns.ts';
import { cachedRow, failedRow, joinedRow, repliedRow, sampleOf } from './rows.ts';
import { SameRequests } from './sameRequests.ts';
import { type Budget, Spending } from './spending.ts';
import type { Task } from './task.ts';
import { TaskQueue } from './taskQueue.ts';

/**
 * Asks one contestant one item, once, without own retries; rejects with a `ProviderFailure`.
 * @param sample number of the reply, from 0, when a row needs several: the seed is different for each
 */
export type Ask = (contestant: Contestant, item: TestItem, signal: AbortSignal, sample: number) => Promise<ChatReply>;

export interface RunnerDeps {
  readonly ask: Ask;
  /** Calls back after `ms`; the returned function cancels it. */
  readonly after?: (ms: number, callback: () => void) => () => void;
  /** Tries for one row before it becomes an error; *Resume* tries again. */
  readonly maxAttempts?: number;
  /**
   * Until when (Unix milliseconds) a model that is not found is waited for: one that was trained just now is not known everywhere yet.
   */
  readonly warmsUpUntil?: (contestant: Contestant) => number;
  /** Limit for the cost of this start; without one there is no limit. */
  readonly budget?: Budget;
  /** Overrides the configuration's `stopEarly`: false goes on to the end. */
  readonly stopEarly?: boolean;
}

const MAX_ATTEMPTS = 8;
const BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;
export const DEADLINE_MS = 120_000;
/** Rows answered from one reply at a time: a few milliseconds, so that the thread stays free for other work in between. */
const SLICE_ROWS = 250;
/** Failures that mean that the contestant itself cannot be asked: the others continue. */
const CONTESTANT_FAILURES = new Set(['model-not-found', 'model-not-trained', 'not-found', 'deployment-missing']);
/** Refusals in a row that mean the model and not one prompt: providers answer both alike. */
const FORBIDDEN_IN_A_ROW = 3;
/** Pause before a model that was not found is asked again. */
const WARM_UP_PAUSE_MS = 15_000;

/** Callbacks of an active run. */
export interface RunEvents {
  /** Throws the system's error when the rows cannot be kept. */
  readonly rows: (rows: readonly RowResult[]) => void;
  /** One of several replies for a row that is not complete yet. Throws like `rows`. */
  readonly sample: (contestant: string, item: number, sample: RowSample) => void;
  /** The model refuses these parameters, and answered without them. Throws like `rows`. */
  readonly leftOut: (contestant: string, parameters: readonly SamplingParameter[]) => void;
}

interface Ended {
  readonly status: RunStatus;
  readonly notice: Problem | null;
}

/** Scheduler of a run from `start` until it stops. */
export class ActiveRun {
  readonly #config: RunConfig;
  readonly #patterns: Patterns;
  readonly #deps: RunnerDeps;
  readonly #events: RunEvents;
  readonly #pace: Pace;
  readonly #spending: Spending;
  readonly #same = new SameRequests();
  readonly #requests = new Set<AbortController>();
  /** Tasks that wait for their next try, and how to cancel it. */
  readonly #timers = new Map<Task, () => void>();
  /** Contestants that cannot be asked. */
  readonly #dropped = new Set<string>();
  /** Contestants that need not be asked any more. */
  readonly #decided = new Set<string>();
  /** Refusals by contestant since its last reply; null once it has replied. */
  readonly #forbidden = new Map<string, number | null>();
  #queue = new TaskQueue([]);
  #underWay = 0;
  #replies = 0;
  #failedInARow = 0;
  #isAborted = false;
  /** Whether rows of a decided contestant were left out. */
  #leftOutRows = false;
  #stopAs: RunStatus | null = null;
  #notice: Problem | null = null;
  #finish: ((ended: Ended) => void) | null = null;
  #crash: ((error: unknown) => void) | null = null;

  constructor(config: RunConfig, deps: RunnerDeps, events: RunEvents, patterns: Patterns) {
    this.#config = config;
    this.#patterns = patterns;
    this.#deps = { ...deps, ask: patterns.asking(deps.ask) };
    this.#events = events;
    this.#pace = new Pace(config.concurrency);
    this.#spending = new Spending(deps.budget);
  }

  run(tasks: readonly Task[]): Promise<Ended> {
    this.#queue = new TaskQueue(this.#same.sort(tasks));
    return new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#crash = reject;
      this.#pump();
    });
  }

  cancel(): void {
    this.#abort('cancelled');
  }

  interrupt(): void {
    this.#abort('interrupted');
  }

  /** Asks this contestant nothing more, since its comparison is decided; what is under way is kept. */
  decide(contestant: string): void {
    this.#decided.add(contestant);
    for (const [task, cancel] of this.#timers) {
      if (task.contestant.id !== contestant) continue;
      cancel();
      this.#timers.delete(task);
      this.#queue.putBack(task);
    }
  }

  #abort(status: RunStatus): void {
    this.#stop(status, null);
    this.#isAborted = true;
    for (const request of this.#requests) request.abort();
  }

  #stop(status: RunStatus, notice: Problem | null): void {
    this.#stopAs ??= status;
    this.#notice ??= notice;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#pump();
  }

  #pump(): void {
    while (this.#stopAs === null && this.#underWay < this.#pace.limit) {
      const task = this.#nextTask();
      if (!task) break;
      const bound = this.#spending.bound(task.contestant, task.item);
      if (this.#spending.allows(bound)) {
        this.#underWay++;
        this.#spending.begin(bound);
        void this.#ask(task, bound);
        continue;
      }
      this.#queue.putBack(task);
      // Requests under way may cost less than they can.
      if (this.#underWay > 0) return;
      this.#stop('paused', this.#spending.problem());
    }
    if (this.#underWay > 0) return;
    if (this.#stopAs !== null) this.#finish?.({ status: this.#stopAs, notice: this.#notice });
    else if (this.#timers.size === 0 && this.#queue.isEmpty)
      this.#finish?.({ status: this.#end(), notice: this.#notice });
  }

  /** Rows of a contestant that cannot be asked are missing: the run is not finished, and the notice has the reason. */
  #end(): RunStatus {
    if (this.#dropped.size > 0) return 'paused';
    return this.#leftOutRows ? 'stopped-early' : 'finished';
  }

  #nextTask(): Task | undefined {
    for (;;) {
      const task = this.#queue.take();
      if (!task) return undefined;
      const { id } = task.contestant;
      if (!this.#dropped.has(id) && !this.#decided.has(id)) return task;
      if (this.#decided.has(id)) this.#leftOutRows = true;
      this.#askNextOf(task);
    }
  }

  /** Lets another task with the same request be asked instead. */
  #askNextOf(task: Task): void {
    const next = this.#same.takeNext(task);
    if (next) this.#queue.putBack(next);
  }

  async #ask(task: Task, bound: number): Promise<void> {
    const { contestant, item } = task;
    const request = new AbortController();
    const number = this.#pace.sent();
    const started = performance.now();
    const isOver = (): boolean => !this.#requests.has(request);
    const over = (usage: Parameters<Spending['end']>[2]): void => {
      clearTimeout(timer);
      this.#requests.delete(request);
      this.#underWay--;
      task.askedMs += performance.now() - started;
      this.#spending.end(bound, contestant, usage);
    };
    const deadline = this.#config.deadlineMs ?? DEADLINE_MS;
    const timer = setTimeout(
      () => {
        over('unknown');
        // The place is free at once, whatever the request does with the signal.
        request.abort();
        this.#guarded(() => {
          if (this.#stopAs === null) this.#giveUp(task, deadlinePassed(task, deadline));
        });
      },
      Math.max(1, deadline - task.askedMs),
    );
    this.#requests.add(request);
    try {
      const reply = await this.#deps.ask(contestant, item, request.signal, task.samples.length);
      if (isOver()) return;
      over(reply.usage ?? 'unknown');
      this.#guarded(() => {
        if (!this.#isAborted) this.#replied(task, reply, performance.now() - started);
      });
    } catch (error) {
      if (isOver()) return;
      over(costOfFailure(error));
      this.#guarded(() => {
        if (this.#isAborted) return;
        if (!isProviderFailure(error)) throw error;
        this.#failed(task, error, number);
      });
    }
  }

  /** A row that cannot be kept ends the run: the disk may have no room for it. */
  #guarded(work: () => void): void {
    try {
      work();
      this.#pump();
    } catch (error) {
      this.#crash?.(error);
    }
  }

  #replied(task: Task, reply: ChatReply, ms: number): void {
    const { contestant, item, samples } = task;
    this.#pace.replied();
    this.#replies++;
    this.#failedInARow = 0;
    this.#forbidden.set(contestant.id, null);
    if (reply.leftOut && reply.leftOut.length > 0) this.#events.leftOut(contestant.id, reply.leftOut);
    let row = repliedRow(this.#config, contestant, item, reply, ms, this.#patterns);
    // The reply is kept; no other sample or row is made of it.
    if (row.status === 'error') {
      this.#events.rows([row]);
      this.#askNextOf(task);
      return;
    }
    const wanted = this.#config.samples ?? 1;
    if (wanted > 1) {
      const sample = sampleOf(row);
      samples.push(sample);
      if (samples.length < wanted) {
        this.#events.sample(contestant.id, item.index, sample);
        // The deadline is that of one reply: fifteen of a model on this machine may well take minutes.
        task.askedMs = 0;
        this.#queue.putBack(task);
        return;
      }
      row = joinedRow(this.#config, row, samples);
    }
    this.#events.rows([row]);
    const others = this.#same.takeAll(task);
    if (others.length === 0) return;
    // The model answers by chance after all.
    if (reply.leftOut?.includes('temperature')) for (const other of others) this.#queue.putBack(other);
    else void this.#share(others, row);
  }

  /** Answers the tasks with the same request from its row. */
  async #share(tasks: readonly Task[], row: RowResult): Promise<void> {
    this.#underWay++;
    try {
      for (let first = 0; first < tasks.length && !this.#isAborted; first += SLICE_ROWS) {
        if (first > 0) await new Promise(setImmediate);
        const slice = tasks.slice(first, first + SLICE_ROWS);
        for (const { item } of slice) await prepareAll(this.#patterns, item, row);
        this.#events.rows(
          slice.map(({ contestant, item }) => cachedRow(this.#config, contestant, item, row, this.#patterns)),
        );
      }
      this.#underWay--;
      this.#pump();
    } catch (error) {
      this.#crash?.(error);
    }
  }

  #failed(task: Task, failure: ProviderFailure, request: number): void {
    const { problem, advice, status } = failure;
    const isLimited = status === 429 && advice === 'later';
    if (isLimited || (status !== null && status >= 500)) this.#pace.refused(request);
    // The run has stopped already: the row stays missing, so that *Resume* asks it.
    if (this.#stopAs !== null) return;
    if (advice === 'stop') {
      this.#stop('paused', problem);
      return;
    }
    if (problem.code === 'model-not-found' && Date.now() < (this.#deps.warmsUpUntil?.(task.contestant) ?? 0)) {
      task.tries++;
      this.#later(task, WARM_UP_PAUSE_MS);
      return;
    }
    if (advice === 'never' && (CONTESTANT_FAILURES.has(problem.code) || this.#isForbidden(task, problem))) {
      this.#dropped.add(task.contestant.id);
      this.#notice ??= { ...problem, message: t('{0}: {1}', task.contestant.label, problem.message) };
      this.#askNextOf(task);
      return;
    }
    task.tries++;
    // A provider that answers others meanwhile refuses the rate, not the row.
    if (!isLimited || this.#replies === task.repliesSeen) task.attempts++;
    task.repliesSeen = this.#replies;
    if (advice === 'later' && task.attempts < (this.#deps.maxAttempts ?? MAX_ATTEMPTS)) {
      this.#later(task, failure.retryAfterMs);
      return;
    }
    this.#giveUp(task, problem);
  }

  #giveUp(task: Task, problem: Problem): void {
    this.#events.rows([failedRow(task.contestant, task.item, problem)]);
    this.#askNextOf(task);
    // A moderated prompt is an answer of the provider: the connection works.
    this.#failedInARow = problem.code === 'moderated' ? 0 : this.#failedInARow + 1;
    // The whole connection is down, not one row: pause instead of turning all remaining rows into errors.
    if (this.#failedInARow >= Math.max(8, this.#pace.limit)) this.#stop('paused', problem);
  }

  /** Tells whether the provider refuses the contestant, and not one prompt only: it has never replied, and refused several prompts. */
  #isForbidden({ contestant }: Task, { code }: Problem): boolean {
    const before = this.#forbidden.get(contestant.id) ?? 0;
    if (code !== 'forbidden' || this.#forbidden.get(contestant.id) === null) return false;
    this.#forbidden.set(contestant.id, before + 1);
    return before + 1 >= FORBIDDEN_IN_A_ROW;
  }

  /** Puts the task back into the queue after a pause; meanwhile its place is free for others. */
  #later(task: Task, retryAfterMs: number | null): void {
    const backoff = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** (task.tries - 1)) * (0.75 + Math.random() / 4);
    const cancel = (this.#deps.after ?? defaultAfter)(retryAfterMs ?? backoff, () => {
      // Canceled meanwhile.
      if (!this.#timers.delete(task)) return;
      this.#queue.putBack(task);
      this.#pump();
    });
    this.#timers.set(task, cancel);
  }
}

/** A request without an answer may have been billed; one that was refused was not. */
function costOfFailure(error: unknown): 'unknown' | null {
  return isProviderFailure(error) && error.outcome === 'unknown' && error.status === null ? 'unknown' : null;
}

function deadlinePassed({ contestant }: Task, ms: number): Problem {
  return {
    code: 'timeout',
    message: t('{0} did not answer within {1} s.', contestant.label, Math.round(ms / 1000)),
    action: t('Try again in a moment.'),
  };
}

function defaultAfter(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => {
    clearTimeout(timer);
  };
}
