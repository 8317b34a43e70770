// Checks the bytes of a line, without decoding it or building its objects: is it a chat example in the common
// form that no rule could object to? Nearly every line of a good file is. A "no" says nothing: the line is then read
// properly. Saying "yes" wrongly would hide a finding, so whatever is in doubt is a "no"; a test holds it against the
// rules.

import { commandRest, MAY_BE_COMMAND } from './latexCommands.ts';
import { REHEARSAL } from './rehearsal.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DOLLAR = 0x24;

/** Bytes that end a harmless stretch of text by themselves: quotes, escapes, control characters with U+007F, everything that is not ASCII. */
const STRUCTURES = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte >= 0x7f || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);
/** Letters that an escape may have after its backslash, apart from `u`; 2 where it is damage. */
const ESCAPED = new Uint8Array(256);
for (const sign of '"\\/nrt') ESCAPED[sign.charCodeAt(0)] = 1;
for (const sign of 'bf') ESCAPED[sign.charCodeAt(0)] = 2;
/**
 * Tells whether two adjacent bytes inside text need a closer look: a structure is among them, or they may belong to a key,
 * an address or a control token (see `suspicious`). Text is looked at in pairs at even places; of every such beginning
 * one pair is here wherever it falls, and the sign that decides is between one byte before it and three after it.
 * Most pairs of real text are not, though `-` and capitals are frequent in it. The first byte is the lower one of the number.
 */
const PAIRS = pairTable();

function pairTable(): Uint8Array {
  const table = new Uint8Array(65_536);
  const set = (first: number, second: number): void => {
    table[first | (second << 8)] = 1;
  };
  // The threads that check a document while it is edited make it at their start.
  for (let byte = 0; byte < 256; byte += 1) {
    if (STRUCTURES[byte] === 0 && !'|@_'.includes(String.fromCharCode(byte))) continue;
    table.fill(1, byte << 8, (byte + 1) << 8);
    for (let any = 0; any < 256; any += 1) set(byte, any);
  }
  for (let any = 0; any < 256; any += 1) set(0x4a, any); // eyJ, odd
  // sk-, xox?-, --B (of -----BEGIN), AIza, AKIA, ASIA, eyJ; each at an even and at an odd place.
  for (const two of ['sk', 'k-', 'xo', 'ox', '-B', 'BE', 'AI', 'Iz', 'AK', 'KI', 'SI', 'IA', 'yJ'])
    set(two.charCodeAt(0), two.charCodeAt(1));
  return table;
}

/** Characters below U+0100 that bytes of UTF-8 become when they are decoded as Windows-1252: Â, Ã, â, ï, ð. */
const MISREAD = new Uint8Array(256);
for (const sign of '\u00c2\u00c3\u00e2\u00ef\u00f0') MISREAD[sign.charCodeAt(0)] = 1;

/** Hexadecimal digits to their values, 255 for others. */
const HEX = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value += 1) {
  HEX[value.toString(16).charCodeAt(0)] = value;
  HEX[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}
/** The value of four hexadecimal digits, or -1. */
function fourDigits(line: Uint8Array, at: number): number {
  const a = HEX[line[at] as number] as number;
  const b = HEX[line[at + 1] as number] as number;
  const c = HEX[line[at + 2] as number] as number;
  const d = HEX[line[at + 3] as number] as number;
  return (a | b | c | d) > 15 ? -1 : (a << 12) | (b << 8) | (c << 4) | d;
}
const isLetterOrDigit = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);

const bytesOf = (text: string): readonly number[] => [...new TextEncoder().encode(text)];
const MESSAGES = bytesOf('"messages"');
const ROLE = bytesOf('"role"');
const CONTENT = bytesOf('"content"');
const SYSTEM = bytesOf('"system"');
const USER = bytesOf('"user"');
const ASSISTANT = bytesOf('"assistant"');

/** Roles that the quick look knows, as numbers in `spans`. */
export const QUICK_SYSTEM = 1;
export const QUICK_USER = 2;
export const QUICK_ASSISTANT = 3;
/** Numbers a message in `spans`: role, start and end of the content. */
export const SPAN = 3;

