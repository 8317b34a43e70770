import { BytePairs } from './bytePairs.ts';
import type { TokenCounter } from './count.ts';
import { END_OF_TEXT, PieceReader } from './pieces.ts';
import { byteView, hashOf, LOW_BYTES, NO_RANK, PADDING, RankTable } from './ranks.ts';

/** OpenAI's o200k encoding (gpt-4o, gpt-4.1 and later). Control tokens in a text count as plain text. */
export interface O200k extends TokenCounter {
  /** Token ids of a text; half a surrogate pair is U+FFFD. */
  encode(text: string): number[];
  /** Length of a token in bytes of UTF-8. */
  byteLength(id: number): number;
}

// Numbers of tokens of repeated pieces that are no tokens themselves (names, inflected words, sentences in scripts without
// blanks). One answer per hash; the later piece takes the place. 4.5 MB when all of it is used; a quarter of
// that counts English as fast, Chinese and Japanese at two thirds.
const REMEMBERED = 1 << 16;
const LONGEST_REMEMBERED = 64;

// Most frequent words with their tokens: up to twelve bytes and the length with the tokens, four
// numbers per place, 0.5 MB. Of real text 85 to 95 of 100 words are found here, in one place; the whole table takes looks
// into three.
const FREQUENT = 1 << 15;
const LONGEST_FREQUENT = 12;
/** Masks for the bytes of a piece in its first, second and third word, by its length. */
const [FIRST, SECOND, THIRD] = [0, 4, 8].map((before) =>
  Int32Array.from(
    { length: LONGEST_FREQUENT + 1 },
    (_, length) => LOW_BYTES[Math.min(4, Math.max(0, length - before))] ?? 0,
  ),
) as [Int32Array, Int32Array, Int32Array];

/** Room that is kept on reset; longer texts release theirs. */
const ROOM = 1 << 16;

/** @param table output of scripts/lib/tokenTable.ts. Takes about 30 ms. */
export function createO200k(table: Uint8Array): O200k {
  const ranks = new RankTable(table);
  const pieces = new PieceReader();
  const pairs = new BytePairs(ranks);
  const encoder = new TextEncoder();
  const remembered = new Int32Array(REMEMBERED * 2);
  const rememberedBytes = new Uint8Array(REMEMBERED * LONGEST_REMEMBERED);
  const frequent = new Int32Array(FREQUENT * 4);
  let view = byteView(ROOM);

  /** Writes UTF-8 of the text into `view`; returns the length. */
  function write(text: string): number {
    const most = text.length * 3;
    if (most > view.bytes.length - PADDING) view = byteView(Math.max(most, 2 * view.bytes.length));
    const { written } = encoder.encodeInto(text, view.bytes);
    view.bytes[written] = END_OF_TEXT;
    return written;
  }

  /** Copies UTF-8 into `view`; returns the length. */
  function copy(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length > view.bytes.length - PADDING) view = byteView(Math.max(length, 2 * view.bytes.length));
    view.bytes.set(bytes.subarray(start, end));
    view.bytes[length] = END_OF_TEXT;
    return length;
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

  /** Counts the tokens of a piece of 2 to 12 bytes. */
  function countWord(words: DataView, start: number, length: number): number {
    // Code without branches: the order of lengths is unpredictable.
    const first = words.getInt32(start, true) & (FIRST[length] as number);
    const second = words.getInt32(start + 4, true) & (SECOND[length] as number);
    const third = words.getInt32(start + 8, true) & (THIRD[length] as number);
    let mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b) ^ Math.imul(third, 0xc2b2ae35);
    mixed ^= mixed >>> 15;
    const place = ((Math.imul(mixed, 0x2c1b3c6d) + length) >>> 17) * 4;
    // Empty places have the length 0, and tokens are never more than bytes.
    const known = frequent[place + 3] as number;
    if (
      known >> 4 === length &&
      frequent[place] === first &&
      frequent[place + 1] === second &&
      frequent[place + 2] === third
    )
      return known & 15;
    const hash = hashOf(words, start, length);
    const tokens = ranks.rankOf(view, start, length, hash) === NO_RANK ? countPiece(start, length, hash) : 1;
    frequent[place] = first;
    frequent[place + 1] = second;
    frequent[place + 2] = third;
    frequent[place + 3] = (length << 4) | tokens;
    return tokens;
  }

  /** Counts the tokens of the first `end` bytes of `view`. */
  function count(end: number): number {
    const { bytes, words } = view;
    let tokens = 0;
    for (let start = 0; start < end;) {
      const next = pieces.endOf(bytes, start);
      const length = next - start;
      // Every byte is a token; short pieces are a third of all.
      if (length === 1) tokens += 1;
      else if (length <= LONGEST_FREQUENT) tokens += countWord(words, start, length);
      else {
        const hash = hashOf(words, start, length);
        tokens += ranks.rankOf(view, start, length, hash) === NO_RANK ? countPiece(start, length, hash) : 1;
      }
      start = next;
    }
    return tokens;
  }

  return {
    count: (text) => ({ tokens: count(write(text)), estimated: false }),
    countBytes: (bytes, start, end) => count(copy(bytes, start, end)),
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
