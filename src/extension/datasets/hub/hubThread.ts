import { Worker } from 'node:worker_threads';
import { spoken, t } from '../../../core/base/messages.ts';
import type { FromHubWorker, HubAnswer, HubOrder, HubWorkerData, ToHubWorker } from '../../../protocol/hubWorker.ts';
import { ProblemError } from '../../ui/errors.ts';

export interface HubJobOptions {
  readonly signal: AbortSignal;
  /** Reads bytes of a file of a look, `end` exclusive. A failure is that of the job. */
  readonly read?: (file: number, start: number, end: number, signal: AbortSignal) => Promise<ArrayBuffer>;
  /** 0…1. */
  readonly onProgress?: (share: number) => void;
}

/** Runs a job in a thread of its own, which ends with it. Rejects with a `ProblemError`, the failure of `read`, or the signal's reason. */
export async function runHubJob<O extends HubOrder>(
  file: string | URL,
  order: O,
  { signal, read, onProgress }: HubJobOptions,
): Promise<HubAnswer<O>> {
  signal.throwIfAborted();
  const over = new AbortController();
  const worker = new Worker(file, {
    // The host's own flags (a debugger's port) are not the thread's.
    execArgv: [],
    name: 'tuning-fork-hub',
    workerData: { order, language: spoken() } satisfies HubWorkerData,
  });
  try {
    return await new Promise<HubAnswer<O>>((resolve, reject) => {
      const fail = (error: unknown): void => {
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      const stopped = (why: string): void => {
        fail(
          new ProblemError({
            code: 'worker-stopped',
            message: t('Reading the dataset stopped unexpectedly ({0}).', why),
            action: t('Import fewer rows, or close other programs and try again.'),
          }),
        );
      };
      signal.addEventListener(
        'abort',
        () => {
          fail(signal.reason);
        },
        { once: true, signal: over.signal },
      );
      const answer = async (message: Extract<FromHubWorker, { readonly read: number }>): Promise<void> => {
        if (read === undefined) throw new Error('The thread asked for bytes that nobody reads.');
        const bytes = await read(message.file, message.start, message.end, AbortSignal.any([signal, over.signal]));
        worker.postMessage({ read: message.read, bytes } satisfies ToHubWorker, [bytes]);
      };
      worker.on('message', (message: FromHubWorker) => {
        if ('read' in message) answer(message).catch(fail);
        else if ('progress' in message) onProgress?.(message.progress);
        else if (message.ok) resolve(message.value as HubAnswer<O>);
        else fail(new ProblemError(message.problem));
      });
      worker.on('error', (error) => {
        stopped(error instanceof Error ? error.message : String(error));
      });
      worker.on('exit', (code) => {
        stopped(t('exit code {0}', code));
      });
    });
  } finally {
    over.abort();
    // Temporary files of the thread may be deleted only once it is gone.
    await worker.terminate();
  }
}
