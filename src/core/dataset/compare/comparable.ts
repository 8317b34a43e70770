// Texts as they are compared: lower case, white space collapsed, as UTF-16 units in one array that every row uses again.

/** A text as units; valid until the next one is made in the same place. */
export interface Units {
  readonly units: Uint16Array;
  readonly length: number;
}

/** JavaScript's white space (`\s`) below U+0100. */
const SPACES = new Uint8Array(256);
for (const code of [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0xa0]) SPACES[code] = 1;
/** Lower case of ASCII; 0 for white space and for what is no ASCII. */
const FOLDED = new Uint8Array(256);
for (let code = 0; code < 0x80; code += 1)
  if (SPACES[code] === 0) FOLDED[code] = code >= 0x41 && code <= 0x5a ? code + 32 : code;

function isSpace(code: number): boolean {
  if (code < 0x100) return SPACES[code] === 1;
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0xfeff
  );
}

/** Offset where `trim` would begin, in well-formed UTF-8. */
export function trimmedStart(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte < 0x80) {
      if (SPACES[byte] !== 1) return at;
      at += 1;
    } else {
      const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      if (!isSpace(codeAt(bytes, at, size))) return at;
      at += size;
    }
  }
  return at;
}

/** Offset where `trim` would end; `start` is the result of `trimmedStart`. */
export function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start) {
    const byte = bytes[at - 1] as number;
    if (byte < 0x80) {
      if (SPACES[byte] !== 1) return at;
      at -= 1;
    } else {
      let size = 2;
      while (((bytes[at - size] as number) & 0xc0) === 0x80) size += 1;
      if (!isSpace(codeAt(bytes, at - size, size))) return at;
      at -= size;
    }
  }
  return at;
}

/** Code points of two and three bytes; larger ones are no white space. */
function codeAt(bytes: Uint8Array, at: number, size: number): number {
  const first = bytes[at] as number;
  const second = (bytes[at + 1] as number) & 0x3f;
  if (size === 2) return ((first & 0x1f) << 6) | second;
  return size === 3 ? ((first & 0x0f) << 12) | (second << 6) | ((bytes[at + 2] as number) & 0x3f) : 0x10000;
}

/**
 * Lower case of code points up to U+FFFF that have one unit as such; 0 for those not asked for yet. Filled as needed:
 * JavaScript gives it only for texts.
 */
const LOWER_UNITS = new Uint16Array(0x10000);
/** Letter whose lower case depends on its neighbors. */
const SIGMA = 0x3a3;

/** 0 when the lower case is not one unit. */
function lowerUnit(code: number): number {
  const known = LOWER_UNITS[code] as number;
  if (known !== 0) return known;
  const lower = String.fromCharCode(code).toLowerCase();
  if (lower.length !== 1 || code === SIGMA) return 0;
  LOWER_UNITS[code] = lower.charCodeAt(0);
  return lower.charCodeAt(0);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Puts texts one after the other, a space between them. */
export class UnitsWriter {
  units = new Uint16Array(4096);
  /** May end in a space. */
  #end = 0;

  /** Length without white space at the end. */
  get length(): number {
    return this.#end > 0 && this.units[this.#end - 1] === 0x20 ? this.#end - 1 : this.#end;
  }

  reset(): void {
    this.#end = 0;
  }

  /** Begins another text. */
  separate(): void {
    this.#end = space(this.#room(1), this.#end);
  }

  /** Well-formed UTF-8. */
  addUtf8(bytes: Uint8Array, start: number, end: number): void {
    const units = this.#room(end - start);
    let to = this.#end;
    for (let i = start; i < end;) {
      const byte = bytes[i] as number;
      const folded = FOLDED[byte] as number;
      if (folded !== 0) {
        units[to] = folded;
        to += 1;
        i += 1;
        continue;
      }
      if (byte < 0x80) {
        if (byte === 0) {
          units[to] = 0;
          to += 1;
        } else to = space(units, to);
        i += 1;
        continue;
      }
      const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      if (size < 4) {
        const lower = lowerUnit(codeAt(bytes, i, size));
        if (lower === 0) {
          this.#addText(decoder.decode(bytes.subarray(start, end)));
          return;
        }
        if (isSpace(lower)) to = space(units, to);
        else {
          units[to] = lower;
          to += 1;
        }
      } else {
        const point =
          ((byte & 0x07) << 18) |
          (((bytes[i + 1] as number) & 0x3f) << 12) |
          (((bytes[i + 2] as number) & 0x3f) << 6) |
          ((bytes[i + 3] as number) & 0x3f);
        // Deseret and some others have case; what lies above (emoji, rarer ideographs) has none.
        if (point < 0x1f000) {
          this.#addText(decoder.decode(bytes.subarray(start, end)));
          return;
        }
        units[to] = 0xd800 + ((point - 0x10000) >> 10);
        units[to + 1] = 0xdc00 + (point & 0x3ff);
        to += 2;
      }
      i += size;
    }
    this.#end = to;
  }

  #addText(text: string): void {
    const lower = text.toLowerCase();
    const units = this.#room(lower.length);
    let to = this.#end;
    for (let i = 0; i < lower.length; i += 1) {
      const code = lower.charCodeAt(i);
      if (isSpace(code)) to = space(units, to);
      else {
        units[to] = code;
        to += 1;
      }
    }
    this.#end = to;
  }

  /** Text written so far. */
  text(length = this.length): string {
    let text = '';
    for (let at = 0; at < length; at += 8192)
      text += String.fromCharCode(...this.units.subarray(at, Math.min(length, at + 8192)));
    return text;
  }

  #room(more: number): Uint16Array {
    const needed = this.#end + more + 1;
    if (needed > this.units.length) {
      const larger = new Uint16Array(2 * needed);
      larger.set(this.units.subarray(0, this.#end));
      this.units = larger;
    }
    return this.units;
  }
}

/** A space unless one is there, or nothing is; where to go on. */
function space(units: Uint16Array, to: number): number {
  if (to === 0 || units[to - 1] === 0x20) return to;
  units[to] = 0x20;
  return to + 1;
}

let scratch = new Uint16Array(4096);

/** The units of a text that is in its form already. */
export function unitsOfText(text: string): Units {
  const { length } = text;
  if (scratch.length < length) scratch = new Uint16Array(2 * length);
  for (let i = 0; i < length; i += 1) scratch[i] = text.charCodeAt(i);
  return { units: scratch, length };
}
