import type { Provider, ProviderFile } from '../core/provider/api.ts';
import { type IntentState, readIntents } from './start/intentState.ts';

export interface OwnFile {
  readonly file: ProviderFile;
  /** Jobs at the provider that use the file. */
  readonly jobIds: readonly string[];
  /** Start that uploaded the file; null when its journal is not on this machine. */
  readonly intentId: string | null;
  /** The start has not ended: the file is still wanted. */
  readonly wanted: boolean;
}

const OWN_NAME = /\.ft-([0-9a-z]{8})(-v)?\.jsonl$/;
/** Limit of pages of 100 jobs; beyond it no file is called an orphan. */
const MAX_JOB_PAGES = 50;

/** Lists the files at the provider that this product uploaded (recognized by the name `….ft-xxxxxxxx.jsonl`), newest first, with their jobs. */
export async function ownFiles(
  provider: Pick<Provider, 'listFiles' | 'listJobs'>,
  folder: string,
  signal?: AbortSignal,
): Promise<{ readonly files: readonly OwnFile[]; /** All jobs were read. */ readonly complete: boolean }> {
  const options = signal ? { signal } : {};
  const files = (await provider.listFiles(options)).filter(({ filename }) => OWN_NAME.test(filename));
  const jobIds = new Map<string, string[]>();
  let after: string | undefined;
  let complete = false;
  for (let count = 0; count < MAX_JOB_PAGES && !complete; count++) {
    const page = await provider.listJobs(after === undefined ? {} : { after }, options);
    for (const job of page.jobs) {
      for (const id of [job.trainingFile, job.validationFile]) {
        if (id !== null) jobIds.set(id, [...(jobIds.get(id) ?? []), job.id]);
      }
    }
    complete = page.next === null || page.next === after;
    after = page.next ?? undefined;
  }
  const intents = await readIntents(folder);
  return {
    complete,
    files: files.map((file) => {
      const intent = uploaderOf(file, intents);
      return {
        file,
        jobIds: jobIds.get(file.id) ?? [],
        intentId: intent?.intentId ?? null,
        wanted: intent !== undefined && WANTED.has(intent.stage),
      };
    }),
  };
}

/** Age from which a file without a job is left over: a start takes minutes. */
const ORPHAN_AGE_MS = 24 * 3600_000;

/** Lists uploaded files, a day old, that no job uses and no start waits for. Empty when not all jobs could be read. */
export async function orphanFiles(
  provider: Pick<Provider, 'listFiles' | 'listJobs'>,
  folder: string,
  options: { readonly signal?: AbortSignal; readonly minAgeMs?: number; readonly now?: () => number } = {},
): Promise<readonly OwnFile[]> {
  const { files, complete } = await ownFiles(provider, folder, options.signal);
  if (!complete) return [];
  const before = ((options.now ?? Date.now)() - (options.minAgeMs ?? ORPHAN_AGE_MS)) / 1000;
  return files.filter(({ file, jobIds, wanted }) => jobIds.length === 0 && !wanted && file.createdAt <= before);
}

const WANTED = new Set(['uploading', 'uploaded', 'unknown']);

function uploaderOf(file: ProviderFile, intents: readonly IntentState[]): IntentState | undefined {
  const tail = OWN_NAME.exec(file.filename)?.[1];
  return (
    intents.find((intent) => Object.values(intent.files).some(({ fileId, reused }) => !reused && fileId === file.id)) ??
    intents.find((intent) => tail !== undefined && intent.intentId.endsWith(tail))
  );
}
