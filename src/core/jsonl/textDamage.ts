// Finds text that was damaged before it became JSON, where the JSON itself is valid: control characters, LaTeX commands without their
// second backslash, replacement characters, UTF-8 that was decoded twice, unusual line separators.
import { commandRest } from './latexCommands.ts';
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

/** What every sort of damage leaves in the raw text; without any of it, no text is decoded. */
const MAYBE = /[\u007f-\u009f\u2028\u2029\ufffd\u00c2\u00c3\u00e2\u00ef\u00f0]|\\(?:u(?:00|fffd|FFFD)|[bf]|[tnr][a-z])/;

/** Finds the damage in the texts of a line that is valid JSON, keys included. */
export function findDamage(line: string): TextDamage {
  if (!MAYBE.test(line)) return NONE;
  const found: { -readonly [K in keyof TextDamage]: TextDamage[K] } = { ...NONE };
  let at = line.indexOf('"');
  while (at !== -1) {
    const end = endOfText(line, at + 1);
    const raw = line.slice(at + 1, end);
    if (MAYBE.test(raw)) lookAt(raw, at + 1, found);
    at = line.indexOf('"', end + 1);
  }
  return found;
}

function endOfText(line: string, from: number): number {
  for (let at = from; ; at += 1) {
    const quote = line.indexOf('"', at);
    if (quote === -1) return line.length;
    let slashes = 0;
    while (line[quote - 1 - slashes] === '\\' && quote - 1 - slashes >= from) slashes += 1;
    if (slashes % 2 === 0) return quote;
    at = quote;
  }
}

/** A text decoded, and where each of its units is in the line. */
interface Decoded {
  readonly units: Uint16Array;
  readonly starts: Int32Array;
  /** Letter of the escape of each unit; 0 for units that are no escape. */
  readonly escapes: Uint8Array;
  readonly text: string;
}

function decode(raw: string, offset: number): Decoded {
  const units = new Uint16Array(raw.length);
  const starts = new Int32Array(raw.length + 1);
  const escapes = new Uint8Array(raw.length);
  let count = 0;
  for (let i = 0; i < raw.length;) {
    starts[count] = offset + i;
    let unit = raw.charCodeAt(i);
    let size = 1;
    if (unit === 0x5c) {
      const letter = raw.charCodeAt(i + 1);
      escapes[count] = letter;
      unit = letter === 0x75 ? parseInt(raw.slice(i + 2, i + 6), 16) : (ESCAPED.get(letter) ?? letter);
      size = letter === 0x75 ? 6 : 2;
    }
    units[count] = unit;
    count += 1;
    i += size;
  }
  starts[count] = offset + raw.length;
  const parts: string[] = [];
  for (let i = 0; i < count; i += 8192)
    parts.push(String.fromCharCode(...units.subarray(i, Math.min(count, i + 8192))));
  return { units: units.subarray(0, count), starts, escapes, text: parts.join('') };
}

const ESCAPED: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

function lookAt(raw: string, offset: number, found: { -readonly [K in keyof TextDamage]: TextDamage[K] }): void {
  const { units, starts, escapes, text } = decode(raw, offset);
  const span = (from: number, to: number): Span => ({ start: starts[from] ?? 0, end: starts[to] ?? 0 });
  let formulas: readonly Span[] | null = null;
  const twice = twiceDecodedIn(text);
  const [first] = twice;
  if (first !== undefined)
    found.twiceDecoded ??= {
      ...span(first.start, first.start + first.found.length),
      found: first.found,
      meant: first.meant,
    };
  for (let i = 0; i < units.length; i += 1) {
    const code = units[i] ?? 0;
    const letter = escapes[i] ?? 0;
    if (letter !== 0 && letter !== 0x75 && ESCAPED.has(letter)) {
      const rest = commandRest(units, i + 1, letter);
      const command = rest === 0 ? null : `\\${String.fromCharCode(letter)}${text.slice(i + 1, i + 1 + rest)}`;
      // A backspace or a form feed is damage wherever it is, the others only inside a formula.
      if (code === 0x08 || code === 0x0c) found.control ??= { ...span(i, i + 1), code, command };
      else if (command !== null && found.latex === null) {
        formulas ??= formulasOf(text);
        if (formulas.some(({ start, end }) => i >= start && i < end)) found.latex = { ...span(i, i + 1), command };
      }
    } else if (code === 0xfffd) found.replacement ??= span(i, i + 1);
    else if (letter === 0 && (code === 0x85 || code === 0x2028 || code === 0x2029))
      found.separator ??= { ...span(i, i + 1), code };
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
      // A NUL has a rule of its own, and raw tabs are no JSON. What was decoded twice from Latin-1 is full of control characters.
      const isPart = code >= 0x80 && twice.some((each) => i >= each.start && i < each.start + each.found.length);
      if (code !== 0 && code !== 0x09 && code !== 0x0a && code !== 0x0d && !isPart)
        found.control ??= { ...span(i, i + 1), code, command: null };
    }
  }
}

/** Characters that were decoded twice, in units of the text. */
function twiceDecodedIn(
  text: string,
): readonly { readonly start: number; readonly found: string; readonly meant: string }[] {
  if (!TWICE_DECODED.test(text)) return [];
  return [...text.matchAll(new RegExp(TWICE_DECODED, 'g'))].flatMap((match) => {
    const meant = decodedOnce(match[0]);
    return meant === null ? [] : [{ start: match.index, found: match[0], meant }];
  });
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
);
/** All of them are single units. */
const ENCODE = new Map<number, number>(
  Array.from({ length: CP1252.length }, (_, index) => [CP1252.charCodeAt(index), 0x80 + index]),
);
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What the bytes of the characters say as UTF-8; null when they are none. */
function decodedOnce(characters: string): string | null {
  const bytes = Array.from({ length: characters.length }, (_, index) => {
    const unit = characters.charCodeAt(index);
    return ENCODE.get(unit) ?? unit;
  });
  try {
    return strict.decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}
