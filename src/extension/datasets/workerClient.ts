import { Worker } from 'node:worker_threads';
import type { Problem } from '../../core/base/result.ts';
import type {
  DatasetCheck,
  DatasetRow,
  DatasetSource,
  DatasetSummary,
  DatasetTokens,
  DatasetWorkerApi,
  FromDatasetWorker,
  LineDetails,
  OutlineRow,
  ToDatasetWorker,
} from '../../protocol/datasetWorker.ts';

/** What a call to the dataset worker rejects with. */
export class DatasetProblem extends Error implements Problem {
  readonly code: string;
  readonly action: string;

  constructor(problem: Problem) {
    super(problem.message);
    this.name = 'DatasetProblem';
    this.code = problem.code;
    this.action = problem.action;
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly release: () => void;
  readonly onProgress: ((fraction: number) => void) | undefined;
}

/**
 * The dataset worker as an object. The thread is started by the first call and again by the first call after it has
 * died; what was under way then is rejected with `worker-stopped`. An aborted call rejects at once with the signal's
 * reason, and the thread is told to stop working on it.
 */
export class DatasetWorkerClient implements DatasetWorkerApi {
  private readonly file: string | URL;
  private worker: Worker | null = null;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private disposed = false;

  /** `file`: the worker's bundle, `dist/datasetWorker.js`. */
  constructor(file: string | URL) {
    this.file = file;
  }

  inspect(
    source: DatasetSource,
    options: { readonly countTokens: boolean },
    signal?: AbortSignal,
  ): Promise<DatasetSummary> {
    return this.call((id) => ({ id, method: 'inspect', args: [source, options] }), signal);
  }

  rows(source: DatasetSource, offset: number, limit: number, signal?: AbortSignal): Promise<readonly DatasetRow[]> {
    return this.call((id) => ({ id, method: 'rows', args: [source, offset, limit] }), signal);
  }

