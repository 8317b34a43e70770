import { t } from '../core/base/messages.ts';
import { sampleRows, shuffledRows } from '../core/dataset/transform/partition.ts';
import { withoutMark } from './cleanSplitFiles.ts';
import { LineIndex } from './lineIndex.ts';
import { contentOf, fileChanged, inPlace, PartWriter, refuseSameFile, writeParts } from './partFiles.ts';
import { WorkerProblem } from './problem.ts';
import { readLines } from './readLines.ts';

const WRITE_BYTES = 256 * 1024;

/**
 * Writes a file without some lines of another, which must still be the one they were found in.
 * @returns the rows that were kept and left out
 */
export async function removeLines(
  path: string,
  target: string,
  lines: readonly number[],
  before: { readonly sha256: string; readonly examples: number },
  signal: AbortSignal,
): Promise<{ readonly kept: number; readonly removed: number }> {
  const out = new Set(lines);
  const partOf = (_row: number, line: number): number => (out.has(line) ? -1 : 0);
  const [kept = 0] = await writeParts(path, [target], partOf, { sha256: before.sha256, rows: before.examples }, signal);
  return { kept, removed: before.examples - kept };
}

/**
 * Writes `rows` lines taken at random (all when there are not more), in the file's order or shuffled. The same seed gives
 * the same lines in the same order.
 * @returns the number of rows written
 */
export async function sampleFile(
  path: string,
  target: string,
  options: { readonly rows: number | null; readonly shuffle: boolean; readonly seed: number },
  signal: AbortSignal,
): Promise<number> {
  refuseSameFile([path, target]);
  const index = await LineIndex.open(path);
  try {
    const numbers: number[] = [];
    let long = 0;
    const read = { path };
    const { sha256 } = await readLines(read, {
      signal,
      onLine: (line) => {
        index.add(line);
        if (line.bytes === null) long = line.number;
        else if (contentOf(line) !== null) numbers.push(line.number);
        return true;
      },
    });
    if (long > 0) throw tooLong(long);
    if (numbers.length === 0) {
      throw new WorkerProblem({
        code: 'empty-file',
        message: t('The file has no examples.'),
        action: t('Choose another file.'),
      });
    }
    const count = Math.min(options.rows ?? numbers.length, numbers.length);
    const rows = options.shuffle
      ? shuffledRows(numbers.length, options.seed).slice(0, count)
      : sampleRows(numbers.length, count, options.seed);
    const chosen = rows.map((row) => numbers[row] ?? 0);
    if (!options.shuffle) {
      const wanted = new Set(chosen);
      const before = { sha256, rows: numbers.length };
      await writeParts(path, [target], (_row, line) => (wanted.has(line) ? 0 : -1), before, signal);
      return chosen.length;
    }
    await inPlace([target], async ([temporary = target]) => {
      const writer = await PartWriter.open(temporary);
      try {
        for (const line of chosen) {
          signal.throwIfAborted();
          const bytes = await index.bytes(line);
          if (bytes === null) throw fileChanged(path);
          writer.add(line === 1 ? withoutMark(bytes) : bytes);
          await writer.flush(WRITE_BYTES);
        }
        // The lines were fetched one by one: had the file changed meanwhile, pieces of others would be among them.
        const after = await readLines(read, { signal, onLine: () => true });
        if (after.sha256 !== sha256) throw fileChanged(path);
        await writer.finish();
      } finally {
        await writer.close();
      }
    });
    return chosen.length;
  } finally {
    await index.close();
  }
}

function tooLong(line: number): WorkerProblem {
  return new WorkerProblem({
    code: 'line-too-long',
    message: t('Line {0} is too long to be read.', line),
    action: t('Shorten the example or remove the line.'),
  });
}
