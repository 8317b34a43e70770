import { shingleHashes } from './shingles.ts';

// Finds texts that are probably alike without comparing every pair: MinHash sketches in bands (LSH). What it names are
// candidates; bare sketches flag several times too many, so each one is verified against the texts.

/** 21 bands of 6: a pair that shares 80 % is missed with probability (1 − 0.8⁶)²¹ = 0.2 %, one that shares 15 % is met in 0.02 %. */
const BANDS = 21;
const ROWS = 6;
const SIZE = 128;
/**
 * Short texts are sketched with one hash function a value, long ones with one for all (one-permutation hashing), which
 * needs many more shingles than values. Lengths in between get both: two texts that share 80 % are never on different
 * sides.
 */
const SHORT_AT_MOST = 320;
const LONG_AT_LEAST = 250;
/** Rows looked at in one band's bucket, newest first. */
const MAX_WALK = 64;
/** Candidates of one row, best first. */
const MAX_CANDIDATES = 4;
/** An estimate from 128 values has a standard deviation of at most 0.044. */
const SLACK = 0.16;

export interface Candidate {
  readonly row: number;
  /** 0…1, from the sketches. */
  readonly estimate: number;
}

/** Sketches of texts; 128 bytes and 21 table entries a text, never the text. */
export interface NearIndex {
  add(row: number, text: string): void;
  /** Rows added so far that are probably at least `threshold` alike, best first. */
  candidates(text: string): readonly Candidate[];
  /** Both, for the price of one: candidates among the rows before, then the row is added. */
  meet(row: number, text: string): readonly Candidate[];
}

export function createNearIndex(threshold: number): NearIndex {
  const short = createTable(threshold);
  const long = createTable(threshold);
  const both = (text: string, use: (table: Table, sketch: Uint32Array) => void): void => {
    const hashes = shingleHashes(text);
    if (hashes.length <= SHORT_AT_MOST) use(short, sketchShort(hashes));
    if (hashes.length >= LONG_AT_LEAST) use(long, sketchLong(hashes));
  };
  return {
    add(row, text) {
      both(text, (table, sketch) => {
        table.add(row, sketch);
      });
    },
    candidates: (text) => {
      const found = new Map<number, number>();
      both(text, (table, sketch) => {
        collect(found, table.find(sketch));
      });
      return best(found);
    },
    meet(row, text) {
      const found = new Map<number, number>();
      both(text, (table, sketch) => {
        collect(found, table.find(sketch));
        table.add(row, sketch);
      });
      return best(found);
    },
  };
}

function collect(found: Map<number, number>, candidates: readonly Candidate[]): void {
  for (const { row, estimate } of candidates) found.set(row, Math.max(found.get(row) ?? 0, estimate));
}

function best(found: ReadonlyMap<number, number>): readonly Candidate[] {
  return [...found]
    .map(([row, estimate]) => ({ row, estimate }))
    .sort((a, b) => b.estimate - a.estimate || a.row - b.row)
    .slice(0, MAX_CANDIDATES);
}

interface Table {
  add(row: number, sketch: Uint32Array): void;
  find(sketch: Uint32Array): readonly Candidate[];
}

