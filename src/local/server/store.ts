import {
  appendFileSync,
  closeSync,
  createReadStream,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { ReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { syncFile, writeFileAtomicSync } from '../../storage/atomicFile.ts';
import { newId, randomName } from './ids.ts';
import { RecordFolder } from './recordFolder.ts';
import type { FileRecord, JobRecord, ModelRecord } from './records.ts';
import { eventSchema, fileRecordSchema, jobRecordSchema, modelRecordSchema } from './records.ts';
import type { WireEvent } from './wire.ts';

/** Bytes of the largest document that stands for a model. */
const SMALL_BYTES = 4096;

/** Name and lifetime of a file. */
export interface FileFacts {
  readonly filename: string;
  readonly purpose: string;
  /** Seconds after its creation; null: for good. */
  readonly expiresAfter: number | null;
  /** Default: a new one. */
  readonly id?: string;
}

/**
 * Storage of the server, in a folder of its own: files/, jobs/, events/, models/ (uploads/ and batches/ have
 * their own stores). Each record is a small JSON file that is replaced as a whole; events are lines that
 * are only ever added. Ids from requests are looked up in the maps and never become paths.
 */
export class Store {
  readonly files = new Map<string, FileRecord>();
  readonly jobs = new Map<string, JobRecord>();
  readonly models = new Map<string, ModelRecord>();
  /** The folder all of it is in. */
  readonly folder: string;
  readonly #fileFolder: RecordFolder;
  readonly #jobFolder: RecordFolder;
  readonly #eventFolder: RecordFolder;
  readonly #modelFolder: RecordFolder;
  readonly #events = new Map<string, WireEvent[]>();
  /** Lines of events that are not on the disk yet, by job. */
  readonly #unwritten = new Map<string, string>();
  readonly #now: () => number;
  readonly #discard: (bytes: Uint8Array) => void;
  #order = 0;

  /** `now` in milliseconds since 1970. `discard` is called with what is deleted, where an engine may have kept more beside it. */
  constructor(folder: string, now: () => number = Date.now, discard: (bytes: Uint8Array) => void = () => undefined) {
    this.folder = folder;
    this.#now = now;
    this.#discard = discard;
    this.#fileFolder = new RecordFolder(path.join(folder, 'files'));
    this.#jobFolder = new RecordFolder(path.join(folder, 'jobs'));
    this.#eventFolder = new RecordFolder(path.join(folder, 'events'));
    this.#modelFolder = new RecordFolder(path.join(folder, 'models'));
    for (const record of this.#fileFolder.load(fileRecordSchema)) this.files.set(record.id, record);
    for (const name of this.#fileFolder.names()) {
      // Content whose record was not written before a crash: no client knows of it.
      if (name.endsWith('.bin') && !this.files.has(name.slice(0, -'.bin'.length))) this.#fileFolder.remove(name);
    }
    for (const record of this.#modelFolder.load(modelRecordSchema)) this.models.set(record.id, record);
    for (const record of this.#jobFolder.load(jobRecordSchema).sort((a, b) => a.order - b.order)) {
      this.jobs.set(record.job.id, record);
      this.#order = Math.max(this.#order, record.order);
    }
    this.sweep();
  }

  /** Unix seconds by the server's clock. */
  nowSeconds(): number {
    return Math.floor(this.#now() / 1000);
  }

  /** Removes the files whose time has come. */
  sweep(): void {
    const now = this.nowSeconds();
    for (const file of this.files.values()) {
      if (file.expires_at !== undefined && file.expires_at <= now) this.deleteFile(file);
    }
  }

  /** Path for the content of a future file: `adoptFile` takes it from there, a start of the server removes it. */
  temporaryPath(): string {
    return this.#fileFolder.path(`${randomName(24)}.tmp`);
  }

  addFile(facts: FileFacts, content: Uint8Array): FileRecord {
    const temporary = this.temporaryPath();
    writeFileSync(temporary, content, { mode: 0o600 });
    return this.adoptFile(facts, temporary, content.length);
  }

  /** Makes the content of `temporary` (`bytes` long) a file; on the disk before this returns. */
  adoptFile(facts: FileFacts, temporary: string, bytes: number): FileRecord {
    const created_at = this.nowSeconds();
    const record: FileRecord = {
      id: facts.id ?? newId('file-'),
      object: 'file',
      bytes,
      created_at,
      ...(facts.expiresAfter === null ? {} : { expires_at: created_at + facts.expiresAfter }),
      filename: facts.filename,
      purpose: facts.purpose,
      status: 'processed',
    };
    syncFile(temporary);
    renameSync(temporary, this.#fileFolder.path(`${record.id}.bin`));
    this.#fileFolder.save(record.id, record);
    this.files.set(record.id, record);
    return record;
  }

  async fileContent(file: FileRecord): Promise<Buffer> {
    return readFile(this.#fileFolder.path(`${file.id}.bin`));
  }

  streamFile(file: FileRecord): ReadStream {
    return createReadStream(this.#fileFolder.path(`${file.id}.bin`), { highWaterMark: 262_144 });
  }

  deleteFile(file: FileRecord): void {
    this.files.delete(file.id);
    this.#fileFolder.remove(`${file.id}.json`, `${file.id}.bin`);
  }

  nextOrder(): number {
    this.#order += 1;
    return this.#order;
  }

  saveJob(record: JobRecord): void {
    // Write events before the job record.
    this.#writeEvents(record.job.id, false);
    this.#jobFolder.save(record.job.id, record);
    this.jobs.set(record.job.id, record);
  }

  /** Removes a job with its events; its model and its files are removed by themselves. */
  deleteJob(jobId: string): void {
    this.jobs.delete(jobId);
    this.#events.delete(jobId);
    this.#unwritten.delete(jobId);
    this.#jobFolder.remove(`${jobId}.json`);
    this.#eventFolder.remove(`${jobId}.jsonl`);
  }

  /** Oldest first. */
  events(jobId: string): readonly WireEvent[] {
    return this.#eventList(jobId);
  }

  #eventList(jobId: string): WireEvent[] {
    let events = this.#events.get(jobId);
    if (events) return events;
    events = [];
    const file = this.#eventFolder.path(`${jobId}.jsonl`);
    let text = '';
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      // No events yet.
    }
    for (const line of text.split('\n')) {
      try {
        const event = eventSchema.safeParse(JSON.parse(line));
        if (event.success) events.push(event.data);
      } catch {
        // A crash can leave the last line torn; the whole lines before it are kept.
      }
    }
    // The next event begins on a line of its own.
    if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
    this.#events.set(jobId, events);
    return events;
  }

  /**
   * `durable`: on the disk before this returns (a change of status). The others are written together, before the server
   * looks at its next request: a training makes thousands a second.
   */
  addEvent(jobId: string, event: Pick<WireEvent, 'level' | 'message' | 'type' | 'data'>, durable: boolean): void {
    const whole: WireEvent = {
      id: newId('ftevent-'),
      object: 'fine_tuning.job.event',
      created_at: this.nowSeconds(),
      ...event,
    };
    this.#eventList(jobId).push(whole);
    if (this.#unwritten.size === 0 && !durable)
      setImmediate(() => {
        this.flush();
      });
    this.#unwritten.set(jobId, `${this.#unwritten.get(jobId) ?? ''}${JSON.stringify(whole)}\n`);
    if (durable) this.#writeEvents(jobId, true);
  }

  /** Writes the events that are waiting to be written. */
  flush(): void {
    for (const jobId of [...this.#unwritten.keys()]) this.#writeEvents(jobId, false);
  }

  #writeEvents(jobId: string, durable: boolean): void {
    const lines = this.#unwritten.get(jobId);
    if (lines === undefined) return;
    this.#unwritten.delete(jobId);
    const descriptor = openSync(this.#eventFolder.path(`${jobId}.jsonl`), 'a', 0o600);
    try {
      appendFileSync(descriptor, lines);
      if (durable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Keeps a model's weights, or the progress of a paused training; returns the name of their file. */
  addBlob(content: Uint8Array): string {
    const blob = `${randomName(24)}.bin`;
    writeFileAtomicSync(this.#modelFolder.path(blob), content);
    return blob;
  }

  async blob(blob: string): Promise<Buffer> {
    return readFile(this.#modelFolder.path(blob));
  }

  deleteBlob(blob: string): void {
    const file = this.#modelFolder.path(blob);
    let small: Uint8Array | null = null;
    try {
      // Weights are in the file itself; only a small one can stand for something else.
      if (statSync(file).size <= SMALL_BYTES) small = readFileSync(file);
    } catch {
      // Already gone.
    }
    this.#modelFolder.remove(blob);
    if (small !== null) this.#discard(small);
  }

  addModel(record: ModelRecord): void {
    this.#modelFolder.save(modelFile(record), record);
    this.models.set(record.id, record);
  }

  deleteModel(record: ModelRecord): void {
    this.models.delete(record.id);
    this.#modelFolder.remove(`${modelFile(record)}.json`);
    for (const other of this.models.values()) if (other.blob === record.blob) return;
    this.deleteBlob(record.blob);
  }
}

// A model's id has colons and the user's suffix in it: its record is filed under the id in hexadecimal.
function modelFile(record: ModelRecord): string {
  return Buffer.from(record.id).toString('hex');
}

/** Removes what `temporaryPath` named, when it is still there. */
export function discard(temporary: string): void {
  rmSync(temporary, { force: true });
}
