import type { O200k } from './o200k.ts';

/** First `count` tokens of `text` as text, without a character cut in its middle. */
export function firstTokens(o200k: O200k, text: string, count: number): string {
  const ids = o200k.encode(text);
  if (ids.length <= count) return text;
  let bytes = 0;
  for (const id of ids.slice(0, count)) bytes += o200k.byteLength(id);
  return text.slice(0, within(text, 0, bytes).end);
}

/** Stretch of text that is a whole number of o200k tokens, with that number: more than one where a character is split between them. */
export interface TokenText {
  readonly text: string;
  readonly tokens: number;
}

/** Splits `text` into o200k tokens; their texts, joined, are `text` (well-formed). */
export function tokenTexts(o200k: O200k, text: string): TokenText[] {
  const whole = wellFormed(text);
  const result: TokenText[] = [];
  let from = 0;
  let bytes = 0;
  let tokens = 0;
  for (const id of o200k.encode(whole)) {
    bytes += o200k.byteLength(id);
    tokens += 1;
    const { end, left } = within(whole, from, bytes);
    // The last character lacks a byte or more: it goes with the next token.
    if (left > 0) continue;
    result.push({ text: whole.slice(from, end), tokens });
    from = end;
    bytes = 0;
    tokens = 0;
  }
  return result;
}

/** End of the characters from `start` that fit into `bytes` of UTF-8, and the number of bytes left over. */
function within(text: string, start: number, bytes: number): { end: number; left: number } {
  let end = start;
  let left = bytes;
  while (left > 0) {
    const code = text.codePointAt(end) ?? 0;
    const width = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (width > left) break;
    left -= width;
    end += width === 4 ? 2 : 1;
  }
  return { end, left };
}

/** Replaces half a surrogate pair, which cannot be written as UTF-8, by U+FFFD, like every other output of this process. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
