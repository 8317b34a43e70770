// Complete report about a dataset, from one reading of it.
import { stat } from 'node:fs/promises';
import { compareFormats } from '../core/dataset/compare/formats.ts';
import { createLeakageFinder, type Leak, type LeakageCode } from '../core/dataset/compare/leakage.ts';
import { isHeldOut } from '../core/dataset/fileNames.ts';
import { rowLines } from '../core/dataset/report/rowLines.ts';
import type { DatasetComparison, DatasetReport, LeakedRows } from '../core/dataset/report/types.ts';
import type { TokenCounter } from '../core/tokens/count.ts';
import { LineIndex } from './lineIndex.ts';
import { createOther } from './otherFile.ts';
import { readOwn } from './reportReading.ts';

/** `onProgress`: the share of the bytes that has been read, 0…1. */
export async function report(
  path: string,
  { against }: { readonly against: string | null },
  counter: TokenCounter,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<DatasetReport> {
  const sizes = await Promise.all([path, ...(against === null ? [] : [against])].map(sizeOf));
  const total = Math.max(
    1,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  let before = 0;
  const reading = {
    signal,
    onBytes: (bytes: number): void => {
      onProgress(Math.min(1, (before + bytes) / total));
    },
  };
  const held = isHeldOut(path) && (against === null || !isHeldOut(against)) ? 'file' : 'against';
  const leakage = against === null ? null : createLeakageFinder();
  const index = await LineIndex.open(path);
  try {
    const other =
      against === null || leakage === null
        ? null
        : createOther(against, reading, (line, row) => {
            if (held === 'file') leakage.other(line, row);
            else leakage.check(line, row);
          });
    try {
      // The rows to train on come first: the others are looked up among them.
      if (held === 'file' && other !== null) {
        await other.read();
        before = sizes[1] ?? 0;
      }
      const own = await readOwn(path, index, counter, reading, (line, row) => {
        if (held === 'file') leakage?.check(line, row);
        else leakage?.other(line, row);
      });
      if (held === 'against' && other !== null) {
        before = sizes[0] ?? 0;
        await other.read();
      }
      counter.reset();
      const load = (line: number): Promise<string | null> => index.text(line);
      const duplicates = await own.duplicates.finish(load, signal);
      const loadOther = (line: number): Promise<string | null> => other?.text(line) ?? Promise.resolve(null);
      const leaks =
        leakage === null
          ? []
          : held === 'file'
            ? await leakage.finish(load, loadOther, signal)
            : await leakage.finish(loadOther, load, signal);
      signal.throwIfAborted();
      const near = duplicates.near.filter(({ part }) => part === 'whole').map(({ line }) => line);
      return {
        ...own.report,
        duplicates: {
          exact: rowLines(duplicates.exact.map(({ line }) => line)),
          near: rowLines(near.sort((a, b) => a - b)),
        },
        comparison:
          against === null || other === null
            ? null
            : (other.problem() ?? {
                against,
                held,
                heldRows: held === 'file' ? own.compared() : other.compared(),
                ...byCode(leaks),
                format:
                  held === 'file'
                    ? compareFormats(other.formats.format(null), own.formats.format(null))
                    : compareFormats(own.formats.format(null), other.formats.format(null)),
              }),
      };
    } finally {
      await other?.close();
    }
  } finally {
    await index.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  // Opening the file reports why it cannot be read.
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function byCode(leaks: readonly Leak[]): Pick<DatasetComparison, 'exact' | 'prompt' | 'near'> {
  const of = (code: LeakageCode): LeakedRows => {
    const some = leaks.filter((leak) => leak.code === code);
    const training = [...new Set(some.map(({ other }) => other))].sort((a, b) => a - b);
    return { held: rowLines(some.map(({ line }) => line)), training: rowLines(training) };
  };
  return { exact: of('leakage-exact'), prompt: of('leakage-prompt'), near: of('leakage-near') };
}
