import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Emitter } from '../../core/base/emitter.ts';
import type { Problem } from '../../core/base/result.ts';
import { watchFolder } from '../../storage/folderWatch.ts';
import type { JobEvent } from '../../core/training/job.ts';
import type { JobChange } from './jobChange.ts';
import { journalOf } from './eventJournal.ts';
import { JobFiles } from './jobFiles.ts';
import type { JobRecord, LocalFacts } from './jobRecord.ts';
import { type Lease, withLock } from '../../storage/lease.ts';
import { RECORD_FILE, recordFileName, setAside, stampOf } from './recordFile.ts';
import { applyUpdate, combine, type JobUpdate, rebase, sameExceptSeen, type TimedUpdate } from './recordUpdate.ts';
import { corrupt, systemCode, unexpected, unreadable, unwritable } from '../../storage/storageProblem.ts';

export interface JobStoreOptions {
  /** Folder with a record and a journal of events per job; made when needed. */
  readonly folder: string;
  readonly now?: () => number;
  /** Called once for each kind of problem with the files. */
  readonly onProblem?: (problem: Problem) => void;
  /** While metrics stream in, a job's file is written at most this often. */
  readonly writeEveryMs?: number;
  /** Reads facts from another source about jobs whose file was damaged, by the file's name. */
  readonly rebuild?: () => Promise<ReadonlyMap<string, Partial<LocalFacts>>>;
}

interface Entry {
  readonly connectionId: string;
  readonly jobId: string;
  readonly files: JobFiles;
  record: JobRecord;
  /** Update of this process that is not yet on the disk; its events wait in `files`. */
  pending: TimedUpdate | null;
  /** Stamp of the file as it was last read or written here; null: not on the disk. */
  stamp: string | null;
  fence: number;
}

/**
 * Store of all jobs that were ever seen, with their curves, in memory and on the disk, shared by all windows. Reads nothing before
 * `load`. Records are written whole, atomically and under one lock: later changes by another process are kept and the own update is
 * applied on top. Events are added to a journal beside the record, before it: writing costs by what is new.
 */
export class JobStore {
  readonly #options: JobStoreOptions;
  readonly #entries = new Map<string, Entry>();
  /** Facts from another source by file name. */
  #rebuilt: ReadonlyMap<string, Partial<LocalFacts>> = new Map();
  readonly #changed = new Emitter<JobChange>((error) => this.#options.onProblem?.(unexpected(error)));
  readonly #dirty = new Set<string>();
  #loading: Promise<void> | null = null;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #writeFailed = false;
  #unfollow: (() => void) | null = null;

  constructor(options: JobStoreOptions) {
    this.#options = options;
  }

  readonly onDidChange = this.#changed.event;

  /** Reads the folder, once. Files that cannot be understood are set aside with the ending `.corrupt`. */
  load(): Promise<void> {
    this.#loading ??= this.#readFolder();
    return this.#loading;
  }

