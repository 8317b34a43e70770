import { t } from '../core/base/messages.ts';
import type { MoreData } from '../core/dataset/dataCurve/moreData.ts';
import { curveCaveat } from '../core/dataset/dataCurve/sentences.ts';
import type { NumberedExample } from '../core/evaluation/prompt.ts';
import { wouldMoreDataHelp } from '../local/dataCurve/moreData.ts';
import { openDataset } from './datasetFile.ts';
import { examplesOf } from './examples.ts';
import { place, type Printed } from './findings.ts';

const SEED = 1;

/** Finding about a file as a whole, with all that was measured. */
export interface PrintedMoreData extends Printed {
  readonly moreData: MoreData;
}

/**
 * Says whether more rows would help: by cross-validation, or on the rows of a validation file.
 * @throws FileProblem
 */
export async function moreDataOf(path: string, validation: string | null): Promise<readonly PrintedMoreData[]> {
  const tests = validation === null ? null : await read(validation);
  const file = openDataset(path);
  try {
    const options = { validation: tests, seed: SEED, signal: { aborted: false } };
    const moreData = await wouldMoreDataHelp(await examplesOf(file), options);
    if (moreData === null) return [];
    const finding = {
      code: 'more-data',
      severity: 'information',
      message: moreData.sentences.join(' '),
      action: moreData.curve === null ? t('Ask again with more rows, or other answers.') : curveCaveat(),
      line: 0,
      column: 0,
      endColumn: 0,
    } as const;
    return [{ ...place(finding, path, file), moreData }];
  } finally {
    file.close();
  }
}

async function read(path: string): Promise<readonly NumberedExample[]> {
  const file = openDataset(path);
  try {
    return await examplesOf(file);
  } finally {
    file.close();
  }
}
