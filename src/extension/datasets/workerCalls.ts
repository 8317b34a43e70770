import { Worker } from 'node:worker_threads';
import { spoken, t } from '../../core/base/messages.ts';
import type { Problem } from '../../core/base/result.ts';
import type { FromDatasetWorker, ToDatasetWorker } from '../../protocol/datasetWorker.ts';

/** Rejection of a call to the dataset worker. */
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
 * Calls into the dataset worker's thread. The thread is started by the first call and again by the first call after it has
 * died; calls under way then are rejected with `worker-stopped`. An aborted call rejects at once with the signal's
 * reason, and the thread is told to stop working on it.
 */
export class WorkerCalls {
  private readonly file: string | URL;
  private worker: Worker | null = null;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private disposed = false;

  /** `file`: the worker's bundle, `dist/datasetWorker.js`. */
  constructor(file: string | URL) {
    this.file = file;
  }

  /** Ends the thread; calls under way are rejected, and so is every later call. */
  async dispose(): Promise<void> {
    this.disposed = true;
    const { worker } = this;
    this.worker = null;
    this.rejectAll({
      code: 'worker-stopped',
      message: t('Reading the dataset was stopped.'),
      action: t('Try again.'),
    });
    await worker?.terminate();
  }

  /** Sends a message and waits for its reply. `onProgress`: the share of the bytes that has been read, 0…1. */
  call<T>(
    message: (id: number) => ToDatasetWorker,
    signal: AbortSignal | undefined,
    onProgress?: (fraction: number) => void,
  ): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
    if (this.disposed) {
      return Promise.reject(
        new DatasetProblem({
          code: 'worker-stopped',
          message: t('The extension is shutting down.'),
          action: t('Reload the window.'),
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
        // The process waits for the thread only while it has something to do.
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
    const worker = new Worker(this.file, {
      execArgv: [],
      name: 'tuning-fork-dataset',
      workerData: { language: spoken() },
    });
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
        message: t('Reading the dataset stopped unexpectedly ({0}).', why),
        action: t('Try again. If it happens again, look for one very large line in the file.'),
      });
    };
    worker.on('error', (error) => {
      gone(error instanceof Error ? error.message : String(error));
    });
    worker.on('exit', (code) => {
      gone(t('exit code {0}', code));
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
