// Rows that two files share, for the report.
import { basename } from 'node:path';
import { stat } from 'node:fs/promises';
import { t } from '../core/base/messages.ts';
import { createChecker } from '../core/dataset/check/checker.ts';
import { compareFormats } from '../core/dataset/compare/formats.ts';
import { createFormatCollector } from '../core/dataset/compare/formats.ts';
import { createLeakageFinder, type Leak, type LeakageCode } from '../core/dataset/compare/leakage.ts';
import { rowOfLine, type DataRow } from '../core/dataset/compare/row.ts';
import { isHeldOut } from '../core/dataset/fileNames.ts';
import { rowLines } from '../core/dataset/report/rowLines.ts';
import type { DatasetComparison, LeakedRows } from '../core/dataset/report/types.ts';
import { LineIndex } from './lineIndex.ts';
import { measurable } from './measurable.ts';
import { WorkerProblem } from './problem.ts';
import { readLines } from './readLines.ts';

/** `onProgress`: the share of the bytes of both files that has been read, 0…1. Their rows stay on disk. */
export async function compareFiles(
  path: string,
  against: string,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<DatasetComparison> {
  const held = isHeldOut(path) && !isHeldOut(against) ? 'file' : 'against';
  const [heldPath, trainingPath] = held === 'file' ? [path, against] : [against, path];
  const sizes = await Promise.all([trainingPath, heldPath].map(sizeOf));
  const total = Math.max(1, (sizes[0] ?? 0) + (sizes[1] ?? 0));
  const progress =
    (before: number) =>
    (bytes: number): void => {
      onProgress(Math.min(1, (before + bytes) / total));
    };
  const leakage = createLeakageFinder();
  const trainingIndex = await LineIndex.open(trainingPath);
  try {
    // The rows to train on come first: the others are looked up among them.
    const training = await readRows(trainingPath, trainingIndex, signal, progress(0), (line, row) => {
      leakage.other(line, row);
    });
    const heldIndex = await LineIndex.open(heldPath);
    try {
      const kept = await readRows(heldPath, heldIndex, signal, progress(sizes[0] ?? 0), (line, row) => {
        leakage.check(line, row);
      });
      const leaks = await leakage.finish(
        (line) => heldIndex.text(line),
        (line) => trainingIndex.text(line),
        signal,
      );
      signal.throwIfAborted();
      return {
        held,
        heldRows: kept.compared,
        ...byCode(leaks),
        format: compareFormats(training.formats.format(null), kept.formats.format(null)),
      };
    } finally {
      await heldIndex.close();
    }
  } finally {
    await trainingIndex.close();
  }
}

async function readRows(
  path: string,
  index: LineIndex,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
  use: (line: number, row: DataRow) => void,
) {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  const formats = createFormatCollector();
  let compared = 0;
  await readLines(
    { path },
    {
      signal,
      afterChunk: onBytes,
      onLine: (line) => {
        index.add(line);
        const checked = checker.line(line);
        if (checker.stopped) return false;
        if (checked.blank) return true;
        const measured = checked.example ?? measurable(checked);
        if (measured !== null) formats.add(measured);
        const row = rowOfLine(checked);
        if (row === null) return true;
        compared += 1;
        use(line.number, row);
        return true;
      },
    },
  );
  if (compared > 0) return { formats, compared };
  throw new WorkerProblem({
    code: 'no-examples',
    message: t('{0} has no examples that can be compared.', basename(path)),
    action: t('Choose another file to compare with.'),
  });
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
