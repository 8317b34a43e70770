// Reads all that an inventory needs. Only lists are read: nothing is created, nothing costs money.
import { access } from 'node:fs/promises';
import { takeInventory, type Inventory, type LeavingJob, type LeavingRun } from '../core/leaving/inventory.ts';
import type { Provider } from '../core/provider/api.ts';
import type { Connection } from '../core/provider/connection.ts';
import { problemOf } from '../core/provider/failure.ts';
import { retirementsOf } from '../core/provider/models.ts';
import type { Problem } from '../core/base/result.ts';
import type { Job } from '../core/training/job.ts';
import type { LeavingFolder } from './leavingFolder.ts';

export type ReadingProvider = Pick<Provider, 'listModels' | 'listJobs' | 'listFiles'>;

/** Jobs that a provider may have before reading them is given up: a page that names itself as the next one has no end. */
const MOST_JOBS = 100_000;
const PAGE = 100;

export interface ProviderLists {
  readonly jobs: readonly Job[] | null;
  readonly models: Awaited<ReturnType<Provider['listModels']>> | null;
  readonly files: Awaited<ReturnType<Provider['listFiles']>> | null;
  /** Why a list could not be read, one a list. */
  readonly problems: readonly Problem[];
}

/** Reads the lists of models, jobs and files, whole; what cannot be read is null, with a problem. Rejects when aborted. */
export async function readLists(provider: ReadingProvider, signal: AbortSignal): Promise<ProviderLists> {
  const problems: Problem[] = [];
  const orNull = async <T>(reading: Promise<T>): Promise<T | null> => {
    try {
      return await reading;
    } catch (error) {
      signal.throwIfAborted();
      problems.push(problemOf(error));
      return null;
    }
  };
  const models = await orNull(provider.listModels({ signal }));
  const jobs = await orNull(allJobs(provider, signal));
  const files = await orNull(provider.listFiles({ signal }));
  return { models, jobs, files, problems };
}

async function allJobs(provider: ReadingProvider, signal: AbortSignal): Promise<readonly Job[]> {
  const jobs = new Map<string, Job>();
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<Provider['listJobs']>> = await provider.listJobs(
      { limit: PAGE, ...(after === null ? {} : { after }) },
      { signal },
    );
    const before = jobs.size;
    for (const job of page.jobs) jobs.set(job.id, job);
    after = jobs.size === before ? null : page.next;
  } while (after !== null && jobs.size < MOST_JOBS);
  return [...jobs.values()];
}

/** Joins what the provider lists with what this machine knows. @param jobs with those of the list */
export async function inventoryOf(
  connection: Connection,
  lists: Pick<ProviderLists, 'models' | 'files'>,
  jobs: readonly LeavingJob[],
  runs: readonly LeavingRun[],
  folder: LeavingFolder | null = null,
): Promise<Inventory> {
  const taken = new Map<string, string>();
  for (const file of folder?.index.files ?? [])
    if (folder && file.what !== 'job' && file.what !== 'events') taken.set(file.id, folder.pathOf(file));
  const here = await whichExist([
    ...jobs.flatMap(({ local }) => [local.trainingPath, local.validationPath, local.testPath]),
    ...runs.map(({ config }) => config.testFile.path),
    ...taken.values(),
  ]);
  const retirements = { ...connection.retirements, ...(lists.models === null ? {} : retirementsOf(lists.models)) };
  return takeInventory({
    connection: { ...connection, retirements },
    now: Date.now(),
    models: lists.models,
    files: lists.files,
    jobs,
    runs,
    isHere: (file) => here.has(file),
    takenPath: (id) => taken.get(id),
  });
}

/** Those of the paths that are on this machine; asked without holding the thread up, since a disk may be far away. */
async function whichExist(paths: readonly (string | null)[]): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const asked = new Set(paths.filter((one) => one !== null && one !== ''));
  await Promise.all(
    [...asked].map(async (one) => {
      const isThere = await access(one ?? '').then(
        () => true,
        () => false,
      );
      if (isThere && one !== null) found.add(one);
    }),
  );
  return found;
}
