import { createChecker } from '../../core/dataset/check/checker.ts';
import { countLeaks, leaksBetween, type RowSource } from '../../core/dataset/compare/leakage.ts';
import { rowOfLine } from '../../core/dataset/compare/row.ts';
import { trainedOnOf } from '../../core/evaluation/overlap.ts';
import type { TrainedOn } from '../../core/evaluation/types.ts';
import { openDataset, type DatasetFile } from '../datasetFile.ts';

/** Reads how many items of a test file are in a training file too. @throws FileProblem */
export async function readOverlap(testFile: string, trainingFile: string): Promise<TrainedOn> {
  const training = openDataset(trainingFile);
  try {
    const held = openDataset(testFile);
    try {
      return trainedOnOf(countLeaks(await leaksBetween(rowsOf(held), rowsOf(training))));
    } finally {
      held.close();
    }
  } finally {
    training.close();
  }
}

function rowsOf(file: DatasetFile): RowSource {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  return {
    each: (use) =>
      file.each((line) => {
        const row = rowOfLine(checker.line(line));
        if (row !== null) use(line.number, row);
        return !checker.stopped;
      }),
    text: (line) => file.text(line),
  };
}
