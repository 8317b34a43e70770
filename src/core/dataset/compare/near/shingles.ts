import { unitsOfText, type Units } from '../comparable.ts';

// Shingles of five UTF-16 units, as 32-bit hashes: small edits change few of them, in any language.

export const SHINGLE_LENGTH = 5;
/** Longer texts are compared by their beginning: 200,000 units are about a full context. */
const MAX_NEAR_LENGTH = 200_000;

/** An odd number without pattern, and its fifth power modulo 2³². */
const BASE = 0x01000193;
const BASE_TO_FIVE = Math.imul(Math.imul(Math.imul(BASE, BASE), Math.imul(BASE, BASE)), BASE);

let scratch = new Uint32Array(4096);

/** Shingles of a text of so many units, equal ones again and again. */
export function shingleCount(length: number): number {
  return Math.max(0, Math.min(length, MAX_NEAR_LENGTH) - SHINGLE_LENGTH + 1);
}

/** Hashes of all shingles, equal ones again and again. The array is reused by the next call. */
export function shingleHashes({ units, length }: Units): Uint32Array {
  const count = shingleCount(length);
  if (scratch.length < count) scratch = new Uint32Array(count * 2);
  const hashes = scratch;
  // A polynomial that rolls: the unit that leaves is taken off, the new one put on.
  let rolling = 0;
  for (let i = 0; i < SHINGLE_LENGTH - 1 && count > 0; i += 1)
    rolling = (Math.imul(rolling, BASE) + (units[i] as number)) | 0;
  let leaving = 0;
  for (let i = 0; i < count; i += 1) {
    rolling = (Math.imul(rolling, BASE) + (units[i + 4] as number) - Math.imul(leaving, BASE_TO_FIVE)) | 0;
    leaving = units[i] as number;
    // Half the finalizer of MurmurHash3 (public domain): the high bits, which choose, depend on all.
    const hash = Math.imul(rolling ^ (rolling >>> 15), 0x85ebca6b);
    hashes[i] = hash ^ (hash >>> 13);
  }
  return hashes.subarray(0, count);
}

/**
 * The smallest hash of every 128th part of their range, in `least`, which is 0x7fffffff where there is none: as
 * `shingleHashes`, without keeping them. The parts are chosen by the high bits, the rest of 25 bits are compared.
 */
export function leastShingles({ units, length }: Units, least: Int32Array): void {
  least.fill(0x7fffffff);
  const count = shingleCount(length);
  let rolling = 0;
  for (let i = 0; i < SHINGLE_LENGTH - 1 && count > 0; i += 1)
    rolling = (Math.imul(rolling, BASE) + (units[i] as number)) | 0;
  let leaving = 0;
  for (let i = 0; i < count; i += 1) {
    rolling = (Math.imul(rolling, BASE) + (units[i + 4] as number) - Math.imul(leaving, BASE_TO_FIVE)) | 0;
    leaving = units[i] as number;
    let hash = Math.imul(rolling ^ (rolling >>> 15), 0x85ebca6b);
    hash ^= hash >>> 13;
    const value = hash & 0x1ffffff;
    if (value < (least[hash >>> 25] as number)) least[hash >>> 25] = value;
  }
}

// Hashes that are in a set, by open addressing; a slot counts only when it has the number of the set.
let slots = new Uint32Array(8192);
let owners = new Uint32Array(8192);
let owner = 0;

/** Begins an empty set with room for so many. */
function newSet(size: number): number {
  if (slots.length < 2 * size) {
    const length = 1 << (32 - Math.clz32(2 * size));
    slots = new Uint32Array(length);
    owners = new Uint32Array(length);
  }
  // Every set has its own number; after 2³² of them all slots are given back.
  owner += 1;
  if (owner > 0xffffffff) {
    owners.fill(0);
    owner = 1;
    held = { set: null, owner: 0 };
  }
  return slots.length - 1;
}

/** The set of a text's shingles, each once. */
export function shingleSet(text: string | Units): Uint32Array {
  const hashes = shingleHashes(typeof text === 'string' ? unitsOfText(text) : text);
  const mask = newSet(hashes.length);
  const set = new Uint32Array(hashes.length);
  let kept = 0;
  for (let i = 0; i < hashes.length; i += 1) {
    const hash = hashes[i] as number;
    let slot = hash & mask;
    while (owners[slot] === owner && slots[slot] !== hash) slot = (slot + 1) & mask;
    if (owners[slot] === owner) continue;
    owners[slot] = owner;
    slots[slot] = hash;
    set[kept] = hash;
    kept += 1;
  }
  return set.slice(0, kept);
}

let held: { readonly set: Uint32Array | null; readonly owner: number } = { set: null, owner: 0 };

/** Shared shingles by all shingles of both, 0…1; two sets as `shingleSet` makes them. */
export function jaccard(a: Uint32Array, b: Uint32Array): number {
  if (a.length === 0 && b.length === 0) return 1;
  // The same text is often compared with several others in a row.
  if (held.set !== a || held.owner !== owner) {
    const mask = newSet(a.length);
    for (let i = 0; i < a.length; i += 1) {
      let slot = (a[i] as number) & mask;
      while (owners[slot] === owner) slot = (slot + 1) & mask;
      owners[slot] = owner;
      slots[slot] = a[i] as number;
    }
    held = { set: a, owner };
  }
  const mask = slots.length - 1;
  let shared = 0;
  for (let i = 0; i < b.length; i += 1) {
    const hash = b[i] as number;
    let slot = hash & mask;
    while (owners[slot] === owner && slots[slot] !== hash) slot = (slot + 1) & mask;
    if (owners[slot] === owner) shared += 1;
  }
  return shared / (a.length + b.length - shared);
}
