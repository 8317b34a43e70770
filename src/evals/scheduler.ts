import { t } from '../core/base/messages.ts';
import { grade } from '../core/evaluation/graders/grade.ts';
import type {
  Contestant,
  RowResult,
  RunConfig,
  RunStatus,
  SamplingParameter,
  TestItem,
} from '../core/evaluation/types.ts';
import type { ChatReply } from '../core/provider/api.ts';
import { isProviderFailure, type ProviderFailure } from '../core/provider/failure.ts';
import type { Problem } from '../core/base/result.ts';

/** Asks one contestant one item, once, without own retries; rejects with a `ProviderFailure`. */
export type Ask = (contestant: Contestant, item: TestItem, signal: AbortSignal) => Promise<ChatReply>;

export interface RunnerDeps {
  readonly ask: Ask;
  /** Calls back after `ms`; the returned function cancels it. */
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
/** Failures that mean that the contestant itself cannot be asked: the others continue. */
const CONTESTANT_FAILURES = new Set(['model-not-found', 'model-not-trained', 'not-found', 'deployment-missing']);
/** Refusals in a row that mean the model and not one prompt: providers answer both alike. */
const FORBIDDEN_IN_A_ROW = 3;

/** Callbacks of an active run. */
export interface RunEvents {
  /** Throws the system's error when the row cannot be kept. */
  readonly row: (row: RowResult) => void;
  /** The model refuses these parameters, and answered without them. Throws like `row`. */
  readonly leftOut: (contestant: string, parameters: readonly SamplingParameter[]) => void;
}

/** Scheduler of a run from `start` until it stops. */
export class ActiveRun {
  readonly #config: RunConfig;
  readonly #deps: RunnerDeps;
  readonly #events: RunEvents;
  readonly #abort = new AbortController();
  readonly #timers = new Set<() => void>();
  readonly #dropped = new Set<string>();
  /** Refusals by contestant since its last reply; null once it has replied. */
  readonly #forbidden = new Map<string, number | null>();
  #queue: Task[] = [];
  #next = 0;
  #underWay = 0;
  #waiting = 0;
  #failedInARow = 0;
  #stopAs: RunStatus | null = null;
  #notice: Problem | null = null;
  #finish: ((ended: { status: RunStatus; notice: Problem | null }) => void) | null = null;
  #crash: ((error: unknown) => void) | null = null;

  constructor(config: RunConfig, deps: RunnerDeps, events: RunEvents) {
    this.#config = config;
    this.#deps = deps;
    this.#events = events;
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
      // Rows of a contestant that cannot be asked are missing: the run is not finished, and the notice has the reason.
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
      this.#forbidden.set(contestant.id, null);
      if (reply.leftOut && reply.leftOut.length > 0) this.#events.leftOut(contestant.id, reply.leftOut);
      this.#events.row(gradedRow(this.#config, contestant, item, reply.text, reply.finishReason));
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#caught(task, error);
    } finally {
      this.#underWay--;
      this.#pump();
    }
  }

  #caught(task: Task, error: unknown): void {
    if (!isProviderFailure(error)) {
      this.#crash?.(error);
      return;
    }
    try {
      this.#failed(task, error);
    } catch (unkept) {
      // A failed row is a row, too: the disk may have no room for it.
      this.#crash?.(unkept);
    }
  }

  #failed(task: Task, failure: ProviderFailure): void {
    const { problem, advice } = failure;
    // The run has stopped already: the row stays missing, so that *Resume* asks it.
    if (this.#stopAs !== null) return;
    if (advice === 'stop') {
      this.#stop('paused', problem);
      return;
    }
    if (advice === 'never' && (CONTESTANT_FAILURES.has(problem.code) || this.#isForbidden(task, problem))) {
      this.#dropped.add(task.contestant.id);
      this.#notice ??= { ...problem, message: t('{0}: {1}', task.contestant.label, problem.message) };
      return;
    }
    if (advice === 'later' && task.attempts < (this.#deps.maxAttempts ?? MAX_ATTEMPTS)) {
      this.#later(task, failure.retryAfterMs);
      return;
    }
    this.#events.row({
      contestant: task.contestant.id,
      item: task.item.index,
      status: 'error',
      sample: null,
      guess: null,
      truth: task.item.truth,
      error: null,
      colour: null,
      message: problem.message,
      code: problem.code,
    });
    // A moderated prompt is an answer of the provider: the connection works.
    this.#failedInARow = problem.code === 'moderated' ? 0 : this.#failedInARow + 1;
    // The whole connection is down, not one row: pause instead of turning all remaining rows into errors.
    if (this.#failedInARow >= Math.max(8, this.#config.concurrency)) this.#stop('paused', problem);
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
  const { answerPrefix, truthPrefix, numberReader } = config;
  const parts = grade(config.grader, {
    sample,
    truth: item.truth,
    answerPrefix,
    ...(truthPrefix === undefined ? {} : { truthPrefix }),
    ...(numberReader === undefined ? {} : { numberReader }),
  });
  return {
    contestant: contestant.id,
    item: item.index,
    sample,
    ...(finishReason === null ? {} : { finishReason }),
    ...parts,
  };
}
