import { BytePairs } from './bytePairs.ts';
import type { TokenCounter } from './count.ts';
import { END_OF_TEXT, PieceReader } from './pieces.ts';
import { byteView, hashOf, NO_RANK, PADDING, RankTable } from './ranks.ts';

/** OpenAI's o200k encoding (gpt-4o, gpt-4.1 and later). Control tokens in a text are the text they are. */
export interface O200k extends TokenCounter {
  /** Token ids of a text; half a surrogate pair is U+FFFD. */
  encode(text: string): number[];
  /** Length of a token in bytes of UTF-8. */
  byteLength(id: number): number;
}

// Pieces that are no tokens themselves but come again (names, inflected words, sentences in scripts without blanks): how
// many tokens they are. One answer a hash; the later piece takes the place. 4.5 MB when all of it is used; a quarter of
// that counts English as fast, Chinese and Japanese at two thirds.
const REMEMBERED = 1 << 16;
const LONGEST_REMEMBERED = 64;

/** Longer texts give their room back on reset. */
const ROOM = 1 << 16;

/** @param table what scripts/lib/tokenTable.ts makes. Takes about 30 ms. */
export function createO200k(table: Uint8Array): O200k {
  const ranks = new RankTable(table);
  const pieces = new PieceReader();
  const pairs = new BytePairs(ranks);
  const encoder = new TextEncoder();
  const remembered = new Int32Array(REMEMBERED * 2);
  const rememberedBytes = new Uint8Array(REMEMBERED * LONGEST_REMEMBERED);
  let view = byteView(ROOM);

  /** UTF-8 of the text into `view`; its length. */
  function write(text: string): number {
    const most = text.length * 3;
    if (most > view.bytes.length - PADDING) view = byteView(Math.max(most, 2 * view.bytes.length));
    const { written } = encoder.encodeInto(text, view.bytes);
    view.bytes[written] = END_OF_TEXT;
    return written;
  }

  function countPiece(start: number, length: number, hash: number): number {
    if (length > LONGEST_REMEMBERED) return pairs.merge(view, start, length, null);
    const { bytes } = view;
    const slot = hash & (REMEMBERED - 1);
    const key = (hash & ~0xff) | length;
    const room = slot * LONGEST_REMEMBERED;
    if (remembered[2 * slot] === key) {
      let same = 0;
      while (same < length && rememberedBytes[room + same] === bytes[start + same]) same += 1;
      if (same === length) return remembered[2 * slot + 1] ?? 0;
    }
    const tokens = pairs.merge(view, start, length, null);
    remembered[2 * slot] = key;
    remembered[2 * slot + 1] = tokens;
    for (let at = 0; at < length; at += 1) rememberedBytes[room + at] = bytes[start + at] ?? 0;
    return tokens;
  }

  function count(text: string): number {
    const end = write(text);
    const { bytes, words } = view;
    let tokens = 0;
    for (let start = 0; start < end;) {
      const next = pieces.endOf(bytes, start);
      const length = next - start;
      // Every byte is a token; short pieces are a third of all.
      if (length === 1) tokens += 1;
      else {
        const hash = hashOf(words, start, length);
        tokens += ranks.rankOf(view, start, length, hash) === NO_RANK ? countPiece(start, length, hash) : 1;
      }
      start = next;
    }
    return tokens;
  }

  return {
    count: (text) => ({ tokens: count(text), estimated: false }),
    encode(text) {
      const ids: number[] = [];
      const end = write(text);
      for (let start = 0; start < end;) {
        const next = pieces.endOf(view.bytes, start);
        const rank = ranks.rankOf(view, start, next - start);
        if (rank === NO_RANK) pairs.merge(view, start, next - start, ids);
        else ids.push(rank);
        start = next;
      }
      return ids;
    },
    byteLength: (id) => ranks.lengthOf(id),
    reset() {
      pairs.reset();
      if (view.bytes.length > 2 * ROOM) view = byteView(ROOM);
    },
  };
}
