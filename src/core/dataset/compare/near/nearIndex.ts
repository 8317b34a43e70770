// Finds texts that are probably alike without comparing every pair: MinHash sketches in bands (LSH). It decides nothing:
// sketches name several times too many candidates, and `verify.ts` compares the texts of each.
import type { Units } from '../comparable.ts';
import { shingleCount } from './shingles.ts';
import { sketchLong, sketchShort, SKETCH_SIZE } from './sketch.ts';
import { LONG_NEAR_THRESHOLD, LONG_TEXT, NEAR_THRESHOLD } from './thresholds.ts';

/** 21 bands of 6: a pair that shares 80 % is missed with probability (1 − 0.8⁶)²¹ = 0.2 %, one that shares 15 % is met in 0.02 %. */
const BANDS = 21;
/** Bands of long texts, which must share 90 %: (1 − 0.9⁶)¹⁰ = 0.05 % are missed. Each band costs a look into far memory. */
const LONG_BANDS = 10;
const ROWS = 6;
/**
 * Values kept of a sketch for an estimate, their lowest bytes: its standard deviation is 0.044 at most, and 0.04 for long
 * texts that share 90 %.
 */
const KEPT = SKETCH_SIZE;
const LONG_KEPT = SKETCH_SIZE / 2;
/**
 * Short texts are sketched with one hash function a value, long ones with one for all (one-permutation hashing), which
 * needs many more shingles than values. Lengths in between get both: two texts that share 80 % are never on different
 * sides.
 */
const SHORT_AT_MOST = 320;
const MIDDLE_AT_LEAST = 250;
/** Bounds of the same overlap between texts that must share 80 % and those that must share 90 %; shingles, a few less than units. */
const MIDDLE_AT_MOST = LONG_TEXT * 1.3;
const LONG_AT_LEAST = LONG_TEXT * 1.1;
/** Most rows compared in one band's bucket, newest first. */
const MAX_WALK = 64;
/** Candidates of one row, best first. */
const MAX_CANDIDATES = 4;
/** Four standard deviations. */
const SLACK = 0.16;
/** Sketches kept in one piece of memory: a list that doubles would be held twice while it is copied. */
const BLOCK = 4096;

export interface Candidate {
  readonly row: number;
  /** 0…1, from the sketches. */
  readonly estimate: number;
}

/** Sketches of texts, never the texts: a long one takes 64 bytes and 10 entries, a short one 128 and 21. */
export interface NearIndex {
  add(row: number, text: Units): void;
  /** Rows added so far that are probably at least `threshold` alike, best first. */
  candidates(text: Units): readonly Candidate[];
  /** Both, for the price of one: candidates among the rows before, then the row is added. */
  meet(row: number, text: Units): readonly Candidate[];
}

/** `threshold`: of texts of any length; without it what `nearThreshold` says. */
export function createNearIndex(threshold?: number): NearIndex {
  const short = createTable(BANDS, KEPT, threshold ?? NEAR_THRESHOLD);
  const middle = createTable(BANDS, KEPT, threshold ?? NEAR_THRESHOLD);
  const long = createTable(LONG_BANDS, LONG_KEPT, LONG_NEAR_THRESHOLD);
  const middleAtMost = threshold === undefined ? MIDDLE_AT_MOST : Infinity;
  const longAtLeast = threshold === undefined ? LONG_AT_LEAST : Infinity;
  const both = (text: Units, use: (table: Table, sketch: Uint32Array) => void): void => {
    const count = shingleCount(text.length);
    if (count <= SHORT_AT_MOST) use(short, sketchShort(text));
    if (count < MIDDLE_AT_LEAST) return;
    const sketch = sketchLong(text);
    if (count <= middleAtMost) use(middle, sketch);
    if (count >= longAtLeast) use(long, sketch);
  };
  return {
    add(row, text) {
      both(text, (table, sketch) => {
        table.use(sketch, null, row);
      });
    },
    candidates(text) {
      const found = new Map<number, number>();
      both(text, (table, sketch) => {
        table.use(sketch, found, -1);
      });
      return best(found);
    },
    meet(row, text) {
      const found = new Map<number, number>();
      both(text, (table, sketch) => {
        table.use(sketch, found, row);
      });
      return found.size === 0 ? NO_CANDIDATES : best(found);
    },
  };
}

const NO_CANDIDATES: readonly Candidate[] = [];

function best(found: ReadonlyMap<number, number>): readonly Candidate[] {
  return [...found]
    .map(([row, estimate]) => ({ row, estimate }))
    .sort((a, b) => b.estimate - a.estimate || a.row - b.row)
    .slice(0, MAX_CANDIDATES);
}

