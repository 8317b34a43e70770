// Complete report about a dataset, from one reading of it.
import { stat } from 'node:fs/promises';
import { rowLines } from '../core/dataset/report/rowLines.ts';
import type { DatasetReport } from '../core/dataset/report/types.ts';
import type { TokenCounter } from '../core/tokens/count.ts';
import { LineIndex } from './lineIndex.ts';
import { readOwn } from './reportReading.ts';

/** `onProgress`: the share of the bytes that has been read, 0…1. */
export async function report(
  path: string,
  counter: TokenCounter,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<DatasetReport> {
  // Opening the file reports why it cannot be read.
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  const index = await LineIndex.open(path);
  try {
    const own = await readOwn(path, index, counter, {
      signal,
      onBytes: (bytes) => {
        onProgress(Math.min(1, bytes / Math.max(1, size)));
      },
    });
    counter.reset();
    const duplicates = await own.duplicates.finish((line) => index.text(line), signal);
    signal.throwIfAborted();
    const near = duplicates.near.filter(({ part }) => part === 'whole').map(({ line }) => line);
    return {
      ...own.report,
      duplicates: {
        exact: rowLines(duplicates.exact.map(({ line }) => line)),
        near: rowLines(near.sort((a, b) => a - b)),
      },
    };
  } finally {
    await index.close();
  }
}
