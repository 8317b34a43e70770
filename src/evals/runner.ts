import { Emitter } from '../core/base/emitter.ts';
import type { RowResult, RunConfig, RunStatus, TestItem } from '../core/evaluation/types.ts';
import { problemOf } from '../core/provider/failure.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import { RunJournal, rowKey, type StoredRun } from './journal.ts';
import { ActiveRun, gradedRow, type RunnerDeps, type Task } from './scheduler.ts';

export interface RunChange {
  /** New rows in the order they arrived; each replaces an earlier one of the same contestant and item. */
  readonly rows: readonly RowResult[];
  readonly status: RunStatus;
  /** Why it stands still or left something out. */
  readonly notice: Problem | null;
}

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

function storageProblem(error: unknown): Problem | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^(ENOSPC|EACCES|EPERM|EROFS|EMFILE|EIO|EBADF)$/.test(code)) return null;
  return {
    code: 'storage-unwritable',
    message: `The rows of the evaluation cannot be saved (${code}).`,
    action: "Make room in the extension's storage folder, then resume.",
  };
}