/** Offsets of parts of the line, in bytes, without their quotes; -1 when there is no system message. */
export interface QuickFacts {
  systemStart: number;
  systemEnd: number;
  /** True when the system message has the bytes of that of the good line before. */
  systemSame: boolean;
  answerStart: number;
  answerEnd: number;
  /** Messages of the line. */
  count: number;
  /** Three numbers a message; longer than needed. */
  spans: Int32Array;
  /** True when a content may be damaged text (`textDamage.ts`), about which one rule may have something to say. */
  damaged: boolean;
  /** Offsets of the escapes of all contents, in order, and at the end a number beyond every line. */
  escapes: Int32Array;
}

/** The line before which `REHEARSAL` is scanned: the compiler has begun to look at what the branches are taken for, a small file is over. */
const REHEARSED = 32;
/** A file of lines that differ is not gone over twice for each of them. */
const PAUSE = 8;

/** Reused for every line: nothing is allocated per line. */
export interface QuickScanner {
  readonly facts: Readonly<QuickFacts>;
  /** Checks a line; `bytes` excludes its ending. True also where `damaged` is. */
  isGood(bytes: Uint8Array): boolean;
}

export function createQuickScanner(): QuickScanner {
  const facts: QuickFacts = {
    systemStart: -1,
    systemEnd: -1,
    systemSame: false,
    answerStart: -1,
    answerEnd: -1,
    count: 0,
    spans: new Int32Array(16 * SPAN),
    damaged: false,
    escapes: new Int32Array(64),
  };
  let bytes: Uint8Array = new Uint8Array(0);
  /** The memory that `bytes` is a part of: two or four of its bytes as a number, at any place. */
  let words: DataView = new DataView(new ArrayBuffer(0));
  let base = 0;
  let at = 0;
  let escapes = 0;

  const skipSpace = (): void => {
    while (at < bytes.length) {
      const byte = bytes[at];
      if (byte !== 0x20 && byte !== 0x09) return;
      at += 1;
    }
  };
  const take = (expected: readonly number[]): boolean => {
    const { length } = expected;
    if (at + length > bytes.length) return false;
    for (let i = 0; i < length; i += 1) if (bytes[at + i] !== expected[i]) return false;
    at += length;
    return true;
  };
  const takeByte = (expected: number): boolean => {
    skipSpace();
    if (at >= bytes.length || bytes[at] !== expected) return false;
    at += 1;
    skipSpace();
    return true;
  };

  /** Reads text from after its opening quote to after its closing one. */
  const text = (): boolean => {
    const line = bytes;
    const own = words;
    const end = line.length;
    const lastPair = (base + end) >> 1;
    let i = at;
    for (;;) {
      if (i >= end) return false;
      let byte = line[i] as number;
      if (STRUCTURES[byte] === 0) {
        // What begins here, after a quote or an escape, shows in the pairs that follow.
        if (((base + i) & 1) === 1) {
          i += 1;
          continue;
        }
        let pair = (base + i) >> 1;
        // Eight pairs at a time: fewer branches for a text without anything special.
        while (pair + 8 <= lastPair) {
          const a = own.getUint32(2 * pair, true);
          const b = own.getUint32(2 * pair + 4, true);
          const c = own.getUint32(2 * pair + 8, true);
          const d = own.getUint32(2 * pair + 12, true);
          if (
            ((PAIRS[a & 0xffff] as number) |
              (PAIRS[a >>> 16] as number) |
              (PAIRS[b & 0xffff] as number) |
              (PAIRS[b >>> 16] as number) |
              (PAIRS[c & 0xffff] as number) |
              (PAIRS[c >>> 16] as number) |
              (PAIRS[d & 0xffff] as number) |
              (PAIRS[d >>> 16] as number)) !==
            0
          )
            break;
          pair += 8;
        }
        while (pair < lastPair && PAIRS[own.getUint16(2 * pair, true)] === 0) pair += 1;
        i = 2 * pair - base;
        if (i + 1 >= end) return false;
        byte = line[i] as number;
        if (STRUCTURES[byte] === 0) {
          for (let near = i - 1; near < i + 5; near += 1) if (suspicious(line, near)) return false;
          i += STRUCTURES[line[i + 1] as number] === 0 ? 2 : 1;
          continue;
        }
      }
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        const size = escapeAt(line, i, end);
        if (size === 0) return false;
        if (size < 0) facts.damaged = true;
        if (escapes === facts.escapes.length) facts.escapes = longer(facts.escapes);
        facts.escapes[escapes] = i;
        escapes += 1;
        i += size < 0 ? -size : size;
        continue;
      }
      const size = characterAt(line, i, end);
      if (size === 0) return false;
      if (size < 0) facts.damaged = true;
      i += size < 0 ? -size : size;
    }
    at = i + 1;
    return true;
  };

  /** Tells by its first characters whether a text has more than white space, else a "no". */
  const saysSomething = (start: number, end: number): boolean => {
    let i = start;
    while (i < end && i < start + 16) {
      const byte = bytes[i] as number;
      const next = bytes[i + 1] as number;
      if (byte === 0x20) i += 1;
      else if (byte === BACKSLASH) {
        if (next === 0x75) return !maybeSpace(fourDigits(bytes, i + 2));
        if (next === QUOTE || next === BACKSLASH || next === 0x2f) return true;
        i += 2;
      } else if (byte < 0x80) return true;
      else if (byte < 0xe0) return byte !== 0xc2;
      else if (byte < 0xf0)
        return !maybeSpace(((byte & 0x0f) << 12) | ((next & 0x3f) << 6) | ((bytes[i + 2] as number) & 0x3f));
      else return true;
    }
    return false;
  };

  const scan = (): boolean => {
    facts.systemStart = -1;
    facts.systemEnd = -1;
    facts.count = 0;
    escapes = 0;
    if (!takeByte(0x7b) || !take(MESSAGES) || !takeByte(0x3a) || !takeByte(0x5b)) return false;
    let last = 0;
    let count = 0;
    for (;;) {
      if (!takeByte(0x7b)) return false;
      let role = 0;
      let start = -1;
      let end = -1;
      for (let key = 0; key < 2; key += 1) {
        if (role === 0 && take(ROLE)) {
          if (!takeByte(0x3a)) return false;
          if (take(USER)) role = QUICK_USER;
          else if (take(ASSISTANT)) role = QUICK_ASSISTANT;
          else if (take(SYSTEM)) role = QUICK_SYSTEM;
          else return false;
        } else if (start === -1 && take(CONTENT)) {
          if (!takeByte(0x3a) || bytes[at] !== QUOTE) return false;
          at += 1;
          start = at;
          if (!text()) return false;
          end = at - 1;
        } else return false;
        if (key === 0 && !takeByte(0x2c)) return false;
      }
      if (!takeByte(0x7d) || role === last || !saysSomething(start, end)) return false;
      if (role === QUICK_SYSTEM) {
        if (count > 0) return false;
        facts.systemStart = start;
        facts.systemEnd = end;
      } else if (role === QUICK_ASSISTANT) {
        facts.answerStart = start;
        facts.answerEnd = end;
      }
      last = role;
      const span = count * SPAN;
      if (span === facts.spans.length) facts.spans = longer(facts.spans);
      facts.spans[span] = role;
      facts.spans[span + 1] = start;
      facts.spans[span + 2] = end;
      count += 1;
      facts.count = count;
      if (takeByte(0x2c)) continue;
      break;
    }
    if (!takeByte(0x5d) || !takeByte(0x7d)) return false;
    if (escapes === facts.escapes.length) facts.escapes = longer(facts.escapes);
    facts.escapes[escapes] = 0x7fffffff;
    return at === bytes.length && last === QUICK_ASSISTANT;
  };

  // The frame around the contents is mostly the same in all lines of a file: it is compared with the line before, and
  // taken apart only when it differs.
  let frame = new Uint8Array(256);
  let frameWords: DataView = new DataView(frame.buffer);
  /** End of each piece of the frame; one more than contents. */
  let frameEnds = new Int32Array(16);
  let roles = new Int32Array(16);
  let pieces = 0;
  /** Lines for which it is not tried, after one that it did not fit. */
  let pause = 0;

  const keepFrame = (): void => {
    const { count, spans } = facts;
    pieces = count + 1;
    if (frameEnds.length < pieces) {
      frameEnds = new Int32Array(2 * pieces);
      roles = new Int32Array(2 * pieces);
    }
    let from = 0;
    let to = 0;
    for (let piece = 0; piece < pieces; piece += 1) {
      const end = piece < count ? (spans[piece * SPAN + 1] as number) : bytes.length;
      if (to + end - from > frame.length) {
        const larger = new Uint8Array(2 * (to + end - from));
        larger.set(frame);
        frame = larger;
        frameWords = new DataView(frame.buffer);
      }
      frame.set(bytes.subarray(from, end), to);
      to += end - from;
      frameEnds[piece] = to;
      if (piece === count) break;
      roles[piece] = spans[piece * SPAN] as number;
      from = spans[piece * SPAN + 2] as number;
    }
  };

  // Nearly every line has the system message of the line before: it is compared, four bytes at a time, and not looked at again.
  let system = new Uint8Array(256);
  let systemWords = new DataView(system.buffer);
  /** -1 when the last one is not kept: it has escapes, or may be damaged. */
  let systemLength = -1;
  /** Number of escapes in the system message, or more. */
  let systemEscapes = 0;

  /** Goes behind the system message, up to its closing quote, when it is that of the line before. */
  const sameSystem = (): boolean => {
    const end = at + systemLength;
    if (systemLength === -1 || end >= bytes.length || bytes[end] !== QUOTE) return false;
    let i = 0;
    let lineAt = base + at;
    for (; i + 4 <= systemLength; i += 4, lineAt += 4)
      if (words.getInt32(lineAt, true) !== systemWords.getInt32(i, true)) return false;
    for (; i < systemLength; i += 1, lineAt += 1) if (words.getUint8(lineAt) !== system[i]) return false;
    at = end + 1;
    return true;
  };

  const keepSystem = (): void => {
    const { systemStart, systemEnd } = facts;
    if (facts.systemSame || systemStart === -1) return;
    const length = systemEnd - systemStart;
    systemLength = facts.damaged || systemEscapes > 0 ? -1 : length;
    if (systemLength === -1) return;
    if (length > system.length) {
      system = new Uint8Array(2 * length);
      systemWords = new DataView(system.buffer);
    }
    system.set(bytes.subarray(systemStart, systemEnd));
  };

  const scanFramed = (): boolean => {
    facts.systemStart = -1;
    facts.systemEnd = -1;
    escapes = 0;
    const last = pieces - 1;
    let from = 0;
    for (let piece = 0; piece < pieces; piece += 1) {
      const line = bytes;
      const end = frameEnds[piece] as number;
      if (at + end - from > line.length) return false;
      // Four bytes at a time: the frame is a sixth of a line, and this is done for every line.
      const own = words;
      const known = frameWords;
      let lineAt = base + at;
      at += end - from;
      for (; from + 4 <= end; from += 4, lineAt += 4)
        if (own.getInt32(lineAt, true) !== known.getInt32(from, true)) return false;
      for (; from < end; from += 1, lineAt += 1) if (own.getUint8(lineAt) !== known.getUint8(from)) return false;
      if (piece === last) break;
      const start = at;
      const role = roles[piece] as number;
      if (role === QUICK_SYSTEM && sameSystem()) facts.systemSame = true;
      else {
        const before = escapes;
        if (!text() || !saysSomething(start, at - 1)) return false;
        if (role === QUICK_SYSTEM) systemEscapes = escapes - before;
      }
      // The closing quote belongs to the next piece.
      at -= 1;
      const span = piece * SPAN;
      if (span === facts.spans.length) facts.spans = longer(facts.spans);
      facts.spans[span] = role;
      facts.spans[span + 1] = start;
      facts.spans[span + 2] = at;
      if (role === QUICK_SYSTEM) {
        facts.systemStart = start;
        facts.systemEnd = at;
      } else if (role === QUICK_ASSISTANT) {
        facts.answerStart = start;
        facts.answerEnd = at;
      }
    }
    facts.count = last;
    if (escapes === facts.escapes.length) facts.escapes = longer(facts.escapes);
    facts.escapes[escapes] = 0x7fffffff;
    return at === bytes.length;
  };

  /** Tells whether an escape may be what is left of a LaTeX command (`\times` without its second backslash), and the line may have a formula: `$` before what is no digit, `\\(` or `\\[`. */
  const hasCommand = (): boolean => {
    const line = bytes;
    const found = facts.escapes;
    let first = -1;
    let formula = false;
    for (let n = 0; n < escapes; n += 1) {
      const i = found[n] as number;
      const letter = line[i + 1] as number;
      if (letter === BACKSLASH) formula ||= line[i + 2] === 0x28 || line[i + 2] === 0x5b;
      else if (first === -1 && mayBeCommand(line, i)) first = n;
    }
    if (first === -1 || !(formula || hasDollar(line))) return false;
    for (let n = first; n < escapes; n += 1) {
      const i = found[n] as number;
      if (mayBeCommand(line, i) && commandRest(line, i + 2, line[i + 1] as number) > 0) return true;
    }
    return false;
  };

  let scanned = 0;
  const scanner: QuickScanner = {
    facts,
    isGood(line) {
      scanned += 1;
      if (scanned === REHEARSED) {
        for (const other of [...REHEARSAL, ...REHEARSAL]) scanner.isGood(other);
        pieces = 0;
        pause = 0;
      }
      bytes = line;
      base = line.byteOffset;
      if (words.buffer !== line.buffer) words = new DataView(line.buffer);
      at = 0;
      facts.damaged = false;
      facts.systemSame = false;
      if (pieces > 0 && pause === 0) {
        if (scanFramed()) {
          if (escapes > 0) facts.damaged ||= hasCommand();
          keepSystem();
          return true;
        }
        pause = PAUSE;
        at = 0;
        facts.damaged = false;
        facts.systemSame = false;
      } else if (pause > 0) pause -= 1;
      if (!scan()) return false;
      if (escapes > 0) facts.damaged ||= hasCommand();
      if (pause === 0 || pause === PAUSE) keepFrame();
      // Which of the escapes are its own is not known here.
      systemEscapes = escapes;
      keepSystem();
      return true;
    },
  };
  return scanner;
}

