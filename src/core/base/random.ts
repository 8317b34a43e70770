/** Seeded source of random numbers: the same seed gives the same sequence on every machine. */
export interface Random {
  /** Draws a uniform number in [0, 1), with 32 bits. */
  next(): number;
  /** Draws a uniform integer in [0, bound); `bound` must be positive. */
  integer(bound: number): number;
  /** Draws a nearly standard normal number (sum of twelve uniforms): only additions, so no engine rounds it differently. */
  normal(): number;
  pick<T>(items: readonly T[]): T;
  /** Makes a shuffled copy. */
  shuffle<T>(items: readonly T[]): T[];
}

/** Creates a generator, mulberry32 (period 2^32). `seed`: any integer; only its lowest 32 bits count. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const integer = (bound: number): number => Math.floor(next() * bound);
  return {
    next,
    integer,
    normal() {
      let sum = -6;
      for (let i = 0; i < 12; i += 1) sum += next();
      return sum;
    },
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError('Nothing to pick from');
      return items[integer(items.length)] as T;
    },
    shuffle<T>(items: readonly T[]): T[] {
      const copy = [...items];
      for (let i = copy.length - 1; i > 0; i -= 1) {
        const j = integer(i + 1);
        [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
      }
      return copy;
    },
  };
}
