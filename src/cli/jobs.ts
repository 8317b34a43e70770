import { isServedHere } from '../core/provider/connection.ts';
import { t } from '../core/base/messages.ts';
import { isProviderFailure } from '../core/provider/failure.ts';
import { jobTitle, statusLine } from '../core/training/words/describe.ts';
import { jobHistory } from '../core/training/history/eventHistory.ts';
import type { Job } from '../core/training/job.ts';
import { follow, jobObject, outcomeOf, resultLine } from './follow.ts';
import { CommandFailure, EXIT, FORMATS, formatOf, parseOptions, UsageError } from './options.ts';
import {
  localServers,
  openStorage,
  providerOf,
  TARGET_OPTIONS,
  targetOf,
  type Storage,
  type Target,
} from './target.ts';
import { print, visible } from './terminal.ts';
import type { Provider } from '../core/provider/api.ts';
import type { TargetValues } from './target.ts';

/** Lists the jobs of a connection, newest first. */
export async function jobs(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, TARGET_OPTIONS);
  if (positionals[0] !== undefined)
    throw new UsageError(
      t('jobs takes options only, so {0} is not understood; the command job shows one job.', positionals[0]),
    );
  const format = formatOf(values.format, FORMATS);
  const storage = openStorage(values);
  await storage.jobs.load();
  const target = await targetOf(values, storage);
  const { connection } = target;
  // A list trains nothing: the local server is not started for it.
  const asleep = isServedHere(connection) && (await localServers(storage).running(connection)) === null;
  if (!asleep) {
    const page = await attempt((await openProvider(target, storage)).listJobs());
    // The jobs of an address that is no connection are not recorded.
    if (target.saved) for (const job of page.jobs) storage.jobs.update(connection.id, job.id, { job });
    else return list(page.jobs, target, storage, format);
    await storage.jobs.flush();
  }
  return list(
    storage.jobs.list(connection.id).map((record) => record.job),
    target,
    storage,
    format,
  );
}

function list(found: readonly Job[], { connection }: Target, storage: Storage, format: 'text' | 'json'): number {
  if (format === 'json') {
    print(
      `${JSON.stringify(
        found.map((job) => jobObject(job, connection)),
        null,
        2,
      )}\n`,
    );
    return EXIT.ok;
  }
  if (found.length === 0) print(`${visible(t('{0} has no jobs.', connection.name))}\n`);
  for (const job of found) {
    const record = storage.jobs.get(connection.id, job.id);
    const title = jobTitle(job, record?.local.name ?? null);
    const line = statusLine(record ?? { job, ...jobHistory(), checkpoints: [] }, Date.now() / 1000);
    print(`${visible(`${job.id}  ${job.status}  ${title}  ${line}`)}\n`);
  }
  return EXIT.ok;
}

/** Shows the status of a job; with --wait until it has ended. */
export async function job(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...TARGET_OPTIONS, wait: { type: 'boolean', default: false } });
  const { id, format, storage, target } = await oneJob(values, positionals);
  const provider = await openProvider(target, storage);
  const now = await attempt(provider.retrieveJob(id));
  const { connection } = target;
  if (target.saved) {
    storage.jobs.update(connection.id, id, { job: now });
    await storage.jobs.flush();
  } else if (values.wait) throw new UsageError(t('--wait needs a known connection: start a job there first.'));
  const ended = values.wait ? await follow({ connection, job: now, provider, storage }) : null;
  const last = ended?.job ?? now;
  print(format === 'json' ? `${JSON.stringify(jobObject(last, connection), null, 2)}\n` : `${resultLine(last)}\n`);
  return ended?.interrupted === true ? EXIT.interrupted : outcomeOf(last);
}

/** Cancels a job. */
export async function cancel(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, TARGET_OPTIONS);
  const { id, format, storage, target } = await oneJob(values, positionals);
  const provider = await openProvider(target, storage);
  const cancelled = await attempt(provider.cancelJob(id));
  if (target.saved) {
    storage.jobs.update(target.connection.id, id, { job: cancelled });
    await storage.jobs.flush();
  }
  print(
    format === 'json'
      ? `${JSON.stringify(jobObject(cancelled, target.connection), null, 2)}\n`
      : `${resultLine(cancelled)}\n`,
  );
  return EXIT.ok;
}

export interface OneJob {
  readonly id: string;
  readonly format: 'text' | 'json';
  readonly storage: Storage;
  readonly target: Target;
}

/** Finds the job and its connection: the given one, else the one it was started on. */
export async function oneJob(
  values: TargetValues & { readonly format: string },
  words: readonly string[],
): Promise<OneJob> {
  const [id, more] = words;
  if (id === undefined) throw new UsageError(t('ID, the id of the job, is missing.'));
  if (more !== undefined)
    throw new UsageError(t('The command takes one job at a time, so {0} is not understood.', more));
  const format = formatOf(values.format, FORMATS);
  const storage = openStorage(values);
  await storage.jobs.load();
  const chosen = values.connection !== undefined || values['base-url'] !== undefined;
  const known = chosen ? undefined : storage.jobs.list().find((record) => record.job.id === id);
  const connection = known === undefined ? null : await storage.connections.get(known.connectionId);
  const target = connection === null ? await targetOf(values, storage) : { connection, saved: true };
  return { id, format, storage, target };
}

/** Opens the provider of a connection. @throws CommandFailure */
export async function openProvider({ connection }: Target, storage: Storage): Promise<Provider> {
  const provider = await providerOf(connection, storage);
  if (!provider.ok) throw new CommandFailure(provider.error);
  return provider.value;
}

/** Waits for a call to a provider. @throws CommandFailure when the provider fails */
export async function attempt<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isProviderFailure(error)) throw error;
    throw new CommandFailure(error.problem);
  }
}