/** Tells whether the sign at `at` may belong to a control token, an address or a key (rules/privacy.ts has their forms). */
function suspicious(line: Uint8Array, at: number): boolean {
  const before = line[at - 1] as number;
  const after = line[at + 1] as number;
  switch (line[at]) {
    case 0x7c: // <|
      return before === 0x3c;
    case 0x40: // An address has a letter, digit or hyphen after the sign, and one of . _ % + - or these before it; `\n` is none.
      return (
        (isLetterOrDigit(after) || after === 0x2d) &&
        (isLetterOrDigit(before) || isAddressSign(before)) &&
        (line[at - 2] !== BACKSLASH || line[at - 3] === BACKSLASH)
      );
    case 0x2d: // sk-, xox?-, --B
      if (before === 0x6b && line[at - 2] === 0x73 && keyFollows(line, at + 1)) return true;
      if (line[at - 4] === 0x78 && line[at - 3] === 0x6f && line[at - 2] === 0x78) return true;
      return before === 0x2d && after === 0x42;
    case 0x5f:
      return isLetterOrDigit(after) && endsKeyName(line, at);
    case 0x49: // AIz, ASIA
      return before === 0x41 ? after === 0x7a : before === 0x53 && after === 0x41 && line[at - 2] === 0x41;
    case 0x4a: // eyJ
      return before === 0x79 && line[at - 2] === 0x65;
    case 0x4b: // AKIA
      return before === 0x41 && after === 0x49 && line[at + 2] === 0x41;
    default:
      return false;
  }
}