  testItems(
    path: string,
    answerPrefix: string | null,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['testItems']> {
    return this.call((id) => ({ id, method: 'testItems', args: [path, answerPrefix] }), signal);
  }

  split(
    path: string,
    target: { readonly train: string; readonly validation: string },
    options: { readonly validationShare: number; readonly seed: number },
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['split']> {
    return this.call((id) => ({ id, method: 'split', args: [path, target, options] }), signal);
  }

  check(
    source: DatasetSource,
    options: Parameters<DatasetWorkerApi['check']>[1],
    signal?: AbortSignal,
  ): Promise<DatasetCheck> {
    return this.call((id) => ({ id, method: 'check', args: [source, options] }), signal);
  }

  countTokens(source: DatasetSource, signal?: AbortSignal): Promise<DatasetTokens> {
    return this.call((id) => ({ id, method: 'countTokens', args: [source] }), signal);
  }

  outline(source: DatasetSource, limit: number, signal?: AbortSignal): Promise<readonly OutlineRow[]> {
    return this.call((id) => ({ id, method: 'outline', args: [source, limit] }), signal);
  }

  describeLine(text: string, signal?: AbortSignal): Promise<LineDetails | null> {
    return this.call((id) => ({ id, method: 'describeLine', args: [text] }), signal);
  }

  fixesOfLine(
    text: string,
    findings: Parameters<DatasetWorkerApi['fixesOfLine']>[1],
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['fixesOfLine']> {
    return this.call((id) => ({ id, method: 'fixesOfLine', args: [text, findings] }), signal);
  }

  fixText(
    source: DatasetSource,
    codes: readonly string[] | null,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['fixText']> {
    return this.call((id) => ({ id, method: 'fixText', args: [source, codes] }), signal);
  }

  fixFile(
    path: string,
    target: string,
    codes: readonly string[] | null,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['fixFile']> {
    return this.call((id) => ({ id, method: 'fixFile', args: [path, target, codes] }), signal);
  }

  findDuplicates(path: string, limit: number, signal?: AbortSignal): ReturnType<DatasetWorkerApi['findDuplicates']> {
    return this.call((id) => ({ id, method: 'findDuplicates', args: [path, limit] }), signal);
  }

  findContradictions(
    path: string,
    limit: number,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['findContradictions']> {
    return this.call((id) => ({ id, method: 'findContradictions', args: [path, limit] }), signal);
  }

  findLeakage(
    path: string,
    against: string,
    limit: number,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['findLeakage']> {
    return this.call((id) => ({ id, method: 'findLeakage', args: [path, against, limit] }), signal);
  }

  compareFormats(path: string, training: string, signal?: AbortSignal): ReturnType<DatasetWorkerApi['compareFormats']> {
    return this.call((id) => ({ id, method: 'compareFormats', args: [path, training] }), signal);
  }

  comparePrefix(
    prefix: string | null,
    training: string,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['comparePrefix']> {
    return this.call((id) => ({ id, method: 'comparePrefix', args: [prefix, training] }), signal);
  }

  /** `onProgress`: the share of the bytes that has been read, 0…1. */
  report(
    path: string,
    options: Parameters<DatasetWorkerApi['report']>[1],
    signal?: AbortSignal,
    onProgress?: (fraction: number) => void,
  ): ReturnType<DatasetWorkerApi['report']> {
    return this.call((id) => ({ id, method: 'report', args: [path, options] }), signal, onProgress);
  }

  excerpt(
    path: string,
    lines: readonly number[],
    maxUnits: number,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['excerpt']> {
    return this.call((id) => ({ id, method: 'excerpt', args: [path, lines, maxUnits] }), signal);
  }

  removeLines(
    path: string,
    target: string,
    lines: readonly number[],
    before: Parameters<DatasetWorkerApi['removeLines']>[3],
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['removeLines']> {
    return this.call((id) => ({ id, method: 'removeLines', args: [path, target, lines, before] }), signal);
  }

  splitParts(
    path: string,
    parts: Parameters<DatasetWorkerApi['splitParts']>[1],
    seed: number,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['splitParts']> {
    return this.call((id) => ({ id, method: 'splitParts', args: [path, parts, seed] }), signal);
  }

  cleanSplit(
    files: Parameters<DatasetWorkerApi['cleanSplit']>[0],
    targets: Parameters<DatasetWorkerApi['cleanSplit']>[1],
    seed: number,
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['cleanSplit']> {
    return this.call((id) => ({ id, method: 'cleanSplit', args: [files, targets, seed] }), signal);
  }

  tableOf(path: string, signal?: AbortSignal): ReturnType<DatasetWorkerApi['tableOf']> {
    return this.call((id) => ({ id, method: 'tableOf', args: [path] }), signal);
  }

  convert(
    path: string,
    target: string,
    table: Parameters<DatasetWorkerApi['convert']>[2],
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['convert']> {
    return this.call((id) => ({ id, method: 'convert', args: [path, target, table] }), signal);
  }

  sample(
    path: string,
    target: string,
    options: Parameters<DatasetWorkerApi['sample']>[2],
    signal?: AbortSignal,
  ): ReturnType<DatasetWorkerApi['sample']> {
    return this.call((id) => ({ id, method: 'sample', args: [path, target, options] }), signal);
  }

  /** Ends the thread; what is under way is rejected, and so is every later call. */
  async dispose(): Promise<void> {
    this.disposed = true;
    const { worker } = this;
    this.worker = null;
    this.rejectAll({ code: 'worker-stopped', message: 'Reading the dataset was stopped.', action: 'Try again.' });
    await worker?.terminate();
  }

  private call<T>(
    message: (id: number) => ToDatasetWorker,
    signal: AbortSignal | undefined,
    onProgress?: (fraction: number) => void,
  ): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
    if (this.disposed) {
      return Promise.reject(
        new DatasetProblem({
          code: 'worker-stopped',
          message: 'The extension is shutting down.',
          action: 'Reload the window.',
        }),
      );
    }
    const id = this.nextId;
    this.nextId += 1;
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => {
        const entry = this.take(id);
        if (entry === undefined || signal === undefined) return;
        this.worker?.postMessage({ cancel: id } satisfies ToDatasetWorker);
        entry.reject(reasonOf(signal));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.pending.set(id, {
        resolve: resolve as (value: unknown) => void,
        reject,
        release: () => signal?.removeEventListener('abort', onAbort),
        onProgress,
      });
      try {
        const worker = this.start();
        // The process waits for it while it has something to do, and not a moment longer.
        worker.ref();
        worker.postMessage(message(id));
      } catch (error) {
        this.take(id)?.reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  private start(): Worker {
    if (this.worker !== null) return this.worker;
    // The host's own flags (a debugger's port) are not the thread's.
    const worker = new Worker(this.file, { execArgv: [], name: 'tuning-fork-dataset' });
    this.worker = worker;
    worker.on('message', (reply: FromDatasetWorker) => {
      if ('progress' in reply) {
        this.pending.get(reply.id)?.onProgress?.(reply.progress);
        return;
      }
      const entry = this.take(reply.id);
      if (entry === undefined) return;
      if (reply.ok) entry.resolve(reply.value);
      else entry.reject(new DatasetProblem(reply.problem));
    });
    // A thread that has died takes everything under way with it; the next call starts another.
    const gone = (why: string): void => {
      if (this.worker !== worker) return;
      this.worker = null;
      this.rejectAll({
        code: 'worker-stopped',
        message: `Reading the dataset stopped unexpectedly (${why}).`,
        action: 'Try again; if it happens again, look for one very large line in the file.',
      });
    };
    worker.on('error', (error) => {
      gone(error instanceof Error ? error.message : String(error));
    });
    worker.on('exit', (code) => {
      gone(`exit code ${String(code)}`);
    });
    return worker;
  }

  private take(id: number): Pending | undefined {
    const entry = this.pending.get(id);
    this.pending.delete(id);
    entry?.release();
    if (this.pending.size === 0) this.worker?.unref();
    return entry;
  }

  private rejectAll(problem: Problem): void {
    for (const id of [...this.pending.keys()]) this.take(id)?.reject(new DatasetProblem(problem));
  }
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('It was cancelled');
}
