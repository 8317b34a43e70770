import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Emitter } from '../core/base/emitter.ts';
import type { RunConfig, RunStatus, TestItem } from '../core/evaluation/types.ts';
import type { Result } from '../core/base/result.ts';
import { listRuns, type RunHead } from './journal.ts';
import type { EvaluationRun, RunChange } from './runner.ts';

// Read with the first run that is made or opened: a list needs the heads of the journals only.
const runner = () => import('./runner.ts');

export interface RegisteredRun {
  readonly config: RunConfig;
  readonly status: RunStatus;
  /** Rows with an answer; null when it is not known without reading the whole run. */
  readonly answered: number | null;
}

export interface RegistryChange {
  readonly runId: string;
  /** Undefined: removed, or the list was read anew. */
  readonly change: RunChange | undefined;
}

/** All evaluation runs: heads of those on the disk, and the ones that are open. */
export class RunRegistry {
  readonly #folder: string;
  readonly #heads = new Map<string, RunHead>();
  readonly #open = new Map<string, EvaluationRun>();
  readonly #opening = new Map<string, Promise<Result<EvaluationRun>>>();
  readonly #changed = new Emitter<RegistryChange>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  readonly onDidChange = this.#changed.event;

  /** Reads the folder again. */
  async load(): Promise<void> {
    const heads = await listRuns(this.#folder);
    this.#heads.clear();
    for (const head of heads) this.#heads.set(head.config.id, head);
    this.#changed.fire({ runId: '', change: undefined });
  }

  /** Newest first. */
  list(): readonly RegisteredRun[] {
    const runs = new Map<string, RegisteredRun>(this.#heads);
    for (const run of this.#open.values()) {
      const answered = run.rows.filter((row) => row.status !== 'error').length;
      runs.set(run.config.id, { config: run.config, status: run.status, answered });
    }
    return [...runs.values()].sort((a, b) => b.config.createdAt - a.config.createdAt);
  }

  /** The run when it is open already. */
  get(id: string): EvaluationRun | undefined {
    return this.#open.get(id);
  }

  async create(config: RunConfig, items: readonly TestItem[]): Promise<EvaluationRun> {
    return this.#add(await (await runner()).EvaluationRun.create(this.#folder, config, items));
  }

  /** Opens a run from the disk, whole; the same object for everyone who asks. */
  async open(id: string): Promise<Result<EvaluationRun>> {
    const open = this.#open.get(id);
    if (open) return { ok: true, value: open };
    const opening =
      this.#opening.get(id) ??
      runner()
        .then(({ EvaluationRun }) => EvaluationRun.open(this.#folder, id))
        .then((result) => {
          if (result.ok) this.#add(result.value);
          return result;
        });
    this.#opening.set(id, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(id);
    }
  }

  /** Deletes a run and its rows. */
  async remove(id: string): Promise<void> {
    const run = this.#open.get(id);
    if (!run && !this.#heads.has(id)) return;
    this.#open.delete(id);
    this.#heads.delete(id);
    await run?.dispose();
    await rm(path.join(this.#folder, `${id}.jsonl`), { force: true });
    this.#changed.fire({ runId: id, change: undefined });
  }

  async dispose(): Promise<void> {
    this.#changed.dispose();
    await Promise.all([...this.#open.values()].map((run) => run.dispose()));
    this.#open.clear();
  }

  #add(run: EvaluationRun): EvaluationRun {
    const { id } = run.config;
    this.#open.set(id, run);
    run.onDidChange((change) => {
      this.#changed.fire({ runId: id, change });
    });
    this.#changed.fire({ runId: id, change: { rows: [], status: run.status, notice: run.notice } });
    return run;
  }
}
