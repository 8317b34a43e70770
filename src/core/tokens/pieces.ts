// o200k's pattern, by hand over UTF-8. As a regular expression (U: \p{Lu}\p{Lt}, L: \p{Ll}, X: \p{Lm}\p{Lo}\p{M}):
//
//   [^\r\n\p{L}\p{N}]? [UX]* [LX]+ (?i:'s|'t|'re|'ve|'m|'ll|'d)?
// | [^\r\n\p{L}\p{N}]? [UX]+ [LX]* (?i:'s|'t|'re|'ve|'m|'ll|'d)?
// | \p{N}{1,3}
// |  ?[^\s\p{L}\p{N}]+ [\r\n/]*
// | \s* [\r\n]+
// | \s+ (?!\S)
// | \s+
//
// No run is read more than three times, so the time is linear for every text.
import { LETTER, LOWER, MARK, NEWLINE, NUMBER, OTHER, SPACE, unicodeClasses, UPPER } from './unicodeClasses.ts';

/** Mark after the last byte of a text; no byte of UTF-8. */
export const END_OF_TEXT = 0xff;

// Classes of bytes: those of ASCII, and two more.
const MANY_BYTES = 8;
const END = 9;

const QUOTE = 0x27;
const SLASH = 0x2f;
const BLANK = 0x20;

export class PieceReader {
  readonly #ofCodePoint = unicodeClasses();
  readonly #ofByte: Uint8Array;

  constructor() {
    this.#ofByte = new Uint8Array(256).fill(MANY_BYTES, 0x80).fill(END, END_OF_TEXT);
    this.#ofByte.set(this.#ofCodePoint.subarray(0, 0x80));
  }

  /** End of the piece that begins at `start`. There is a byte at `start`, and {@link END_OF_TEXT} after the last. */
  endOf(bytes: Uint8Array, start: number): number {
    const ofByte = this.#ofByte;
    let at = start;
    let kind = ofByte[bytes[at] ?? END_OF_TEXT] ?? END;
    if (kind === NUMBER) {
      at += 1;
      kind = ofByte[bytes[at] ?? END_OF_TEXT] ?? END;
      if (kind === NUMBER) {
        at += 1;
        kind = ofByte[bytes[at] ?? END_OF_TEXT] ?? END;
        if (kind === NUMBER) return at + 1;
      }
      return kind === MANY_BYTES ? this.#endOfAny(bytes, start) : at;
    }
    // A character before a word belongs to the word.
    let word = kind;
    if (kind === SPACE || kind === OTHER) {
      at += 1;
      word = ofByte[bytes[at] ?? END_OF_TEXT] ?? END;
    }
    if (word === UPPER || word === LOWER) {
      while (word === UPPER) word = ofByte[bytes[(at += 1)] ?? END_OF_TEXT] ?? END;
      while (word === LOWER) word = ofByte[bytes[(at += 1)] ?? END_OF_TEXT] ?? END;
      if (word === MANY_BYTES) return this.#endOfAny(bytes, start);
      return bytes[at] === QUOTE ? afterContraction(bytes, at) : at;
    }
    if (word === MANY_BYTES) return this.#endOfAny(bytes, start);
    if (kind === OTHER || (word === OTHER && bytes[start] === BLANK)) {
      while (word === OTHER) word = ofByte[bytes[(at += 1)] ?? END_OF_TEXT] ?? END;
      if (word === MANY_BYTES) return this.#endOfAny(bytes, start);
      return word === NEWLINE ? afterNewlinesAndSlashes(bytes, at) : at;
    }
    // A single blank before a number is the most frequent white space.
    if (kind === SPACE && (word === NUMBER || word === OTHER)) return at;
    return this.#endOfSpace(bytes, start);
  }

