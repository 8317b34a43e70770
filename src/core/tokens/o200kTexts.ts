import { decode, encode } from 'gpt-tokenizer/encoding/o200k_base';
import type { ChatMessage } from '../dataset/example.ts';
import { textOf } from '../dataset/example.ts';

// The library's byte-pair merge is quadratic in the length of one pre-token (17 s for 100 kB of one letter), so runs
// of letters, of spaces or of anything else longer than this are cut. Real text never reaches it.
const LONGEST_RUN = 200;
const LONG_RUN = new RegExp(String.raw`\s{${String(LONGEST_RUN)}}|\S{${String(LONGEST_RUN)}}`, 'gu');

function chunks(text: string): string[] {
  const result: string[] = [];
  let from = 0;
  for (const match of text.matchAll(LONG_RUN)) {
    const end = match.index + match[0].length;
    result.push(text.slice(from, end));
    from = end;
  }
  result.push(text.slice(from));
  return result;
}

function encodeChunk(text: string): number[] {
  // Special tokens in the text are ordinary text here: nothing in a dataset may make the encoder throw.
  return text === '' ? [] : encode(text, { disallowedSpecial: new Set<string>() });
}

/** o200k tokens of `text`; exact for any text without runs of 200 characters of one kind. */
export function countTokens(text: string): number {
  let count = 0;
  for (const chunk of chunks(text)) count += encodeChunk(chunk).length;
  return count;
}

/** The first `count` tokens of `text` as text; a character cut in its middle is left out. */
export function firstTokens(text: string, count: number): string {
  const ids = chunks(text).flatMap(encodeChunk);
  return ids.length <= count ? text : decode(ids.slice(0, count)).replace(/\uFFFD+$/u, '');
}

/** A stretch of text that is a whole number of o200k tokens, and how many: more than one where a character is split between them. */
export interface TokenText {
  readonly text: string;
  readonly tokens: number;
}

/** `text` as o200k tokens; what they spell, joined, is `text` (well-formed). */
export function tokenTexts(text: string): TokenText[] {
  const result: TokenText[] = [];
  for (const chunk of chunks(wellFormed(text))) {
    const ids = encodeChunk(chunk);
    let from = 0;
    let position = 0;
    for (let to = 1; to <= ids.length; to += 1) {
      const piece = decode(ids.slice(from, to));
      // Half a character decodes to U+FFFD, which is not what stands there: it goes with the next token.
      if (!chunk.startsWith(piece, position)) continue;
      result.push({ text: piece, tokens: to - from });
      from = to;
      position += piece.length;
    }
    // What could not be spelled token by token (it never happened) goes as one.
    if (position < chunk.length) result.push({ text: chunk.slice(position), tokens: Math.max(1, ids.length - from) });
  }
  return result;
}

/** Tokens of a conversation as providers bill them: content plus four a message. */
export function countMessageTokens(messages: readonly ChatMessage[]): number {
  let count = 0;
  for (const message of messages) count += 4 + countTokens(textOf(message));
  return count;
}

/** Half a surrogate pair cannot be written as UTF-8: it becomes U+FFFD, as on every way out of this process. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
