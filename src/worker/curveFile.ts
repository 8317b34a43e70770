import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { t } from '../core/base/messages.ts';
import { readCurves } from '../core/training/curves/curveFile.ts';
import { runsOf } from '../core/training/curves/curveRuns.ts';
import type { CurveFile } from '../protocol/datasetWorker.ts';
import { fileProblem, WorkerProblem } from './problem.ts';

/** Bytes of the largest file: its text and its numbers are in memory at once. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Reads the curves of a result file, a trainer_state.json or an export of Weights & Biases. @throws WorkerProblem */
export async function curveFile(path: string, signal: AbortSignal): Promise<CurveFile> {
  const name = basename(path);
  let bytes: Uint8Array;
  try {
    const { size } = await stat(path);
    if (size > MOST_BYTES)
      throw new WorkerProblem({
        code: 'curve-file-too-large',
        message: t('{0} is larger than the {1} MB that can be shown as a curve.', name, MOST_BYTES / 1024 / 1024),
        action: t('Export fewer columns or rows.'),
      });
    bytes = await readFile(path, { signal });
  } catch (error) {
    throw error instanceof WorkerProblem || signal.aborted ? error : fileProblem(error, name, 'read');
  }
  const read = readCurves(bytes, name);
  if (!read.ok) throw new WorkerProblem(read.error);
  const { epochs, leftOut, problemCount, problems, series } = read.value;
  return { runs: runsOf(series), epochs, leftOut, problems, problemCount };
}