  /** Lists the jobs, newest first. */
  list(connectionId?: string): readonly JobRecord[] {
    return [...this.#entries.values()]
      .map(({ record }) => record)
      .filter((record) => connectionId === undefined || record.connectionId === connectionId)
      .sort((a, b) => b.job.createdAt - a.job.createdAt || b.job.id.localeCompare(a.job.id));
  }

  get(connectionId: string, jobId: string): JobRecord | undefined {
    return this.#entries.get(recordFileName(connectionId, jobId))?.record;
  }

  /** Adds or changes a job and tells the listeners if anything is different. `update.job` is needed for a job not seen before. */
  update(connectionId: string, jobId: string, update: JobUpdate): JobRecord | undefined {
    const key = recordFileName(connectionId, jobId);
    const known = this.#entries.get(key);
    const before = known?.record;
    const { newEvents = [], ...facts } = update;
    const local = before ? update.local : { ...this.#rebuilt.get(key), ...update.local };
    const timed: TimedUpdate = { ...facts, ...(local ? { local } : {}), seenAt: this.#now() };
    const record = applyUpdate(connectionId, before, timed);
    if (!record) return undefined;
    const { events, steps } = record.events.add(newEvents);
    if (known && events.length === 0 && before && sameExceptSeen(before, record)) {
      known.record = record;
      return record;
    }
    const entry = known ?? this.#entry(key, { connectionId, jobId, record });
    this.#entries.set(key, entry);
    entry.record = record;
    entry.pending = combine(entry.pending, timed);
    entry.files.add(events);
    const urgent =
      before?.job.status !== record.job.status || update.local !== undefined || before.complete !== record.complete;
    this.#schedule(key, urgent ? 0 : (this.#options.writeEveryMs ?? 2000));
    this.#tell(before === undefined, record, events, steps);
    return record;
  }

  /** Forgets a job, in all windows; the provider's own list may bring it back. */
  async remove(connectionId: string, jobId: string): Promise<void> {
    const key = recordFileName(connectionId, jobId);
    if (!this.#forget(key)) return;
    await this.#writing;
    const file = path.join(this.#options.folder, key);
    await rm(file, { force: true });
    await rm(journalOf(file), { force: true });
  }

  /** Follows the writes of other processes until the store is disposed. */
  follow(): void {
    this.#unfollow ??= watchFolder(
      this.#options.folder,
      (name) => RECORD_FILE.test(name),
      () => this.refresh(),
    );
  }

  /** Reads the changes that other processes have written. */
  async refresh(): Promise<void> {
    await this.load();
    await this.#readFolder();
  }

  /** Resolves when everything known now is on the disk (or was reported as unwritable). */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#writeDirty());
    await this.#writing;
  }

  async dispose(): Promise<void> {
    this.#changed.dispose();
    this.#unfollow?.();
    await this.flush();
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #entry(key: string, { connectionId, jobId, record }: Pick<Entry, 'connectionId' | 'jobId' | 'record'>): Entry {
    const files = new JobFiles(path.join(this.#options.folder, key));
    return { connectionId, jobId, record, files, pending: null, stamp: null, fence: 0 };
  }

  #tell(added: boolean, record: JobRecord, newEvents: readonly JobEvent[] = [], changedSteps = NO_STEPS): void {
    const { connectionId, job } = record;
    this.#changed.fire({ connectionId, jobId: job.id, record, added, newEvents, changedSteps });
  }

  #forget(key: string): boolean {
    const entry = this.#entries.get(key);
    if (!entry) return false;
    this.#entries.delete(key);
    this.#dirty.delete(key);
    const { connectionId, jobId } = entry;
    this.#changed.fire({ connectionId, jobId, record: undefined, added: false, newEvents: [], changedSteps: NO_STEPS });
    return true;
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
    if (keys.length === 0) return;
    const { folder } = this.#options;
    try {
      await mkdir(folder, { recursive: true });
      await withLock(`${folder}.lock`, async (lock) => {
        for (const key of keys) {
          const entry = this.#entries.get(key);
          this.#dirty.delete(key);
          if (!entry) continue;
          try {
            await this.#writeEntry(key, entry, lock);
          } catch (error) {
            this.#dirty.add(key);
            throw error;
          }
        }
      });
      this.#writeFailed = false;
    } catch (error) {
      // Dirty records are tried again with the next change or flush; no timer, so a full disk is not hammered.
      if (!this.#writeFailed) this.#options.onProblem?.(unwritable(folder, error));
      this.#writeFailed = true;
    }
  }

  async #writeEntry(key: string, entry: Entry, lock: Lease): Promise<void> {
    const file = path.join(this.#options.folder, key);
    if ((await stampOf(file)) !== entry.stamp) await this.#takeOver(key, entry);
    const { pending } = entry;
    if (!pending) return;
    entry.pending = null;
    try {
      entry.fence = Math.max(entry.fence, pending.fence ?? 0);
      entry.stamp = await entry.files.write(entry.record, entry.fence, lock);
      const { events, steps } = entry.files.takeNews();
      if (events.length > 0) this.#tell(false, entry.record, events, steps);
    } catch (error) {
      entry.pending = combine(pending, (entry.pending as TimedUpdate | null) ?? pending);
      throw error;
    }
  }

  /** Adopts the record that another process wrote, with the own update on top. */
  async #takeOver(key: string, entry: Entry): Promise<void> {
    const found = await entry.files.read(entry.record);
    if (found === 'corrupt') {
      await setAside(path.join(this.#options.folder, key), this.#now());
    }
    if (typeof found === 'string') {
      // The file is gone with its folder, or damaged: the whole record is written again.
      const { job, checkpoints, local, complete, gone, seenAt } = entry.record;
      entry.pending = { job, checkpoints, local, complete, gone, seenAt };
      entry.stamp = null;
      return;
    }
    const before = entry.record;
    const { stored, record } = found;
    entry.stamp = stored.stamp;
    entry.pending &&= rebase(entry.pending, record, stored.fence);
    entry.fence = stored.fence;
    entry.record = (entry.pending ? applyUpdate(entry.connectionId, record, entry.pending) : null) ?? record;
    const { events, steps } = entry.files.takeNews();
    if (events.length > 0 || !sameExceptSeen(before, entry.record)) this.#tell(false, entry.record, events, steps);
  }

  async #readFolder(): Promise<void> {
    const { folder } = this.#options;
    let names: readonly string[];
    try {
      names = (await readdir(folder)).filter((name) => RECORD_FILE.test(name));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') this.#options.onProblem?.(unreadable(folder, error));
      else for (const key of this.#entries.keys()) this.#schedule(key, 0);
      return;
    }
    const present = new Set(names);
    for (const [key, entry] of this.#entries) {
      // A written file is no longer there: another window removed it.
      if (entry.stamp !== null && !entry.pending && !present.has(key)) this.#forget(key);
    }
    let damaged = 0;
    for (const name of names) {
      try {
        if (await this.#readFile(name)) damaged++;
      } catch (error) {
        this.#options.onProblem?.(unreadable(path.join(folder, name), error));
      }
    }
    if (damaged > 0) {
      this.#rebuilt = await (this.#options.rebuild?.() ?? Promise.resolve(new Map())).catch(() => new Map());
      this.#options.onProblem?.(corrupt(damaged, folder));
    }
  }

  /** Reads a file; true when it was damaged and this process set it aside. */
  async #readFile(key: string): Promise<boolean> {
    const file = path.join(this.#options.folder, key);
    const entry = this.#entries.get(key);
    if (entry && entry.stamp !== null && (await stampOf(file)) === entry.stamp) return false;
    if (entry) {
      await this.#takeOver(key, entry);
      if (entry.pending) this.#schedule(key, 0);
      return false;
    }
    const files = new JobFiles(file);
    const found = await files.read(null);
    if (found === 'missing') return false;
    if (found === 'corrupt') return await setAside(file, this.#now());
    const { record, stored } = found;
    const now = this.#entries.get(key);
    if (now) {
      // The job was updated before the folder was read: the own update is applied on top.
      if (now.stamp !== stored.stamp) await this.#takeOver(key, now);
      if (now.pending) this.#schedule(key, 0);
      return false;
    }
    const { connectionId, job } = record;
    const { stamp, fence } = stored;
    this.#entries.set(key, { connectionId, jobId: job.id, record, files, pending: null, stamp, fence });
    this.#tell(true, record);
    return false;
  }
}

const NO_STEPS: ReadonlySet<number> = new Set();
