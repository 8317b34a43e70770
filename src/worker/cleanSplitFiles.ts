import { cleanSplit, type PairRow } from '../core/dataset/transform/cleanSplit.ts';
import { createLeakageFinder } from '../core/dataset/compare/leakage.ts';
import type { DataRow } from '../core/dataset/compare/row.ts';
import type { DatasetWorkerApi } from '../protocol/datasetWorker.ts';
import { LineIndex } from './lineIndex.ts';
import { fileChanged, inPlace, PartWriter, refuseSameFile } from './partFiles.ts';
import { readLines } from './readLines.ts';
import { readRows } from './relations.ts';

const WRITE_BYTES = 256 * 1024;

/** Labels are at most 60 characters (`labelOf`); of a longer answer it is enough to know that it is longer. */
const KEPT_ANSWER = 61;

/**
 * Splits two files with shared rows again: each distinct example once, equal and nearly equal prompts on one
 * side only, in the share the validation file had. Rows that cannot be compared are left out, because their side is unknown.
 */
export async function cleanSplitFiles(
  files: Parameters<DatasetWorkerApi['cleanSplit']>[0],
  targets: Parameters<DatasetWorkerApi['cleanSplit']>[1],
  seed: number,
  signal: AbortSignal,
): ReturnType<DatasetWorkerApi['cleanSplit']> {
  refuseSameFile([files.training, files.validation, targets.training, targets.validation]);
  const rows: PairRow[] = [];
  const finder = createLeakageFinder();
  const training = await LineIndex.open(files.training);
  try {
    const validation = await LineIndex.open(files.validation);
    try {
      const place = { training: new Map<number, number>(), validation: new Map<number, number>() };
      const note = (file: PairRow['file'], line: number, row: DataRow): void => {
        place[file].set(line, rows.length);
        const answerText = row.answerText.slice(0, KEPT_ANSWER);
        rows.push({ file, line, row: { ...row, answerText, wholeText: '', promptText: '' } });
      };
      const before = {
        training: await readRows(files.training, training, signal, (line, row) => {
          note('training', line, row);
          finder.other(line, row);
        }),
        validation: await readRows(files.validation, validation, signal, (line, row) => {
          note('validation', line, row);
          finder.check(line, row);
        }),
      };
      const leaks = await finder.finish(
        (line) => validation.text(line),
        (line) => training.text(line),
        signal,
      );
      const pairs = leaks.flatMap(({ line, other }) => {
        const [a, b] = [place.validation.get(line), place.training.get(other)];
        return a === undefined || b === undefined ? [] : [[a, b] as const];
      });
      const split = cleanSplit(rows, pairs, seed);
      await inPlace([targets.training, targets.validation], async (temporary) => {
        const parts = [split.training, split.validation];
        for (const [part, file] of temporary.entries()) {
          const writer = await PartWriter.open(file);
          try {
            for (const { file: from, line } of parts[part] ?? []) {
              signal.throwIfAborted();
              const bytes = await (from === 'training' ? training : validation).bytes(line);
              if (bytes === null) throw fileChanged(files[from]);
              writer.add(line === 1 ? withoutMark(bytes) : bytes);
              await writer.flush(WRITE_BYTES);
            }
            await writer.finish();
          } finally {
            await writer.close();
          }
        }
        for (const from of ['training', 'validation'] as const) {
          const after = await readLines({ path: files[from] }, { signal, onLine: () => true });
          if (after.sha256 !== before[from].sha256) throw fileChanged(files[from]);
        }
      });
      return { training: split.training.length, validation: split.validation.length, removed: split.removed };
    } finally {
      await validation.close();
    }
  } finally {
    await training.close();
  }
}

/** Removes a byte order mark: the first line may no longer be the first one. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
