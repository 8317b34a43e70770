import { createHash } from 'node:crypto';
import { createReadStream, existsSync, linkSync, renameSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { ApiError, invalid } from './apiError.ts';
import { syncFile } from '../../storage/atomicFile.ts';
import { newId } from './ids.ts';
import type { FileTarget } from './multipart.ts';
import { RecordFolder } from './recordFolder.ts';
import type { FileRecord, UploadRecord } from './records.ts';
import { uploadRecordSchema } from './records.ts';
import type { Store } from './store.ts';
import { discard } from './store.ts';

/** As at OpenAI: an upload that is not completed within an hour is gone. */
const KEPT_SECONDS = 3600;
/** Time for which ended uploads can be read (and completed again). */
const REMEMBERED_SECONDS = 7 * 24 * 3600;

type Part = UploadRecord['parts'][number];

/** A part that is being received. */
export interface IncomingPart {
  readonly target: FileTarget;
  /** Takes the received part; on the disk before this returns. Throws an `ApiError` when the upload takes no more parts. */
  add(bytes: number): Part;
  /** Removes a part that was not added. */
  end(): void;
}

/**
 * Files that come in parts: any number of parts, in any order and several at once, put together by one call. Parts and
 * records are on the disk before they are acknowledged, so an upload goes on after a restart.
 *
 * Parts that come one after the other are appended to one file of the upload, which becomes the finished file without being copied
 * (copying made such an upload take twice as long as one request). A part that comes while another one does gets its own file.
 */
export class Uploads {
  readonly #store: Store;
  readonly #folder: RecordFolder;
  readonly #uploads = new Map<string, UploadRecord>();
  readonly #completing = new Set<string>();
  /** Uploads whose own file is being appended to. */
  readonly #appending = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
    this.#folder = new RecordFolder(path.join(store.folder, 'uploads'));
    for (const record of this.#folder.load(uploadRecordSchema)) this.#uploads.set(record.id, record);
    for (const record of this.#uploads.values()) {
      // A crash after the file was there and before its upload said so.
      if (record.status === 'pending' && record.fileId !== null && store.files.has(record.fileId))
        this.#end(record, 'completed');
    }
    const kept = new Set(
      [...this.#uploads.values()].flatMap((record) => record.parts.map((part) => fileOf(record, part))),
    );
    for (const name of this.#folder.names()) {
      if (name.endsWith('.bin') && !kept.has(name)) this.#folder.remove(name);
    }
    this.sweep();
  }

  sweep(): void {
    const now = this.#store.nowSeconds();
    for (const record of this.#uploads.values()) {
      if (record.status === 'pending' && record.expires_at <= now && !this.#completing.has(record.id)) {
        this.#end(record, 'expired');
      } else if (record.status !== 'pending' && record.created_at + REMEMBERED_SECONDS <= now) {
        this.#uploads.delete(record.id);
        this.#folder.remove(`${record.id}.json`);
      }
    }
  }

  create(facts: Pick<UploadRecord, 'filename' | 'purpose' | 'bytes' | 'expiresAfter'>): UploadRecord {
    const created_at = this.#store.nowSeconds();
    const record: UploadRecord = {
      id: newId('upload_'),
      created_at,
      expires_at: created_at + KEPT_SECONDS,
      status: 'pending',
      parts: [],
      fileId: null,
      order: null,
      ...facts,
    };
    return this.#save(record);
  }

  get(id: string): UploadRecord {
    const record = this.#uploads.get(id);
    if (!record) throw new ApiError(404, 'upload_not_found', `No such Upload object: ${id}`, 'upload_id');
    return record;
  }

  /** The upload when it still takes parts. */
  pending(id: string): UploadRecord {
    const record = this.get(id);
    if (record.status !== 'pending')
      throw invalid(`The upload ${id} is ${record.status} and takes nothing more.`, 'upload_id', 'upload_ended');
    if (this.#completing.has(id))
      throw new ApiError(409, 'upload_busy', `The upload ${id} is being completed.`, 'upload_id');
    return record;
  }

  /** Makes room for a part. Throws an `ApiError` when the upload takes nothing more. */
  begin(id: string): IncomingPart {
    const record = this.pending(id);
    return this.#appending.has(id) ? this.#separate(id) : this.#appended(record);
  }

  #separate(id: string): IncomingPart {
    const path = this.#folder.path(`${newId('part_')}.tmp`);
    return {
      target: { path, keep: null },
      add: (bytes) => {
        this.#check(id, bytes);
        const part: Part = { id: newId('part_'), created_at: this.#store.nowSeconds(), bytes };
        syncFile(path);
        renameSync(path, this.#folder.path(`${part.id}.bin`));
        return this.#addPart(id, part);
      },
      end: () => {
        discard(path);
      },
    };
  }

  #appended(record: UploadRecord): IncomingPart {
    const { id } = record;
    const start = appendedBytes(record);
    const path = this.#folder.path(`${id}.bin`);
    let kept = start;
    this.#appending.add(id);
    return {
      target: { path, keep: start },
      add: (bytes) => {
        this.#check(id, bytes);
        syncFile(path);
        kept = start + bytes;
        return this.#addPart(id, { id: newId('part_'), created_at: this.#store.nowSeconds(), bytes, start });
      },
      end: () => {
        this.#appending.delete(id);
        // An upload that ended meanwhile has no parts; of a part that was not added nothing stays on the disk.
        if (this.#uploads.get(id)?.status !== 'pending' || kept === 0) discard(path);
        else if (existsSync(path)) truncateSync(path, kept);
      },
    };
  }

  #check(id: string, bytes: number): void {
    const record = this.pending(id);
    const stored = record.parts.reduce((sum, part) => sum + part.bytes, bytes);
    // A part may be sent again after an answer was lost; the whole twice over is no longer a mistake of the line.
    if (stored > 2 * record.bytes + 1024)
      throw invalid(`The parts are more than the ${String(record.bytes)} bytes of the upload.`, 'data');
  }

  #addPart(id: string, part: Part): Part {
    const record = this.get(id);
    this.#save({ ...record, parts: [...record.parts, part] });
    return part;
  }

  cancel(id: string): UploadRecord {
    return this.#end(this.pending(id), 'cancelled');
  }

  /** Puts the parts together in the order given. Asked again after it succeeded it gives the same file. */
  async complete(id: string, partIds: readonly string[], md5: string | null): Promise<UploadRecord> {
    const before = this.get(id);
    if (before.status === 'completed' && sameIds(before, partIds)) return before;
    const upload = this.pending(id);
    const parts = partIds.map((partId) => {
      const part = upload.parts.find((item) => item.id === partId);
      if (!part) throw invalid(`The upload has no part ${partId}.`, 'part_ids', 'part_not_found');
      return part;
    });
    if (new Set(partIds).size < partIds.length) throw invalid('part_ids names a part twice.', 'part_ids');
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    if (bytes !== upload.bytes) {
      throw invalid(
        `The parts have ${String(bytes)} bytes; the upload was announced with ${String(upload.bytes)}.`,
        'part_ids',
        'wrong_size',
      );
    }
    this.#completing.add(id);
    try {
      // The file's id first: after a crash it tells whether this upload has become a file.
      const fileId = upload.fileId ?? newId('file-');
      const named = this.#save({ ...upload, fileId });
      await this.#assemble(named, fileId, parts, md5);
      return this.#end({ ...named, order: [...partIds] }, 'completed');
    } finally {
      this.#completing.delete(id);
    }
  }

  file(record: UploadRecord): FileRecord | undefined {
    return record.status === 'completed' && record.fileId !== null ? this.#store.files.get(record.fileId) : undefined;
  }

  async #assemble(upload: UploadRecord, id: string, parts: readonly Part[], md5: string | null): Promise<void> {
    const temporary = this.#store.temporaryPath();
    try {
      if (!this.#link(upload, parts, temporary)) await this.#copy(upload, parts, temporary);
      if (md5 !== null && md5.toLowerCase() !== (await md5Of(temporary)))
        throw invalid('The md5 of the parts is another one: send them again.', 'md5', 'checksum_mismatch');
      const { filename, purpose, expiresAfter, bytes } = upload;
      this.#store.adoptFile({ id, filename, purpose, expiresAfter }, temporary, bytes);
    } catch (error) {
      discard(temporary);
      throw error;
    }
  }

  /**
   * Gives the upload's own file the name `to` when it holds just these parts in this order. The upload keeps its name for it, so
   * that a crash before the end of the upload loses nothing.
   */
  #link(upload: UploadRecord, parts: readonly Part[], to: string): boolean {
    let at = 0;
    for (const part of parts) {
      if (part.start !== at) return false;
      at += part.bytes;
    }
    if (appendedBytes(upload) !== at || this.#appending.has(upload.id)) return false;
    const file = this.#folder.path(`${upload.id}.bin`);
    // Leftover of an unfinished part.
    truncateSync(file, at);
    try {
      linkSync(file, to);
      return true;
    } catch {
      // A file system without links.
      return false;
    }
  }

  async #copy(upload: UploadRecord, parts: readonly Part[], to: string): Promise<void> {
    const handle = await open(to, 'wx', 0o600);
    try {
      for (const part of parts) {
        const start = part.start ?? 0;
        const content = createReadStream(this.#folder.path(fileOf(upload, part)), {
          highWaterMark: 1024 * 1024,
          start,
          end: start + part.bytes - 1,
        });
        for await (const chunk of content as AsyncIterable<Buffer>) await handle.writeFile(chunk);
      }
    } finally {
      await handle.close();
    }
  }

  #end(record: UploadRecord, status: 'completed' | 'cancelled' | 'expired'): UploadRecord {
    const ended = this.#save({ ...record, status, parts: [] });
    this.#folder.remove(...record.parts.map((part) => fileOf(record, part)), `${record.id}.bin`);
    return ended;
  }

  #save(record: UploadRecord): UploadRecord {
    this.#folder.save(record.id, record);
    this.#uploads.set(record.id, record);
    return record;
  }
}

/** The file that holds a part. */
function fileOf(record: UploadRecord, part: Part): string {
  return `${part.start === undefined ? part.id : record.id}.bin`;
}

/** Where the next part begins in the upload's own file. */
function appendedBytes({ parts }: UploadRecord): number {
  return parts.reduce((end, { start, bytes }) => (start === undefined ? end : Math.max(end, start + bytes)), 0);
}

async function md5Of(file: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}

function sameIds({ order }: UploadRecord, partIds: readonly string[]): boolean {
  // Null when a crash came between the file and the record: the file is all there is to say.
  return order === null || (order.length === partIds.length && order.every((id, index) => id === partIds[index]));
}
