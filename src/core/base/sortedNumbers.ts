/** Values in one block; a full one is split. */
const BLOCK = 512;

/** Sorted collection of numbers that grows one by one: adding costs by the root of their number, the median by that of the blocks. */
export class SortedNumbers {
  /** Sorted values, block after block; none is empty. */
  readonly #blocks: number[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a value that is not NaN. */
  add(value: number): void {
    this.#size++;
    const at = Math.min(
      firstNotBelow(this.#blocks, (block) => block.at(-1) ?? -Infinity, value),
      this.#blocks.length - 1,
    );
    const block = this.#blocks[at];
    if (!block) {
      this.#blocks.push([value]);
      return;
    }
    block.splice(
      firstNotBelow(block, (one) => one, value),
      0,
      value,
    );
    if (block.length > BLOCK) this.#blocks.splice(at + 1, 0, block.splice(BLOCK / 2));
  }

  /** Value at an index of the sorted order; undefined beyond the end. */
  at(index: number): number | undefined {
    let rest = index;
    for (const block of this.#blocks) {
      if (rest < block.length) return block[rest];
      rest -= block.length;
    }
    return undefined;
  }

  /** Middle value, or the mean of the middle two; NaN without values. */
  median(): number {
    const middle = this.#size >> 1;
    const high = this.at(middle) ?? NaN;
    if (this.#size % 2 === 1) return high;
    const low = this.at(middle - 1) ?? NaN;
    // Two halves where the sum is more than a double can hold.
    return Number.isFinite(low + high) ? (low + high) / 2 : low / 2 + high / 2;
  }
}

/** Index of the first element whose value is not below the given one; the length when all are. */
function firstNotBelow<T>(sorted: readonly T[], valueOf: (element: T) => number, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueOf(sorted[middle] as T) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
