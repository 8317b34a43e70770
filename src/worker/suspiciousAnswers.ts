import { type Result } from '../core/base/result.ts';
import type { SuspiciousReport } from '../core/dataset/suspicious/types.ts';
import { SUSPICION_SEED, SuspiciousFile } from '../local/suspicious/suspiciousFile.ts';
import { readLines } from './readLines.ts';

/** Rows of the report's table. */
const LISTED = 100;
/** Rows that the editor can warn of. */
const MOST = 1000;

/**
 * Ranks the answers of a file with the similar rows that say otherwise. A failure says why nothing can be said of single answers.
 * @param onProgress told the share that is done, 0…1
 * @throws WorkerProblem when the file cannot be read
 */
export async function suspiciousAnswers(
  path: string,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<Result<SuspiciousReport>> {
  const file = new SuspiciousFile();
  await readLines({ path }, { signal, hashed: false, onLine: (line) => file.line(line) });
  const found = await file.rank(
    { listed: LISTED, most: MOST, similar: true },
    { seed: SUSPICION_SEED, signal, onProgress },
  );
  signal.throwIfAborted();
  if (found === null) throw new Error('The ranking ended early.');
  return found;
}
