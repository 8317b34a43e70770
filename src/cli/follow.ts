import { setTimeout as delay } from 'node:timers/promises';
import { t, tn } from '../core/base/messages.ts';
import { isServedHere, type Connection } from '../core/provider/connection.ts';
import { isLoopback } from '../core/provider/addresses.ts';
import type { Provider } from '../core/provider/api.ts';
import { isProviderFailure } from '../core/provider/failure.ts';
import { formatDuration, statusLine } from '../core/training/words/describe.ts';
import { isTerminal, type Job } from '../core/training/job.ts';
import type { JobRecord } from '../jobs/store/jobRecord.ts';
import { updateUnfinished } from '../jobs/start/unfinished.ts';
import { CommandFailure, EXIT } from './options.ts';
import type { Storage } from './target.ts';
import { createProgress, inWords, onInterrupt, type Progress, say, visible } from './terminal.ts';

/** Milliseconds between looks: the first pause, and the longest while nothing new comes. */
const PACES = { loopback: { first: 300, most: 1000 }, remote: { first: 2000, most: 20_000 } } as const;
/** Longest pause between looks while the provider does not answer. */
const MOST_WHILE_FAILING = 60_000;

export interface Followed {
  readonly connection: Connection;
  /** Last seen state. */
  readonly job: Job;
  readonly provider: Pick<Provider, 'retrieveJob' | 'listEvents' | 'listCheckpoints'>;
  readonly storage: Pick<Storage, 'jobs' | 'folder'>;
}

export interface Ending {
  readonly job: Job;
  /** Ctrl-C was pressed before it ended. */
  readonly interrupted: boolean;
}

/**
 * Follows a job until it has ended and records it where the extension finds it. Ctrl-C ends the following, not the job.
 * @throws CommandFailure when the provider does not know the job or refuses for good
 */
export async function follow(what: Followed): Promise<Ending> {
  const { connection, storage } = what;
  const { id } = what.job;
  const progress = createProgress();
  const abort = new AbortController();
  const release = onInterrupt(() => {
    abort.abort();
  });
  const pace = PACES[isServedHere(connection) || isLoopback(connection.baseUrl) ? 'loopback' : 'remote'];
  let pause: number = pace.first;
  let record: JobRecord | undefined;
  let failures = 0;
  try {
    for (;;) {
      try {
        const before = record;
        record = await look(what, abort.signal);
        failures = 0;
        show(record, before, progress);
        if (record.complete) return { job: record.job, interrupted: false };
        pause = record === before ? Math.min(pace.most, pause * 1.5) : pace.first;
      } catch (error) {
        if (abort.signal.aborted) break;
        if (!isProviderFailure(error)) throw error;
        if (error.advice !== 'later') throw new CommandFailure(error.problem);
        failures += 1;
        if (failures === 1)
          progress.show(visible(`${inWords(error.problem)} ${t('The job continues; its status is requested again.')}`));
        pause = Math.min(MOST_WHILE_FAILING, error.retryAfterMs ?? pace.first * 2 ** failures);
      }
      await delay(pause, undefined, { signal: abort.signal }).catch(() => undefined);
      if (abort.signal.aborted) break;
    }
    progress.end();
    say(visible(t('Stopped waiting. The job continues: show it with job {0}, cancel it with cancel {0}.', id)));
    return { job: record?.job ?? what.job, interrupted: true };
  } finally {
    progress.end();
    release();
    await storage.jobs.flush();
    await watchAtNextLaunch(connection.id, storage);
  }
}

/** Reads a job once; the record is the same object when nothing was new. */
async function look(what: Followed, signal: AbortSignal): Promise<JobRecord> {
  const { connection, provider, storage } = what;
  const { id: jobId } = what.job;
  const before = storage.jobs.get(connection.id, jobId);
  const job = await provider.retrieveJob(jobId, { signal });
  const newEvents = await provider.listEvents(jobId, { signal, ...(before ? { known: before.events } : {}) });
  const over = isOver(job);
  const checkpoints = over ? await provider.listCheckpoints(jobId, { signal }) : undefined;
  const record = storage.jobs.update(connection.id, jobId, {
    job,
    newEvents,
    gone: false,
    ...(checkpoints === undefined ? {} : { checkpoints }),
    // The user who waits here is notified here.
    ...(over ? { complete: true, local: { notified: true } } : {}),
  });
  if (record === undefined) throw new Error('A job that was just read is not in the store.');
  return before !== undefined && newEvents.length === 0 && before.job.status === job.status && !over ? before : record;
}

/** Tells whether a job has ended for good: a success without its model's name is still finishing. */
function isOver(job: Job): boolean {
  return isTerminal(job.status) && (job.status !== 'succeeded' || job.fineTunedModel !== null);
}

function show(record: JobRecord, before: JobRecord | undefined, progress: Progress): void {
  const changed = record.job.status !== before?.job.status;
  const line = `${record.job.status}: ${statusLine(record, Date.now() / 1000)}`;
  // Steps come by the hundred: without a terminal only a change of the status is written.
  progress.show(visible(line), !changed);
}

/** Notes whether the connection has a job in progress, for the next start of VS Code. */
export async function watchAtNextLaunch(
  connectionId: string,
  { folder, jobs }: Pick<Storage, 'folder' | 'jobs'>,
): Promise<void> {
  const busy = jobs.list(connectionId).some(({ gone, complete, job }) => !gone && !complete && !isTerminal(job.status));
  await updateUnfinished(folder, ({ connections, starts }) => ({
    connections: [...connections.filter((id) => id !== connectionId), ...(busy ? [connectionId] : [])],
    starts,
  }));
}

/** Exit code for the status of a job: running and succeeded are no failures. */
export function outcomeOf(job: Job): number {
  return job.status === 'failed' || job.status === 'cancelled' ? EXIT.bad : EXIT.ok;
}

/** Line about a job in the text format. */
export function resultLine(job: Job): string {
  const { id, status, fineTunedModel, finishedAt, createdAt, trainedTokens, error } = job;
  const facts = [
    ...(fineTunedModel === null ? [] : [fineTunedModel]),
    ...(trainedTokens === null ? [] : [tn(trainedTokens, '{0} token trained', '{0} tokens trained')]),
    ...(finishedAt === null ? [] : [formatDuration(finishedAt - createdAt)]),
    ...(error === null ? [] : [error.message]),
  ];
  return visible([`${id} ${status}`, ...facts].join(' · '));
}

/** Fields of a job in the JSON format. */
export function jobObject(job: Job, connection: Pick<Connection, 'name'>) {
  const { id, status, model, fineTunedModel, suffix, seed, createdAt, finishedAt, trainedTokens, error } = job;
  const { trainingFile, validationFile } = job;
  return {
    id,
    status,
    connection: connection.name,
    model,
    fineTunedModel,
    suffix,
    seed,
    createdAt,
    finishedAt,
    trainedTokens,
    trainingFile,
    validationFile,
    error,
  };
}
