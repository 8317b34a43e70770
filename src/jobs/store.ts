import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Emitter } from '../core/emitter.ts';
import type { Problem } from '../core/result.ts';
import type { Checkpoint, Job, JobEvent, MetricPoint } from '../core/training/job.ts';
import { changedMetricPoints, metricSeries } from '../core/training/metricSeries.ts';
import { writeFileAtomic } from './atomicFile.ts';
import { type JobRecord, type LocalFacts, NO_LOCAL_FACTS, storedRecordSchema } from './jobRecord.ts';

/** What changed about one job. */
export interface JobChange {
  readonly connectionId: string;
  readonly jobId: string;
  /** Undefined: the job was removed. */
  readonly record: JobRecord | undefined;
  readonly added: boolean;
  /** Newest first. */
  readonly newEvents: readonly JobEvent[];
  /** Points that are new or have other figures than before. */
  readonly changedMetrics: readonly MetricPoint[];
}

/** What a monitor or a start has to say about a job; what is absent stays as it was. */
export interface JobUpdate {
  readonly job?: Job;
  /** Events not known yet, newest first; known ones are ignored. */
  readonly newEvents?: readonly JobEvent[];
  readonly checkpoints?: readonly Checkpoint[];
  readonly local?: Partial<LocalFacts>;
  readonly complete?: boolean;
  readonly gone?: boolean;
}

export interface JobStoreOptions {
  /** One file a job is kept here; made when needed. */
  readonly folder: string;
  readonly now?: () => number;
  /** Told once for each file that could not be read or written. */
  readonly onProblem?: (problem: Problem) => void;
  /** While metrics stream in, a job's file is written at most this often. */
  readonly writeEveryMs?: number;
}

/**
 * All jobs that were ever seen, with their curves, in memory and on the disk. Reads nothing before `load`. Files are written whole
 * and atomically, soon after a change and at once when a status or a local fact changes; events lost in a crash come again from the
 * provider.
 */
export class JobStore {
  readonly #options: JobStoreOptions;
  readonly #records = new Map<string, JobRecord>();
  readonly #changed = new Emitter<JobChange>((error) => this.#options.onProblem?.(unexpected(error)));
  readonly #dirty = new Set<string>();
  #loading: Promise<void> | null = null;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #writeFailed = false;

  constructor(options: JobStoreOptions) {
    this.#options = options;
  }

  readonly onDidChange = this.#changed.event;

