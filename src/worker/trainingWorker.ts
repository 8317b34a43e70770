import { parentPort, workerData } from 'node:worker_threads';
import type { TrainingOrder, TrainingReport } from '../local/training/trainingMessages.ts';
import { runTraining } from '../local/training/trainingTask.ts';

const port = parentPort;
if (!port) throw new Error('This file runs in a worker thread.');

const report = (message: TrainingReport, transfer: ArrayBuffer[] = []): void => {
  port.postMessage(message, transfer);
};
try {
  runTraining(workerData as TrainingOrder, report);
} catch (error) {
  report({ type: 'broken', message: error instanceof Error ? error.message : String(error) });
}
