import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import type { Connection } from '../core/connection.ts';
import { isLoopback } from '../core/connectionRules.ts';
import { Emitter } from '../core/emitter.ts';
import type { Problem } from '../core/result.ts';
import { isTerminal } from '../core/training/job.ts';
import { writeFileAtomic } from '../jobs/atomicFile.ts';
import type { JobRecord } from '../jobs/jobRecord.ts';
import { JobMonitor, LOOPBACK_PACE, REMOTE_PACE, type JobEnded } from '../jobs/monitor.ts';
import type { JobStore } from '../jobs/store.ts';
import type { Log } from './log.ts';
import type { Providers } from './providers.ts';

const unfinishedSchema = z.object({ v: z.literal(1), connections: z.array(z.string()) });

export interface JobWatchOptions {
  readonly store: JobStore;
  readonly providers: Providers;
  readonly log: Log;
  /** Keeps `unfinished.json`, the one file that is read after start-up. */
  readonly folder: string;
  /** In Restricted Mode nobody is asked and nothing is started; what is known is shown. */
  readonly isTrusted: () => boolean;
}

/** One monitor a connection, begun when there is a reason to look: a start, a visible view, a job that had not ended. */
export class JobWatch {
  readonly #options: JobWatchOptions;
  readonly #monitors = new Map<string, JobMonitor>();
  readonly #ended = new Emitter<JobEnded>();
  readonly #changed = new Emitter<string>();
  readonly #pace = new Map<string, 'loopback' | 'remote'>();
  #visible = false;
  #written = '';
  #writing: Promise<void> = Promise.resolve();

  constructor(options: JobWatchOptions) {
    this.#options = options;
    options.store.onDidChange((change) => {
      if (
        change.added ||
        change.record === undefined ||
        isTerminal(change.record.job.status) ||
        change.record.complete
      ) {
        this.#keepUnfinished();
      }
    });
  }

  /** Once a job, also for jobs that ended while nobody was watching. */
  readonly onJobEnded = this.#ended.event;
  /** The connection whose state (answering or not) changed. */
  readonly onDidChange = this.#changed.event;

  problem(connectionId: string): Problem | null {
    return this.#monitors.get(connectionId)?.problem ?? null;
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
  }

  /** After start-up: goes on watching what had not ended when VS Code was closed, and touches nothing when there is nothing. */
  async resume(): Promise<void> {
    let text: string;
    try {
      text = await readFile(path.join(this.#options.folder, 'unfinished.json'), 'utf8');
    } catch {
      return;
    }
    let parsed;
    try {
      parsed = unfinishedSchema.safeParse(JSON.parse(text));
    } catch {
      return;
    }
    if (!parsed.success || parsed.data.connections.length === 0) return;
    await this.#options.store.load();
    for (const id of parsed.data.connections) await this.look(id, true);
  }

  /**
   * Looks at a connection's jobs now, and goes on as long as one is under way. `start`: the local server may be started for
   * it; otherwise it is only asked when it runs.
   */
  async look(connectionId: string, start: boolean): Promise<void> {
    if (!this.#options.isTrusted()) return;
    let connection: Connection;
    try {
      connection = await this.#options.providers.connection(connectionId);
    } catch {
      return;
    }
    const busy = this.#options.store.list(connectionId).some((record) => isUnfinished(record));
    if (
      !start &&
      !busy &&
      connection.kind === 'local' &&
      (await this.#options.providers.getRunning(connectionId)) === null
    )
      return;
    this.#monitor(connection).poke();
  }

  /** Reads the whole curve of a job of the history that is being opened; what is known is shown meanwhile. */
  async readCurve(connectionId: string, jobId: string): Promise<void> {
    const record = this.#options.store.get(connectionId, jobId);
    if (!record || record.complete || record.gone || !this.#options.isTrusted()) return;
    await this.#monitor(await this.#options.providers.connection(connectionId)).refresh(jobId);
  }

  dispose(): void {
    for (const monitor of this.#monitors.values()) monitor.dispose();
    this.#monitors.clear();
    this.#ended.dispose();
    this.#changed.dispose();
  }

  /** Resolves when `unfinished.json` says what is so. */
  flush(): Promise<void> {
    return this.#writing;
  }

  /** A connection was removed or its key changed: what runs for it ends. */
  drop(connectionId: string): void {
    this.#monitors.get(connectionId)?.dispose();
    this.#monitors.delete(connectionId);
  }

  #monitor(connection: Connection): JobMonitor {
    const pace = connection.kind === 'local' || isLoopback(connection.baseUrl) ? 'loopback' : 'remote';
    const existing = this.#monitors.get(connection.id);
    if (existing && this.#pace.get(connection.id) === pace) return existing;
    existing?.dispose();
    this.#pace.set(connection.id, pace);
    const monitor = new JobMonitor({
      connectionId: connection.id,
      provider: () => this.#options.providers.get(connection.id),
      store: this.#options.store,
      pace: pace === 'loopback' ? LOOPBACK_PACE : REMOTE_PACE,
      isVisible: () => this.#visible,
    });
    monitor.onJobEnded((ended) => {
      this.#ended.fire(ended);
    });
    monitor.onProblem((problem) => {
      if (problem) this.#options.log.warn(`${connection.name}: ${problem.code}: ${problem.message}`);
      else this.#options.log.info(`${connection.name} answers again.`);
      this.#changed.fire(connection.id);
    });
    this.#monitors.set(connection.id, monitor);
    return monitor;
  }

  #keepUnfinished(): void {
    const connections = [
      ...new Set(
        this.#options.store
          .list()
          .filter(isUnfinished)
          .map((record) => record.connectionId),
      ),
    ].sort();
    const text = `${JSON.stringify({ v: 1, connections })}\n`;
    if (text === this.#written) return;
    this.#written = text;
    this.#writing = this.#writing
      .then(() => writeFileAtomic(path.join(this.#options.folder, 'unfinished.json'), text))
      .catch((error: unknown) => {
        this.#options.log.error('unfinished.json could not be written', error);
      });
  }
}

function isUnfinished(record: JobRecord): boolean {
  if (record.gone) return false;
  return !isTerminal(record.job.status) || (record.local.startedHere && !record.complete);
}
