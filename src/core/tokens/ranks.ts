// The vocabulary as one flat table. Everything that counts tokens ends up here, several times for every word, so it
// works on the bytes where they stand: no strings, no objects, no allocation.

/** Rank of bytes that are no token; above every real rank, so that a minimum never picks it. */
export const NO_RANK = 0x7fffffff;

/** Bytes that may be read (never used) after the last one of a text: two words, so that reading needs no end check. */
export const PADDING = 8;

/** Texts and tokens alike: bytes, and the same memory as words. */
export interface ByteView {
  readonly bytes: Uint8Array;
  readonly words: DataView;
}

export function byteView(capacity: number): ByteView {
  const bytes = new Uint8Array(capacity + PADDING);
  return { bytes, words: new DataView(bytes.buffer) };
}

// A slot is four words: the token's bytes 0…3 and 4…7, its length (0: empty slot), its rank. One cache line answers
// for tokens of up to eight bytes, three of four in the vocabulary and nearly all that are asked for.
const SLOT_WORDS = 4;

// 200,000 tokens in 524,288 slots: 1.2 looks a search.
const SLOTS = 1 << 19;

const NO_TABLE = 'The token table is not one, or is cut off.';

const LOW_BYTES = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1);

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
  /** Length of the longest token in bytes; nothing longer needs to be asked for. */
  readonly longest: number;
  /** Rank of every single byte. */
  readonly #ofByte = new Int32Array(256).fill(NO_RANK);
  /** Rank of two bytes, first × 256 + second: where every merge begins. */
  readonly ofPair = new Int32Array(65_536).fill(NO_RANK);
  readonly #slots = new Int32Array(SLOTS * SLOT_WORDS);
  readonly #lengths: Uint8Array;
  readonly #starts: Int32Array;
  readonly #tokens: ByteView;

  /**
   * @param data number of tokens (32 bits, little-endian), the length of each (8 bits), the bytes of each; in order of
   * rank, which is the token's id
   */
  constructor(data: Uint8Array) {
    const count = data.byteLength < 4 ? 0 : new DataView(data.buffer, data.byteOffset).getUint32(0, true);
    if (count < 256 || count > SLOTS / 2 || data.byteLength < 4 + count) throw new Error(NO_TABLE);
    const lengths = data.slice(4, 4 + count);
    const starts = new Int32Array(count);
    let size = 0;
    let longest = 0;
    for (let rank = 0; rank < count; rank += 1) {
      const length = lengths[rank] ?? 0;
      starts[rank] = size;
      size += length;
      if (length > longest) longest = length;
    }
    if (data.byteLength !== 4 + count + size) throw new Error(NO_TABLE);
    this.longest = longest;
    this.#lengths = lengths;
    this.#starts = starts;
    this.#tokens = byteView(size);
    this.#tokens.bytes.set(data.subarray(4 + count));
    for (let rank = 0; rank < count; rank += 1) this.#add(rank, starts[rank] ?? 0, lengths[rank] ?? 0);
  }

  /** Length of a token in bytes. */
  lengthOf(rank: number): number {
    return this.#lengths[rank] ?? 0;
  }

  /** The rank of the `length` ≥ 1 bytes at `start`, or {@link NO_RANK}. `hash`: theirs, when they are two or more. */
  rankOf(view: ByteView, start: number, length: number, hash = hashOf(view.words, start, length)): number {
    const { words } = view;
    if (length === 1) return this.#ofByte[view.bytes[start] ?? 0] ?? NO_RANK;
    let first = words.getInt32(start, true);
    let second = 0;
    if (length <= 4) first &= LOW_BYTES[length] ?? 0;
    else {
      second = words.getInt32(start + 4, true);
      if (length < 8) second &= LOW_BYTES[length - 4] ?? 0;
    }
    const slots = this.#slots;
    let at = (hash & (SLOTS - 1)) * SLOT_WORDS;
    for (;;) {
      const found = slots[at + 2];
      if (found === 0) return NO_RANK;
      if (found === length && slots[at] === first && slots[at + 1] === second) {
        const rank = slots[at + 3] ?? NO_RANK;
        if (length <= 8 || this.#sameRest(rank, words, start, length)) return rank;
      }
      at = (at + SLOT_WORDS) & (SLOTS * SLOT_WORDS - 1);
    }
  }

  #sameRest(rank: number, words: DataView, start: number, length: number): boolean {
    const token = this.#starts[rank] ?? 0;
    const tokens = this.#tokens.words;
    let at = 8;
    for (; at + 4 < length; at += 4) {
      if (words.getInt32(start + at, true) !== tokens.getInt32(token + at, true)) return false;
    }
    const difference = words.getInt32(start + at, true) ^ tokens.getInt32(token + at, true);
    return (difference & (LOW_BYTES[length - at] ?? 0)) === 0;
  }

  #add(rank: number, start: number, length: number): void {
    const { bytes, words } = this.#tokens;
    if (length === 1) {
      this.#ofByte[bytes[start] ?? 0] = rank;
      return;
    }
    if (length === 2) this.ofPair[((bytes[start] ?? 0) << 8) | (bytes[start + 1] ?? 0)] = rank;
    const slots = this.#slots;
    let at = (hashOf(words, start, length) & (SLOTS - 1)) * SLOT_WORDS;
    while (slots[at + 2] !== 0) at = (at + SLOT_WORDS) & (SLOTS * SLOT_WORDS - 1);
    slots[at] = words.getInt32(start, true) & (LOW_BYTES[Math.min(length, 4)] ?? 0);
    slots[at + 1] = length <= 4 ? 0 : words.getInt32(start + 4, true) & (LOW_BYTES[Math.min(length - 4, 4)] ?? 0);
    slots[at + 2] = length;
    slots[at + 3] = rank;
  }
}
