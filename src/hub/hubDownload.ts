// Downloads of a dataset's files: what has arrived is kept over a break, and every file is compared with the hub's.
import { createHash } from 'node:crypto';
import { open, rename, rm, stat, statfs } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { isDiskFull } from '../storage/storageProblem.ts';
import { ask, piecesOf, withRetries, type Hub } from './hubClient.ts';
import type { SizedFile } from './hubDataset.ts';
import { corrupt, HubError, noDisk, stalled } from './hubProblems.ts';

/** Room on a disk that is left alone. */
const SPARE_BYTES = 200e6;

/** Folder with a folder for each import that downloads. @param folder storage of the extension */
export function downloadsFolder(folder: string): string {
  return path.join(folder, 'hub-downloads');
}

/** Reads a part of a file, `end` exclusive. @throws HubError */
export async function readRange(
  hub: Hub,
  file: SizedFile,
  { start, end }: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  // No range of HTTP is empty.
  if (end <= start) return new ArrayBuffer(0);
  return await withRetries(hub, signal, async () => {
    const bytes = new Uint8Array(end - start);
    let at = 0;
    for await (const piece of bytesFrom(hub, file, start, signal, end)) {
      bytes.set(piece.subarray(0, bytes.length - at), at);
      at = Math.min(bytes.length, at + piece.length);
      if (at === bytes.length) break;
    }
    if (at < bytes.length) throw new HubError(stalled(new URL(hub.url).host), { retry: true });
    return bytes.buffer;
  });
}

/**
 * Downloads a file to `target`; a part that is there goes on, and is compared with the hub's when all has arrived. Nothing is at
 * `target` before that. @throws HubError
 */
export async function download(
  hub: Hub,
  file: SizedFile,
  target: string,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): Promise<void> {
  if ((await sizeAt(target)) === file.bytes) return;
  const part = `${target}.part`;
  let arrived = (await sizeAt(part)) ?? 0;
  if (arrived > file.bytes) {
    await rm(part, { force: true });
    arrived = 0;
  }
  let before = arrived;
  await withRetries(
    hub,
    signal,
    async () => {
      const handle = await open(part, 'a', 0o600);
      try {
        if (arrived < file.bytes)
          for await (const piece of bytesFrom(hub, file, arrived, signal)) {
            if (arrived + piece.length > file.bytes) throw new HubError(corrupt(file.name));
            await handle.writeFile(piece);
            arrived += piece.length;
            onBytes(arrived);
          }
        if (arrived < file.bytes) throw new HubError(stalled(new URL(hub.url).host), { retry: true });
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    () => {
      const isFurther = arrived > before;
      before = arrived;
      return isFurther;
    },
  ).catch(async (error: unknown) => {
    if (isDiskFull(error))
      throw new HubError(noDisk(path.dirname(target), file.bytes - arrived, await freeBytes(target)));
    throw error;
  });
  if (file.sha256 !== null && (await sha256Of(part, signal)) !== file.sha256) {
    await rm(part, { force: true });
    throw new HubError(corrupt(file.name));
  }
  await rename(part, target);
}

/** Bytes from `start` to the end of the file, or to `end`; a hub that ignores the range is read from its beginning. */
async function* bytesFrom(
  hub: Hub,
  file: SizedFile,
  start: number,
  signal: AbortSignal,
  end: number | null = null,
): AsyncGenerator<Uint8Array, void, undefined> {
  const whole = start === 0 && end === null;
  const range = `bytes=${String(start)}-${end === null ? '' : String(end - 1)}`;
  const { response, sha256 } = await ask(hub, file.path, signal, whole ? {} : { range });
  const { status, headers } = response;
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  const isOther =
    (sha256 !== null && file.sha256 !== null && sha256 !== file.sha256) ||
    (status === 206 && (Number(from) !== start || (total !== '*' && Number(total) !== file.bytes)));
  if (isOther) {
    await response.body?.cancel();
    throw new HubError(corrupt(file.name));
  }
  let skip = status === 206 ? 0 : start;
  for await (const piece of piecesOf(response, signal)) {
    if (skip >= piece.length) {
      skip -= piece.length;
      continue;
    }
    yield skip === 0 ? piece : piece.subarray(skip);
    skip = 0;
  }
}

/** @throws HubError when there is no room for the downloads in one folder and the dataset in another. */
export async function requireRoom(
  downloads: { readonly folder: string; readonly bytes: number },
  dataset: { readonly folder: string; readonly bytes: number },
): Promise<void> {
  const [one, other] = await Promise.all([stat(downloads.folder), stat(dataset.folder)]);
  const needs =
    one.dev === other.dev ? [{ folder: dataset.folder, bytes: downloads.bytes + dataset.bytes }] : [downloads, dataset];
  for (const { folder, bytes } of needs) {
    const free = await freeBytes(path.join(folder, 'file'));
    if (bytes + SPARE_BYTES > free) throw new HubError(noDisk(folder, bytes + SPARE_BYTES, free));
  }
}

async function freeBytes(file: string): Promise<number> {
  const { bavail, bsize } = await statfs(path.dirname(file));
  return bavail * bsize;
}

/** Null: there is no such file. */
async function sizeAt(file: string): Promise<number | null> {
  return await stat(file).then(
    ({ size }) => size,
    () => null,
  );
}

/** SHA-256 of a file, hexadecimal. */
async function sha256Of(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { signal, highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>)
    hash.update(piece);
  return hash.digest('hex');
}
