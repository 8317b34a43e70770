import path from 'node:path';
import type { DataParts } from '../../core/dataset/dataCurve/modelPoints.ts';
import type { MoreData } from '../../core/dataset/dataCurve/moreData.ts';
import type { Services } from '../services.ts';
import { analysesIn, type Analyze } from './suspicious/analysisThread.ts';

/**
 * Measures whether more data would help, in a thread of its own that ends with the answer or the signal.
 * @param validation file to measure the errors on; null: by cross-validation
 * @param onProgress gets the share that is done, 0…1
 * @throws the problem of files that cannot be read, and the signal's reason when it is aborted
 */
export function measureMoreData(
  { context }: Pick<Services, 'context'>,
  { training, validation }: { readonly training: string; readonly validation: string | null },
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<MoreData> {
  return analysesOf(context)('moreData', training, signal, onProgress, { validation });
}

/**
 * Writes parts of the training rows into `folder`, which is there, and chooses rows to test with, in a thread of its own.
 * @param validation file with rows to test with; null: a fifth of the training rows is held back
 * @throws as `measureMoreData`
 */
export function writeDataParts(
  { context }: Pick<Services, 'context'>,
  { training, validation }: { readonly training: string; readonly validation: string | null },
  folder: string,
  signal: AbortSignal,
): Promise<DataParts> {
  return analysesOf(context)('dataParts', training, signal, () => undefined, { validation, folder });
}

function analysesOf({ extensionPath }: Services['context']): Analyze {
  return analysesIn(path.join(extensionPath, 'dist', 'analysisWorker.js'));
}