function createTable(threshold: number): Table {
  let rows = new Int32Array(64);
  /** The lowest byte of each value of each sketch: enough for an estimate. */
  let bytes = new Uint8Array(64 * SIZE);
  /** For each entry (sketch × bands + band): the entry before it in the same bucket, or -1. */
  let before = new Int32Array(64 * BANDS);
  let count = 0;
  /** Open addressing: bucket keys and their newest entries. */
  let capacity = 4096;
  let keys = new Uint32Array(capacity);
  let heads = new Int32Array(capacity).fill(-1);
  let used = 0;

  const slotOf = (key: number): number => {
    let slot = Math.imul(key, 0x9e3779b1) & (capacity - 1);
    while (heads[slot] !== -1 && keys[slot] !== key) slot = (slot + 1) & (capacity - 1);
    return slot;
  };
  const grow = (): void => {
    const [oldKeys, oldHeads] = [keys, heads];
    capacity *= 2;
    keys = new Uint32Array(capacity);
    heads = new Int32Array(capacity).fill(-1);
    oldHeads.forEach((head, i) => {
      if (head === -1) return;
      const slot = slotOf(oldKeys[i] ?? 0);
      keys[slot] = oldKeys[i] ?? 0;
      heads[slot] = head;
    });
  };
  const bandKey = (sketch: Uint32Array, band: number): number => {
    let hash = Math.imul(band + 1, 0x85ebca6b);
    for (let i = 0; i < ROWS; i += 1) {
      hash = Math.imul(hash ^ (sketch[band * ROWS + i] ?? 0), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  };

  return {
    add(row, sketch) {
      if (count === rows.length) {
        rows = resized(rows, Int32Array);
        bytes = resized(bytes, Uint8Array);
        before = resized(before, Int32Array);
      }
      rows[count] = row;
      for (let i = 0; i < SIZE; i += 1) bytes[count * SIZE + i] = sketch[i] ?? 0;
      for (let band = 0; band < BANDS; band += 1) {
        if (used * 2 > capacity) grow();
        const key = bandKey(sketch, band);
        const slot = slotOf(key);
        const head = heads[slot] ?? -1;
        if (head === -1) {
          keys[slot] = key;
          used += 1;
        }
        const entry = count * BANDS + band;
        before[entry] = head;
        heads[slot] = entry;
      }
      count += 1;
    },
    find(sketch) {
      const seen = new Set<number>();
      const found: Candidate[] = [];
      for (let band = 0; band < BANDS; band += 1) {
        let entry = heads[slotOf(bandKey(sketch, band))] ?? -1;
        for (let walked = 0; entry !== -1 && walked < MAX_WALK; walked += 1) {
          const at = Math.floor(entry / BANDS);
          entry = before[entry] ?? -1;
          if (seen.has(at)) continue;
          seen.add(at);
          let same = 0;
          for (let i = 0; i < SIZE; i += 1) if (bytes[at * SIZE + i] === ((sketch[i] ?? 0) & 0xff)) same += 1;
          // One in 256 bytes agrees by chance.
          const estimate = Math.max(0, (same / SIZE - 1 / 256) / (1 - 1 / 256));
          if (estimate >= threshold - SLACK) found.push({ row: rows[at] ?? 0, estimate });
        }
      }
      return found;
    },
  };
}

function resized<T extends Int32Array | Uint8Array>(array: T, make: new (length: number) => T): T {
  const larger = new make(array.length * 2);
  larger.set(array);
  return larger;
}

const FACTORS = Uint32Array.from({ length: SIZE }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) ^ 0x5bd1e995) | 1);
const MASKS = Uint32Array.from({ length: SIZE }, (_, i) => Math.imul(i + 7, 0x85ebca77) ^ (i << 24));
const sketch = new Uint32Array(SIZE);

/** Smallest value under each of 128 hash functions. Reused by the next call. */
function sketchShort(hashes: Uint32Array): Uint32Array {
  for (let i = 0; i < SIZE; i += 1) {
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

/** Smallest value in each of 128 parts of the range; empty parts borrow from others, the same ones for equal sets. */
function sketchLong(hashes: Uint32Array): Uint32Array {
  sketch.fill(0xffffffff);
  for (let k = 0; k < hashes.length; k += 1) {
    const hash = hashes[k] as number;
    const bin = hash >>> 25;
    const value = (hash << 7) >>> 0;
    if (value < (sketch[bin] as number)) sketch[bin] = value;
  }
  const own = sketch.slice();
  for (let bin = 0; bin < SIZE; bin += 1) {
    let from = bin;
    for (let attempt = 1; own[from] === 0xffffffff && attempt < 1000; attempt += 1) {
      let next = Math.imul(bin * 1009 + attempt, 0x9e3779b1);
      next ^= next >>> 15;
      from = (Math.imul(next, 0x85ebca6b) >>> 25) & (SIZE - 1);
    }
    const value = own[from] ?? 0;
    sketch[bin] = Math.imul(value ^ (value >>> 13), 0xc2b2ae35) >>> 0;
  }
  return sketch;
}
