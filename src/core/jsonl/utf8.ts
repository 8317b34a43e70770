import { fail, ok, type Result } from '../base/result.ts';

/** Why bytes are not UTF-8. */
export interface Utf8Error {
  /** Offset of the first wrong byte, from 0 within the line. */
  readonly byte: number;
  /** Value of that byte, 0…255. */
  readonly value: number;
  /** Characters (UTF-16 units) that came out well before it. */
  readonly units: number;
}

// `ignoreBOM: true` keeps U+FEFF in the text: only the caller knows whether this is the first line.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Strict: never a silent U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): Result<string, Utf8Error> {
  try {
    return ok(decoder.decode(bytes));
  } catch {
    const byte = firstInvalidByte(bytes);
    const units = decoder.decode(bytes.subarray(0, byte)).length;
    return fail({ byte, value: bytes[byte] ?? 0, units });
  }
}

/** Start of the first sequence that is not well-formed UTF-8 (Unicode 16, table 3-7); the length when all is well. */
export function firstInvalidByte(bytes: Uint8Array): number {
  let i = 0;
  while (i < bytes.length) {
    const lead = bytes[i] ?? 0;
    if (lead < 0x80) {
      i += 1;
      continue;
    }
    const length =
      lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (length === 0) return i;
    // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    for (let k = 1; k < length; k += 1) {
      const next = bytes[i + k];
      if (next === undefined || next < (k === 1 ? low : 0x80) || next > (k === 1 ? high : 0xbf)) return i;
    }
    i += length;
  }
  return bytes.length;
}

export type Encoding = 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'utf-16be' | 'utf-32';

/** Tells the encoding from the first bytes of a file: byte order marks, and the zeros that UTF-16 and UTF-32 put beside ASCII. */
export function sniffEncoding(start: Uint8Array): Encoding {
  const [a, b, c, d] = start;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8-bom';
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff))
    return 'utf-32';
  // Three zeros beside one ASCII character; two such characters, since UTF-8 may begin with NULs, too.
  const ascii = (byte: number | undefined): boolean => byte !== undefined && byte !== 0 && byte < 0x80;
  const [, , , , e, f, g, h] = start;
  if (b === 0 && c === 0 && d === 0 && f === 0 && g === 0 && h === 0 && ascii(a) && ascii(e)) return 'utf-32';
  if (a === 0 && b === 0 && c === 0 && e === 0 && f === 0 && g === 0 && ascii(d) && ascii(h)) return 'utf-32';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  if (ascii(a) && b === 0) return 'utf-16le';
  if (a === 0 && ascii(b)) return 'utf-16be';
  return 'utf-8';
}
