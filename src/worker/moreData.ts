import type { MoreData } from '../core/dataset/dataCurve/moreData.ts';
import { wouldMoreDataHelp } from '../local/dataCurve/moreData.ts';
import { examplesOf } from './examplesOf.ts';

/** The same file gives the same figures. */
const SEED = 1;

/**
 * Measures whether more data would help.
 * @param validation file to measure errors on; null: by cross-validation
 * @param onProgress told the share that is done, 0…1
 * @throws WorkerProblem when a file cannot be read
 */
export async function moreData(
  path: string,
  validation: string | null,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<MoreData> {
  const { examples: training } = await examplesOf(path, signal);
  const tests = validation === null ? null : (await examplesOf(validation, signal)).examples;
  const found = await wouldMoreDataHelp(training, { validation: tests, seed: SEED, signal, onProgress });
  signal.throwIfAborted();
  if (found === null) throw new Error('The measurement ended early.');
  return found;
}
