// Finds text that was damaged before it became JSON, where the JSON itself is valid: control characters, LaTeX commands without their
// second backslash, replacement characters, UTF-8 that was decoded twice, unusual line separators.
import { commandRestIn } from './latexCommands.ts';
import { locatePart } from './locate.ts';
import type { Span } from './scanText.ts';

export interface ControlSpan extends Span {
  /** Code point: below U+0020, U+007F, or U+0080 to U+009F. */
  readonly code: number;
  /** LaTeX command that was probably meant, such as `\frac`; null when none is likely. */
  readonly command: string | null;
}

export interface LatexSpan extends Span {
  /** Such as `\times`. */
  readonly command: string;
}

export interface TwiceDecodedSpan extends Span {
  /** Characters as they are, and as they were. */
  readonly found: string;
  readonly meant: string;
}

/** The first damage of each sort in a line; null for none. Half-open ranges of units of the line. */
export interface TextDamage {
  readonly control: ControlSpan | null;
  readonly latex: LatexSpan | null;
  readonly replacement: Span | null;
  readonly twiceDecoded: TwiceDecodedSpan | null;
  /** A raw U+2028, U+2029 or U+0085, which some programs take for the end of the line. */
  readonly separator: (Span & { readonly code: number }) | null;
}

const NONE: TextDamage = { control: null, latex: null, replacement: null, twiceDecoded: null, separator: null };

/** Units that damage leaves in the raw text: control characters, what bytes of UTF-8 become when they are decoded once more. */
const SUSPICIOUS = new Uint8Array(256);
for (let unit = 0x7f; unit < 0xa0; unit += 1) SUSPICIOUS[unit] = 1;
for (const unit of [0xc2, 0xc3, 0xe2, 0xef, 0xf0]) SUSPICIOUS[unit] = 1;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/** Finds the damage in the texts of a line that is valid JSON, keys included. */
export function findDamage(line: string): TextDamage {
  let found: { -readonly [K in keyof TextDamage]: TextDamage[K] } | null = null;
  const { length } = line;
  for (let at = 0; at < length; at += 1) {
    if (line.charCodeAt(at) !== QUOTE) continue;
    const from = at + 1;
    let suspicious = false;
    for (at = from; at < length; at += 1) {
      const unit = line.charCodeAt(at);
      if (unit === QUOTE) break;
      if (unit === BACKSLASH) {
        at += 1;
        const letter = line.charCodeAt(at);
        if (letter === LETTER_U) {
          const code = parseInt(line.slice(at + 1, at + 5), 16);
          suspicious ||= code < 0x100 || code === 0xfffd;
        } else suspicious ||= ESCAPED.has(letter) && line.charCodeAt(at + 1) >= 0x61;
        suspicious ||= letter === 0x62 || letter === 0x66;
      } else if (unit >= 0x7f)
        suspicious ||= unit < 0x100 ? SUSPICIOUS[unit] === 1 : unit === 0xfffd || unit === 0x2028 || unit === 0x2029;
    }
    if (suspicious) lookAt(line.slice(from, at), from, (found ??= { ...NONE }));
  }
  return found ?? NONE;
}

/** Letters of the escapes whose code is followed by the rest of a LaTeX command, by what they say. */
const LETTERS: ReadonlyMap<number, string> = new Map([
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
]);
const ESCAPED: ReadonlySet<number> = new Set(Array.from(LETTERS.values(), (letter) => letter.charCodeAt(0)));

/** Units of a decoded text that may be damage; most line breaks are not. */
const HIT = /[\t\n\r](?=[a-z])|(?![\t\n\r])\p{Cc}|[\u00c2\u00c3\u00e2\u00ef\u00f0\u2028\u2029\ufffd]/gu;

