import { Emitter } from '../core/base/emitter.ts';
import { grade } from '../core/evaluation/graders/grade.ts';
import type { Contestant, RowResult, RunConfig, RunStatus, TestItem } from '../core/evaluation/types.ts';
import { isProviderFailure, problemOf, type ChatReply, type ProviderFailure } from '../core/provider/api.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import { RunJournal, rowKey, type StoredRun } from './journal.ts';

/** Asks one contestant one item, once, without retries of its own; rejects with a `ProviderFailure`. */
export type Ask = (contestant: Contestant, item: TestItem, signal: AbortSignal) => Promise<ChatReply>;

export interface RunChange {
  /** New rows in the order they arrived; each replaces an earlier one of the same contestant and item. */
  readonly rows: readonly RowResult[];
  readonly status: RunStatus;
  /** Why it stands still or left something out. */
  readonly notice: Problem | null;
}

export interface RunnerDeps {
  readonly ask: Ask;
  /** Calls back after `ms`; the answer cancels it. */
  readonly after?: (ms: number, callback: () => void) => () => void;
  /** Tries for one row before it becomes an error; *Resume* tries again. */
  readonly maxAttempts?: number;
}

interface Task {
  readonly contestant: Contestant;
  readonly item: TestItem;
  attempts: number;
}

const MAX_ATTEMPTS = 8;
const BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 30_000;
/** Failures that mean the contestant itself cannot be asked: the others go on. */
const CONTESTANT_FAILURES = new Set(['model-not-found', 'model-not-trained', 'forbidden', 'not-found']);

/**
 * One evaluation run: asks every contestant every item, a bounded number of requests at once, and keeps each row in its journal the
 * moment it is there. What waits for another try holds no place. Row order: all contestants of an item before the next item, so that
 * figures can be compared while it runs.
 */
export class EvaluationRun {
  readonly config: RunConfig;
  readonly items: readonly TestItem[];
  readonly #journal: RunJournal;
  readonly #rows: Map<string, RowResult>;
  readonly #changed = new Emitter<RunChange>();
  #status: RunStatus;
  #notice: Problem | null;
  #active: ActiveRun | null = null;

  private constructor(journal: RunJournal, run: StoredRun) {
    this.config = run.config;
    this.items = run.items;
    this.#journal = journal;
    this.#rows = new Map(run.rows.map((row) => [rowKey(row.contestant, row.item), row]));
    this.#status = run.status;
    this.#notice = run.notice;
  }

  /** Writes the head of a new run; nothing is asked before `start`. */
  static async create(folder: string, config: RunConfig, items: readonly TestItem[]): Promise<EvaluationRun> {
    const journal = await RunJournal.create(folder, config, items);
    return new EvaluationRun(journal, { config, items, rows: [], status: 'interrupted', notice: null });
  }

  static async open(folder: string, id: string): Promise<Result<EvaluationRun>> {
    const opened = await RunJournal.open(folder, id);
    return opened.ok ? ok(new EvaluationRun(opened.value.journal, opened.value.run)) : opened;
  }

  readonly onDidChange = this.#changed.event;

  get status(): RunStatus {
    return this.#status;
  }

  get notice(): Problem | null {
    return this.#notice;
  }

  /** In the order they arrived. */
  get rows(): readonly RowResult[] {
    return [...this.#rows.values()];
  }

  /** Rows that are missing or ended in an error: what `start` would ask. */
  get remaining(): number {
    return this.#openTasks().length;
  }

  /**
   * Asks what is missing and resolves when the run stands still: finished, paused or cancelled. `testFileSha256`: of the file as it is
   * now; another one than at the beginning is refused, since its rows would not belong together.
   */
  async start(testFileSha256: string, deps: RunnerDeps): Promise<Result<RunStatus>> {
    if (testFileSha256 !== this.config.testFile.sha256) {
      return fail({
        code: 'test-file-changed',
        message: 'The test file is no longer the one this evaluation began with.',
        action: 'Start a new evaluation, or restore the file and resume.',
      });
    }
    if (this.#active) {
      return fail({
        code: 'already-running',
        message: 'This evaluation is already running.',
        action: 'Wait for it or cancel it.',
      });
    }
    const active = new ActiveRun(this.config, deps, (row) => {
      this.#take([row]);
    });
    this.#active = active;
    try {
      this.#status = 'running';
      this.#notice = null;
      await this.#journal.mark('running', null, this.#answered());
      this.#changed.fire({ rows: [], status: 'running', notice: null });
      const tasks = this.#openTasks();
      // The constant costs nothing and is the floor everything is compared with: at once.
      this.#take(tasks.filter(isConstant).map(constantRow(this.config)));
      const ended = await active.run(tasks.filter((task) => !isConstant(task)));
      await this.#settle(ended.status, ended.notice);
      return ok(ended.status);
    } catch (error) {
      const notice = storageProblem(error) ?? problemOf(error);
      active.cancel();
      await this.#settle('paused', notice).catch(() => undefined);
      return fail(notice);
    } finally {
      this.#active = null;
    }
  }

  /** Keeps the rows; requests under way are given up. Resolves through `start`. */
  cancel(): void {
    this.#active?.cancel();
  }

  /** Cancels and closes the journal; a run that was under way is `interrupted` when it is opened again. */
  async dispose(): Promise<void> {
    this.#active?.interrupt();
    this.#changed.dispose();
    await this.#journal.close();
  }

  #openTasks(): Task[] {
    return this.items.flatMap((item) =>
      this.config.contestants
        .filter((contestant) => {
          const row = this.#rows.get(rowKey(contestant.id, item.index));
          return row === undefined || row.status === 'error';
        })
        .map((contestant) => ({ contestant, item, attempts: 0 })),
    );
  }

  #answered(): number {
    return this.rows.filter((row) => row.status !== 'error').length;
  }

  #take(rows: readonly RowResult[]): void {
    if (rows.length === 0) return;
    for (const row of rows) {
      this.#journal.append(row);
      const key = rowKey(row.contestant, row.item);
      // A second try moves to the end: "in the order they arrived".
      this.#rows.delete(key);
      this.#rows.set(key, row);
    }
    this.#changed.fire({ rows, status: this.#status, notice: this.#notice });
  }

  async #settle(status: RunStatus, notice: Problem | null): Promise<void> {
    this.#status = status;
    this.#notice = notice;
    // `interrupted` is never written: it is what a journal without an end means.
    if (status !== 'interrupted') await this.#journal.mark(status, notice, this.#answered());
    this.#changed.fire({ rows: [], status, notice });
  }
}

function isConstant(task: Task): boolean {
  return task.contestant.kind === 'constant';
}

function constantRow(config: RunConfig): (task: Task) => RowResult {
  return ({ contestant, item }) => gradedRow(config, contestant, item, contestant.constant ?? '', null);
}

function gradedRow(
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

/** The part of a run that lives from `start` until it stands still. */
class ActiveRun {
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

function storageProblem(error: unknown): Problem | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^(ENOSPC|EACCES|EPERM|EROFS|EMFILE|EIO|EBADF)$/.test(code)) return null;
  return {
    code: 'storage-unwritable',
    message: `The rows of the evaluation cannot be saved (${code}).`,
    action: "Make room in the extension's storage folder, then resume.",
  };
}
