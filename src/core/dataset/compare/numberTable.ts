/** Whole numbers (hashes of 53 bits) to numbers of 31 bits: a quarter of the memory of a Map. */
export class NumberTable {
  #keys = new Float64Array(1024);
  #values = new Int32Array(1024).fill(-1);
  #size = 0;

  /** Value of the key; -1 when there is none. */
  get(key: number): number {
    return this.#values[this.#slotOf(key)] ?? -1;
  }

  /** `value`: from 0. */
  set(key: number, value: number): void {
    let slot = this.#slotOf(key);
    if (this.#values[slot] === -1) {
      this.#size += 1;
      if (this.#size * 3 > this.#keys.length * 2) {
        this.#grow();
        slot = this.#slotOf(key);
      }
      this.#keys[slot] = key;
    }
    this.#values[slot] = value;
  }

  #slotOf(key: number): number {
    const mask = this.#keys.length - 1;
    // The low bits of a hash are as good as any; equal ones are next to each other.
    let slot = (key | 0) & mask;
    while (this.#values[slot] !== -1 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(keys.length * 2);
    this.#values = new Int32Array(keys.length * 2).fill(-1);
    for (let i = 0; i < keys.length; i += 1) {
      const value = values[i] ?? -1;
      if (value === -1) continue;
      const slot = this.#slotOf(keys[i] ?? 0);
      this.#keys[slot] = keys[i] ?? 0;
      this.#values[slot] = value;
    }
  }
}

/** A list of numbers that grows in one piece of memory. */
export class NumberList {
  #values = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const longer = new Float64Array(this.length * 2);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.#values[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }
}
