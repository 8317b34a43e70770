import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { RawLine } from '../core/jsonl/lines.ts';
import { decodeUtf8 } from '../core/jsonl/utf8.ts';
import { fileProblem } from './problem.ts';

/** Length of a line that is too long to be read. */
const UNREAD = 0xffffffff;

/** Offsets of the lines of a file, so that single lines can be read again: 12 bytes per line, never a text. */
export class LineIndex {
  private readonly file: FileHandle;
  private offsets = new Float64Array(1024);
  private lengths = new Uint32Array(1024);

  private constructor(file: FileHandle) {
    this.file = file;
  }

  /** Opens a file; the caller closes the index. */
  static async open(path: string): Promise<LineIndex> {
    try {
      return new LineIndex(await open(path, 'r'));
    } catch (error) {
      throw fileProblem(error, basename(path), 'read');
    }
  }

  /** Lines in order. */
  add({ number, offset, byteLength, bytes }: RawLine): void {
    if (number > this.offsets.length) {
      const [offsets, lengths] = [this.offsets, this.lengths];
      this.offsets = new Float64Array(offsets.length * 2);
      this.lengths = new Uint32Array(lengths.length * 2);
      this.offsets.set(offsets);
      this.lengths.set(lengths);
    }
    this.offsets[number - 1] = offset;
    this.lengths[number - 1] = bytes === null ? UNREAD : byteLength;
  }

  /** The bytes of a line, without its ending; null when it is too long or no longer there. */
  async bytes(line: number): Promise<Uint8Array | null> {
    const length = this.lengths[line - 1] ?? 0;
    if (length === UNREAD) return null;
    const bytes = new Uint8Array(length);
    const { bytesRead } = await this.file.read(bytes, 0, length, this.offsets[line - 1] ?? 0);
    return bytesRead < length ? null : bytes;
  }

  /** Text of a line without byte order mark; null when it is not text. */
  async text(line: number): Promise<string | null> {
    const bytes = await this.bytes(line);
    const decoded = bytes === null ? null : decodeUtf8(bytes);
    if (decoded?.ok !== true) return null;
    return line === 1 ? decoded.value.replace(/^\uFEFF/, '') : decoded.value;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
