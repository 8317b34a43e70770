type Numbers = Float64Array | Uint32Array;

/** From this length on a full buffer grows by a quarter: doubled, a million figures would take twice their room. */
const MANY = 65_536;

/** Typed array that grows. Appending costs by what is added; views share its memory. */
export class ColumnBuffer<T extends Numbers> {
  readonly #make: new (length: number) => T;
  #values: T;
  #length: number;

  /** `values`: first content, which the buffer takes over. */
  constructor(make: new (length: number) => T, values?: T) {
    this.#make = make;
    this.#values = values ?? new make(0);
    this.#length = this.#values.length;
  }

  get length(): number {
    return this.#length;
  }

  get last(): number | undefined {
    return this.at(this.#length - 1);
  }

  at(index: number): number | undefined {
    return index < this.#length ? this.#values[index] : undefined;
  }

  /** The first `length` values, without a copy. */
  view(length = this.#length): T {
    return this.#values.subarray(0, length) as T;
  }

  push(value: number): void {
    this.#reserve(this.#length + 1);
    this.#values[this.#length++] = value;
  }

  pushAll(values: T): void {
    this.#reserve(this.#length + values.length);
    this.#values.set(values, this.#length);
    this.#length += values.length;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  insert(index: number, value: number): void {
    this.#reserve(this.#length + 1);
    this.#values.copyWithin(index + 1, index, this.#length);
    this.#values[index] = value;
    this.#length += 1;
  }

  /** Index of the first value that is not below `value`; the values ascend. */
  lowerBound(value: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#values[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Makes room for so many values. */
  reserve(length: number): void {
    if (length > this.#values.length) this.#grow(length);
  }

  #reserve(length: number): void {
    const { length: capacity } = this.#values;
    if (length > capacity) this.#grow(Math.max(length, 16, Math.ceil(capacity * (capacity < MANY ? 2 : 1.25))));
  }

  #grow(capacity: number): void {
    const larger = new this.#make(capacity);
    larger.set(this.view());
    this.#values = larger;
  }
}
