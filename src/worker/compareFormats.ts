// Compares the format of a validation or test file with that of the training file.
import { createAnswerCollector } from '../core/dataset/report/answers.ts';
import { createChecker } from '../core/dataset/check/checker.ts';
import {
  compareFormats,
  comparePrefix,
  createFormatCollector,
  type FileFormat,
} from '../core/dataset/compare/formats.ts';
import type { Finding } from '../core/dataset/finding.ts';
import { answerOf } from '../core/dataset/identity.ts';
import type { DatasetWorkerApi } from '../protocol/datasetWorker.ts';
import { readLines } from './readLines.ts';

async function formatOf(path: string, signal: AbortSignal): Promise<FileFormat> {
  const checker = createChecker({ minExamples: 0 });
  const collector = createFormatCollector();
  const answers = createAnswerCollector(() => 0);
  await readLines(
    { path },
    {
      signal,
      onLine: (line) => {
        const { example } = checker.line(line);
        if (example !== null) {
          collector.add(example);
          answers.add(answerOf(example) ?? '');
        }
        return !checker.stopped;
      },
    },
  );
  return collector.format(answers.figures().commonPrefix);
}

/** Finds the differences of `path` from the training file; about the whole file. */
export async function compareFileFormats(
  path: string,
  training: string,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  return compareFormats(await formatOf(training, signal), await formatOf(path, signal));
}

export async function comparePrefixWith(
  prefix: string | null,
  training: string,
  signal: AbortSignal,
): ReturnType<DatasetWorkerApi['comparePrefix']> {
  const format = await formatOf(training, signal);
  return { finding: comparePrefix(prefix, format), answerPrefix: format.answerPrefix };
}
