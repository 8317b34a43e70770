import { existsSync, readFile, readFileSync } from 'node:fs';
import { gunzip, gunzipSync } from 'node:zlib';
import type { ChatMessage } from '../core/dataset/example.ts';
import { textOf } from '../core/dataset/example.ts';
import { createO200k, type O200k } from '../core/tokens/o200k.ts';
import * as texts from '../core/tokens/o200kTexts.ts';
import { TOKENS_PER_MESSAGE } from '../core/tokens/count.ts';

let loaded: O200k | undefined;
let unpacked: Uint8Array | undefined;
let unpacking = false;

/** The encoding, read on first use (about 60 ms) and shared by all of a thread. Throws when the build has not made its table. */
export function o200k(): O200k {
  loaded ??= createO200k(unpacked ?? gunzipSync(readFileSync(tableUrl())));
  unpacked = undefined;
  return loaded;
}

/** Reads and unpacks the table beside the other work of this thread, so that `o200k` waits less. `o200k` reports a failure. */
export function unpackO200k(): void {
  if (unpacking || loaded !== undefined) return;
  unpacking = true;
  readFile(tableUrl(), (unread, bytes) => {
    if (unread !== null || loaded !== undefined) return;
    gunzip(bytes, (broken, table) => {
      if (broken === null && loaded === undefined) unpacked = table;
    });
  });
}

/** Beside the bundle when built; in dist/ when run from a checkout. */
function tableUrl(): URL {
  const built = new URL('./o200k.bin', import.meta.url);
  return existsSync(built) ? built : new URL('../../dist/o200k.bin', import.meta.url);
}

/** o200k tokens of `text`. */
export function countTokens(text: string): number {
  return o200k().count(text).tokens;
}

/** The first `count` tokens of `text` as text; a character cut in its middle is left out. */
export function firstTokens(text: string, count: number): string {
  return texts.firstTokens(o200k(), text, count);
}

/** `text` as o200k tokens; what they spell, joined, is `text` (well-formed). */
export function tokenTexts(text: string): texts.TokenText[] {
  return texts.tokenTexts(o200k(), text);
}

/** Tokens of a conversation as providers bill them: content plus four a message. */
export function countMessageTokens(messages: readonly Pick<ChatMessage, 'content'>[]): number {
  let count = 0;
  for (const message of messages) count += TOKENS_PER_MESSAGE + countTokens(textOf(message));
  return count;
}
