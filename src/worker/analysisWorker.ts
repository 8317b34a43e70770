// Thread of one analysis, so that training holds up neither the editor nor the thread that reads datasets for it.
import { parentPort, workerData } from 'node:worker_threads';
import { speak } from '../core/base/messages.ts';
import type { AnalysisOrder, FromAnalysis } from '../protocol/analysisWorker.ts';
import { dataParts } from './dataParts.ts';
import { moreData } from './moreData.ts';
import { toProblem } from './problem.ts';
import { suspiciousAnswers } from './suspiciousAnswers.ts';

const port = parentPort;
if (port === null) throw new Error('This file runs as a worker thread');

const { analysis, path, validation, folder, language } = workerData as AnalysisOrder;
speak(language);
/** Milliseconds between two messages about the progress. */
const PROGRESS_MS = 100;
const { signal } = new AbortController();
const tell = (message: FromAnalysis): void => {
  port.postMessage(message);
};
let last = 0;
const onProgress = (progress: number): void => {
  const now = performance.now();
  if (now - last < PROGRESS_MS) return;
  last = now;
  tell({ progress });
};
try {
  tell(await answer());
} catch (error) {
  tell({ ok: false, problem: toProblem(error, signal) });
}

async function answer(): Promise<FromAnalysis> {
  switch (analysis) {
    case 'suspiciousAnswers': {
      const found = await suspiciousAnswers(path, signal, onProgress);
      return found.ok ? { ok: true, value: found.value } : { ok: false, problem: found.error };
    }
    case 'moreData':
      return { ok: true, value: await moreData(path, validation, signal, onProgress) };
    case 'dataParts':
      if (folder === null) throw new Error('The parts need a folder.');
      return { ok: true, value: await dataParts(path, validation, folder, signal) };
  }
}