function isAddressSign(byte: number): boolean {
  return byte === 0x2e || byte === 0x5f || byte === 0x25 || byte === 0x2b || byte === 0x2d;
}

/** Length of the escape at `i`; 0 when it is none, or one that rules look at; below 0 when it may be damage. */
function escapeAt(line: Uint8Array, i: number, end: number): number {
  const next = i + 1 < end ? (line[i + 1] as number) : 0;
  if (next !== 0x75) {
    const kind = ESCAPED[next] as number;
    return kind === 2 ? -2 : 2 * kind;
  }
  if (i + 6 > end) return 0;
  const unit = fourDigits(line, i + 2);
  // ASCII in disguise may be anything; halves of characters and what reverses text have rules.
  if (unit < 0x80) return 0;
  if (unit < 0xa0 || unit === 0xfffd) return -6;
  if (unit < 0x100 && MISREAD[unit] === 1 && (line[i + 6] === BACKSLASH || (line[i + 6] as number) >= 0x80)) return -6;
  if (unit >= 0xd800 && unit <= 0xdbff) {
    if (i + 12 > end || line[i + 6] !== BACKSLASH || line[i + 7] !== 0x75) return 0;
    const second = fourDigits(line, i + 8);
    return second < 0xdc00 || second > 0xdfff ? 0 : 12;
  }
  if (unit >= 0xdc00 && unit <= 0xdfff) return 0;
  return (unit >= 0x202a && unit <= 0x202e) || (unit >= 0x2066 && unit <= 0x2069) ? 0 : 6;
}

