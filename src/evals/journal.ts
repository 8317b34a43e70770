import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type {
  RowResult,
  RowSample,
  RunConfig,
  RunStatus,
  SamplingParameter,
  TestItem,
} from '../core/evaluation/types.ts';
import type { Look } from '../core/statistics/earlyStop.ts';
import { t } from '../core/base/messages.ts';
import { encodeRecord } from '../core/journal/lines.ts';
import type { Problem } from '../core/base/result.ts';
import { renameWithPatience } from '../storage/atomicFile.ts';
import { DelayedSync } from '../storage/delayedSync.ts';
import { BEAT_MS, Candidate, type Lease } from '../storage/lease.ts';
import { systemCode } from '../storage/storageProblem.ts';
import type { RunRecord } from './record.ts';
import type { Ask } from './scheduler.ts';
import { draftIdOf, draftOf, journalOf, lockOf } from './runFiles.ts';

/** Rows reach the disk itself at the latest this long after they came; the process may be killed at any time without losing one. */
const SYNC_EVERY_MS = 200;
/** Characters encoded at a time: a few milliseconds, so that the thread stays free for other work in between. */
const SLICE_CHARACTERS = 65_536;

/** What a new run may have besides its configuration and items. */
export interface NewRun {
  readonly candidate?: Candidate;
  /** Recorded answers that it has from its beginning. */
  readonly rows?: readonly RowResult[];
}

/** Beginning of a journal. */
interface JournalHead {
  readonly config: RunConfig;
  readonly items: readonly TestItem[];
  /** Recorded answers that the run has from its beginning. */
  readonly rows: readonly RowResult[];
}

/** Thrown to a writer whose run another process took over: nothing was written. */
export class TakenOver extends Error {
  constructor() {
    super(t('The run was taken over by another process.'));
    this.name = 'TakenOver';
  }
}

/**
 * Writer of a run's journal, `<folder>/<id>.jsonl`: the configuration, the items, then rows and status marks as they come.
 * Held by one process at a time (`<id>.lock/`); lines are only ever added. Each row is handed to the system before `append` returns,
 * so only a power failure can take the last fifth of a second.
 *
 * A process that takes a run over writes to a copy under the same name: late writes of a holder that was suspended in the middle of one
 * go to a file that no process reads.
 */
export class RunJournal {
  readonly #fd: number;
  readonly #lease: Lease;
  readonly #onTakenOver: () => void;
  readonly #beat: NodeJS.Timeout;
  readonly #disk: DelayedSync;
  #bytes: number;
  #closed = false;
  #takenOver = false;

