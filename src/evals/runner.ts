import { rm } from 'node:fs/promises';
import { Emitter } from '../core/base/emitter.ts';
import type {
  Contestant,
  RowResult,
  RunConfig,
  RunStatus,
  SamplingParameter,
  TestItem,
  TokenUsage,
} from '../core/evaluation/types.ts';
import type { Look } from '../core/statistics/earlyStop.ts';
import { t } from '../core/base/messages.ts';
import { problemOf } from '../core/provider/failure.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import { Candidate, type Holder } from '../storage/lease.ts';
import { storageProblem, systemCode } from '../storage/storageProblem.ts';
import { EarlyStopping } from './earlyStopping.ts';
import { type NewRun, onlyOurs, RunJournal, TakenOver } from './journal.ts';
import { askingOrder } from './order.ts';
import { Patterns } from './patterns.ts';
import { JournalReader, readInto, RunState } from './reader.ts';
import { journalOf, lockOf } from './runFiles.ts';
import { ActiveRun, type RunnerDeps } from './scheduler.ts';
import { contestantsOf, isOpen, listTasks } from './tasks.ts';
import { canBeGraded } from './ungradable.ts';
import { runClosed, runDamaged, runElsewhere, runUnreadable, takenOver } from './words.ts';

export interface RunChange {
  /** New rows in the order they arrived; each replaces an earlier one of the same contestant and item. */
  readonly rows: readonly RowResult[];
  readonly status: RunStatus;
  /** Reason why it stopped or left something out. */
  readonly notice: Problem | null;
}

/**
 * Evaluation run, read from its journal and followed while another process writes it. `start` makes this process its writer until
 * the run stops: it asks every contestant every item, a bounded number of requests at once, and writes each row to the journal at
 * once. Row order: all contestants of an item before the next item, so that figures can be compared while it runs.
 */
