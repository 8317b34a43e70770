// MinHash sketches: two texts that share a share of their shingles have the same value in about that share of places.
import type { Units } from '../comparable.ts';
import { leastShingles, shingleHashes } from './shingles.ts';

/** Values of a sketch. */
export const SKETCH_SIZE = 128;

const FACTORS = Uint32Array.from({ length: SKETCH_SIZE }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) ^ 0x5bd1e995) | 1);
const MASKS = Uint32Array.from({ length: SKETCH_SIZE }, (_, i) => Math.imul(i + 7, 0x85ebca77) ^ (i << 24));
const sketch = new Uint32Array(SKETCH_SIZE);

/** Smallest value under each of 128 hash functions. Reused by the next call. */
export function sketchShort(text: Units): Uint32Array {
  const hashes = shingleHashes(text);
  for (let i = 0; i < SKETCH_SIZE; i += 1) {
    const factor = FACTORS[i] ?? 1;
    const mask = MASKS[i] ?? 0;
    let least = 0xffffffff;
    for (let k = 0; k < hashes.length; k += 1) {
      let value = Math.imul((hashes[k] as number) ^ mask, factor);
      value = (value ^ (value >>> 15)) >>> 0;
      if (value < least) least = value;
    }
    // The order is by the high bits; what is kept must not be.
    sketch[i] = Math.imul(least ^ (least >>> 13), 0xc2b2ae35) >>> 0;
  }
  return sketch;
}

const least = new Int32Array(SKETCH_SIZE);

/** Smallest value in each of 128 parts of the range; empty parts borrow from others, the same ones for equal sets. */
export function sketchLong(text: Units): Uint32Array {
  leastShingles(text, least);
  for (let part = 0; part < SKETCH_SIZE; part += 1) {
    let from = part;
    for (let attempt = 1; least[from] === 0x7fffffff && attempt < 1000; attempt += 1) {
      let next = Math.imul(part * 1009 + attempt, 0x9e3779b1);
      next ^= next >>> 15;
      from = (Math.imul(next, 0x85ebca6b) >>> 25) & (SKETCH_SIZE - 1);
    }
    const value = least[from] as number;
    // The order is by the high bits; what is kept must not be.
    sketch[part] = Math.imul(value ^ (value >>> 13), 0xc2b2ae35) >>> 8;
  }
  return sketch;
}
