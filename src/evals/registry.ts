import { readdir, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Emitter } from '../core/base/emitter.ts';
import type { RunFact } from '../core/evaluation/comparison/fact.ts';
import type { RowResult, RunConfig, RunStatus, TestItem } from '../core/evaluation/types.ts';
import { fail, ok, type Result } from '../core/base/result.ts';
import { watchFolder } from '../storage/folderWatch.ts';
import { BEAT_MS, Candidate, type Holder } from '../storage/lease.ts';
import { systemCode } from '../storage/storageProblem.ts';
import { forList, readHead, type RunHead } from './heads.ts';
import { draftOf, journalOf, lockOf, runIdOf } from './runFiles.ts';
import { RunIndex } from './runIndex.ts';
import { RunWatch } from './runWatch.ts';
import type { EvaluationRun, RunChange } from './runner.ts';
import { runElsewhere, runsHere } from './words.ts';

// Loaded with the first created or opened run: a list needs the heads of the journals only.
const runner = () => import('./runner.ts');
// Loaded with the first run whose fact is not known.
const facts = () => import('./findFact.ts');

/** Pause within which changes of the folder are handled together. */
const LOOK_PAUSE_MS = 200;

export interface RegisteredRun {
  readonly config: RunConfig;
  /** `running` also while another process runs it. */
  readonly status: RunStatus;
  /** Rows with an answer; null when it is not known without reading the whole run. */
  readonly answered: number | null;
  /** Another process that runs it, or that left it behind; null: this process or none. */
  readonly elsewhere: Holder | null;
  /** Name that the user gave it. */
  readonly title?: string;
  /** What it says, once it is known. */
  readonly fact?: RunFact;
}

export interface RegistryChange {
  readonly runId: string;
  /** Undefined: the run was removed, or the list was read again. */
  readonly change: RunChange | undefined;
}

/** Run in the list that is not open. */
interface Listed {
  readonly head: RunHead;
  /** Size and time of the journal that the head was read from. */
  readonly stamp: string;
  /** Watch of a run without a written end. */
  readonly watch: RunWatch | null;
}

