import { NO_RANK, type ByteView, type RankTable } from './ranks.ts';

// Longest piece whose least rank is found by going through all ranks: faster than any structure for a long word.
// Beyond, that would be quadratic: 100 kB of one letter would take minutes.
const SHORT = 64;

/**
 * Byte pair encoding of one piece: begins with its bytes, and merges the neighbors with the least rank (the leftmost
 * of equals) until no two neighbors together are a token.
 */
export class BytePairs {
  readonly #table: RankTable;
  // Parts of a short piece: the start of each, and its rank together with the next.
  readonly #starts = new Int32Array(SHORT + 1);
  readonly #ranks = new Int32Array(SHORT + 1);
  // Parts of a long piece by their first byte: the parts around each, and a tournament over the ranks.
  #next = new Int32Array(0);
  #before = new Int32Array(0);
  #tree = new Int32Array(0);

  constructor(table: RankTable) {
    this.#table = table;
  }

  /** Counts the tokens of the bytes from `start`, `length` ≥ 2; their ids go to `ids`, if given. */
  merge(view: ByteView, start: number, length: number, ids: number[] | null): number {
    return length <= SHORT ? this.#mergeShort(view, start, length, ids) : this.#mergeLong(view, start, length, ids);
  }

  /** Releases the memory of a very long piece. */
  reset(): void {
    this.#next = new Int32Array(0);
    this.#before = new Int32Array(0);
    this.#tree = new Int32Array(0);
  }

  #mergeShort(view: ByteView, from: number, length: number, ids: number[] | null): number {
    const table = this.#table;
    const { ofPair } = table;
    const { bytes } = view;
    const starts = this.#starts;
    const ranks = this.#ranks;
    for (let part = 0; part < length - 1; part += 1) {
      starts[part] = from + part;
      ranks[part] = ofPair[((bytes[from + part] ?? 0) << 8) | (bytes[from + part + 1] ?? 0)] ?? NO_RANK;
    }
    starts[length - 1] = from + length - 1;
    starts[length] = from + length;
    let parts = length;
    while (parts > 1) {
      let least = NO_RANK;
      let best = 0;
      for (let part = 0; part < parts - 1; part += 1) {
        const rank = ranks[part] ?? NO_RANK;
        if (rank < least) {
          least = rank;
          best = part;
        }
      }
      if (least === NO_RANK) break;
      parts -= 1;
      for (let part = best + 1; part < parts; part += 1) {
        starts[part] = starts[part + 1] ?? 0;
        ranks[part] = ranks[part + 1] ?? NO_RANK;
      }
      starts[parts] = from + length;
      if (best < parts - 1) {
        const start = starts[best] ?? 0;
        ranks[best] = table.rankOf(view, start, (starts[best + 2] ?? 0) - start);
      }
      if (best > 0) {
        const start = starts[best - 1] ?? 0;
        ranks[best - 1] = table.rankOf(view, start, (starts[best + 1] ?? 0) - start);
      }
    }
    if (ids !== null) {
      for (let part = 0; part < parts; part += 1) {
        const start = starts[part] ?? 0;
        ids.push(table.rankOf(view, start, (starts[part + 1] ?? 0) - start));
      }
    }
    return parts;
  }

  #mergeLong(view: ByteView, from: number, length: number, ids: number[] | null): number {
    const table = this.#table;
    const { ofPair, longest } = table;
    const { bytes } = view;
    const leaves = 1 << (32 - Math.clz32(length - 1));
    if (this.#next.length < length) {
      this.#next = new Int32Array(leaves);
      this.#before = new Int32Array(leaves);
      this.#tree = new Int32Array(2 * leaves);
    }
    const next = this.#next;
    const before = this.#before;
    const tree = this.#tree;
    for (let part = 0; part < length; part += 1) {
      next[part] = part + 1;
      before[part] = part - 1;
      tree[leaves + part] =
        part + 1 < length
          ? (ofPair[((bytes[from + part] ?? 0) << 8) | (bytes[from + part + 1] ?? 0)] ?? NO_RANK)
          : NO_RANK;
    }
    tree.fill(NO_RANK, leaves + length, 2 * leaves);
    for (let node = leaves - 1; node > 0; node -= 1) {
      tree[node] = Math.min(tree[2 * node] ?? NO_RANK, tree[2 * node + 1] ?? NO_RANK);
    }
    const rankFrom = (part: number, end: number): number =>
      end - part > longest ? NO_RANK : table.rankOf(view, from + part, end - part);
    let parts = length;
    for (;;) {
      const least = tree[1] ?? NO_RANK;
      if (least === NO_RANK) break;
      let node = 1;
      while (node < leaves) {
        node *= 2;
        if (tree[node] !== least) node += 1;
      }
      const part = node - leaves;
      const merged = next[part] ?? 0;
      const after = next[merged] ?? 0;
      next[part] = after;
      if (after < length) before[after] = part;
      parts -= 1;
      setLeaf(tree, leaves + merged, NO_RANK);
      setLeaf(tree, node, after < length ? rankFrom(part, next[after] ?? 0) : NO_RANK);
      const previous = before[part] ?? -1;
      if (previous >= 0) setLeaf(tree, leaves + previous, rankFrom(previous, after));
    }
    if (ids !== null) {
      for (let part = 0; part < length; part = next[part] ?? length) {
        ids.push(rankFrom(part, next[part] ?? length));
      }
    }
    return parts;
  }
}

function setLeaf(tree: Int32Array, leaf: number, rank: number): void {
  tree[leaf] = rank;
  for (let node = leaf >> 1; node > 0; node >>= 1) {
    const left = tree[2 * node] ?? NO_RANK;
    const right = tree[2 * node + 1] ?? NO_RANK;
    const least = left < right ? left : right;
    if (tree[node] === least) return;
    tree[node] = least;
  }
}
