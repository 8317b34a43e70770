import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type * as z from 'zod/mini';
import { writeAtomic } from './atomicFile.ts';
import { newId, nowSeconds, randomName } from './ids.ts';
import type { FileRecord, JobRecord, ModelRecord } from './records.ts';
import { eventSchema, fileRecordSchema, jobRecordSchema, modelRecordSchema } from './records.ts';
import type { WireEvent } from './wire.ts';

/**
 * Everything the server remembers, in a folder of its own: files/, jobs/, events/, models/. Each record is a small JSON
 * file that is replaced as a whole; events are lines that are only ever added. Ids from requests are looked up in the
 * maps and never become paths: paths are made of ids this server has made itself.
 */
export class Store {
  readonly files = new Map<string, FileRecord>();
  readonly jobs = new Map<string, JobRecord>();
  readonly models = new Map<string, ModelRecord>();
  readonly #events = new Map<string, WireEvent[]>();
  readonly #folder: string;
  #order = 0;

  constructor(folder: string) {
    this.#folder = folder;
    for (const part of ['files', 'jobs', 'events', 'models'])
      mkdirSync(path.join(folder, part), { recursive: true, mode: 0o700 });
    for (const record of this.#load('files', fileRecordSchema)) this.files.set(record.id, record);
    for (const record of this.#load('models', modelRecordSchema)) this.models.set(record.id, record);
    for (const record of this.#load('jobs', jobRecordSchema).sort((a, b) => a.order - b.order)) {
      this.jobs.set(record.job.id, record);
      this.#order = Math.max(this.#order, record.order);
    }
  }

  #load<T extends z.ZodMiniType>(part: string, schema: T): z.infer<T>[] {
    const records: z.infer<T>[] = [];
    for (const name of readdirSync(path.join(this.#folder, part))) {
      const file = path.join(this.#folder, part, name);
      // Left by a write that a crash cut off; the record itself is whole.
      if (name.endsWith('.tmp')) rmSync(file, { force: true });
      if (!name.endsWith('.json')) continue;
      try {
        const record = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
        if (!record.success) throw new Error('Another shape');
        records.push(record.data);
      } catch {
        renameSync(file, `${file}.unreadable`);
      }
    }
    return records;
  }

  #path(part: 'files' | 'jobs' | 'events' | 'models', name: string): string {
    return path.join(this.#folder, part, name);
  }

  addFile(filename: string, purpose: string, content: Uint8Array): FileRecord {
    const record: FileRecord = {
      id: newId('file-'),
      object: 'file',
      bytes: content.length,
      created_at: nowSeconds(),
      filename,
      purpose,
      status: 'processed',
    };
    writeAtomic(this.#path('files', `${record.id}.bin`), content);
    writeAtomic(this.#path('files', `${record.id}.json`), JSON.stringify(record));
    this.files.set(record.id, record);
    return record;
  }

  async fileContent(file: FileRecord): Promise<Buffer> {
    return readFile(this.#path('files', `${file.id}.bin`));
  }

  deleteFile(file: FileRecord): void {
    this.files.delete(file.id);
    rmSync(this.#path('files', `${file.id}.json`), { force: true });
    rmSync(this.#path('files', `${file.id}.bin`), { force: true });
  }

  nextOrder(): number {
    this.#order += 1;
    return this.#order;
  }

  saveJob(record: JobRecord): void {
    writeAtomic(this.#path('jobs', `${record.job.id}.json`), JSON.stringify(record));
    this.jobs.set(record.job.id, record);
  }

  /** Oldest first. */
  events(jobId: string): readonly WireEvent[] {
    return this.#eventList(jobId);
  }

  #eventList(jobId: string): WireEvent[] {
    let events = this.#events.get(jobId);
    if (events) return events;
    events = [];
    let text = '';
    try {
      text = readFileSync(this.#path('events', `${jobId}.jsonl`), 'utf8');
    } catch {
      // No events yet.
    }
    for (const line of text.split('\n')) {
      try {
        const event = eventSchema.safeParse(JSON.parse(line));
        if (event.success) events.push(event.data);
      } catch {
        // A crash can leave the last line torn; what was whole before it stands.
      }
    }
    // Whatever is added next begins on a line of its own.
    if (text !== '' && !text.endsWith('\n')) appendFileSync(this.#path('events', `${jobId}.jsonl`), '\n');
    this.#events.set(jobId, events);
    return events;
  }

  /** `durable`: on the disk before this returns (a change of status); a training step may be lost with the machine's power. */
  addEvent(jobId: string, event: Pick<WireEvent, 'level' | 'message' | 'type' | 'data'>, durable: boolean): void {
    const whole: WireEvent = {
      id: newId('ftevent-'),
      object: 'fine_tuning.job.event',
      created_at: nowSeconds(),
      ...event,
    };
    const events = this.#eventList(jobId);
    const descriptor = openSync(this.#path('events', `${jobId}.jsonl`), 'a', 0o600);
    try {
      appendFileSync(descriptor, `${JSON.stringify(whole)}\n`);
      if (durable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    events.push(whole);
  }

  /** Keeps a model's weights; returns the name of their file. */
  addBlob(content: Uint8Array): string {
    const blob = `${randomName(24)}.bin`;
    writeAtomic(this.#path('models', blob), content);
    return blob;
  }

  addModel(record: ModelRecord): void {
    writeAtomic(this.#modelPath(record), JSON.stringify(record));
    this.models.set(record.id, record);
  }

  // A model's id has colons and a person's suffix in it: its record is filed under the id in hexadecimal.
  #modelPath(record: ModelRecord): string {
    return this.#path('models', `${Buffer.from(record.id).toString('hex')}.json`);
  }

  async blob(record: ModelRecord): Promise<Buffer> {
    return readFile(this.#path('models', record.blob));
  }

  deleteModel(record: ModelRecord): void {
    this.models.delete(record.id);
    rmSync(this.#modelPath(record), { force: true });
    for (const other of this.models.values()) if (other.blob === record.blob) return;
    rmSync(this.#path('models', record.blob), { force: true });
  }
}