  /** Reads the folder, once. A file that cannot be understood is set aside with the ending `.corrupt`. */
  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  /** Newest first. */
  list(connectionId?: string): readonly JobRecord[] {
    return [...this.#records.values()]
      .filter((record) => connectionId === undefined || record.connectionId === connectionId)
      .sort((a, b) => b.job.createdAt - a.job.createdAt || b.job.id.localeCompare(a.job.id));
  }

  get(connectionId: string, jobId: string): JobRecord | undefined {
    return this.#records.get(keyOf(connectionId, jobId));
  }

  /** Adds or changes a job and tells the listeners if anything is different. `update.job` is needed for a job not seen before. */
  update(connectionId: string, jobId: string, update: JobUpdate): JobRecord | undefined {
    const key = keyOf(connectionId, jobId);
    const before = this.#records.get(key);
    const job = update.job ?? before?.job;
    if (!job) return undefined;
    const known = new Set(before?.events.map(({ id }) => id));
    const newEvents = (update.newEvents ?? []).filter(({ id }) => !known.has(id));
    const events = newEvents.length > 0 ? mergeEvents(newEvents, before?.events ?? []) : (before?.events ?? []);
    const metrics = newEvents.some((event) => event.metrics) ? metricSeries(events) : (before?.metrics ?? []);
    const record: JobRecord = {
      connectionId,
      job,
      events,
      metrics,
      checkpoints: update.checkpoints ?? before?.checkpoints ?? [],
      local: { ...(before?.local ?? NO_LOCAL_FACTS), ...update.local },
      complete: update.complete ?? before?.complete ?? false,
      gone: update.gone ?? before?.gone ?? false,
      seenAt: this.#now(),
    };
    this.#records.set(key, record);
    if (before && sameExceptSeen(before, record)) return record;
    const urgent =
      before?.job.status !== job.status || update.local !== undefined || before.complete !== record.complete;
    this.#schedule(key, urgent ? 0 : (this.#options.writeEveryMs ?? 2000));
    this.#changed.fire({
      connectionId,
      jobId,
      record,
      added: before === undefined,
      newEvents,
      changedMetrics: changedMetricPoints(before?.metrics ?? [], metrics),
    });
    return record;
  }

  /** Forgets a job; the provider's own list may bring it back. */
  async remove(connectionId: string, jobId: string): Promise<void> {
    const key = keyOf(connectionId, jobId);
    if (!this.#records.delete(key)) return;
    this.#dirty.delete(key);
    this.#changed.fire({ connectionId, jobId, record: undefined, added: false, newEvents: [], changedMetrics: [] });
    await this.#writing;
    await rm(path.join(this.#options.folder, fileName(key)), { force: true });
  }

  /** Resolves when everything known now is on the disk (or was reported as not writable). */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#writeDirty());
    await this.#writing;
  }

  async dispose(): Promise<void> {
    this.#changed.dispose();
    await this.flush();
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #schedule(key: string, afterMs: number): void {
    this.#dirty.add(key);
    if (this.#timer && afterMs > 0) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), afterMs);
    // A window that closes calls `dispose`; the timer alone keeps no process alive.
    this.#timer.unref();
  }

  async #writeDirty(): Promise<void> {
    const keys = [...this.#dirty];
    this.#dirty.clear();
    for (const key of keys) {
      const record = this.#records.get(key);
      if (!record) continue;
      const file = path.join(this.#options.folder, fileName(key));
      try {
        await mkdir(this.#options.folder, { recursive: true });
        await writeFileAtomic(file, `${JSON.stringify({ v: 1, ...record, metrics: undefined })}\n`);
        this.#writeFailed = false;
      } catch (error) {
        if (!this.#writeFailed) this.#options.onProblem?.(unwritable(this.#options.folder, error));
        this.#writeFailed = true;
        // Kept for the next change or flush; no timer, so a full disk is not hammered.
        this.#dirty.add(key);
      }
    }
  }

  async #load(): Promise<void> {
    let names: string[];
    try {
      names = await readdir(this.#options.folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#options.onProblem?.(unreadable(this.#options.folder, error));
      }
      return;
    }
    for (const name of names.filter((entry) => entry.endsWith('.json'))) await this.#loadFile(name);
  }

  async #loadFile(name: string): Promise<void> {
    const file = path.join(this.#options.folder, name);
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      this.#options.onProblem?.(unreadable(file, error));
      return;
    }
    const parsed = storedRecordSchema.safeParse(parseJson(text));
    if (!parsed.success) {
      await rename(file, `${file}.${this.#now()}.corrupt`).catch(() => undefined);
      this.#options.onProblem?.({
        code: 'record-corrupt',
        message: `What was stored about one job could not be read and was set aside (${name}).`,
        action: 'Refresh the jobs to read it from the provider again.',
      });
      return;
    }
    const stored = parsed.data;
    const key = keyOf(stored.connectionId, stored.job.id);
    // A job that was updated while the folder was being read is newer than its file; what only the file knows is added.
    const live = this.#records.get(key);
    const events = live ? mergeEvents(live.events, stored.events) : stored.events;
    const record: JobRecord = {
      ...stored,
      ...live,
      events,
      metrics: metricSeries(events),
      local: live ? overlay(stored.local, live.local) : stored.local,
    };
    this.#records.set(key, record);
    this.#changed.fire({
      connectionId: record.connectionId,
      jobId: record.job.id,
      record,
      added: live === undefined,
      newEvents: record.events,
      changedMetrics: record.metrics,
    });
  }
}

function keyOf(connectionId: string, jobId: string): string {
  return `${connectionId}\n${jobId}`;
}

/** Ids come from servers and never become paths. */
function fileName(key: string): string {
  return `${createHash('sha256').update(key).digest('hex').slice(0, 40)}.json`;
}

function mergeEvents(newer: readonly JobEvent[], older: readonly JobEvent[]): readonly JobEvent[] {
  const ids = new Set(newer.map(({ id }) => id));
  const merged = [...newer, ...older.filter(({ id }) => !ids.has(id))];
  // Stable: events of one second keep the provider's order.
  return merged.sort((a, b) => b.createdAt - a.createdAt);
}

/** `over` wins where it knows something. */
function overlay(under: LocalFacts, over: LocalFacts): LocalFacts {
  const known = Object.entries(over).filter(([key, value]) => value !== NO_LOCAL_FACTS[key as keyof LocalFacts]);
  return { ...under, ...Object.fromEntries(known) };
}

function sameExceptSeen(a: JobRecord, b: JobRecord): boolean {
  return (
    a.events === b.events &&
    a.complete === b.complete &&
    a.gone === b.gone &&
    JSON.stringify([a.job, a.checkpoints, a.local]) === JSON.stringify([b.job, b.checkpoints, b.local])
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown reason';
}

function unreadable(file: string, error: unknown): Problem {
  return {
    code: 'storage-unreadable',
    message: `${file} cannot be read (${codeOf(error)}).`,
    action: 'Check its permissions.',
  };
}

function unwritable(folder: string, error: unknown): Problem {
  return {
    code: 'storage-unwritable',
    message: `What is known about the jobs cannot be saved in ${folder} (${codeOf(error)}).`,
    action: 'Make room or repair its permissions.',
  };
}

function unexpected(error: unknown): Problem {
  return {
    code: 'unexpected',
    message: `Something unexpected went wrong: ${error instanceof Error ? error.message : String(error)}.`,
    action: 'See the log for details.',
  };
}
