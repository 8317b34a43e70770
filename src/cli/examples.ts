import { createChecker } from '../core/dataset/check/checker.ts';
import type { NumberedExample } from '../core/evaluation/prompt.ts';
import type { DatasetFile } from './datasetFile.ts';

/** Reads the chat examples of a file with their lines; rows with errors are left out. @throws FileProblem */
export async function examplesOf(file: DatasetFile): Promise<readonly NumberedExample[]> {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  const rows: NumberedExample[] = [];
  await file.each((line) => {
    const { example } = checker.line(line);
    if (example !== null) rows.push({ line: line.number, example });
    return !checker.stopped;
  });
  return rows;
}
