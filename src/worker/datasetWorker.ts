// Thread that reads datasets, so that the extension host never parses one. Messages: src/protocol/datasetWorker.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { speak, type Language } from '../core/base/messages.ts';
import { o200k, unpackO200k } from '../local/tokens.ts';
import type { FromDatasetWorker, ToDatasetWorker } from '../protocol/datasetWorker.ts';
import { createDatasetService, type DatasetService } from './datasetService.ts';
import { readPart, type PartOrder } from './parts.ts';
import { toProblem } from './problem.ts';

const port = parentPort;
if (port === null) throw new Error('This file runs as a worker thread');

if (hasLanguage(workerData)) speak(workerData.language);
const service = createDatasetService(o200k, unpackO200k);
const underWay = new Map<number, AbortController>();
/** Milliseconds between two messages about the progress of a request. */
const PROGRESS_MS = 100;

// A part of a large file, for the thread that was asked; else whatever is asked for.
if (isPartOrder(workerData)) port.postMessage(readPart(workerData, o200k));
else port.on('message', serve);

/** Threads speak the language of the one that started them. */
function hasLanguage(data: unknown): data is { readonly language: Language } {
  return typeof data === 'object' && data !== null && 'language' in data;
}

function isPartOrder(data: unknown): data is PartOrder {
  return typeof data === 'object' && data !== null && 'part' in data;
}

function serve(message: ToDatasetWorker): void {
  if ('cancel' in message) {
    underWay.get(message.cancel)?.abort();
    return;
  }
  void answer(message);
}

async function answer(message: Exclude<ToDatasetWorker, { readonly cancel: number }>): Promise<void> {
  const { id } = message;
  const controller = new AbortController();
  underWay.set(id, controller);
  let reply: FromDatasetWorker;
  try {
    reply = { id, ok: true, value: await call(service, message, controller.signal, tellProgress(id)) };
  } catch (error) {
    reply = { id, ok: false, problem: toProblem(error, controller.signal) };
  } finally {
    underWay.delete(id);
  }
  port?.postMessage(reply);
}

function tellProgress(id: number): (fraction: number) => void {
  let last = performance.now();
  return (progress) => {
    const now = performance.now();
    // The end is always reported, because the next step may take a while.
    if (now - last < PROGRESS_MS && progress < 1) return;
    last = now;
    port?.postMessage({ id, progress } satisfies FromDatasetWorker);
  };
}

function call(
  methods: DatasetService,
  message: Exclude<ToDatasetWorker, { readonly cancel: number }>,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<unknown> {
  switch (message.method) {
    case 'inspect':
      return methods.inspect(message.args, signal);
    case 'neighbors':
      return methods.neighbors(message.args, signal);
    case 'rows':
      return methods.rows(message.args, signal);
    case 'testItems':
      return methods.testItems(message.args, signal);
    case 'floors':
      return methods.floors(message.args, signal);
    case 'check':
      return methods.check(message.args, signal);
    case 'countTokens':
      return methods.countTokens(message.args, signal);
    case 'outline':
      return methods.outline(message.args, signal);
    case 'describeLine':
      return methods.describeLine(message.args, signal);
    case 'fixesOfLine':
      return methods.fixesOfLine(message.args, signal);
    case 'fixText':
      return methods.fixText(message.args, signal);
    case 'fixFile':
      return methods.fixFile(message.args, signal);
    case 'findDuplicates':
      return methods.findDuplicates(message.args, signal);
    case 'findContradictions':
      return methods.findContradictions(message.args, signal);
    case 'findLeakage':
      return methods.findLeakage(message.args, signal);
    case 'compareFormats':
      return methods.compareFormats(message.args, signal);
    case 'comparePrefix':
      return methods.comparePrefix(message.args, signal);
    case 'report':
      return methods.report(message.args, signal, onProgress);
    case 'compare':
      return methods.compare(message.args, signal, onProgress);
    case 'rowChanges':
      return methods.rowChanges(message.args, signal);
    case 'readCurve':
      return methods.readCurve(message.args, signal);
    case 'excerpt':
      return methods.excerpt(message.args, signal);
    case 'removeLines':
      return methods.removeLines(message.args, signal);
    case 'splitParts':
      return methods.splitParts(message.args, signal);
    case 'cleanSplit':
      return methods.cleanSplit(message.args, signal);
    case 'tableOf':
      return methods.tableOf(message.args, signal);
    case 'convert':
      return methods.convert(message.args, signal);
    case 'sample':
      return methods.sample(message.args, signal);
    case 'split':
      return methods.split(message.args, signal);
  }
}
