// Thread of one look at a dataset of the hub, or of one import. Messages: src/protocol/hubWorker.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { speak } from '../core/base/messages.ts';
import type { FromHubWorker, HubWorkerData, ToHubWorker } from '../protocol/hubWorker.ts';
import { importFiles } from './hubImport.ts';
import { lookAt, type ReadBytes } from './hubLook.ts';
import { toProblem } from './problem.ts';

const port = parentPort;
if (port === null) throw new Error('This file runs as a worker thread');

const { order, language } = workerData as HubWorkerData;
speak(language);
/** Milliseconds between two messages about the progress. */
const PROGRESS_MS = 100;
const { signal } = new AbortController();
const tell = (message: FromHubWorker): void => {
  port.postMessage(message);
};

const waiting = new Map<number, (bytes: ArrayBuffer | null) => void>();
let lastRead = 0;
const read: ReadBytes = async (file, start, end) => {
  const id = (lastRead += 1);
  const bytes = await new Promise<ArrayBuffer | null>((resolve) => {
    waiting.set(id, resolve);
    tell({ read: id, file, start, end });
  });
  waiting.delete(id);
  // The extension knows why, and ends the thread.
  if (bytes === null) throw new Error('The bytes cannot be read');
  return bytes;
};

let lastProgress = 0;
const onProgress = (progress: number): void => {
  const now = performance.now();
  if (now - lastProgress < PROGRESS_MS) return;
  lastProgress = now;
  tell({ progress });
};

port.on('message', ({ read: id, bytes }: ToHubWorker) => {
  waiting.get(id)?.(bytes);
});
try {
  tell({ ok: true, value: order.job === 'look' ? await lookAt(order, read) : await importFiles(order, onProgress) });
} catch (error) {
  tell({ ok: false, problem: toProblem(error, signal) });
}
port.close();
