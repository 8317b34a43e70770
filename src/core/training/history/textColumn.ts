import { ColumnBuffer } from '../curves/columnBuffer.ts';

const BLOCK = 262_144;
/** Most code units that are turned into a string at once: they are arguments of a call. */
const PIECE = 4096;

/**
 * Column of texts in blocks of bytes: a million short texts are some large buffers instead of a million objects. A text of characters up
 * to U+00FF takes a byte each, another one two.
 */
export class TextColumn {
  readonly #blocks: Uint8Array[] = [];
  #free = 0;
  /** Block and first byte of each text, and its number of code units; odd where each takes two bytes. */
  readonly #starts = new ColumnBuffer<Float64Array>(Float64Array);
  readonly #sizes = new ColumnBuffer<Uint32Array>(Uint32Array);

  get length(): number {
    return this.#starts.length;
  }

  push(text: string): void {
    let isWide = false;
    for (let i = 0; i < text.length && !isWide; i++) isWide = text.charCodeAt(i) > 255;
    const bytes = text.length * (isWide ? 2 : 1);
    let block = this.#blocks.at(-1);
    if (!block || this.#free + bytes > block.length) {
      block = new Uint8Array(Math.max(BLOCK, bytes));
      this.#blocks.push(block);
      this.#free = 0;
    }
    let at = this.#free;
    this.#starts.push((this.#blocks.length - 1) * 2 ** 32 + at);
    this.#sizes.push(text.length * 2 + (isWide ? 1 : 0));
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      block[at++] = unit;
      if (isWide) block[at++] = unit >> 8;
    }
    this.#free = at;
  }

  at(index: number): string {
    const place = this.#place(index);
    if (!place) return '';
    const { block, start, length, isWide } = place;
    let text = '';
    for (let from = 0; from < length; from += PIECE) {
      const units = new Uint16Array(Math.min(PIECE, length - from));
      for (let i = 0; i < units.length; i++) units[i] = unitAt(block, start, from + i, isWide);
      text += String.fromCharCode(...units);
    }
    return text;
  }

  /** Tells whether a text of the column is this one, without making it. */
  equals(index: number, text: string): boolean {
    const place = this.#place(index);
    if (place?.length !== text.length) return false;
    for (let i = 0; i < text.length; i++)
      if (unitAt(place.block, place.start, i, place.isWide) !== text.charCodeAt(i)) return false;
    return true;
  }

  #place(index: number) {
    const at = this.#starts.at(index);
    const size = this.#sizes.at(index) ?? 0;
    const block = at === undefined ? undefined : this.#blocks[Math.floor(at / 2 ** 32)];
    return at === undefined || !block
      ? null
      : { block, start: at % 2 ** 32, length: size >>> 1, isWide: (size & 1) === 1 };
  }
}

function unitAt(block: Uint8Array, start: number, index: number, isWide: boolean): number {
  return isWide
    ? (block[start + index * 2] ?? 0) | ((block[start + index * 2 + 1] ?? 0) << 8)
    : (block[start + index] ?? 0);
}
