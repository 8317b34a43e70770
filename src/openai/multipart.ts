import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { UploadSource } from '../core/provider/api.ts';

export interface MultipartBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly contentType: string;
  readonly contentLength: number;
  /** Bytes of the file alone. */
  readonly fileBytes: number;
}

export interface MultipartForm {
  readonly source: UploadSource;
  /** Name of the field that carries the file. */
  readonly field: 'file' | 'data';
  readonly filename: string;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Makes multipart/form-data of a few fields and one file, read while it is sent: constant memory, a known length (some gateways refuse
 * chunked uploads), and progress. Rejects with the system's error when the file cannot be read.
 */
export async function multipartBody(
  { source, field, filename, fields }: MultipartForm,
  onProgress?: (fraction: number) => void,
): Promise<MultipartBody> {
  const fileBytes = await bytesOf(source);
  const boundary = `tuning-fork-${randomBytes(12).toString('hex')}`;
  const head = Buffer.from(
    Object.entries(fields)
      .map(([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      .join('') +
      `--${boundary}\r\ncontent-disposition: form-data; name="${field}"; filename="${escapeName(filename)}"\r\n` +
      `content-type: ${field === 'file' ? 'application/jsonl' : 'application/octet-stream'}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);

  async function* parts(): AsyncGenerator<Uint8Array> {
    yield head;
    let sent = 0;
    for await (const chunk of chunksOf(source, fileBytes)) {
      sent += chunk.length;
      yield chunk;
      onProgress?.(fileBytes === 0 ? 1 : Math.min(1, sent / fileBytes));
    }
    yield tail;
  }

  return {
    stream: Readable.toWeb(Readable.from(parts(), { objectMode: false })) as ReadableStream<Uint8Array>,
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength: head.length + fileBytes + tail.length,
    fileBytes,
  };
}

async function bytesOf(source: UploadSource): Promise<number> {
  if ('bytes' in source) return source.bytes.length;
  const { size } = await stat(source.path);
  const { start, length } = source.range ?? { start: 0, length: size };
  return Math.min(length, Math.max(0, size - start));
}

function chunksOf(source: UploadSource, bytes: number): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if ('bytes' in source) return [source.bytes];
  if (bytes === 0) return [];
  const start = source.range?.start ?? 0;
  return createReadStream(source.path, { highWaterMark: 262_144, start, end: start + bytes - 1 });
}

/** Escapes a file name as browsers do (HTML standard, "multipart form data"). */
function escapeName(name: string): string {
  return name.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');
}
