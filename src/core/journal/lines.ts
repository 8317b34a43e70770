// Format of an append-only journal: one record per line, `crc32 in 8 hex digits`, a space, JSON. Pure; callers handle the files.

const encoder = new TextEncoder();
const NEWLINE = 10;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (IEEE, as in zip) of the bytes. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (TABLE[(value ^ byte) & 255] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** Encodes a record as a line with its checksum and newline. */
export function encodeRecord(record: unknown): string {
  const json = JSON.stringify(record);
  return `${crc32(encoder.encode(json)).toString(16).padStart(8, '0')} ${json}\n`;
}

export interface Decoded {
  /** Intact records in the order of the file. */
  readonly records: readonly unknown[];
  /** End of the intact lines: the rest is a torn tail and should be cut off before appending. */
  readonly validBytes: number;
  /** Number of damaged lines before intact ones (not a torn tail: something damaged the file); they are skipped. */
  readonly damaged: number;
}

/** Decodes the records of a journal. A last line cut short by a crash is not an error: it was never acknowledged. */
export function decodeRecords(bytes: Uint8Array): Decoded {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const records: unknown[] = [];
  let validBytes = 0;
  let damaged = 0;
  let pendingBad = 0;
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end < 0) break;
    const record = decodeLine(bytes.subarray(start, end), decoder);
    start = end + 1;
    if (record === undefined) {
      pendingBad++;
      continue;
    }
    records.push(record.value);
    damaged += pendingBad;
    pendingBad = 0;
    validBytes = start;
  }
  return { records, validBytes, damaged };
}

function decodeLine(line: Uint8Array, decoder: TextDecoder): { readonly value: unknown } | undefined {
  try {
    const text = decoder.decode(line);
    const json = text.slice(9);
    if (text[8] !== ' ' || Number.parseInt(text.slice(0, 8), 16) !== crc32(line.subarray(9))) return undefined;
    return { value: JSON.parse(json) };
  } catch {
    return undefined;
  }
}
