// Hash that tells rows apart: 53 bits over the UTF-8 of their turns, the same whether a row was read into
// objects or is still bytes. For telling texts apart, not against an adversary.
import { byteView, PADDING, type ByteView } from '../../tokens/ranks.ts';

const LOW_BYTES = Int32Array.of(0, 0xff, 0xffff, 0xffffff);
const encoder = new TextEncoder();
let scratch: ByteView = byteView(1 << 14);

/** Two lanes of 32 bits; add parts in order, take the number at the end. */
export class RowHash {
  #a = 0x9e3779b1 | 0;
  #b = 0x85ebca77 | 0;

  reset(): void {
    this.#a = 0x9e3779b1 | 0;
    this.#b = 0x85ebca77 | 0;
  }

  /** `words` may be read up to three bytes beyond `end`. */
  addBytes(words: DataView, start: number, end: number): void {
    let a = this.#a;
    let b = this.#b;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = words.getInt32(at, true);
      a = Math.imul(a ^ word, 0x9e3779b1);
      a ^= a >>> 15;
      b = Math.imul(b + word, 0xc2b2ae35);
      b ^= b >>> 13;
    }
    const rest = words.getInt32(at, true) & (LOW_BYTES[end - at] ?? 0);
    // The length tells two parts from one part of the same bytes.
    this.#a = Math.imul(a ^ rest, 0x2c1b3c6d) ^ (end - start);
    this.#b = (Math.imul(b + rest, 0x297a2d39) + (end - start)) | 0;
  }

  addText(text: string): void {
    const most = text.length * 3;
    if (most > scratch.bytes.length - PADDING) scratch = byteView(2 * most);
    const { written } = encoder.encodeInto(text, scratch.bytes);
    this.addBytes(scratch.words, 0, written);
  }

  /** Adds the number of another hash. */
  addNumber(value: number): void {
    const high = Math.floor(value / 4294967296);
    const low = value | 0;
    this.#a = Math.imul(this.#a ^ low ^ (this.#a >>> 16), 0x85ebca6b);
    this.#b = (Math.imul(this.#b ^ high ^ (this.#b >>> 15), 0x9e3779b1) + low) | 0;
  }

  number(): number {
    let a = this.#a;
    let b = this.#b;
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
    b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
    return 4294967296 * (b & 0x1fffff) + (a >>> 0);
  }
}
