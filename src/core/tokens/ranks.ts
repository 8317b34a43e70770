// Vocabulary as one flat table. Every count of tokens ends here, several times for every word, so it
// works on the bytes in place: no strings, no objects, no allocation.

/** Rank of bytes that are no token; above every real rank, so that a minimum never picks it. */
export const NO_RANK = 0x7fffffff;

/** Bytes after the last one of a text that may be read (never used): four words, so that reading needs no end check. */
export const PADDING = 16;

/** View of a text or of tokens: bytes, and the same memory as words. */
export interface ByteView {
  readonly bytes: Uint8Array;
  readonly words: DataView;
}

export function byteView(capacity: number): ByteView {
  const bytes = new Uint8Array(capacity + PADDING);
  return { bytes, words: new DataView(bytes.buffer) };
}

// 200,000 tokens in 524,288 slots: 1.2 looks per search. A slot is one word: in its low 18 bits rank + 1 (0: empty), above
// them the same bits of the hash, so that hardly anything is compared in vain. 2 MB: it is filled in 20 ms and stays
// near the processor; with the tokens' first bytes in the slots (8 MB) loading took twice as long.
const SLOTS = 1 << 19;
const RANK_BITS = (1 << 18) - 1;

const NO_TABLE = 'The token table is not one, or is cut off.';

/** Masks that keep the first 0 to 4 bytes of a little-endian word. */
export const LOW_BYTES = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1);

/** Hash of `length` bytes at `start`. 2 ≤ length. */
export function hashOf(words: DataView, start: number, length: number): number {
  let hash: number;
  if (length <= 4) {
    hash = Math.imul(words.getInt32(start, true) & (LOW_BYTES[length] ?? 0), 0x9e3779b1) + length;
  } else {
    hash = Math.imul(words.getInt32(start, true), 0x9e3779b1) + length;
    let at = 4;
    for (; at + 4 < length; at += 4) {
      hash = Math.imul(hash ^ (hash >>> 15) ^ words.getInt32(start + at, true), 0x85ebca6b);
    }
    const rest = words.getInt32(start + at, true) & (LOW_BYTES[length - at] ?? 0);
    hash = Math.imul(hash ^ (hash >>> 15) ^ rest, 0x85ebca6b);
  }
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

export class RankTable {
  /** Length of the longest token in bytes; longer bytes need no lookup. */
  readonly longest: number;
  /** Rank of every single byte. */
  readonly #ofByte = new Int32Array(256).fill(NO_RANK);
  /** Rank of two bytes, first × 256 + second: the beginning of every merge. */
  readonly ofPair = new Int32Array(65_536).fill(NO_RANK);
  readonly #slots = new Int32Array(SLOTS);
  /** Start of each token in `#tokens`, and the end of the last one. */
  readonly #starts: Int32Array;
  readonly #tokens: ByteView;

  /**
   * @param data number of tokens (32 bits, little-endian), the length of each (8 bits), the bytes of each; in order of
   * rank, which is the token's id
   */
  constructor(data: Uint8Array) {
    const count = data.byteLength < 4 ? 0 : new DataView(data.buffer, data.byteOffset).getUint32(0, true);
    if (count < 256 || count >= RANK_BITS || data.byteLength < 4 + count) throw new Error(NO_TABLE);
    const starts = new Int32Array(count + 1);
    let size = 0;
    let longest = 0;
    for (let rank = 0; rank < count; rank += 1) {
      const length = data[4 + rank] ?? 0;
      size += length;
      starts[rank + 1] = size;
      if (length > longest) longest = length;
    }
    if (data.byteLength !== 4 + count + size) throw new Error(NO_TABLE);
    this.longest = longest;
    this.#starts = starts;
    this.#tokens = byteView(size);
    this.#tokens.bytes.set(data.subarray(4 + count));
    this.#fill();
  }

  /** Length of a token in bytes. */
  lengthOf(rank: number): number {
    return (this.#starts[rank + 1] ?? 0) - (this.#starts[rank] ?? 0);
  }

  /** Rank of the `length` ≥ 1 bytes at `start`, or {@link NO_RANK}. `hash`: hash of two or more bytes. */
  rankOf(view: ByteView, start: number, length: number, hash = hashOf(view.words, start, length)): number {
    if (length === 1) return this.#ofByte[view.bytes[start] ?? 0] ?? NO_RANK;
    const slots = this.#slots;
    const starts = this.#starts;
    const tag = hash & ~RANK_BITS;
    let at = hash & (SLOTS - 1);
    for (;;) {
      const slot = slots[at] ?? 0;
      if (slot === 0) return NO_RANK;
      if ((slot & ~RANK_BITS) === tag) {
        const rank = (slot & RANK_BITS) - 1;
        const token = starts[rank] ?? 0;
        if ((starts[rank + 1] ?? 0) - token === length && this.#same(token, view.words, start, length)) return rank;
      }
      at = (at + 1) & (SLOTS - 1);
    }
  }

  #same(token: number, words: DataView, start: number, length: number): boolean {
    const tokens = this.#tokens.words;
    let at = 0;
    for (; at + 4 < length; at += 4) {
      if (words.getInt32(start + at, true) !== tokens.getInt32(token + at, true)) return false;
    }
    const difference = words.getInt32(start + at, true) ^ tokens.getInt32(token + at, true);
    return (difference & (LOW_BYTES[length - at] ?? 0)) === 0;
  }

  /** Fills the slots in one plain loop without calls but the hash: it runs once, usually before it is compiled. */
  #fill(): void {
    const { bytes, words } = this.#tokens;
    const starts = this.#starts;
    const slots = this.#slots;
    const { ofPair } = this;
    for (let rank = 0; rank < starts.length - 1; rank += 1) {
      const start = starts[rank] ?? 0;
      const length = (starts[rank + 1] ?? 0) - start;
      if (length === 1) {
        this.#ofByte[bytes[start] ?? 0] = rank;
        continue;
      }
      if (length === 2) ofPair[((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0)] = rank;
      const hash = hashOf(words, start, length);
      let at = hash & (SLOTS - 1);
      while (slots[at] !== 0) at = (at + 1) & (SLOTS - 1);
      slots[at] = (hash & ~RANK_BITS) | (rank + 1);
    }
  }
}
