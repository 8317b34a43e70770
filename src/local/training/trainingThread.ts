import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { TrainingOrder, TrainingReport } from './trainingMessages.ts';
import { CONTROL, isLast, STOP } from './trainingMessages.ts';

/** Beside the bundle when built; the source when run from a checkout. */
function workerUrl(): URL {
  const built = new URL('./trainingWorker.js', import.meta.url);
  return existsSync(fileURLToPath(built)) ? built : new URL('../../worker/trainingWorker.ts', import.meta.url);
}

export interface TrainingThread {
  /** Before its next step, for good. */
  stop(): void;
  /** Before its next step; it then reports `paused` with the state to continue from, unless it had just ended. */
  pause(): void;
  /** When the server ends, which waits for it. A thread ends at once; what can go on later may say a last word about what it has done. */
  kill(): Promise<void>;
}

/** Starts a thread on an order; `report` is called for each of its messages and, if it dies without one, with `broken`. */
export function startTrainingThread(
  order: Omit<TrainingOrder, 'control'>,
  report: (message: TrainingReport) => void,
): TrainingThread {
  const shared = new SharedArrayBuffer(CONTROL.bytes);
  const control = new Int32Array(shared);
  const worker = new Worker(workerUrl(), { workerData: { ...order, control: shared } satisfies TrainingOrder });
  let ended = false;
  const end = (message: TrainingReport): void => {
    if (ended) return;
    ended = true;
    report(message);
  };
  worker.on('message', (message: TrainingReport) => {
    if (ended) return;
    if (isLast(message)) end(message);
    else report(message);
    if (message.type !== 'metrics') return;
    Atomics.add(control, CONTROL.taken, 1);
    Atomics.notify(control, CONTROL.taken);
  });
  worker.on('error', (error) => {
    end({ type: 'broken', message: error.message });
  });
  worker.on('exit', () => {
    end({ type: 'broken', message: 'The training thread ended without a word' });
  });
  return {
    stop() {
      Atomics.store(control, CONTROL.stop, STOP.discard);
    },
    pause() {
      // A thread that was told to stop for good must not pause.
      Atomics.compareExchange(control, CONTROL.stop, 0, STOP.pause);
    },
    async kill() {
      ended = true;
      await worker.terminate();
    },
  };
}
