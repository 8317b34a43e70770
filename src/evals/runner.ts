import { Emitter } from '../core/base/emitter.ts';
import type {
  Contestant,
  RowResult,
  RunConfig,
  RunStatus,
  SamplingParameter,
  TestItem,
} from '../core/evaluation/types.ts';
import { problemOf } from '../core/provider/failure.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import { storageProblem } from '../storage/storageProblem.ts';
import { RunJournal, rowKey, type StoredRun } from './journal.ts';
import { ActiveRun, gradedRow, type RunnerDeps, type Task } from './scheduler.ts';
import { asItCounts, canBeGraded, ungradableRow } from './ungradable.ts';

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
  readonly #folder: string;
  readonly #journal: RunJournal;
  readonly #leftOut: Map<string, readonly SamplingParameter[]>;
  readonly #rows: Map<string, RowResult>;
  readonly #changed = new Emitter<RunChange>();
  #status: RunStatus;
  #notice: Problem | null;
  #active: ActiveRun | null = null;

  private constructor(folder: string, journal: RunJournal, run: StoredRun) {
    this.config = run.config;
    this.items = run.items;
    this.#folder = folder;
    this.#journal = journal;
    this.#leftOut = new Map(run.leftOut);
    this.#rows = new Map(
      run.rows.map((row) => [rowKey(row.contestant, row.item), asItCounts(run.config, run.items, row)]),
    );
    this.#status = run.status;
    this.#notice = run.notice;
  }

  /** Writes the head of a new run; nothing is asked before `start`. */
  static async create(folder: string, config: RunConfig, items: readonly TestItem[]): Promise<EvaluationRun> {
    const journal = await RunJournal.create(folder, config, items);
    const leftOut = new Map<string, readonly SamplingParameter[]>();
    return new EvaluationRun(folder, journal, {
      config,
      items,
      rows: [],
      leftOut,
      status: 'interrupted',
      notice: null,
    });
  }

  static async open(folder: string, id: string): Promise<Result<EvaluationRun>> {
    const opened = await RunJournal.open(folder, id);
    return opened.ok ? ok(new EvaluationRun(folder, opened.value.journal, opened.value.run)) : opened;
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

  /** Those of the configuration, with the parameters that their models turned out to refuse. */
  get contestants(): readonly Contestant[] {
    return this.config.contestants.map((contestant) => {
      const found = this.#leftOut.get(contestant.id);
      if (!found) return contestant;
      return { ...contestant, leftOut: [...new Set([...(contestant.leftOut ?? []), ...found])] };
    });
  }

  /** Rows that are missing or ended in an error: what `start` would ask. */
  get remaining(): number {
    return this.#openTasks().length;
  }

  /** The items that `start` would ask this contestant. */
  openItems(contestant: string): readonly TestItem[] {
    return this.#openTasks().flatMap((task) => (task.contestant.id === contestant ? [task.item] : []));
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
    const active = new ActiveRun(this.config, deps, {
      row: (row) => {
        this.#take([row]);
      },
      leftOut: (contestant, parameters) => {
        this.#leaveOut(contestant, parameters);
      },
    });
    this.#active = active;
    try {
      this.#status = 'running';
      this.#notice = null;
      await this.#journal.mark('running', null, this.#answered());
      this.#changed.fire({ rows: [], status: 'running', notice: null });
      this.#take(this.#ungradable());
      const tasks = this.#openTasks();
      // The constant costs nothing and is the floor everything is compared with: at once.
      this.#take(tasks.filter(isConstant).map(constantRow(this.config)));
      const ended = await active.run(tasks.filter((task) => !isConstant(task)));
      await this.#settle(ended.status, ended.notice);
      return ok(ended.status);
    } catch (error) {
      const notice = storageProblem(error, this.#folder) ?? problemOf(error);
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
    const { contestants } = this;
    return this.items
      .filter((item) => canBeGraded(this.config, item))
      .flatMap((item) =>
        contestants
          .filter((contestant) => {
            const row = this.#rows.get(rowKey(contestant.id, item.index));
            return row === undefined || row.status === 'error';
          })
          .map((contestant) => ({ contestant, item, attempts: 0 })),
      );
  }

  /** Rows of the items that nobody is asked, as far as they are not there. */
  #ungradable(): RowResult[] {
    return this.items
      .filter((item) => !canBeGraded(this.config, item))
      .flatMap((item) => this.config.contestants.map(({ id }) => ungradableRow(id, item)))
      .filter((row) => !this.#rows.has(rowKey(row.contestant, row.item)));
  }

  #leaveOut(contestant: string, parameters: readonly SamplingParameter[]): void {
    const known = this.contestants.find(({ id }) => id === contestant)?.leftOut ?? [];
    if (parameters.every((parameter) => known.includes(parameter))) return;
    const all = [...new Set([...known, ...parameters])];
    this.#journal.leaveOut(contestant, all);
    this.#leftOut.set(contestant, all);
  }

  #answered(): number {
    return this.rows.filter((row) => row.status !== 'error').length;
  }

  #take(rows: readonly RowResult[]): void {
    const kept: RowResult[] = [];
    try {
      for (const row of rows) {
        this.#journal.append(row);
        const key = rowKey(row.contestant, row.item);
        // A second try moves to the end: "in the order they arrived".
        this.#rows.delete(key);
        this.#rows.set(key, row);
        kept.push(row);
      }
    } finally {
      // Rows that could be written are there, also when the disk has no room for the next one.
      if (kept.length > 0) this.#changed.fire({ rows: kept, status: this.#status, notice: this.#notice });
    }
  }

  async #settle(status: RunStatus, notice: Problem | null): Promise<void> {
    this.#status = status;
    this.#notice = notice;
    // `interrupted` is never written: it is what a journal without an end means.
    try {
      if (status !== 'interrupted') await this.#journal.mark(status, notice, this.#answered());
    } finally {
      // A full disk takes no mark, either: what is shown last is why the run stands still.
      this.#changed.fire({ rows: [], status, notice });
    }
  }
}

function isConstant(task: Task): boolean {
  return task.contestant.kind === 'constant';
}

function constantRow(config: RunConfig): (task: Task) => RowResult {
  return ({ contestant, item }) => gradedRow(config, contestant, item, contestant.constant ?? '', null);
}