interface Table {
  /** Rows probably alike go to `found` with their estimates, if it is given; then `row` is added unless it is -1. */
  use(sketch: Uint32Array, found: Map<number, number> | null, row: number): void;
}

/** Memory of 4,096 sketches, one after the other. */
interface Block {
  readonly rows: Int32Array;
  /** The lowest byte of each value that is kept. */
  readonly bytes: Uint8Array;
  /** Entry before each entry (sketch × bands + band) in the same bucket, or -1. */
  readonly before: Int32Array;
  /** Turn that last saw each sketch, so that one that is in several buckets is compared once. */
  readonly seenBy: Int32Array;
}

function createTable(bands: number, kept: number, threshold: number): Table {
  const blocks: Block[] = [];
  let count = 0;
  /** Open addressing, two numbers a bucket, so that both come with one look into memory: its key, and its newest entry + 1. */
  let capacity = 4096;
  let buckets = new Int32Array(2 * capacity);
  let used = 0;
  let turn = 0;

  const bucketOf = (key: number): number => {
    let bucket = Math.imul(key, 0x9e3779b1) & (capacity - 1);
    while (buckets[2 * bucket + 1] !== 0 && buckets[2 * bucket] !== key) bucket = (bucket + 1) & (capacity - 1);
    return 2 * bucket;
  };
  const grow = (): void => {
    const old = buckets;
    capacity *= 2;
    buckets = new Int32Array(2 * capacity);
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] === 0) continue;
      const bucket = bucketOf(old[at] as number);
      buckets[bucket] = old[at] as number;
      buckets[bucket + 1] = old[at + 1] as number;
    }
  };
  const bandKey = (sketch: Uint32Array, band: number): number => {
    let hash = Math.imul(band + 1, 0x85ebca6b);
    for (let i = 0; i < ROWS; i += 1) {
      hash = Math.imul(hash ^ (sketch[band * ROWS + i] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  };
  const blockOf = (at: number): Block => {
    const block = blocks[Math.floor(at / BLOCK)];
    if (block === undefined) throw new Error('There is no such sketch');
    return block;
  };
  /** Estimates the similarity of a sketch, 0…1. */
  const estimate = (bytes: Uint8Array, from: number, sketch: Uint32Array): number => {
    let same = 0;
    for (let i = 0; i < kept; i += 1) if (bytes[from + i] === ((sketch[i] as number) & 0xff)) same += 1;
    // One in 256 bytes agrees by chance.
    return Math.max(0, (same / kept - 1 / 256) / (1 - 1 / 256));
  };

  return {
    use(sketch, found, row) {
      if (row !== -1) {
        if (count % BLOCK === 0)
          blocks.push({
            rows: new Int32Array(BLOCK),
            bytes: new Uint8Array(BLOCK * kept),
            before: new Int32Array(BLOCK * bands),
            seenBy: new Int32Array(BLOCK),
          });
        while ((used + bands) * 5 > capacity * 3) grow();
      }
      const own = row === -1 ? null : blockOf(count);
      const ownAt = count % BLOCK;
      turn += 1;
      // It is not like itself.
      if (own !== null) own.seenBy[ownAt] = turn;
      for (let band = 0; band < bands; band += 1) {
        const key = bandKey(sketch, band);
        const bucket = bucketOf(key);
        const newest = buckets[bucket + 1] as number;
        if (found !== null) {
          let entry = newest - 1;
          for (let walked = 0; entry !== -1 && walked < MAX_WALK; walked += 1) {
            const sketchAt = Math.floor(entry / bands);
            const { rows, bytes, before, seenBy } = blockOf(sketchAt);
            const at = sketchAt % BLOCK;
            entry = before[at * bands + (entry % bands)] as number;
            if (seenBy[at] === turn) continue;
            seenBy[at] = turn;
            const share = estimate(bytes, at * kept, sketch);
            const known = rows[at] as number;
            if (share >= threshold - SLACK) found.set(known, Math.max(found.get(known) ?? 0, share));
          }
        }
        if (own === null) continue;
        if (newest === 0) {
          buckets[bucket] = key;
          used += 1;
        }
        own.before[ownAt * bands + band] = newest - 1;
        buckets[bucket + 1] = count * bands + band + 1;
      }
      if (own === null) return;
      own.rows[ownAt] = row;
      for (let i = 0; i < kept; i += 1) own.bytes[ownAt * kept + i] = sketch[i] as number;
      count += 1;
    },
  };
}
