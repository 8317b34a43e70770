import { t } from '../core/base/messages.ts';
import { SUSPICION_SEED, SuspiciousFile } from '../local/suspicious/suspiciousFile.ts';
import { openDataset } from './datasetFile.ts';
import { place, type Printed } from './findings.ts';
import { inWords, say } from './terminal.ts';

/** Finding about an answer, with its score (0…1) and whether the product would warn of it. */
export interface PrintedSuspicion extends Printed {
  readonly score: number;
  readonly called: boolean;
}

/**
 * The `count` most suspicious answers of a file, the most suspicious first. Says on standard error why none can be named.
 * @throws FileProblem
 */
export async function suspiciousAnswers(path: string, count: number): Promise<readonly PrintedSuspicion[]> {
  const file = openDataset(path);
  try {
    const read = new SuspiciousFile();
    await file.each((line) => read.line(line));
    const found = await read.rank(
      { listed: count, most: count, similar: false },
      { seed: SUSPICION_SEED, signal: { aborted: false } },
    );
    if (found === null) return [];
    if (!found.ok) {
      say(`${path}: ${inWords(found.error)}`);
      return [];
    }
    return found.value.rows.map(({ line, reason, score, called }) => ({
      ...place(
        {
          code: 'suspicious-answer',
          severity: 'information',
          message: reason,
          action: t('Look whether it is right.'),
          line,
          column: 0,
          endColumn: 0,
        },
        path,
        file,
      ),
      score,
      called,
    }));
  } finally {
    file.close();
  }
}
