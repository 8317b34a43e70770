// The virtual environment of the trainer in the extension's storage: whether it is complete, and what is left of earlier tries.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Candidate, type Lease } from '../storage/lease.ts';
import { writeFileAtomic } from '../storage/atomicFile.ts';
import { isSetUp, markOf, placesIn, pythonOf, type Places } from './places.ts';
import { busy, OpenWeightsError } from './problems.ts';
import { updateRegistry } from './registry.ts';

/** Written last: an environment without it is not used. */
interface Mark {
  readonly v: 1;
  /** Hash of the trainer's files that were installed. */
  readonly trainer: string;
  readonly python: string;
  readonly madeAt: string;
  readonly bytes: number;
}

export type State =
  { readonly kind: 'missing' } | { readonly kind: 'ready' | 'outdated'; readonly python: string; readonly mark: Mark };

/** @param trainer folder `trainer` of the extension; another version of its files makes an environment `outdated` */
export async function stateOf(storage: string, trainer: string): Promise<State> {
  if (!isSetUp(storage)) return { kind: 'missing' };
  const { venv } = placesIn(storage);
  try {
    const mark = JSON.parse(await readFile(markOf(venv), 'utf8')) as Mark;
    return {
      kind: mark.trainer === (await hashOfTrainer(trainer)) ? 'ready' : 'outdated',
      python: pythonOf(venv),
      mark,
    };
  } catch {
    return { kind: 'missing' };
  }
}

export async function markComplete(venv: string, mark: Omit<Mark, 'v'>): Promise<void> {
  await writeFileAtomic(markOf(venv), `${JSON.stringify({ v: 1, ...mark }, null, 2)}\n`);
}

/** Hash over the names and bytes of the trainer's files. Rejects when the folder is absent. */
export async function hashOfTrainer(trainer: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of await trainerFiles(trainer)) {
    hash.update(`${name}\n`).update(await readFile(path.join(trainer, name)));
  }
  return hash.digest('hex');
}

/** Files of the trainer that are shipped, relative to its folder and sorted. Rejects when the folder is absent. */
export async function trainerFiles(trainer: string): Promise<readonly string[]> {
  const found = await readdir(path.join(trainer, 'src'), { recursive: true, withFileTypes: true });
  const sources = found
    .filter(
      (entry) => entry.isFile() && /\.(py|json|typed)$/.test(entry.name) && !entry.parentPath.includes('.egg-info'),
    )
    .map((entry) => path.relative(trainer, path.join(entry.parentPath, entry.name)));
  const beside = ['pyproject.toml', 'requirements.lock'].filter((name) => existsSync(path.join(trainer, name)));
  return [...sources, ...beside].map((name) => name.split(path.sep).join('/')).sort();
}

/** Puts things right that an earlier set-up left when its process died. Called under the lock. */
export async function tidy(places: Places): Promise<void> {
  await rm(places.temporary, { recursive: true, force: true });
  const { venv, old } = places;
  const whole = existsSync(markOf(venv));
  if (!whole) await rm(venv, { recursive: true, force: true });
  if (!existsSync(old)) return;
  if (whole) await rm(old, { recursive: true, force: true });
  else await rename(old, venv);
}

/** Removes the environment. The downloaded models stay in the hub's cache, and the list of models stays, too. */
export async function removeEnvironment(places: Places): Promise<void> {
  await alone(places, async () => {
    await updateRegistry(places.server, (registry) => ({ ...registry, python: null }));
    // Without its mark an environment that is removed halfway is none.
    await rm(markOf(places.venv), { force: true });
    for (const folder of [places.venv, places.old, places.temporary])
      await rm(folder, { recursive: true, force: true });
    await rm(places.log, { force: true });
  });
}

/** Runs a task that no other window may run at the same time. @throws OpenWeightsError when one does */
export async function alone<T>(places: Places, task: () => Promise<T>): Promise<T> {
  const lease = await new Candidate(places.lock).tryAcquire();
  if (!lease) throw new OpenWeightsError(busy());
  const beating = keepAlive(lease);
  try {
    return await task();
  } finally {
    clearInterval(beating);
    await lease.release();
  }
}

function keepAlive(lease: Lease): NodeJS.Timeout {
  return setInterval(() => {
    lease.beat().catch(() => undefined);
  }, 2000);
}