/** Registry of all evaluation runs: heads of those on the disk, and the open ones. Follows the changes by other processes. */
export class RunRegistry {
  readonly #folder: string;
  readonly #listed = new Map<string, Listed>();
  readonly #open = new Map<string, { readonly run: EvaluationRun; users: number }>();
  /** One candidate per run, long-lived: it remembers since when another holder has been silent. */
  readonly #candidates = new Map<string, Candidate>();
  readonly #opening = new Map<string, Promise<Result<EvaluationRun>>>();
  readonly #changed = new Emitter<RegistryChange>();
  readonly #index: RunIndex;
  /** Facts of open runs by id, with the state that they were found in. */
  readonly #openFacts = new Map<string, { readonly state: string; readonly fact: RunFact | null }>();
  #glanced: Promise<void> | null = null;
  #finding: Promise<void> | null = null;
  #looking: Promise<void> = Promise.resolve();
  #stopFollowing: (() => void) | null = null;
  #disposed = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.#index = new RunIndex(folder);
  }

  readonly onDidChange = this.#changed.event;

  /** Reads the folder again, and reports the changes by other processes from then on. */
  async load(): Promise<void> {
    await this.glance();
    this.#follow();
    await this.#look();
    this.#changed.fire({ runId: '', change: undefined });
  }

  /** Lists the runs as they were seen last, from one small file: there at once, and perhaps out of date until `load`. */
  glance(): Promise<void> {
    this.#glanced ??= this.#index.read().then(() => {
      for (const [id, { head, stamp }] of this.#index.runs)
        if (!this.#listed.has(id)) this.#listed.set(id, { head, stamp, watch: null });
    });
    return this.#glanced;
  }

  /** Finds what each ended run says, one after the other in the background; the change of each is reported. */
  findFacts(): Promise<void> {
    this.#finding ??= this.#findFacts().finally(() => {
      this.#finding = null;
    });
    return this.#finding;
  }

  /** Gives a run a name in the lists; an empty one gives it back its own. Rejects with the system's error. */
  async rename(id: string, name: string): Promise<void> {
    await this.#index.rename(id, name);
    this.#changed.fire({ runId: id, change: undefined });
  }

  /** Lists the runs, newest first. */
  list(): readonly RegisteredRun[] {
    const runs = new Map<string, RegisteredRun>();
    for (const [id, { head, watch }] of this.#listed) {
      const { config, answered, status } = head;
      const elsewhere = watch?.holder ?? null;
      runs.set(id, {
        config,
        status: status !== 'running' || elsewhere?.leftBehind === null ? status : 'interrupted',
        answered: watch ? watch.answered : answered,
        elsewhere,
        ...this.#told(id, this.#index.runs.get(id)?.fact ?? null),
      });
    }
    for (const { run } of this.#open.values()) {
      const { config, status, answered, elsewhere } = run;
      const fact = status === 'running' ? null : (this.#openFacts.get(config.id)?.fact ?? null);
      runs.set(config.id, { config, status, answered, elsewhere, ...this.#told(config.id, fact) });
    }
    return [...runs.values()].sort((a, b) => b.config.createdAt - a.config.createdAt);
  }

  /** Returns the run when it is open already. */
  get(id: string): EvaluationRun | undefined {
    return this.#open.get(id)?.run;
  }

  /** Creates a run; the caller closes it. @param rows recorded answers, which it has from its beginning */
  async create(config: RunConfig, items: readonly TestItem[], rows: readonly RowResult[] = []): Promise<EvaluationRun> {
    this.#follow();
    const { EvaluationRun } = await runner();
    const candidate = this.#candidate(config.id);
    return this.#add(await EvaluationRun.create(this.#folder, config, items, { candidate, rows }), 1);
  }

  /** Opens a run from the disk, whole; the same object for all callers. Each caller closes it. */
  async open(id: string): Promise<Result<EvaluationRun>> {
    this.#follow();
    for (;;) {
      const opened = await this.#openOnce(id);
      if (!opened.ok) return opened;
      const entry = this.#open.get(id);
      // All other callers closed it at this very moment: one more try.
      if (entry?.run !== opened.value) continue;
      entry.users++;
      return opened;
    }
  }

  /** Closes a run for one caller; after the last one a run that does not run here is dropped with its rows. */
  close(run: EvaluationRun): void {
    const entry = this.#open.get(run.config.id);
    if (entry?.run !== run) return;
    entry.users--;
    this.#letGo(run.config.id);
  }

  /** Deletes a run and its rows; refused while a living process runs it. */
  async remove(id: string): Promise<Result<true>> {
    const run = this.get(id);
    if (!run && !this.#listed.has(id)) return ok(true);
    if (run?.isActive === true) return fail(runsHere());
    const candidate = this.#candidate(id);
    // The lease of a created run that was never started is held by this process.
    if (run?.isWriter === true) await run.dispose();
    const lease = await candidate.tryAcquire();
    if (!lease) return fail(runElsewhere(await candidate.look()));
    await run?.dispose();
    await rm(journalOf(this.#folder, id), { force: true });
    await rm(draftOf(this.#folder, id), { force: true });
    await rm(lockOf(this.#folder, id), { recursive: true, force: true });
    await lease.release();
    this.#drop(id);
    this.#changed.fire({ runId: id, change: undefined });
    return ok(true);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#stopFollowing?.();
    this.#changed.dispose();
    await Promise.all([...this.#open.values()].map(({ run }) => run.dispose()));
    this.#open.clear();
    await this.#looking;
    await this.#index.dispose();
  }

  #openOnce(id: string): Promise<Result<EvaluationRun>> {
    const run = this.get(id);
    if (run) return Promise.resolve(ok(run));
    const opening =
      this.#opening.get(id) ??
      runner()
        .then(({ EvaluationRun }) => EvaluationRun.open(this.#folder, id, this.#candidate(id)))
        .then((result) => {
          if (result.ok) this.#add(result.value, 0);
          return result;
        })
        .finally(() => this.#opening.delete(id));
    this.#opening.set(id, opening);
    return opening;
  }

  #add(run: EvaluationRun, users: number): EvaluationRun {
    const { id } = run.config;
    this.#open.set(id, { run, users });
    run.onDidChange((change) => {
      this.#changed.fire({ runId: id, change });
      this.#letGo(id);
    });
    this.#changed.fire({ runId: id, change: { rows: [], status: run.status, notice: run.notice } });
    return run;
  }

  #letGo(id: string): void {
    const entry = this.#open.get(id);
    if (!entry || entry.users > 0 || entry.run.isActive) return;
    const { config, status, answered } = entry.run;
    this.#open.delete(id);
    // State in the list until its journal is read again.
    const head = { config: forList(config), status: status === 'interrupted' ? 'running' : status, answered } as const;
    this.#listed.set(id, { head, stamp: '', watch: null });
    void entry.run.dispose().then(() => this.#look());
  }

  #drop(id: string): void {
    this.#open.delete(id);
    this.#listed.delete(id);
    this.#candidates.delete(id);
    this.#openFacts.delete(id);
    this.#index.drop(id);
  }

  #told(id: string, fact: RunFact | null): Pick<RegisteredRun, 'title' | 'fact'> {
    const title = this.#index.name(id);
    return { ...(title === undefined ? {} : { title }), ...(fact === null ? {} : { fact }) };
  }

  async #findFacts(): Promise<void> {
    this.#index.keep();
    const { findFact, judgeFact } = await facts();
    for (const { run } of [...this.#open.values()]) {
      const { id } = run.config;
      const state = `${run.status} ${String(run.answered)}`;
      if (run.status === 'running' || this.#openFacts.get(id)?.state === state) continue;
      const fact = await judgeFact(run.config, run.items, run.rows, (contestant) => run.looks(contestant));
      this.#openFacts.set(id, { state, fact });
      this.#changed.fire({ runId: id, change: undefined });
    }
    for (const [id, { head, stamp }] of [...this.#listed]) {
      const known = this.#index.runs.get(id);
      if (this.#disposed || head.status === 'running' || known?.stamp !== stamp || isKnown(known.fact, head)) continue;
      // A journal that cannot be read now is tried again with its next change.
      const fact = await findFact(this.#folder, id).catch(() => null);
      this.#index.setFact(id, stamp, fact);
      this.#changed.fire({ runId: id, change: undefined });
    }
  }

  #candidate(id: string): Candidate {
    let candidate = this.#candidates.get(id);
    if (!candidate) {
      candidate = new Candidate(lockOf(this.#folder, id));
      this.#candidates.set(id, candidate);
    }
    return candidate;
  }

  #follow(): void {
    if (this.#stopFollowing || this.#disposed) return;
    const stopWatching = watchFolder(
      this.#folder,
      (name) => runIdOf(name) !== null || name.endsWith('.lock') || name === 'names.json',
      async () => {
        await this.#look();
        await delay(LOOK_PAUSE_MS, undefined, { ref: false });
      },
    );
    // Reads a holder's signs of life, and its rows where the system tells nothing about changes.
    const timer = setInterval(() => {
      if (this.list().some(({ elsewhere }) => elsewhere?.leftBehind === null)) void this.#look();
    }, BEAT_MS);
    timer.unref();
    this.#stopFollowing = () => {
      clearInterval(timer);
      stopWatching();
    };
  }

  /** Queues a look; never rejects. */
  #look(): Promise<void> {
    this.#looking = this.#looking
      .then(() => this.#lookNow())
      .then(
        (isDifferent) => {
          if (isDifferent) this.#changed.fire({ runId: '', change: undefined });
        },
        // A folder that cannot be read now is read again with its next change.
        () => undefined,
      );
    return this.#looking;
  }

  async #lookNow(): Promise<boolean> {
    if (this.#disposed) return false;
    const ids = await runsIn(this.#folder);
    let isDifferent = await this.#index.readNames();
    for (const id of this.#listed.keys()) {
      if (ids.has(id) || this.#open.has(id)) continue;
      this.#drop(id);
      isDifferent = true;
    }
    for (const id of ids) {
      const run = this.get(id);
      if (run) await this.#followOpen(run);
      else if (await this.#lookAt(id)) isDifferent = true;
    }
    for (const { run } of [...this.#open.values()]) {
      if (!ids.has(run.config.id) && !run.isActive) await this.#followOpen(run);
    }
    return isDifferent;
  }

  /** Follows an open run, which reports its changes by itself. */
  async #followOpen(run: EvaluationRun): Promise<void> {
    try {
      await run.follow();
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') return;
      // Another process deleted it; a view that shows it keeps its rows until then.
      const { id } = run.config;
      this.#drop(id);
      this.#changed.fire({ runId: id, change: undefined });
    }
  }

  async #lookAt(id: string): Promise<boolean> {
    const known = this.#listed.get(id);
    const found = await stat(journalOf(this.#folder, id)).catch(() => null);
    if (!found) return false;
    const stamp = [found.ino, found.size, found.mtimeMs].join(' ');
    const isRead = known?.stamp === stamp && (known.watch !== null || known.head.status !== 'running');
    if (isRead) return (await known.watch?.look()) ?? false;
    const head = await readHead(this.#folder, id).catch(() => null);
    // The file is no run, or cannot be read now.
    if (!head) return false;
    const isOpenEnded = head.status === 'running';
    const watch = isOpenEnded ? (known?.watch ?? new RunWatch(this.#folder, id, this.#candidate(id))) : null;
    await watch?.look();
    // The run may have been opened meanwhile and knows more.
    if (!this.#open.has(id)) this.#listed.set(id, { head, stamp, watch });
    this.#index.put(id, stamp, head);
    return true;
  }
}

/** Reads the ids from the names of the files; none where the folder does not exist yet. */
async function runsIn(folder: string): Promise<ReadonlySet<string>> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  return new Set(names.flatMap((name) => runIdOf(name) ?? []));
}

/** Whether a fact is all that a list shows; those of earlier versions do not tell whether thresholds are met. */
function isKnown(fact: RunFact | null | undefined, { config }: RunHead): boolean {
  if (fact === null || fact === undefined) return fact === null;
  return config.pass === undefined || fact.passed !== undefined;
}
