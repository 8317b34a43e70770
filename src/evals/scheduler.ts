import { grade } from '../core/evaluation/graders/grade.ts';
import type { Contestant, RowResult, RunConfig, RunStatus, TestItem } from '../core/evaluation/types.ts';
import type { ChatReply } from '../core/provider/api.ts';
import { isProviderFailure, type ProviderFailure } from '../core/provider/failure.ts';
import type { Problem } from '../core/base/result.ts';

/** Asks one contestant one item, once, without retries of its own; rejects with a `ProviderFailure`. */
export type Ask = (contestant: Contestant, item: TestItem, signal: AbortSignal) => Promise<ChatReply>;

export interface RunnerDeps {
  readonly ask: Ask;
  /** Calls back after `ms`; the answer cancels it. */
  readonly after?: (ms: number, callback: () => void) => () => void;
  /** Tries for one row before it becomes an error; *Resume* tries again. */
  readonly maxAttempts?: number;
}

export interface Task {
  readonly contestant: Contestant;
  readonly item: TestItem;
  attempts: number;
}

const MAX_ATTEMPTS = 8;
const BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;
/** Failures that mean the contestant itself cannot be asked: the others go on. */
const CONTESTANT_FAILURES = new Set(['model-not-found', 'model-not-trained', 'forbidden', 'not-found']);

/** The part of a run that lives from `start` until it stands still. */
export class ActiveRun {
  readonly #config: RunConfig;
  readonly #deps: RunnerDeps;
  readonly #onRow: (row: RowResult) => void;
  readonly #abort = new AbortController();
  readonly #timers = new Set<() => void>();
  readonly #dropped = new Set<string>();
  #queue: Task[] = [];
  #next = 0;
  #underWay = 0;
  #waiting = 0;
  #failedInARow = 0;
  #stopAs: RunStatus | null = null;
  #notice: Problem | null = null;
  #finish: ((ended: { status: RunStatus; notice: Problem | null }) => void) | null = null;
  #crash: ((error: unknown) => void) | null = null;

  constructor(config: RunConfig, deps: RunnerDeps, onRow: (row: RowResult) => void) {
    this.#config = config;
    this.#deps = deps;
    this.#onRow = onRow;
  }

  run(tasks: readonly Task[]): Promise<{ readonly status: RunStatus; readonly notice: Problem | null }> {
    this.#queue = [...tasks];
    return new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#crash = reject;
      this.#pump();
    });
  }

  cancel(): void {
    this.#stop('cancelled', null);
    this.#abort.abort();
  }

  interrupt(): void {
    this.#stop('interrupted', null);
    this.#abort.abort();
  }

  #stop(status: RunStatus, notice: Problem | null): void {
    this.#stopAs ??= status;
    this.#notice ??= notice;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#waiting = 0;
    this.#pump();
  }

  #pump(): void {
    const limit = Math.max(1, Math.floor(this.#config.concurrency));
    while (this.#stopAs === null && this.#underWay < limit) {
      const task = this.#queue[this.#next];
      if (!task) break;
      this.#next++;
      if (this.#dropped.has(task.contestant.id)) continue;
      this.#underWay++;
      void this.#ask(task);
    }
    if (this.#underWay > 0) return;
    if (this.#stopAs !== null) this.#finish?.({ status: this.#stopAs, notice: this.#notice });
    else if (this.#waiting === 0 && this.#next >= this.#queue.length) {
      // Rows of a contestant that cannot be asked are missing: not finished, and the reason stands there.
      this.#finish?.({ status: this.#dropped.size > 0 ? 'paused' : 'finished', notice: this.#notice });
    }
  }

  async #ask(task: Task): Promise<void> {
    const { contestant, item } = task;
    task.attempts++;
    try {
      const reply = await this.#deps.ask(contestant, item, this.#abort.signal);
      if (this.#abort.signal.aborted) return;
      this.#failedInARow = 0;
      this.#onRow(gradedRow(this.#config, contestant, item, reply.text, reply.finishReason));
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      if (isProviderFailure(error)) this.#failed(task, error);
      else this.#crash?.(error);
    } finally {
      this.#underWay--;
      this.#pump();
    }
  }

  #failed(task: Task, failure: ProviderFailure): void {
    const { problem, advice } = failure;
    // Standing still already: the row stays missing, so that *Resume* asks it.
    if (this.#stopAs !== null) return;
    if (advice === 'stop') {
      this.#stop('paused', problem);
      return;
    }
    if (advice === 'never' && CONTESTANT_FAILURES.has(problem.code)) {
      this.#dropped.add(task.contestant.id);
      this.#notice ??= { ...problem, message: `${task.contestant.label}: ${problem.message}` };
      return;
    }
    if (advice === 'later' && task.attempts < (this.#deps.maxAttempts ?? MAX_ATTEMPTS)) {
      this.#later(task, failure.retryAfterMs);
      return;
    }
    this.#failedInARow++;
    this.#onRow({
      contestant: task.contestant.id,
      item: task.item.index,
      status: 'error',
      sample: null,
      guess: null,
      truth: task.item.truth,
      error: null,
      colour: null,
      message: problem.message,
    });
    // The whole connection is down, not one row: pause instead of turning all that is left into errors.
    if (this.#failedInARow >= Math.max(8, this.#config.concurrency)) this.#stop('paused', problem);
  }

  /** Puts the task back into the queue after a while; meanwhile its place is free for others. */
  #later(task: Task, retryAfterMs: number | null): void {
    const backoff = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** (task.attempts - 1)) * (0.75 + Math.random() / 4);
    this.#waiting++;
    const cancel = (this.#deps.after ?? defaultAfter)(retryAfterMs ?? backoff, () => {
      this.#timers.delete(cancel);
      this.#waiting--;
      this.#queue.push(task);
      this.#pump();
    });
    this.#timers.add(cancel);
  }
}

function defaultAfter(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => {
    clearTimeout(timer);
  };
}

export function gradedRow(
  config: RunConfig,
  contestant: Contestant,
  item: TestItem,
  sample: string,
  finishReason: string | null,
): RowResult {
  const parts = grade(config.grader, { sample, truth: item.truth, answerPrefix: config.answerPrefix });
  return {
    contestant: contestant.id,
    item: item.index,
    sample,
    ...(finishReason === null ? {} : { finishReason }),
    ...parts,
  };
}