  private constructor(fd: number, bytes: number, lease: Lease, onTakenOver: () => void) {
    this.#fd = fd;
    this.#bytes = bytes;
    this.#lease = lease;
    this.#onTakenOver = onTakenOver;
    this.#disk = new DelayedSync(() => dataToDisk(fd), SYNC_EVERY_MS);
    this.#beat = setInterval(() => {
      // A disk that cannot be asked now is asked again before the next write.
      this.#stillOurs().catch(() => undefined);
    }, BEAT_MS);
    this.#beat.unref();
  }

  /** Creates a run. Rejects with EEXIST when it exists already, else with the system's error, and leaves nothing behind then. */
  static async create(
    folder: string,
    head: JournalHead,
    candidate: Candidate,
    onTakenOver: () => void,
  ): Promise<RunJournal> {
    const { config } = head;
    const file = journalOf(folder, config.id);
    const draft = draftOf(folder, config.id);
    const lock = lockOf(folder, config.id);
    await mkdir(folder, { recursive: true });
    await removeAbandoned(folder);
    const lease = await candidate.tryAcquire();
    if (!lease) throw alreadyThere(config.id);
    try {
      if (await exists(file)) throw alreadyThere(config.id);
      const bytes = await writeDraft(draft, head);
      await renameWithPatience(draft, file, lease);
      return new RunJournal(openSync(file, 'a', 0o600), bytes, lease, onTakenOver);
    } catch (error) {
      await rm(draft).catch(() => undefined);
      // The lease of an existing run stays: its numbers must not begin again.
      if (!(await exists(file))) await rm(lock, { recursive: true }).catch(() => undefined);
      await lease.release();
      throw error;
    }
  }

  /**
   * Continues a run behind its last good line (`validBytes`); a torn line after it is left out. Rejects with the system's error;
   * the lease stays with the caller then.
   */
  static async continue(
    folder: string,
    id: string,
    validBytes: number,
    lease: Lease,
    onTakenOver: () => void,
  ): Promise<RunJournal> {
    const file = journalOf(folder, id);
    const draft = lease.temporaryName();
    try {
      await copyFile(file, draft);
      const handle = await open(draft, 'r+');
      try {
        await handle.truncate(validBytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await renameWithPatience(draft, file, lease);
    } catch (error) {
      await rm(draft).catch(() => undefined);
      throw error;
    }
    return new RunJournal(openSync(file, 'a', 0o600), validBytes, lease, onTakenOver);
  }

  /** Length of the file, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * To be awaited right before something that only the holder may do: asking a model, or writing. Asks the disk when the last sign of
   * life is old enough for a take-over. Rejects with `TakenOver`, or with the system's error when the disk cannot be asked.
   */
  async ensureOurs(): Promise<void> {
    if (!this.#takenOver && (this.#lease.isFresh || (await this.#stillOurs()))) return;
    throw new TakenOver();
  }

  /** Nothing is written after `close` or a take-over. Throws the system's error (ENOSPC, EIO). */
  append(rows: readonly RowResult[]): void {
    this.#add(rows.map((row) => ({ k: 'row', row })));
  }

  /** Nothing is written after `close` or a take-over. Throws the system's error. */
  leaveOut(contestant: string, parameters: readonly SamplingParameter[]): void {
    this.#add([{ k: 'leftOut', contestant, parameters }]);
  }

  /** Nothing is written after `close` or a take-over. Throws the system's error. */
  addSample(contestant: string, item: number, sample: RowSample): void {
    this.#add([{ k: 'sample', contestant, item, sample }]);
  }

  /** Nothing is written after `close` or a take-over. Throws the system's error. */
  addLook(contestant: string, look: Look): void {
    this.#add([{ k: 'look', contestant, look }]);
  }

  /** Writes a status, which is on the disk when this resolves; also rejects with `TakenOver`. */
  async mark(status: RunStatus, notice: Problem | null, answered: number): Promise<void> {
    await this.ensureOurs();
    this.#add([{ k: 'status', status, notice, answered }]);
    await this.#disk.now();
  }

  /** Lets the next writer have the run. */
  async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#beat);
    try {
      if (!this.#takenOver) await this.#disk.now();
    } finally {
      this.#closed = true;
      this.#disk.stop();
      closeSync(this.#fd);
      await this.#lease.release();
    }
  }

  async #stillOurs(): Promise<boolean> {
    if (this.#closed || this.#takenOver || (await this.#lease.beat())) return !this.#takenOver;
    this.#takenOver = true;
    this.#onTakenOver();
    return false;
  }

  #add(records: readonly RunRecord[]): void {
    if (this.#closed || this.#takenOver) return;
    this.#write(records.map(encodeRecord).join(''));
    this.#disk.written();
  }

  /** The whole text or an error: a short write (the disk is full) would tear a line in the middle of the file. */
  #write(text: string): void {
    const bytes = Buffer.from(text);
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done);
    } catch (error) {
      ftruncateSync(this.#fd, this.#bytes);
      throw error;
    }
    this.#bytes += bytes.length;
  }
}

/** Sends no request, and lets no reply become a row, once another process may have the run. */
export function onlyOurs(journal: RunJournal, ask: Ask): Ask {
  return async (contestant, item, signal, sample) => {
    await journal.ensureOurs();
    try {
      return await ask(contestant, item, signal, sample);
    } finally {
      await journal.ensureOurs();
    }
  };
}

const dataToDisk = promisify(fdatasync);

/** Writes the head of a run, in slices; returns the number of bytes. */
async function writeDraft(draft: string, { config, items, rows }: JournalHead): Promise<number> {
  const handle = await open(draft, 'w', 0o600);
  try {
    let text = encodeRecord({ k: 'run', v: 1, config } satisfies RunRecord);
    const add = async (record: RunRecord): Promise<void> => {
      if (text.length >= SLICE_CHARACTERS) {
        await handle.writeFile(text);
        text = '';
      }
      text += encodeRecord(record);
    };
    for (const item of items) await add({ k: 'item', item });
    for (const row of rows) await add({ k: 'row', row });
    await handle.writeFile(text);
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** Removes the drafts of processes that died while they created a run, or took one over in earlier versions. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const id of (await readdir(folder)).flatMap((name) => draftIdOf(name) ?? [])) {
    const lock = lockOf(folder, id);
    const lease = await new Candidate(lock).tryAcquire();
    if (!lease) continue;
    await rm(draftOf(folder, id), { force: true });
    if (!(await exists(journalOf(folder, id)))) await rm(lock, { recursive: true, force: true });
    await lease.release();
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

function alreadyThere(id: string): Error {
  return Object.assign(new Error(`There is a run ${id} already.`), { code: 'EEXIST' });
}
