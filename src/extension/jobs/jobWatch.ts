import { createHash } from 'node:crypto';
import path from 'node:path';
import { isServedHere, type Connection } from '../../core/provider/connection.ts';
import { isLoopback } from '../../core/provider/addresses.ts';
import { Emitter } from '../../core/base/emitter.ts';
import type { Problem } from '../../core/base/result.ts';
import { isTerminal } from '../../core/training/job.ts';
import type { JobRecord } from '../../jobs/store/jobRecord.ts';
import type { Shown } from '../../jobs/watch/leadership.ts';
import { JobMonitor } from '../../jobs/watch/monitor.ts';
import type { JobEnded } from '../../jobs/watch/monitorContract.ts';
import { LOOPBACK_PACE, REMOTE_PACE } from '../../jobs/watch/pace.ts';
import type { UnfinishedStart } from '../../jobs/start/recovery.ts';
import type { JobStore } from '../../jobs/store/store.ts';
import { readUnfinished, updateUnfinished } from '../../jobs/start/unfinished.ts';
import type { JobRef } from './jobRef.ts';
import type { Log } from '../ui/log.ts';
import type { Providers } from '../connections/providers.ts';

export interface JobWatchOptions {
  readonly store: JobStore;
  readonly providers: Providers;
  readonly log: Log;
  /** Folder of `unfinished.json`, the one file that is read after start-up. */
  readonly folder: string;
  /** False in Restricted Mode: no provider is asked and nothing is started; known jobs are shown. */
  readonly isTrusted: () => boolean;
}

/** Runs one monitor per connection, from the first reason to look: a start, a visible view, a job that had not ended. */
export class JobWatch {
  readonly #options: JobWatchOptions;
  readonly #monitors = new Map<string, JobMonitor>();
  readonly #ended = new Emitter<JobEnded>();
  readonly #changed = new Emitter<string>();
  readonly #pace = new Map<string, 'loopback' | 'remote'>();
  readonly #shown = new Map<string, 'all' | readonly JobRef[]>();
  readonly #interrupted = new Emitter<readonly UnfinishedStart[]>();
  #written = '';
  #writing: Promise<void> = Promise.resolve();
  readonly #leaving = new Set<Promise<void>>();

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

  /** Fires once per job, also for jobs that ended while no window was open. */
  readonly onJobEnded = this.#ended.event;
  /** Fires with the id of a connection that began or stopped answering. */
  readonly onDidChange = this.#changed.event;

  problem(connectionId: string): Problem | null {
    return this.#monitors.get(connectionId)?.problem ?? null;
  }

  /** Fires after start-up with the interrupted starts that the user has to decide about. */
  readonly onInterruptedStarts = this.#interrupted.event;

  /** Sets the jobs that a view or a panel shows, until its next call: jobs that no view shows are read less often (P7). */
  setVisible(view: string, jobs: 'all' | readonly JobRef[]): void {
    if (jobs.length === 0) this.#shown.delete(view);
    else this.#shown.set(view, jobs);
    for (const monitor of this.#monitors.values()) monitor.shownChanged();
  }

  #shownOf(connectionId: string): Shown {
    const ids = new Set<string>();
    for (const jobs of this.#shown.values()) {
      if (jobs === 'all') return 'all';
      for (const ref of jobs) if (ref.connectionId === connectionId) ids.add(ref.jobId);
    }
    return ids;
  }

