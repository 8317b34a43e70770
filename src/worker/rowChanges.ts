import type { RowChanges } from '../protocol/datasetWorker.ts';
import { createHash } from './lateCrypto.ts';
import { readLines } from './readLines.ts';

/** Counts the rows that two files share, bytes compared without the white space around them; blank lines do not count. */
export async function rowChanges(before: string, path: string, signal: AbortSignal): Promise<RowChanges> {
  const left = new Map<string, number>();
  let removed = 0;
  await eachRow(before, signal, (row) => {
    left.set(row, (left.get(row) ?? 0) + 1);
    removed += 1;
  });
  let [added, kept] = [0, 0];
  await eachRow(path, signal, (row) => {
    const times = left.get(row) ?? 0;
    if (times === 0) added += 1;
    else {
      left.set(row, times - 1);
      kept += 1;
    }
  });
  return { added, removed: removed - kept, kept };
}

/** Gives the hash of each row: 96 bits are enough to tell any rows apart, and rows may be megabytes long. */
async function eachRow(path: string, signal: AbortSignal, use: (hash: string) => void): Promise<void> {
  await readLines(
    { path },
    {
      signal,
      hashed: false,
      onLine: ({ number, bytes, byteLength }) => {
        // A line above the limit is no row that could be trained on: it is only equal to itself.
        const row =
          bytes === null ? new TextEncoder().encode(`${String(number)} ${String(byteLength)}`) : trimmed(bytes);
        if (row.length > 0) use(createHash('sha1').update(row).digest('base64').slice(0, 16));
        return true;
      },
    },
  );
}

function trimmed(bytes: Uint8Array): Uint8Array {
  let [start, end] = [0, bytes.length];
  while (start < end && isSpace(bytes[start])) start += 1;
  while (end > start && isSpace(bytes[end - 1])) end -= 1;
  return bytes.subarray(start, end);
}

/** Space, tab and line ends. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}
