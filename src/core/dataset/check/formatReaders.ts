// Readers of two strings that every good line has, its system message and its answer. Both work on bytes and remember
// recent results, because neighboring lines mostly have the same system message and the same answer format.
import { decodeUtf8 } from '../../jsonl/utf8.ts';
import { answerFormat, MAX_FORMAT_LENGTH } from './differences.ts';

/** Reads the string between two quotes; `start` and `end` are the offsets of its first byte and of its closing quote. */
export type StringReader = (bytes: Uint8Array, start: number, end: number) => string;

/** Reads the text of a system message. Nearly every row repeats the one of the row before: it is compared, not read again. */
export function createSystemReader(): StringReader {
  let last = new Uint8Array(0);
  let text = '';
  return (bytes, start, end) => {
    const length = end - start;
    if (length === last.length) {
      let i = 0;
      while (i < length && bytes[start + i] === last[i]) i += 1;
      if (i === length) return text;
    }
    last = new Uint8Array(bytes.subarray(start, end));
    const decoded = decodeUtf8(bytes.subarray(start - 1, end + 1));
    text = decoded.ok ? String(JSON.parse(decoded.value)) : '';
    return text;
  };
}

/** Reads the `answerFormat` of an answer. Most answers have a recent format, which is found without making a text. */
export function createFormatReader(): StringReader {
  const mask = new Uint8Array(MAX_FORMAT_LENGTH + 1);
  /** Masks seen lately, each in the place its hash gives it, and their formats. */
  const masks = new Uint8Array(64 * MAX_FORMAT_LENGTH);
  const lengths = new Int32Array(64).fill(-1);
  const formats: string[] = new Array<string>(64).fill('');
  const slowly = (bytes: Uint8Array, start: number, end: number): string => {
    const decoded = decodeUtf8(bytes.subarray(start - 1, end + 1));
    return decoded.ok ? answerFormat(String(JSON.parse(decoded.value))) : 'text';
  };
  return (bytes, start, end) => {
    const first = bytes[start] ?? 0;
    const final = bytes[end - 1] ?? 0;
    // White space at the ends, or an escape that may mean it, does not count.
    const plainEnds = first > 0x20 && first < 0x80 && first !== 0x5c && final > 0x20 && final < 0x80;
    const bracketed = first === 0x7b || first === 0x5b;
    // An escape is at most six times as long as what it says.
    if (end - start > 6 * MAX_FORMAT_LENGTH + 12 && plainEnds && !bracketed) return 'text';
    if (!plainEnds || bracketed || end - start > MAX_FORMAT_LENGTH) return slowly(bytes, start, end);
    let length = 0;
    let hash = 0;
    for (let i = start; i < end; i += 1) {
      const byte = bytes[i] as number;
      if (byte >= 0x80 || byte === 0x5c) return slowly(bytes, start, end);
      // Every digit is one sign for now: answers of the same mask have the same format.
      const sign = byte >= 0x30 && byte <= 0x39 ? 0x30 : byte;
      if (sign === 0x30 && length > 0 && mask[length - 1] === 0x30) continue;
      mask[length] = sign;
      hash = Math.imul(hash ^ sign, 0x9e3779b1);
      length += 1;
    }
    const place = hash >>> 26;
    const from = place * MAX_FORMAT_LENGTH;
    if (lengths[place] === length) {
      let i = 0;
      while (i < length && mask[i] === masks[from + i]) i += 1;
      if (i === length) return formats[place] ?? '';
    }
    const format = slowly(bytes, start, end);
    lengths[place] = length;
    for (let i = 0; i < length; i += 1) masks[from + i] = mask[i] ?? 0;
    formats[place] = format;
    return format;
  };
}
