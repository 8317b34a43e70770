/** Number of tables: each is small, so that none takes long to grow. */
const TABLES = 256;

/** Finds rows of a column by their value: a hash table in typed arrays, 8 bytes a row. */
export class RowIndex {
  readonly #hashOf: (row: number) => number;
  readonly #tables: { slots: Int32Array; count: number }[] = Array.from({ length: TABLES }, () => ({
    slots: new Int32Array(16).fill(-1),
    count: 0,
  }));

  /** `hashOf`: the hash of a row that was added, 32 bits. */
  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf;
  }

  add(row: number, hash: number): void {
    const table = this.#tables[hash & (TABLES - 1)];
    if (!table) return;
    if (table.count * 2 >= table.slots.length) {
      const before = table.slots;
      table.slots = new Int32Array(before.length * 2).fill(-1);
      for (const known of before) if (known >= 0) place(table.slots, known, this.#hashOf(known));
    }
    place(table.slots, row, hash);
    table.count += 1;
  }

  /** Finds the first row with this hash that `matches`; -1 when there is none. */
  find(hash: number, matches: (row: number) => boolean): number {
    const slots = this.#tables[hash & (TABLES - 1)]?.slots;
    if (!slots) return -1;
    for (let at = startOf(hash, slots); ; at = (at + 1) & (slots.length - 1)) {
      const row = slots[at] ?? -1;
      if (row < 0 || matches(row)) return row;
    }
  }
}

function place(slots: Int32Array, row: number, hash: number): void {
  let at = startOf(hash, slots);
  while ((slots[at] ?? -1) >= 0) at = (at + 1) & (slots.length - 1);
  slots[at] = row;
}

function startOf(hash: number, slots: Int32Array): number {
  return (hash >>> 8) & (slots.length - 1);
}

/** Hash of a text (FNV-1a with a last mix), 32 bits. */
export function hashOfText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

/** Hash of a number, 32 bits. */
export function hashOfNumber(value: number): number {
  return mixed(Math.imul(value | 0, 0x9e3779b1) ^ Math.floor(value / 4_294_967_296));
}

function mixed(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (once ^ (once >>> 13)) >>> 0;
}
