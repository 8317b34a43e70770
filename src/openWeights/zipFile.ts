// Zip files of adapters. Only files of the list are unpacked, under names of the list: no name of the archive becomes a path.
import { createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { t } from '../core/base/messages.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import {
  ADAPTER_FILES,
  CONFIG,
  damaged,
  isPickled,
  mostBytesOf,
  notAdapter,
  pickled,
  STATE,
  tooLarge,
  WEIGHTS,
} from './adapter.ts';

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly packed: number;
  readonly bytes: number;
  readonly offset: number;
}

const END_BYTES = 22;
const MOST_COMMENT_BYTES = 65_535;
const END_MARK = 0x06054b50;
const ENTRY_MARK = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_MARK = 0x04034b50;
const LOCAL_BYTES = 30;
/** Directory of an archive of an adapter: a few files. */
const MOST_DIRECTORY_BYTES = 16e6;
const STORED = 0;
const DEFLATED = 8;

/**
 * Unpacks the adapter of a zip file into a folder that is there and empty.
 * @returns a problem where the archive is none, is damaged, holds no adapter, or names files outside of itself
 * @throws the system's error, and the signal's reason
 */
export async function unpackAdapter(
  zip: string,
  target: string,
  signal: AbortSignal,
  report: (share: number) => void,
): Promise<Result<null>> {
  const file = await open(zip, 'r');
  try {
    const entries = await entriesOf(file);
    if (entries === null) return fail(notZip());
    const wanted = adapterIn(entries);
    if (!wanted.ok) return wanted;
    const total = wanted.value.reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    for (const entry of wanted.value) {
      const name = path.posix.basename(entry.name);
      const isWhole = await unpack(file, entry, path.join(target, name), signal, (bytes) => {
        done += bytes;
        report(total === 0 ? 1 : done / total);
      });
      if (!isWhole) return fail(damaged(name));
    }
    return ok(null);
  } finally {
    await file.close();
  }
}

/** Entries of the adapter; those of a zip file lie in one folder, at the top or not. */
function adapterIn(entries: readonly Entry[]): Result<readonly Entry[]> {
  if (entries.some(({ name }) => leaves(name))) return fail(leavesItself());
  const configs = entries.filter(({ name }) => path.posix.basename(name) === CONFIG && !name.startsWith('__MACOSX/'));
  const [config, ...more] = configs;
  if (!config) return fail(notAdapter());
  if (more.length > 0)
    return fail({
      code: 'several-adapters',
      message: t('The zip file has several adapters.'),
      action: t('Unpack it, and choose the folder of one.'),
    });
  const folder = path.posix.dirname(config.name);
  const beside = entries.filter(({ name }) => path.posix.dirname(name) === folder);
  const wanted = beside.filter(({ name }) => [...ADAPTER_FILES, STATE].includes(path.posix.basename(name)));
  const names = wanted.map(({ name }) => path.posix.basename(name));
  if (!names.includes(WEIGHTS) && beside.some(({ name }) => isPickled(path.posix.basename(name))))
    return fail(pickled());
  // A second entry of a name would take the place of the first one.
  if (new Set(names).size < names.length) return fail(notZip());
  for (const entry of wanted) {
    const name = path.posix.basename(entry.name);
    if (entry.bytes > mostBytesOf(name)) return fail(tooLarge(name));
    if (entry.encrypted || (entry.method !== STORED && entry.method !== DEFLATED))
      return fail({
        code: 'zip-not-read',
        message: t('{0} in the zip file is encrypted or compressed in an unusual way.', name),
        action: t('Unpack it with another program, and choose the folder.'),
      });
  }
  return ok(wanted);
}

function leaves(name: string): boolean {
  return /^[/\\]|^[a-z]:|\\|\0/i.test(name) || name.split('/').includes('..');
}

/** Null for what is no zip file, or a damaged one. */
async function entriesOf(file: FileHandle): Promise<readonly Entry[] | null> {
  const { size } = await file.stat();
  const tail = await read(
    file,
    Math.max(0, size - END_BYTES - MOST_COMMENT_BYTES),
    Math.min(size, END_BYTES + MOST_COMMENT_BYTES),
  );
  let end = tail.length - END_BYTES;
  while (end >= 0 && tail.readUInt32LE(end) !== END_MARK) end -= 1;
  if (end < 0) return null;
  const [count, length, start] = [
    tail.readUInt16LE(end + 10),
    tail.readUInt32LE(end + 12),
    tail.readUInt32LE(end + 16),
  ];
  if (length > MOST_DIRECTORY_BYTES || start + length > size) return null;
  const directory = await read(file, start, length);
  const entries: Entry[] = [];
  let at = 0;
  for (let number = 0; number < count; number += 1) {
    if (at + ENTRY_BYTES > directory.length || directory.readUInt32LE(at) !== ENTRY_MARK) return null;
    const nameBytes = directory.readUInt16LE(at + 28);
    const rest = directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    entries.push({
      name: directory.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes),
      encrypted: (directory.readUInt16LE(at + 8) & 1) !== 0,
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packed: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
    });
    at += ENTRY_BYTES + nameBytes + rest;
  }
  return entries;
}

/** False where the entry is damaged: cut short, longer than it says, or with another checksum. */
async function unpack(
  file: FileHandle,
  entry: Entry,
  target: string,
  signal: AbortSignal,
  done: (bytes: number) => void,
): Promise<boolean> {
  const head = await read(file, entry.offset, LOCAL_BYTES);
  if (head.length < LOCAL_BYTES || head.readUInt32LE(0) !== LOCAL_MARK) return false;
  const start = entry.offset + LOCAL_BYTES + head.readUInt16LE(26) + head.readUInt16LE(28);
  let bytes = 0;
  let crc = 0;
  const check = new Transform({
    transform(part: Buffer, _encoding, next) {
      bytes += part.length;
      crc = crc32(part, crc);
      done(part.length);
      // A bomb is not unpacked past the size that it named.
      if (bytes > entry.bytes) next(new Damaged());
      else next(null, part);
    },
  });
  const source =
    entry.packed === 0
      ? [Buffer.alloc(0)]
      : file.createReadStream({ start, end: start + entry.packed - 1, autoClose: false });
  const output = createWriteStream(target, { flags: 'wx', mode: 0o600 });
  try {
    if (entry.method === STORED) await pipeline(source, check, output, { signal });
    else await pipeline(source, createInflateRaw(), check, output, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Damaged || isZlibError(error)) return false;
    throw error;
  }
  return bytes === entry.bytes && crc === entry.crc;
}

class Damaged extends Error {}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function notZip(): Problem {
  return {
    code: 'not-zip',
    message: t('The file is not a zip file, or it is damaged.'),
    action: t('Copy or download it again.'),
  };
}

function leavesItself(): Problem {
  return {
    code: 'zip-leaves',
    message: t('The zip file names places outside of itself, as an attack does.'),
    action: t('Do not use it; ask for the adapter again.'),
  };
}
