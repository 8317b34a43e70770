import { Worker } from 'node:worker_threads';
import { spoken, t } from '../../../core/base/messages.ts';
import type { Analyses, AnalysisOrder, FromAnalysis } from '../../../protocol/analysisWorker.ts';
import type { Problem } from '../../../core/base/result.ts';

/** Rejection of an analysis. */
class AnalysisProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Other files of an analysis. */
export interface AnalysisFiles {
  /** File to measure errors on, where the analysis does. */
  readonly validation?: string | null;
  /** Folder for the files that it writes, where it writes some. */
  readonly folder?: string | null;
}

/** Runs an analysis of a dataset. Rejects with an `AnalysisProblem`, or with the signal's reason when aborted. */
export type Analyze = <A extends keyof Analyses>(
  analysis: A,
  path: string,
  signal: AbortSignal,
  onProgress: (share: number) => void,
  files?: AnalysisFiles,
) => Promise<Analyses[A]>;

/** Runs every analysis in a thread of its own, which ends at once when the signal aborts. `file`: `dist/analysisWorker.js`. */
export function analysesIn(file: string | URL): Analyze {
  return <A extends keyof Analyses>(
    analysis: A,
    path: string,
    signal: AbortSignal,
    onProgress: (share: number) => void,
    { validation = null, folder = null }: AnalysisFiles = {},
  ): Promise<Analyses[A]> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const worker = new Worker(file, {
        // The host's own flags (a debugger's port) are not the thread's.
        execArgv: [],
        name: 'tuning-fork-analysis',
        workerData: { analysis, path, validation, folder, language: spoken() } satisfies AnalysisOrder,
      });
      const onAbort = (): void => {
        reject(signal.reason instanceof Error ? signal.reason : new Error('It was canceled'));
        void worker.terminate();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const stopped = (why: string): void => {
        reject(
          new AnalysisProblem({
            code: 'worker-stopped',
            message: t('The analysis stopped unexpectedly ({0}).', why),
            action: t('Try again. If it happens again, look for one very large line in the file.'),
          }),
        );
      };
      worker.on('message', (message: FromAnalysis<A>) => {
        if ('progress' in message) onProgress(message.progress);
        else if (message.ok) resolve(message.value);
        else reject(new AnalysisProblem(message.problem));
      });
      worker.on('error', (error) => {
        stopped(error instanceof Error ? error.message : String(error));
      });
      worker.on('exit', (code) => {
        signal.removeEventListener('abort', onAbort);
        stopped(t('exit code {0}', code));
      });
    });
}