  /**
   * Resumes, after start-up, the jobs and starts that had not ended when VS Code was closed; without any, reads one small file.
   * @returns whether sweeps have to go on
   */
  async resume(): Promise<boolean> {
    const { connections, starts, sweeps } = await readUnfinished(this.#options.folder);
    const isTrusted = this.#options.isTrusted();
    if (connections.length > 0 || starts.length > 0) {
      await this.#options.store.load();
      for (const id of connections) await this.look(id, true);
      if (starts.length > 0 && isTrusted) await this.#resumeStarts();
    }
    return sweeps.length > 0 && isTrusted;
  }

  /** Looks for jobs that may exist, which costs nothing; the user decides about every other interrupted start. */
  async #resumeStarts(): Promise<void> {
    const { LOOK_FOR_LOST_MS, resumeStart, unfinishedStarts } = await import('../../jobs/start/recovery.ts');
    const { folder, store, providers, log } = this.#options;
    for (const { intentId, connectionId, name, stage } of await unfinishedStarts(folder)) {
      if (stage !== 'created' && stage !== 'unknown') continue;
      try {
        const provider = await providers.get(connectionId);
        const deps = { provider, folder, jobs: store };
        const found = await resumeStart(intentId, deps, { lookDelaysMs: LOOK_FOR_LOST_MS });
        if (found.ok) log.info(`The start of ${name} had been interrupted; its job ${found.value.job.id} was found.`);
        await this.look(connectionId, true);
      } catch (error) {
        log.error(`The job of the interrupted start of ${name} could not be looked for`, error);
      }
    }
    const left = await unfinishedStarts(folder);
    if (left.length > 0) this.#interrupted.fire(left);
  }

  /**
   * Looks at a connection's jobs now and keeps looking while one is in progress. `start`: the local server may be started for this;
   * otherwise it is only asked when it already runs.
   */
  async look(connectionId: string, start: boolean): Promise<void> {
    if (!this.#options.isTrusted()) return;
    // From now on this window sees changes that other windows make.
    this.#options.store.follow();
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
      isServedHere(connection) &&
      (await this.#options.providers.getRunning(connectionId)) === null
    )
      return;
    this.#monitor(connection).poke(start);
  }

  /** Reads the whole curve of a past job that is being opened; the known part is shown meanwhile. */
  async readCurve(connectionId: string, jobId: string): Promise<void> {
    const record = this.#options.store.get(connectionId, jobId);
    if (!record || record.complete || record.gone || !this.#options.isTrusted()) return;
    await this.#monitor(await this.#options.providers.connection(connectionId)).refresh(jobId);
  }

  dispose(): void {
    this.keepOnly([]);
    this.#ended.dispose();
    this.#interrupted.dispose();
    this.#changed.dispose();
  }

  /** Resolves when `unfinished.json` is up to date and other windows may poll what this one gave up. */
  async flush(): Promise<void> {
    await Promise.all([this.#writing, ...this.#leaving]);
  }

  /** Ends the monitors of all other connections, which were removed. */
  keepOnly(connections: readonly Pick<Connection, 'id'>[]): void {
    for (const [id, monitor] of this.#monitors) {
      if (connections.some((connection) => connection.id === id)) continue;
      this.#end(monitor);
      this.#monitors.delete(id);
    }
  }

  #end(monitor: JobMonitor): void {
    monitor.dispose();
    const left = monitor.left().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  /** Asks again, after the user set a key, where the monitor had given up because of the old one. */
  askAgain(connectionId: string): void {
    this.#monitors.get(connectionId)?.poke();
  }

  #monitor(connection: Connection): JobMonitor {
    const pace = isServedHere(connection) || isLoopback(connection.baseUrl) ? 'loopback' : 'remote';
    const existing = this.#monitors.get(connection.id);
    if (existing && this.#pace.get(connection.id) === pace) return existing;
    if (existing) this.#end(existing);
    this.#pace.set(connection.id, pace);
    const monitor = new JobMonitor({
      connectionId: connection.id,
      provider: () => this.#options.providers.get(connection.id),
      store: this.#options.store,
      pace: pace === 'loopback' ? LOOPBACK_PACE : REMOTE_PACE,
      shown: () => this.#shownOf(connection.id),
      leaseFolder: path.join(this.#options.folder, 'watch', hashOf(connection.id)),
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
    const text = connections.join(' ');
    if (text === this.#written) return;
    this.#written = text;
    this.#writing = this.#writing
      // Only the whole store knows every unfinished job.
      .then(() => this.#options.store.load())
      .then(() => updateUnfinished(this.#options.folder, ({ starts }) => ({ connections, starts })))
      .catch((error: unknown) => {
        this.#options.log.error('unfinished.json could not be written', error);
      });
  }
}

function isUnfinished(record: JobRecord): boolean {
  if (record.gone) return false;
  return !isTerminal(record.job.status) || (record.local.startedHere && !record.complete);
}

/** Name for a folder of a connection: ids never become paths. */
function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}
