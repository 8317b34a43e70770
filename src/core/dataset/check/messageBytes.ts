import { QUICK_ASSISTANT, QUICK_SYSTEM, QUICK_USER, SPAN, type QuickFacts } from '../../jsonl/quickScan.ts';
import { PADDING } from '../../tokens/ranks.ts';

const ROLES: Readonly<Record<number, 'system' | 'user' | 'assistant'>> = {
  [QUICK_SYSTEM]: 'system',
  [QUICK_USER]: 'user',
  [QUICK_ASSISTANT]: 'assistant',
};

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const NONE = new Uint8Array(0);

/**
 * Contents of the messages of a good line as UTF-8, with their escapes decoded: enough for counting tokens and comparing rows,
 * without an object or a text for any of it. One serves all lines of a file, and holds the last one.
 */
export class MessageBytes {
  #line: Uint8Array = NONE;
  /** The memory that the line is a part of. */
  #source: DataView = new DataView(NONE.buffer);
  #spans: Int32Array = new Int32Array(0);
  #escapes: Int32Array = new Int32Array(0);
  #read = true;
  #starts = new Int32Array(17);
  #bytes = new Uint8Array(1 << 14);
  #words = new DataView(this.#bytes.buffer);
  /** Changes with every line, so that values made from an earlier line can tell that they are stale. */
  version = 0;
  /** Messages of the line; the last one is the answer. */
  count = 0;

  /** Takes the line that was found good with these facts. Reads nothing yet. */
  use(line: Uint8Array, facts: Readonly<QuickFacts>): void {
    this.#line = line;
    this.#spans = facts.spans;
    this.#escapes = facts.escapes;
    this.count = facts.count;
    this.#read = false;
    this.version += 1;
  }

  /** Lets go of the line. */
  clear(): void {
    this.version += 1;
    this.count = 0;
  }

  /** The contents, one after the other, and {@link PADDING} bytes more. */
  get bytes(): Uint8Array {
    this.#readAll();
    return this.#bytes;
  }

  /** The same memory. */
  get words(): DataView {
    this.#readAll();
    return this.#words;
  }

  start(message: number): number {
    this.#readAll();
    return this.#starts[message] ?? 0;
  }

  end(message: number): number {
    this.#readAll();
    return this.#starts[message + 1] ?? 0;
  }

  role(message: number): 'system' | 'user' | 'assistant' {
    return ROLES[this.#spans[message * SPAN] ?? 0] ?? 'user';
  }

  text(message: number): string {
    return decoder.decode(this.bytes.subarray(this.start(message), this.end(message)));
  }

  #readAll(): void {
    if (this.#read) return;
    this.#read = true;
    const { count } = this;
    if (this.#starts.length <= count) this.#starts = new Int32Array(2 * count + 1);
    // What an escape says is never longer than the escape.
    if (this.#bytes.length < this.#line.length + PADDING) {
      this.#bytes = new Uint8Array(2 * this.#line.length + PADDING);
      this.#words = new DataView(this.#bytes.buffer);
    }
    if (this.#source.buffer !== this.#line.buffer) this.#source = new DataView(this.#line.buffer);
    let to = 0;
    let escape = 0;
    for (let message = 0; message < count; message += 1) {
      const from = this.#spans[message * SPAN + 1] ?? 0;
      const end = this.#spans[message * SPAN + 2] ?? 0;
      this.#starts[message] = to;
      let at = from;
      for (;;) {
        const next = this.#escapes[escape] ?? end;
        if (next >= end) break;
        escape += 1;
        to = this.#copy(at, next, to);
        const sign = this.#line[next + 1] as number;
        if (sign === 0x75) {
          const code = codeOf(this.#line, next + 2);
          to = putCodePoint(this.#bytes, to, code);
          at = next + (code >= 0x10000 ? 12 : 6);
        } else {
          this.#bytes[to] = ESCAPES[sign] as number;
          to += 1;
          at = next + 2;
        }
      }
      to = this.#copy(at, end, to);
    }
    this.#starts[count] = to;
  }

  /** Copies four bytes at a time, a few too many: the next copy overwrites them. */
  #copy(from: number, end: number, to: number): number {
    const source = this.#source;
    const words = this.#words;
    const length = end - from;
    const base = this.#line.byteOffset + from;
    if (base + length + 4 > source.byteLength) {
      this.#bytes.set(this.#line.subarray(from, end), to);
      return to + length;
    }
    for (let at = 0; at < length; at += 4) words.setInt32(to + at, source.getInt32(base + at, true), true);
    return to + length;
  }
}

const ESCAPES = new Uint8Array(256);
for (const [name, code] of [
  ['"', 0x22],
  ['\\', 0x5c],
  ['/', 0x2f],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
] as const)
  ESCAPES[name.charCodeAt(0)] = code;

/** Code point of the escape whose digits are at `at`; two of them where they are a pair. */
function codeOf(line: Uint8Array, at: number): number {
  const unit = hex(line, at);
  return unit >= 0xd800 && unit <= 0xdbff ? 0x10000 + ((unit - 0xd800) << 10) + (hex(line, at + 6) - 0xdc00) : unit;
}

function hex(line: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i += 1) {
    const byte = line[i] as number;
    // Digits, then letters of either case: the line is known to have nothing else here.
    value = value * 16 + (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57);
  }
  return value;
}

function putCodePoint(bytes: Uint8Array, at: number, code: number): number {
  if (code < 0x80) {
    bytes[at] = code;
    return at + 1;
  }
  if (code < 0x800) {
    bytes[at] = 0xc0 | (code >> 6);
    bytes[at + 1] = 0x80 | (code & 0x3f);
    return at + 2;
  }
  if (code < 0x10000) {
    bytes[at] = 0xe0 | (code >> 12);
    bytes[at + 1] = 0x80 | ((code >> 6) & 0x3f);
    bytes[at + 2] = 0x80 | (code & 0x3f);
    return at + 3;
  }
  bytes[at] = 0xf0 | (code >> 18);
  bytes[at + 1] = 0x80 | ((code >> 12) & 0x3f);
  bytes[at + 2] = 0x80 | ((code >> 6) & 0x3f);
  bytes[at + 3] = 0x80 | (code & 0x3f);
  return at + 4;
}
