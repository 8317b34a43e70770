// Shingles of five UTF-16 units, as 32-bit hashes: small edits change few of them, in any language.

export const SHINGLE_LENGTH = 5;
/** Shorter texts have so few shingles that one word more or less is another text. */
export const MIN_NEAR_LENGTH = 60;
/** Longer texts are compared by their beginning: 200,000 units are about a full context. */
const MAX_NEAR_LENGTH = 200_000;

/** An odd number without pattern, and its powers modulo 2³². */
const BASE = 0x01000193;
const BASE_TO_TWO = Math.imul(BASE, BASE);
const BASE_TO_THREE = Math.imul(BASE_TO_TWO, BASE);
const BASE_TO_FOUR = Math.imul(BASE_TO_TWO, BASE_TO_TWO);

let scratch = new Uint32Array(4096);

/** Hashes of all shingles, equal ones again and again. The array is reused by the next call. */
export function shingleHashes(text: string): Uint32Array {
  const length = Math.min(text.length, MAX_NEAR_LENGTH) - SHINGLE_LENGTH + 1;
  if (length <= 0) return scratch.subarray(0, 0);
  if (scratch.length < length) scratch = new Uint32Array(length * 2);
  // A polynomial that rolls: the unit that leaves is taken off, the new one put on. Each unit is read once.
  const hashes = scratch;
  let [a, b, c, d] = [text.charCodeAt(0), text.charCodeAt(1), text.charCodeAt(2), text.charCodeAt(3)];
  let rolling = (Math.imul(a, BASE_TO_THREE) + Math.imul(b, BASE_TO_TWO) + Math.imul(c, BASE) + d) | 0;
  for (let i = 0; i < length; i += 1) {
    const e = text.charCodeAt(i + 4);
    rolling = (Math.imul(rolling, BASE) + e) | 0;
    // Half the finaliser of MurmurHash3 (public domain): the high bits, which choose, depend on all.
    const hash = Math.imul(rolling ^ (rolling >>> 15), 0x85ebca6b);
    hashes[i] = hash ^ (hash >>> 13);
    rolling = (rolling - Math.imul(a, BASE_TO_FOUR)) | 0;
    a = b;
    b = c;
    c = d;
    d = e;
  }
  return hashes.subarray(0, length);
}

/** The set of a text's shingles, sorted. */
export function shingleSet(text: string): Uint32Array {
  const sorted = shingleHashes(text).slice().sort();
  let kept = 0;
  for (let i = 0; i < sorted.length; i += 1)
    if (i === 0 || sorted[i] !== sorted[i - 1]) {
      sorted[kept] = sorted[i] ?? 0;
      kept += 1;
    }
  return sorted.subarray(0, kept);
}

/** Shared shingles by all shingles of both, 0…1; two sets as `shingleSet` makes them. */
export function jaccard(a: Uint32Array, b: Uint32Array): number {
  if (a.length === 0 && b.length === 0) return 1;
  let shared = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const left = a[i] ?? 0;
    const right = b[j] ?? 0;
    if (left === right) {
      shared += 1;
      i += 1;
      j += 1;
    } else if (left < right) i += 1;
    else j += 1;
  }
  return shared / (a.length + b.length - shared);
}

/** Rows of one template with other numbers are other questions, however much they look alike. */
export function differOnlyInNumbers(a: string, b: string): boolean {
  return a !== b && a.replace(/\d+/g, '0') === b.replace(/\d+/g, '0');
}