/** Tells whether the escape at `at` may be followed by the rest of a command: a look before `commandRest`. */
function mayBeCommand(line: Uint8Array, at: number): boolean {
  const letter = line[at + 1] as number;
  const after = line[at + 2] as number;
  return letter !== BACKSLASH && after >= 0x61 && after < 0x80 && MAY_BE_COMMAND[letter * 128 + after] === 1;
}

/** Tells whether a line has a `$` that is not the sign of a price. */
function hasDollar(line: Uint8Array): boolean {
  for (let at = line.indexOf(DOLLAR); at !== -1; at = line.indexOf(DOLLAR, at + 1)) {
    const next = line[at + 1] as number;
    if (next < 0x30 || next > 0x39) return true;
  }
  return false;
}

function longer(numbers: Int32Array): Int32Array {
  const twice = new Int32Array(2 * numbers.length);
  twice.set(numbers);
  return twice;
}

/** Characters that `trim` removes, and their neighbors. */
function maybeSpace(unit: number): boolean {
  return (
    unit < 0xb0 ||
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200f) ||
    (unit >= 0x2028 && unit <= 0x202f) ||
    unit === 0x205f ||
    unit === 0x3000 ||
    unit === 0xfeff
  );
}

/** Tells whether as many characters of a key follow as the shortest API key has; `task-list` is none. */
function keyFollows(line: Uint8Array, from: number): boolean {
  for (let i = from; i < from + 20; i += 1) {
    const byte = line[i] as number;
    if (!isLetterOrDigit(byte) && byte !== 0x2d && byte !== 0x5f) return false;
  }
  return true;
}

