// Takes what can still be had from a provider: files, jobs and their events. Nothing is deleted there.
import { readFile, stat } from 'node:fs/promises';
import type { MissingFile, TakenFile, What } from '../core/leaving/leavingIndex.ts';
import { t } from '../core/base/messages.ts';
import { safeFileName } from '../core/base/fileName.ts';
import type { Provider, ProviderFile } from '../core/provider/api.ts';
import { problemOf } from '../core/provider/failure.ts';
import type { LeavingJob } from '../core/leaving/inventory.ts';
import type { JobEvent } from '../core/training/job.ts';
import { hashOfFile } from '../jobs/start/snapshot.ts';
import { hashOf, type LeavingFolder } from './leavingFolder.ts';

export type DownloadingProvider = Pick<Provider, 'fileContent' | 'listEvents' | 'listCheckpoints'>;

/** Largest file that is taken: providers accept datasets of 512 MB, some of a gigabyte. */
const MOST_BYTES = 2 ** 30;

/** One thing to take. */
export interface Wanted {
  readonly what: What;
  readonly id: string;
  readonly jobs: readonly LeavingJob[];
  /** As the provider lists it; null for what it does not list. */
  readonly listed: ProviderFile | null;
}

/** All that belongs to the jobs, and the files that belong to none. */
export function wantedOf(jobs: readonly LeavingJob[], files: readonly ProviderFile[] | null): readonly Wanted[] {
  const wanted = new Map<string, { what: What; id: string; jobs: LeavingJob[]; listed: ProviderFile | null }>();
  const add = (what: What, id: string, job: LeavingJob | null): void => {
    if (id === '') return;
    const isFile = what !== 'job' && what !== 'events';
    const key = isFile ? `file ${id}` : `${what} ${id}`;
    const found = wanted.get(key) ?? {
      what,
      id,
      jobs: [],
      listed: (isFile ? files?.find((file) => file.id === id) : undefined) ?? null,
    };
    wanted.set(key, found);
    if (job !== null) found.jobs.push(job);
  };
  for (const one of jobs) {
    const { job } = one;
    add('job', job.id, one);
    add('events', job.id, one);
    add('training file', job.trainingFile, one);
    add('validation file', job.validationFile ?? '', one);
    for (const file of job.resultFiles) add('result file', file, one);
  }
  for (const { id } of files ?? []) add('other file', id, null);
  return [...wanted.values()];
}

export interface Progress {
  readonly done: number;
  readonly of: number;
  /** Name of what is being taken. */
  readonly name: string;
}

/**
 * Takes one thing after the other; what the folder has already, and intact, is not taken again. Rejects when aborted, and with the
 * system's error when the folder cannot be written.
 */
export async function downloadAll(
  provider: DownloadingProvider,
  folder: LeavingFolder,
  wanted: readonly Wanted[],
  signal: AbortSignal,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<void> {
  for (const [done, one] of wanted.entries()) {
    onProgress({ done, of: wanted.length, name: one.listed?.filename ?? one.id });
    if ((await folder.intact(one.what, one.id)) !== undefined) continue;
    const found = await read(provider, one, signal);
    if ('reason' in found) await folder.miss(found);
    else await folder.take(found.bytes, found.facts);
  }
}

type Found = { readonly bytes: Uint8Array; readonly facts: Omit<TakenFile, 'bytes' | 'sha256'> } | MissingFile;

async function read(provider: DownloadingProvider, wanted: Wanted, signal: AbortSignal): Promise<Found> {
  const { what, id, jobs, listed } = wanted;
  const ids = jobs.map(({ job }) => job.id);
  try {
    if (what === 'job' || what === 'events') {
      const bytes = new TextEncoder().encode(await textOf(provider, wanted, signal));
      return {
        bytes,
        facts: { path: placeOf(wanted), what, id, jobs: ids, name: null, from: 'provider', sameAsHere: null },
      };
    }
    const bytes = await provider.fileContent(id, { signal, maxBytes: MOST_BYTES });
    const size = listed?.bytes ?? null;
    if (size !== null && size !== bytes.length && what !== 'result file') {
      return { what, id, jobs: ids, reason: t('{0} of {1} bytes arrived.', bytes.length, size) };
    }
    const copy = copyOf(wanted);
    const own = copy === null ? null : await hashOfFile(copy, signal);
    const sameAsHere = own === null ? null : own === (await hashOf(bytes));
    return { bytes, facts: { ...named(wanted), from: 'provider', sameAsHere } };
  } catch (error) {
    signal.throwIfAborted();
    const known = what === 'job' || what === 'events' ? knownHere(wanted) : null;
    if (known !== null) {
      const bytes = new TextEncoder().encode(known);
      return {
        bytes,
        facts: { path: placeOf(wanted), what, id, jobs: ids, name: null, from: 'here', sameAsHere: null },
      };
    }
    const copy = copyOf(wanted);
    // The provider has it no more, or does not give it; the copy that was uploaded from here is the same file.
    if (copy !== null && (await stat(copy).catch(() => null)))
      return { bytes: await readFile(copy), facts: { ...named(wanted), from: 'here', sameAsHere: null } };
    return { what, id, jobs: ids, reason: problemOf(error).message };
  }
}

async function textOf(provider: DownloadingProvider, { what, id, jobs }: Wanted, signal: AbortSignal): Promise<string> {
  return what === 'job'
    ? jobText(jobs[0], await provider.listCheckpoints(id, { signal }))
    : eventsText(await provider.listEvents(id, { signal }));
}

/** What this machine has seen of a job that the provider tells nothing more of; null when it has seen nothing. */
function knownHere({ what, jobs: [known] }: Wanted): string | null {
  if (known === undefined) return null;
  if (what === 'job') return jobText(known, known.checkpoints);
  const text = eventsText(known.events ?? []);
  return text === '' ? null : text;
}

function jobText(known: LeavingJob | undefined, checkpoints: readonly unknown[]): string {
  return `${JSON.stringify({ job: known?.job ?? null, checkpoints }, null, 2)}\n`;
}

/** Oldest first, as a log is read. @param events newest first */
function eventsText(events: Iterable<JobEvent>): string {
  return [...events]
    .reverse()
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}

function placeOf({ what, id }: Wanted): string {
  return `jobs/${safeFileName(id)}.${what === 'job' ? 'json' : 'events.jsonl'}`;
}

function named({ what, id, jobs, listed }: Wanted): Pick<TakenFile, 'path' | 'what' | 'id' | 'jobs' | 'name'> {
  const name = listed?.filename ?? null;
  const file = [safeFileName(id), ...(name === null ? [] : [safeFileName(name)])].join('-');
  return { path: `files/${file}`, what, id, jobs: jobs.map(({ job }) => job.id), name };
}

/** Copy of an upload on this machine; null when there is none. */
function copyOf({ what, jobs }: Wanted): string | null {
  for (const { local } of jobs) {
    const copy =
      what === 'training file' ? local.trainingPath : what === 'validation file' ? local.validationPath : null;
    if (copy !== null) return copy;
  }
  return null;
}
