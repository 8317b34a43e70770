import { basename } from 'node:path';
import { t } from '../core/base/messages.ts';
import { createChecker } from '../core/dataset/check/checker.ts';
import { createFormatCollector } from '../core/dataset/compare/formats.ts';
import { rowOfLine, type DataRow } from '../core/dataset/compare/row.ts';
import { LineIndex } from './lineIndex.ts';
import { toProblem, WorkerProblem } from './problem.ts';
import { readLines } from './readLines.ts';
import type { Reading } from './reportReading.ts';

/** File that the dataset is compared with. One that cannot be read is a separate problem: the report still has the rest. */
export function createOther(path: string, { signal, onBytes }: Reading, use: (line: number, row: DataRow) => void) {
  const formats = createFormatCollector();
  let index: LineIndex | null = null;
  let compared = 0;
  let problem: { readonly against: string; readonly problem: WorkerProblem['problem'] } | null = null;
  const read = async (): Promise<void> => {
    const checker = createChecker({ accept: 'any', minExamples: 0 });
    const opened = await LineIndex.open(path);
    index = opened;
    await readLines(
      { path },
      {
        signal,
        afterChunk: onBytes,
        onLine: (line) => {
          opened.add(line);
          const checked = checker.line(line);
          if (checked.blank || checked.text === null) return !checker.stopped;
          const { example } = checked;
          if (example !== null) formats.add(example);
          const row = rowOfLine(checked);
          if (row === null) return !checker.stopped;
          compared += 1;
          use(line.number, row);
          return !checker.stopped;
        },
      },
    );
    if (compared > 0) return;
    throw new WorkerProblem({
      code: 'no-examples',
      message: t('{0} has no examples that can be compared.', basename(path)),
      action: t('Choose another file to compare with.'),
    });
  };
  return {
    formats,
    compared: () => compared,
    problem: () => problem,
    text: (line: number): Promise<string | null> => index?.text(line) ?? Promise.resolve(null),
    read: async (): Promise<void> => {
      try {
        await read();
      } catch (error) {
        signal.throwIfAborted();
        problem = { against: path, problem: toProblem(error, signal) };
      }
    },
    close: async (): Promise<void> => {
      await index?.close();
    },
  };
}