/** `raw`: a text without its quotes, which begins at `offset` of the line. */
function lookAt(raw: string, offset: number, found: { -readonly [K in keyof TextDamage]: TextDamage[K] }): void {
  const text = JSON.parse(`"${raw}"`) as string;
  const quoted = { start: -1, end: raw.length + 1 };
  const span = (start: number, end: number): Span => {
    const range = locatePart(raw, quoted, { start, end });
    return { start: offset + range.start, end: offset + range.end };
  };
  let formulas: readonly Span[] | null = null;
  HIT.lastIndex = 0;
  for (let hit = HIT.exec(text); hit !== null; hit = HIT.exec(text)) {
    const at = hit.index;
    const code = text.charCodeAt(at);
    if (code === 0xfffd) found.replacement ??= span(at, at + 1);
    else if (code >= 0xa0 && code < 0x100) {
      const twice = twiceDecodedAt(text, at);
      if (twice === null) continue;
      // What was decoded twice from Latin-1 is full of control characters.
      HIT.lastIndex = at + twice.found.length;
      found.twiceDecoded ??= { ...span(at, at + twice.found.length), ...twice };
    } else if (code === 0x09 || code === 0x0a || code === 0x0d) {
      if (found.latex !== null) continue;
      const command = commandAt(text, at, code, span);
      if (command === null) continue;
      formulas ??= formulasOf(text);
      if (formulas.some(({ start, end }) => at >= start && at < end)) found.latex = { ...span(at, at + 1), command };
    } else if (code === 0x2028 || code === 0x2029 || code === 0x85) {
      const place = span(at, at + 1);
      if (place.end - place.start === 1) found.separator ??= { ...place, code };
      else if (code === 0x85) found.control ??= { ...place, code, command: null };
    } else if (code !== 0 && found.control === null) {
      // A NUL has a rule of its own.
      found.control = { ...span(at, at + 1), code, command: commandAt(text, at, code, span) };
    }
  }
}

/** LaTeX command that an escape of one letter at `at` and the letters after it were; null when they are none. */
function commandAt(text: string, at: number, code: number, span: (start: number, end: number) => Span): string | null {
  const letter = LETTERS.get(code);
  const rest = letter === undefined ? '' : commandRestIn(text, at + 1, letter);
  if (letter === undefined || rest === '') return null;
  const { start, end } = span(at, at + 1);
  // `\u000a` is longer than `\n`.
  return end - start === 2 ? `\\${letter}${rest}` : null;
}

/** Characters at `at` that were decoded twice, and what they were; null when there are none. */
function twiceDecodedAt(text: string, at: number): { readonly found: string; readonly meant: string } | null {
  TWICE_DECODED.lastIndex = at;
  const characters = TWICE_DECODED.exec(text)?.[0];
  const meant = characters === undefined ? null : decodedOnce(characters);
  return characters === undefined || meant === null ? null : { found: characters, meant };
}

/**
 * Formulas of a text: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`. A single dollar opens one only before a sign that is no white space, and
 * closes it only after one and before what is no digit: amounts of money are no formulas.
 */
function formulasOf(text: string): readonly Span[] {
  const formulas: Span[] = [];
  for (const { index, 0: whole } of text.matchAll(FORMULA)) formulas.push({ start: index, end: index + whole.length });
  return formulas;
}

const FORMULA =
  /\$\$[^$]{1,2000}\$\$|\$(?![\s$])(?:[^$\n]|\n(?!\n)){0,400}?[^\s$\\]\$(?!\d)|\\\([^]{1,2000}?\\\)|\\\[[^]{1,2000}?\\\]/g;

/** Windows-1252's characters for the bytes 0x80 to 0x9F; Latin-1 has control characters there. */
const CP1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const TAIL = `[\u0080-\u00bf${CP1252}]`;
/**
 * UTF-8 that was read as Windows-1252 or Latin-1: an accented letter, typographic punctuation, a currency sign, an arrow, an emoji. A capital
 * before it makes a word in capitals more likely: `AMANHû` is right.
 */
const TWICE_DECODED = new RegExp(
  `(?<![A-Z\u00c0-\u00de])[\u00c2\u00c3]${TAIL}|\u00e2[\u0080-\u009f€‚„†‡ˆ‰˜™š›œž]${TAIL}|\u00f0[\u009fŸ]${TAIL}${TAIL}|\u00ef[»¿]${TAIL}`,
  'y',
);
/** All of them are single units. */
const ENCODE = new Map<number, number>(
  Array.from({ length: CP1252.length }, (_, index) => [CP1252.charCodeAt(index), 0x80 + index]),
);
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What characters were, as found so far; a file has few of them, again and again. */
const decoded = new Map<string, string | null>();

/** What the bytes of the characters say as UTF-8; null when they are none. */
function decodedOnce(characters: string): string | null {
  const known = decoded.get(characters);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i += 1) {
    const unit = characters.charCodeAt(i);
    bytes[i] = ENCODE.get(unit) ?? unit;
  }
  let meant: string | null = null;
  try {
    meant = strict.decode(bytes);
  } catch {
    // Other characters that happen to be neighbors.
  }
  if (decoded.size < 1024) decoded.set(characters, meant);
  return meant;
}
