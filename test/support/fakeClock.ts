/** Time that stands still until it is told to go on. */
export class FakeClock {
  #now = 0;
  #timers = new Map<symbol, { readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after = (ms: number, callback: () => void): (() => void) => {
    const key = Symbol();
    this.#timers.set(key, { at: this.#now + ms, callback });
    return () => {
      this.#timers.delete(key);
    };
  };

  /** Milliseconds until the next timer; null when none is set. */
  get next(): number | null {
    const times = [...this.#timers.values()].map(({ at }) => at);
    return times.length === 0 ? null : Math.min(...times) - this.#now;
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Goes on to the next timer and runs it; false when there is none. */
  step(): boolean {
    const [first] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at);
    if (!first) return false;
    const [key, { at, callback }] = first;
    this.#timers.delete(key);
    this.#now = Math.max(this.#now, at);
    callback();
    return true;
  }
}
