import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { t } from '../core/base/messages.ts';
import { createLineSplitter, type RawLine } from '../core/jsonl/lines.ts';
import { decodeUtf8 } from '../core/jsonl/utf8.ts';

const CHUNK_BYTES = 256 * 1024;

/** Thrown for a file that cannot be read; the message is one sentence. */
export class FileProblem extends Error {}

/** Dataset on disk: read once from start to end, then single lines again where they are needed. */
export interface DatasetFile {
  readonly path: string;
  /** Calls `use` for every line in order; a line's bytes are valid only inside the call. Returning false ends it. */
  each(use: (line: RawLine) => boolean | Promise<boolean>): Promise<void>;
  /** Reads a line seen by `each`, as text without byte order mark; null when it is not UTF-8 or too long. */
  text(line: number): string | null;
  /** SHA-256 (hexadecimal) of all bytes; null before `each` has read them to the end, or when it was not requested. */
  sha256(): string | null;
  /** Lines seen, and whether the last one ended in a line feed. */
  end(): { readonly lines: number; readonly finalNewline: boolean };
  close(): void;
}

/** Opens a dataset. @param hashed compute `sha256` */
export function openDataset(path: string, { hashed = false } = {}): DatasetFile {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw new FileProblem(reason(path, error));
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile())
      throw new FileProblem(stat.isDirectory() ? t('{0} is a folder.', path) : t('{0} is not an ordinary file.', path));
  } catch (error) {
    closeSync(file);
    throw error instanceof FileProblem ? error : new FileProblem(reason(path, error));
  }

  // Position and length of each line: 12 bytes a line, so that it can be read again.
  let offsets = new Float64Array(1024);
  let lengths = new Uint32Array(1024);
  let lines = 0;
  let lastByte = 0x0a;
  let sha256: string | null = null;

  const note = ({ number, offset, byteLength }: RawLine): void => {
    if (number > offsets.length) {
      const [oldOffsets, oldLengths] = [offsets, lengths];
      offsets = new Float64Array(oldOffsets.length * 2);
      lengths = new Uint32Array(oldLengths.length * 2);
      offsets.set(oldOffsets);
      lengths.set(oldLengths);
    }
    offsets[number - 1] = offset;
    lengths[number - 1] = byteLength;
    lines = number;
  };
  const read = (buffer: Uint8Array, length: number, position: number | null): number => {
    try {
      return readSync(file, buffer, 0, length, position);
    } catch (error) {
      throw new FileProblem(reason(path, error));
    }
  };

  return {
    path,
    async each(use) {
      const splitter = createLineSplitter();
      const hash = hashed ? createHash('sha256') : null;
      const buffer = new Uint8Array(CHUNK_BYTES);
      let position = 0;
      const feed = async (batch: Iterable<RawLine>): Promise<boolean> => {
        for (const line of batch) {
          note(line);
          const going = use(line);
          if (!(typeof going === 'boolean' ? going : await going)) return false;
        }
        return true;
      };
      for (;;) {
        const length = read(buffer, CHUNK_BYTES, position);
        if (length === 0) break;
        position += length;
        lastByte = buffer[length - 1] ?? 0;
        hash?.update(buffer.subarray(0, length));
        if (!(await feed(splitter.push(buffer.subarray(0, length))))) return;
      }
      await feed(splitter.end());
      sha256 = hash?.digest('hex') ?? null;
    },
    text(line) {
      const length = lengths[line - 1] ?? 0;
      // Longer lines are not read, as in the splitter.
      if (line < 1 || line > lines || length > 16 * 1024 * 1024) return null;
      const bytes = new Uint8Array(length);
      if (read(bytes, length, offsets[line - 1] ?? 0) < length) return null;
      const decoded = decodeUtf8(bytes);
      if (!decoded.ok) return null;
      return line === 1 && decoded.value.startsWith('\uFEFF') ? decoded.value.slice(1) : decoded.value;
    },
    sha256: () => sha256,
    end: () => ({ lines, finalNewline: lastByte === 0x0a }),
    close() {
      closeSync(file);
    },
  };
}

function reason(path: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return t('{0} does not exist.', path);
  if (code === 'EACCES' || code === 'EPERM') return t('{0} cannot be read: permission denied.', path);
  if (code === 'EISDIR') return t('{0} is a folder.', path);
  return code === '' ? t('{0} cannot be read.', path) : t('{0} cannot be read ({1}).', path, code);
}