  #endOfAny(bytes: Uint8Array, start: number): number {
    const kind = this.#kindAt(bytes, start);
    const next = start + widthAt(bytes, start);
    if (kind === NUMBER) {
      if (this.#kindAt(bytes, next) !== NUMBER) return next;
      const third = next + widthAt(bytes, next);
      return this.#kindAt(bytes, third) === NUMBER ? third + widthAt(bytes, third) : third;
    }
    const isPrefix = kind === OTHER || kind === SPACE || kind === MARK;
    const following = isPrefix ? this.#kindAt(bytes, next) : END;
    if (isPrefix && isWord(following)) {
      const end = this.#endOfCased(bytes, next);
      if (end > 0) return afterContraction(bytes, end);
    }
    if (isWord(kind)) {
      const end = this.#endOfCased(bytes, start);
      if (end > 0) return afterContraction(bytes, end);
    }
    if (isPrefix && isWord(following)) return afterContraction(bytes, this.#endOfCapitals(bytes, next));
    if (isWord(kind)) return afterContraction(bytes, this.#endOfCapitals(bytes, start));
    if (kind === OTHER) return this.#endOfOther(bytes, next);
    if (bytes[start] === BLANK && following === OTHER) return this.#endOfOther(bytes, next);
    return this.#endOfSpace(bytes, start);
  }

  /** End of [UX]*[LX]+ from `start`; 0 when it does not match. */
  #endOfCased(bytes: Uint8Array, start: number): number {
    let at = start;
    let lastCaseless = 0;
    let kind = this.#kindAt(bytes, at);
    while (kind === UPPER || kind === LETTER || kind === MARK) {
      at += widthAt(bytes, at);
      if (kind !== UPPER) lastCaseless = at;
      kind = this.#kindAt(bytes, at);
    }
    // The pattern gives back until the second part has one: down to the last that belongs to both.
    if (kind !== LOWER) return lastCaseless;
    while (kind === LOWER || kind === LETTER || kind === MARK) {
      at += widthAt(bytes, at);
      kind = this.#kindAt(bytes, at);
    }
    return at;
  }

  /** End of [UX]+[LX]* where the pattern before did not match: nothing but capitals. */
  #endOfCapitals(bytes: Uint8Array, start: number): number {
    let at = start;
    while (this.#kindAt(bytes, at) === UPPER) at += widthAt(bytes, at);
    return at;
  }

  /** End of [^\s\p{L}\p{N}]*[\r\n/]*. */
  #endOfOther(bytes: Uint8Array, start: number): number {
    let at = start;
    let kind = this.#kindAt(bytes, at);
    while (kind === OTHER || kind === MARK) {
      at += widthAt(bytes, at);
      kind = this.#kindAt(bytes, at);
    }
    return afterNewlinesAndSlashes(bytes, at);
  }

  /** End of white space: up to the last line end in it; or all of it before the end of the text, all but the last before anything else. */
  #endOfSpace(bytes: Uint8Array, start: number): number {
    let at = start;
    let last = start;
    let afterNewline = 0;
    let kind = this.#kindAt(bytes, at);
    while (kind === SPACE || kind === NEWLINE) {
      last = at;
      at += widthAt(bytes, at);
      if (kind === NEWLINE) afterNewline = at;
      kind = this.#kindAt(bytes, at);
    }
    if (afterNewline > 0) return afterNewline;
    return kind === END || last === start ? at : last;
  }

  #kindAt(bytes: Uint8Array, at: number): number {
    const kind = this.#ofByte[bytes[at] ?? END_OF_TEXT] ?? END;
    return kind === MANY_BYTES ? (this.#ofCodePoint[codePointAt(bytes, at)] ?? OTHER) : kind;
  }
}

function isWord(kind: number): boolean {
  return kind === LOWER || kind === LETTER || kind === UPPER || kind === MARK;
}

function widthAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

function codePointAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  const second = (bytes[at + 1] ?? 0) & 0x3f;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | second;
  const third = (bytes[at + 2] ?? 0) & 0x3f;
  if (lead < 0xf0) return ((lead & 0x0f) << 12) | (second << 6) | third;
  return ((lead & 0x07) << 18) | (second << 12) | (third << 6) | ((bytes[at + 3] ?? 0) & 0x3f);
}

function afterNewlinesAndSlashes(bytes: Uint8Array, start: number): number {
  let at = start;
  let byte = bytes[at];
  while (byte === 0x0a || byte === 0x0d || byte === SLASH) byte = bytes[(at += 1)];
  return at;
}

/** End of 's, 't, 'm, 'd, 're, 've and 'll in either case. */
function afterContraction(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return at;
  const first = bytes[at + 1] ?? END_OF_TEXT;
  // Case-insensitively ſ (U+017F, C5 BF) is an s.
  if (first === 0xc5) return bytes[at + 2] === 0xbf ? at + 3 : at;
  if (first < 0x41 || first > 0x7a) return at;
  const second = (bytes[at + 2] ?? END_OF_TEXT) | 0x20;
  switch (first | 0x20) {
    case 0x73: // s
    case 0x74: // t
    case 0x6d: // m
    case 0x64: // d
      return at + 2;
    case 0x72: // r
    case 0x76: // v
      return second === 0x65 ? at + 3 : at;
    case 0x6c: // l
      return second === 0x6c ? at + 3 : at;
    default:
      return at;
  }
}
