// Bytes to lines. A file is never one string: a 512 MB file would not fit into one (536,870,888 UTF-16 units at most).

/** One line of a file, without its line ending. */
export interface RawLine {
  /** Line number from 1. */
  readonly number: number;
  /** Offset of its first byte in the file, from 0. */
  readonly offset: number;
  /** Length in bytes, without the line ending; the true length also when the line is too long. */
  readonly byteLength: number;
  /** Bytes of the line; null when it is longer than the limit, not counting its images. May be a view into the chunk that was pushed. */
  readonly bytes: Uint8Array | null;
  /** Present when the line ended in CR LF. */
  readonly crlf?: true;
}

/** 16 MiB: forty times the text of a full 65,536-token context. Images inside the line do not count. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** A line with images may be this many times as long: ten images of 10 MB in base64, the most that OpenAI accepts, and its text. */
const WITH_IMAGES = 10;

const LF = 0x0a;
const CR = 0x0d;

/** Splits on LF only (a lone CR is legal white space inside JSON) and takes one CR off a line's end. */
export interface LineSplitter {
  /** Lines completed by this chunk. The chunk must not be overwritten while its lines are in use. */
  push(chunk: Uint8Array): Generator<RawLine, void, undefined>;
  /** The last line, when the file does not end in LF. */
  end(): Generator<RawLine, void, undefined>;
}

/**
 * Holds at most `maxLineBytes` plus one chunk in memory, ten times as much of a line with images (`data:image/…`): the rest of a longer
 * line is counted and dropped. `start`: of the
 * first chunk in its file, at the beginning of a line; numbers begin at 1 there too.
 */
export function createLineSplitter(maxLineBytes: number = MAX_LINE_BYTES, start = 0): LineSplitter {
  let number = 1;
  let offset = start;
  let held: Uint8Array[] = [];
  let heldLength = 0;
  /** Bytes of the present line seen so far, held or dropped. */
  let seen = 0;
  let lastByte = 0;
  /** Most bytes of the present line; more once an image was seen in it. */
  let limit = maxLineBytes;

  const hold = (part: Uint8Array): void => {
    if (part.length === 0) return;
    seen += part.length;
    lastByte = part[part.length - 1] ?? 0;
    // One byte of grace for the CR that does not belong to the line.
    if (seen > limit + 1) {
      if (limit === maxLineBytes && hasImage([...held, part])) limit = WITH_IMAGES * maxLineBytes;
    }
    if (seen > limit + 1) {
      limit = 0;
      held = [];
      heldLength = 0;
      return;
    }
    // Copied: what stays over must not keep the whole chunk alive, nor change with it.
    // Not with slice(), which is only a view where the chunk is a Buffer of Node's.
    held.push(new Uint8Array(part));
    heldLength += part.length;
  };

  const finish = (last: Uint8Array, ended: boolean): RawLine => {
    const total = seen + last.length;
    const final = last.length > 0 ? (last[last.length - 1] ?? 0) : lastByte;
    const byteLength = total > 0 && final === CR ? total - 1 : total;
    let bytes: Uint8Array | null = null;
    if (byteLength <= limit || (limit === maxLineBytes && hasImage([...held, last]))) {
      if (heldLength === 0) {
        bytes = byteLength === last.length ? last : last.subarray(0, byteLength);
      } else {
        const joined = new Uint8Array(heldLength + last.length);
        let at = 0;
        for (const part of held) {
          joined.set(part, at);
          at += part.length;
        }
        joined.set(last, at);
        bytes = joined.subarray(0, byteLength);
      }
      if (byteLength > maxLineBytes && byteLength - imageBytes(bytes) > maxLineBytes) bytes = null;
    }
    const line: RawLine =
      byteLength === total || !ended
        ? { number, offset, byteLength, bytes }
        : { number, offset, byteLength, bytes, crlf: true };
    held = [];
    heldLength = 0;
    seen = 0;
    lastByte = 0;
    limit = maxLineBytes;
    number += 1;
    offset += total;
    return line;
  };

  return {
    *push(chunk) {
      let start = 0;
      for (;;) {
        const at = chunk.indexOf(LF, start);
        if (at === -1) break;
        // Not subarray(): of a Buffer of Node's that makes another Buffer, which takes several times as long.
        const line = finish(new Uint8Array(chunk.buffer, chunk.byteOffset + start, at - start), true);
        offset += 1;
        start = at + 1;
        yield line;
      }
      hold(chunk.subarray(start));
    },
    *end() {
      if (seen > 0) yield finish(new Uint8Array(0), false);
    },
  };
}

const QUOTE = 0x22;
/** What an image inside a line begins with, after its quote. */
const IMAGE = new TextEncoder().encode('data:image');

/** Tells whether an image begins in one of the parts, or where two of them meet. */
function hasImage(parts: readonly Uint8Array[]): boolean {
  let tail = new Uint8Array(0);
  for (const part of parts) {
    const seam = new Uint8Array([...tail, ...part.subarray(0, IMAGE.length)]);
    if (nextImage(seam, 0) !== -1 || nextImage(part, 0) !== -1) return true;
    // Of tiny parts the seam reaches over several.
    const ending = part.length < IMAGE.length ? seam : part;
    tail = new Uint8Array(ending.subarray(Math.max(0, ending.length - IMAGE.length)));
  }
  return false;
}

/** Offset of the next text that is an image, at its quote; -1 when there is none. */
function nextImage(bytes: Uint8Array, from: number): number {
  for (let quote = bytes.indexOf(QUOTE, from); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let i = 0;
    while (i < IMAGE.length && bytes[quote + 1 + i] === IMAGE[i]) i += 1;
    if (i === IMAGE.length) return quote;
  }
  return -1;
}

/** Bytes of a line that are images. */
function imageBytes(bytes: Uint8Array): number {
  let sum = 0;
  let at = nextImage(bytes, 0);
  while (at !== -1) {
    const end = bytes.indexOf(QUOTE, at + 1);
    if (end === -1) return sum;
    sum += end - at - 1;
    at = nextImage(bytes, end + 1);
  }
  return sum;
}

/** The lines of a text held in memory (an open document), by the same rules. Lone surrogates become U+FFFD, as they do on saving. */
export function* linesOfText(text: string, maxLineBytes: number = MAX_LINE_BYTES): Generator<RawLine, void, undefined> {
  const splitter = createLineSplitter(maxLineBytes);
  for (const chunk of encodeInChunks(text)) yield* splitter.push(chunk);
  yield* splitter.end();
}

/** UTF-8 of a text in pieces of about a million units, never cut inside a surrogate pair. */
export function* encodeInChunks(text: string): Generator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  const size = 1 << 20;
  let start = 0;
  while (start < text.length) {
    let end = Math.min(start + size, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end += 1;
    yield encoder.encode(text.slice(start, end));
    start = end;
  }
}