export class EvaluationRun {
  readonly config: RunConfig;
  readonly #folder: string;
  /** Candidate for the lifetime of the run: it remembers since when another holder has been silent. */
  readonly #candidate: Candidate;
  readonly #changed = new Emitter<RunChange>();
  #state: RunState;
  #reader: JournalReader;
  /** Journal while this process may write, else null. */
  #journal: RunJournal | null = null;
  #holder: Holder | null = null;
  #active: ActiveRun | null = null;
  #starting = false;
  #isCancelled = false;
  #disposed = false;
  /** Queue of reading, taking over and giving back. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, config: RunConfig, state: RunState, reader: JournalReader, candidate: Candidate) {
    this.config = config;
    this.#folder = folder;
    this.#state = state;
    this.#reader = reader;
    this.#candidate = candidate;
  }

  /**
   * Writes the head of a new run, and keeps other processes from starting it; nothing is asked before `start`.
   * @param rows recorded answers, which it has from its beginning
   */
  static async create(
    folder: string,
    config: RunConfig,
    items: readonly TestItem[],
    { candidate = new Candidate(lockOf(folder, config.id)), rows = [] }: NewRun = {},
  ): Promise<EvaluationRun> {
    const state = RunState.of(config, items, rows);
    const run = new EvaluationRun(folder, config, state, new JournalReader(journalOf(folder, config.id)), candidate);
    run.#journal = await RunJournal.create(folder, { config, items, rows }, candidate, () => {
      run.#active?.interrupt();
    });
    return run;
  }

  /** Reads a run; nothing is written. */
  static async open(
    folder: string,
    id: string,
    candidate = new Candidate(lockOf(folder, id)),
  ): Promise<Result<EvaluationRun>> {
    const file = journalOf(folder, id);
    const state = new RunState();
    const reader = new JournalReader(file);
    let holder: Holder | null;
    try {
      // Looked up before the rows are read, so that the last rows of a holder that let go are included.
      holder = await candidate.look();
      await readInto(state, reader);
    } catch (error) {
      return fail(runUnreadable(error));
    }
    if (state.config === null) return fail(runDamaged());
    const run = new EvaluationRun(folder, state.config, state, reader, candidate);
    run.#holder = holder;
    return ok(run);
  }

  readonly onDidChange = this.#changed.event;

  get items(): readonly TestItem[] {
    return this.#state.items;
  }

  /** `running` also while another process runs it; `interrupted` when it was running and no end was written. */
  get status(): RunStatus {
    const { status } = this.#state;
    if (status !== 'running' || this.#active) return status;
    return this.elsewhere?.leftBehind === null ? 'running' : 'interrupted';
  }

  /** Another process that runs it, or that left it behind without a written end; null: it can simply be started. */
  get elsewhere(): Holder | null {
    return this.#journal === null && this.#state.status === 'running' ? this.#holder : null;
  }

  /** Tells whether this process runs it. */
  get isActive(): boolean {
    return this.#starting;
  }

  /** Tells whether this process has the lease, from the creation or from `start` on. */
  get isWriter(): boolean {
    return this.#journal !== null;
  }

  get notice(): Problem | null {
    return this.#state.notice;
  }

  /** Rows in the order of their arrival. */
  get rows(): readonly RowResult[] {
    return this.#state.rows;
  }

  /** Rows with an answer. */
  get answered(): number {
    return this.#state.answered;
  }

  rowsOf(contestant: string): readonly RowResult[] {
    return this.#state.rowsOf(contestant);
  }

  row(contestant: string, item: number): RowResult | undefined {
    return this.#state.row(contestant, item);
  }

  /** Looks at the contestant's difference from the baseline, of a run that may stop early. */
  looks(contestant: string): readonly Look[] {
    return this.#state.looks(contestant);
  }

  /** Tokens that the contestant has used; null when the provider told none. */
  usage(contestant: string): TokenUsage | null {
    return this.#state.usage(contestant);
  }

  /** Contestants of the configuration, with the parameters that their models turned out to refuse. */
  get contestants(): readonly Contestant[] {
    return contestantsOf(this.config, this.#state);
  }

  /** Items that `start` would ask this contestant. */
  openItems(contestant: string): readonly TestItem[] {
    return this.items.filter((item) => isOpen(this.config, this.#state, contestant, item));
  }

  /** Number of rows that are missing or ended in an error; those of items that cannot be graded come with the first start. */
  get remaining(): number {
    return this.items.length * this.config.contestants.length - this.#state.answered;
  }

  /**
   * Asks the missing rows and resolves when the run stops: finished, paused or canceled. Takes over a run that its writer left
   * behind, and is refused while another process writes it. `testFileSha256`: hash of the current file; another one than at the
   * beginning is refused, since its rows would not belong together.
   */
  async start(testFileSha256: string, deps: RunnerDeps): Promise<Result<RunStatus>> {
    if (testFileSha256 !== this.config.testFile.sha256) {
      return fail({
        code: 'test-file-changed',
        message: t('The test file has changed after this evaluation began.'),
        action: t('Start a new evaluation, or restore the file and resume.'),
      });
    }
    if (this.#starting) {
      return fail({
        code: 'already-running',
        message: t('This evaluation is already running.'),
        action: t('Wait for it or cancel it.'),
      });
    }
    this.#starting = true;
    this.#isCancelled = false;
    try {
      const journal = await this.#inTurn(() => this.#becomeWriter());
      return journal.ok ? await this.#evaluate(journal.value, deps) : journal;
    } finally {
      this.#starting = false;
      this.#tell([]);
    }
  }

  /** Cancels the run and keeps its rows; pending requests are aborted. Resolves through `start`. Does nothing to a run of another process. */
  cancel(): void {
    this.#isCancelled = true;
    this.#active?.cancel();
  }

  /** Reads the rows that another process wrote since the last call, and the current holder. Does nothing while this process writes. */
  async follow(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#journal !== null || this.#disposed) return;
      const before = this.#standing();
      this.#holder = await this.#candidate.look();
      const rows = await readInto(this.#state, this.#reader);
      if (rows.length > 0 || this.#standing() !== before) this.#tell(rows);
    });
  }

  /** Cancels and lets the next writer have the run; one that was in progress is `interrupted` when it is opened again. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#active?.interrupt();
    this.#changed.dispose();
    await this.#inTurn(() => this.#giveBack());
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #standing(): string {
    return JSON.stringify([this.status, this.elsewhere, this.notice]);
  }

  #tell(rows: readonly RowResult[]): void {
    this.#changed.fire({ rows, status: this.status, notice: this.notice });
  }

  /** Takes the lease first, then reads the rows that others wrote until then; only then this process may write the file. */
  async #becomeWriter(): Promise<Result<RunJournal>> {
    if (this.#disposed) return fail(runClosed());
    if (this.#journal) return ok(this.#journal);
    const lease = await this.#candidate.tryAcquire();
    if (!lease) {
      this.#holder = await this.#candidate.look();
      return fail(runElsewhere(this.#holder));
    }
    try {
      const rows = await readInto(this.#state, this.#reader);
      this.#journal = await RunJournal.continue(this.#folder, this.config.id, this.#reader.offset, lease, () => {
        this.#active?.interrupt();
      });
      this.#holder = null;
      if (rows.length > 0) this.#tell(rows);
      return ok(this.#journal);
    } catch (error) {
      // Deleted meanwhile: no lease of a missing run is left behind.
      const isGone = systemCode(error) === 'ENOENT';
      if (isGone) await rm(lockOf(this.#folder, this.config.id), { recursive: true, force: true });
      await lease.release();
      return fail((isGone ? null : storageProblem(error, this.#folder)) ?? runUnreadable(error));
    }
  }

  async #giveBack(): Promise<void> {
    const journal = this.#journal;
    if (!journal) return;
    try {
      await journal.close();
    } finally {
      this.#journal = null;
      this.#reader = new JournalReader(journalOf(this.#folder, this.config.id), journal.bytes);
    }
  }

  async #evaluate(journal: RunJournal, deps: RunnerDeps): Promise<Result<RunStatus>> {
    const order = askingOrder(this.config, this.items);
    let stopping: EarlyStopping | null = null;
    const patterns = new Patterns(this.config);
    const active = new ActiveRun(
      this.config,
      { ...deps, ask: onlyOurs(journal, deps.ask) },
      {
        rows: (rows) => {
          this.#take(rows);
          stopping?.update();
        },
        sample: (contestant, item, sample) => {
          journal.addSample(contestant, item, sample);
          this.#state.addSample(contestant, item, sample);
        },
        leftOut: (contestant, parameters) => {
          this.#leaveOut(contestant, parameters);
        },
      },
      patterns,
    );
    this.#active = active;
    // Requested while the journal was being taken over.
    if (this.#disposed) active.interrupt();
    else if (this.#isCancelled) active.cancel();
    try {
      this.#state.mark('running', null);
      await journal.mark('running', null, this.answered);
      this.#tell([]);
      const tasks = await listTasks(this.config, this.#state, order, patterns, (rows) => {
        this.#take(rows);
      });
      if (deps.stopEarly ?? this.config.stopEarly === true) {
        stopping = this.#stopping(journal, order, active);
        stopping.begin();
      }
      const ended = await active.run(tasks);
      await journal.ensureOurs();
      await this.#settle(journal, ended.status, ended.notice);
      return ok(ended.status);
    } catch (error) {
      active.cancel();
      if (error instanceof TakenOver) {
        this.#active = null;
        await this.#readAgain();
        return fail(takenOver());
      }
      const notice = storageProblem(error, this.#folder) ?? problemOf(error);
      await this.#settle(journal, 'paused', notice).catch(() => undefined);
      return fail(notice);
    } finally {
      patterns.dispose();
      this.#active = null;
      // A journal that can no longer be written or released is left behind, which the next writer sees.
      await this.#inTurn(() => this.#giveBack()).catch(() => undefined);
    }
  }

  #stopping(journal: RunJournal, order: readonly TestItem[], active: ActiveRun): EarlyStopping {
    const items = order.filter((item) => canBeGraded(this.config, item));
    return new EarlyStopping(this.config, items, {
      row: (contestant, item) => this.#state.row(contestant, item),
      looks: (contestant) => this.#state.looks(contestant),
      keep: (contestant, look) => {
        journal.addLook(contestant, look);
        this.#state.addLook(contestant, look);
      },
      decide: (contestant) => {
        active.decide(contestant);
      },
    });
  }

  #leaveOut(contestant: string, parameters: readonly SamplingParameter[]): void {
    const known = this.contestants.find(({ id }) => id === contestant)?.leftOut ?? [];
    if (!this.#journal || parameters.every((parameter) => known.includes(parameter))) return;
    const all = [...new Set([...known, ...parameters])];
    this.#journal.leaveOut(contestant, all);
    this.#state.leaveOut(contestant, all);
  }

  #take(rows: readonly RowResult[]): void {
    if (rows.length === 0 || !this.#journal) return;
    this.#journal.append(rows);
    for (const row of rows) this.#state.put(row);
    this.#tell(rows);
  }

  async #settle(journal: RunJournal, status: RunStatus, notice: Problem | null): Promise<void> {
    this.#active = null;
    // `interrupted` is never written: a journal without an end means it.
    if (status === 'interrupted') return;
    this.#state.mark(status, notice);
    await journal.mark(status, notice, this.answered);
  }

  /** Reads the whole journal again after another process took the run over: rows that are not in it do not count. */
  async #readAgain(): Promise<void> {
    await this.#inTurn(async () => {
      await this.#giveBack();
      this.#state = new RunState();
      this.#reader = new JournalReader(journalOf(this.#folder, this.config.id));
      this.#holder = await this.#candidate.look();
      this.#tell(await readInto(this.#state, this.#reader));
    }).catch(() => undefined);
  }
}
