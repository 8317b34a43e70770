import type { IncomingMessage } from 'node:http';
import type { FileHandle } from 'node:fs/promises';
import { open, truncate } from 'node:fs/promises';
import { ApiError, invalid } from './apiError.ts';
import { bodyChunks, mediaType } from './http.ts';
import { discard } from './store.ts';

/** Target of the bytes of a form's file. */
export interface FileTarget {
  readonly path: string;
  /** Bytes of the file that stay; more are cut off, and what is received follows. Null: a new file. */
  readonly keep: number | null;
}

export interface ReceivedForm {
  readonly fields: ReadonlyMap<string, string>;
  /** The one file of the form; null when it has none. */
  readonly file: ReceivedFile | null;
}

interface ReceivedFile {
  /** Name given by the client, at most its last 255 characters; null when it gave none. */
  readonly filename: string | null;
  readonly bytes: number;
}

/** Bytes that a multipart envelope may add to its file: a few fields and their headers. */
const ENVELOPE = 64 * 1024;
const MOST_FIELDS = 64;

interface FormOptions {
  /** Name of the part that is a file. */
  readonly fileField: string;
  readonly target: FileTarget;
  /** Bytes the file may have. */
  readonly limit: number;
}

/**
 * Receives multipart/form-data while it comes: the part named `fileField` goes to `target`, the others are short texts. Constant
 * memory. A new file is removed when it fails; a file that is appended to may keep bytes after those that stay.
 */
export async function receiveForm(request: IncomingMessage, options: FormOptions): Promise<ReceivedForm> {
  if (mediaType(request) !== 'multipart/form-data')
    throw new ApiError(415, 'unsupported_media_type', 'Files are uploaded as multipart/form-data.');
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/iu.exec(request.headers['content-type'] ?? '');
  const name = boundary?.[1] ?? boundary?.[2];
  if (name === undefined) throw unreadable();
  const form = new FormReceiver(name, options);
  try {
    for await (const chunk of bodyChunks(request, options.limit + ENVELOPE)) await form.push(chunk);
    return await form.end();
  } catch (error) {
    await form.abandon();
    throw error;
  }
}

function unreadable(): ApiError {
  return invalid('The multipart body cannot be read.', null, 'invalid_multipart');
}

const BREAK = Buffer.from('\r\n\r\n');

type State = 'preamble' | 'border' | 'headers' | 'body' | 'end';

class FormReceiver {
  readonly #delimiter: Buffer;
  readonly #options: FormOptions;
  readonly #fields = new Map<string, string>();
  // The first delimiter has no line before it.
  #rest: Buffer = Buffer.from('\r\n');
  #state: State = 'preamble';
  #field: { readonly name: string; readonly parts: Buffer[] } | null = null;
  #handle: FileHandle | null = null;
  #file: { readonly filename: string | null; bytes: number } | null = null;
  #fieldBytes = 0;
  #fieldCount = 0;

  constructor(boundary: string, options: FormOptions) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#options = options;
  }

  async push(chunk: Buffer): Promise<void> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (await this.#advance());
  }

  async end(): Promise<ReceivedForm> {
    if (this.#state !== 'end') throw unreadable();
    await this.#close();
    return { fields: this.#fields, file: this.#file };
  }

  async abandon(): Promise<void> {
    await this.#close().catch(() => undefined);
    const { path, keep } = this.#options.target;
    if (keep === null) discard(path);
  }

  /** Parses the received bytes as far as possible; false when more must come first. */
  async #advance(): Promise<boolean> {
    const rest = this.#rest;
    switch (this.#state) {
      case 'preamble':
      case 'body': {
        const at = rest.indexOf(this.#delimiter);
        // The delimiter may have come in half.
        const sure = at < 0 ? Math.max(0, rest.length - this.#delimiter.length + 1) : at;
        if (this.#state === 'body') await this.#take(rest.subarray(0, sure));
        this.#rest = rest.subarray(at < 0 ? sure : at + this.#delimiter.length);
        if (at < 0) return false;
        if (this.#state === 'body') await this.#endPart();
        this.#state = 'border';
        return true;
      }
      case 'border': {
        if (rest.length < 2) return false;
        const mark = rest.toString('latin1', 0, 2);
        if (mark !== '--' && mark !== '\r\n') throw unreadable();
        this.#rest = rest.subarray(2);
        this.#state = mark === '--' ? 'end' : 'headers';
        return true;
      }
      case 'headers': {
        const at = rest.indexOf(BREAK);
        if (at < 0 && rest.length > 16_384) throw unreadable();
        if (at < 0) return false;
        await this.#beginPart(rest.toString('utf8', 0, at));
        this.#rest = rest.subarray(at + BREAK.length);
        this.#state = 'body';
        return true;
      }
      case 'end':
        this.#rest = Buffer.alloc(0);
        return false;
    }
  }

  async #beginPart(headers: string): Promise<void> {
    const disposition = /^content-disposition:\s*form-data;(.*)$/imu.exec(headers)?.[1] ?? '';
    const name = parameter(disposition, 'name');
    if (name === null) throw unreadable();
    if (name !== this.#options.fileField) {
      this.#fieldCount += 1;
      if (this.#fieldCount > MOST_FIELDS) throw unreadable();
      this.#field = { name, parts: [] };
      return;
    }
    if (this.#file) throw invalid(`The form has more than one part '${name}'.`, name);
    this.#file = { filename: parameter(disposition, 'filename')?.slice(-255) ?? null, bytes: 0 };
    const { path, keep } = this.#options.target;
    // By its path: a handle that only appends cannot cut off anything on Windows.
    if (keep !== null && keep > 0) await truncate(path, keep);
    this.#handle = await open(path, keep === null ? 'wx' : keep === 0 ? 'w' : 'a', 0o600);
  }

  async #take(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    if (this.#field) {
      this.#fieldBytes += bytes.length;
      if (this.#fieldBytes > ENVELOPE) throw unreadable();
      this.#field.parts.push(bytes);
    } else if (this.#handle && this.#file) {
      this.#file.bytes += bytes.length;
      if (this.#file.bytes > this.#options.limit) {
        const megabytes = String(Math.floor(this.#options.limit / (1024 * 1024)));
        throw new ApiError(413, 'request_too_large', `The file is larger than ${megabytes} MB.`, 'file');
      }
      await this.#handle.writeFile(bytes);
    }
  }

  async #endPart(): Promise<void> {
    if (this.#field) this.#fields.set(this.#field.name, Buffer.concat(this.#field.parts).toString('utf8'));
    this.#field = null;
    await this.#close();
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }
}

/** A parameter of Content-Disposition, as browsers write it (quotes and line ends of a name come escaped). */
function parameter(disposition: string, name: string): string | null {
  const value = new RegExp(`(?:^|;)\\s*${name}=(?:"([^"]*)"|([^\\s;"]+))`, 'iu').exec(disposition);
  const text = value?.[1] ?? value?.[2];
  return text === undefined ? null : text.replace(/%22/gu, '"').replace(/%0A/gu, '\n').replace(/%0D/gu, '\r');
}