/** Tells whether gh?, hf, sk, rk or hub is before the `_` at `at`, and `p` after hub. */
function endsKeyName(line: Uint8Array, at: number): boolean {
  const before = line[at - 1];
  const second = line[at - 2];
  if (before === 0x66) return second === 0x68;
  if (before === 0x6b) return second === 0x73 || second === 0x72;
  if (before === 0x62) return second === 0x75 && line[at - 3] === 0x68 && line[at + 1] === 0x70;
  return second === 0x68 && line[at - 3] === 0x67;
}

/** Bytes of the well-formed character at `i` (Unicode 16, table 3-7); 0 when it is none, or one that rules look at; below 0 when it may be damage. */
function characterAt(line: Uint8Array, i: number, end: number): number {
  const lead = line[i] as number;
  if (lead === 0x7f) return -1;
  // Control characters are not well-formed text here.
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (i + size > end) return 0;
  const second = line[i + 1] as number;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  if (size === 2) {
    // Control characters, and what is often the first half of a character that was decoded twice.
    if (lead === 0xc2 && second < 0xa0) return -2;
    const after = line[i + 2] as number;
    if (lead < 0xc4 && (after >= 0x80 || after === BACKSLASH) && MISREAD[((lead & 3) << 6) | (second & 0x3f)] === 1)
      return -2;
  } else {
    const third = line[i + 2] as number;
    if (third < 0x80 || third > 0xbf) return 0;
    if (size > 3) {
      const fourth = line[i + 3] as number;
      if (fourth < 0x80 || fourth > 0xbf) return 0;
    } else if (
      lead === 0xe2 &&
      ((second === 0x80 && third >= 0xaa && third <= 0xae) || (second === 0x81 && third >= 0xa6 && third <= 0xa9))
    )
      return 0;
    else if (
      (lead === 0xe2 && second === 0x80 && (third === 0xa8 || third === 0xa9)) ||
      (lead === 0xef && second === 0xbf && third === 0xbd)
    )
      return -3;
  }
  return size;
}
