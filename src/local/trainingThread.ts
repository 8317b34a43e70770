import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { TrainingOrder, TrainingReport } from './trainingMessages.ts';

/** Beside the bundle when built; the source when run from a checkout. */
function workerUrl(): URL {
  const built = new URL('./trainingWorker.js', import.meta.url);
  return existsSync(fileURLToPath(built)) ? built : new URL('../worker/trainingWorker.ts', import.meta.url);
}

export interface TrainingThread {
  /** Before its next step. */
  stop(): void;
  /** At once, without a last word. */
  kill(): Promise<void>;
}

/** Starts a thread on an order; `report` is called for each of its messages and, if it dies without one, with `broken`. */
export function startTrainingThread(
  order: Omit<TrainingOrder, 'stop'>,
  report: (message: TrainingReport) => void,
): TrainingThread {
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(workerUrl(), { workerData: { ...order, stop } satisfies TrainingOrder });
  let ended = false;
  const end = (message: TrainingReport): void => {
    if (ended) return;
    ended = true;
    report(message);
  };
  worker.on('message', (message: TrainingReport) => {
    if (ended) return;
    if (['checked', 'refused', 'finished', 'stopped', 'broken'].includes(message.type)) end(message);
    else report(message);
  });
  worker.on('error', (error) => {
    end({ type: 'broken', message: error.message });
  });
  worker.on('exit', () => {
    end({ type: 'broken', message: 'The training thread ended without a word' });
  });
  return {
    stop() {
      Atomics.store(new Int32Array(stop), 0, 1);
    },
    async kill() {
      ended = true;
      await worker.terminate();
    },
  };
}
