// A sweep is a folder `sweeps/<id>` with its record, which is replaced whole before and after each step of a run, and copies of its files
// until it is over.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../../storage/atomicFile.ts';
import type { Lease } from '../../storage/lease.ts';
import { updateUnfinished } from '../start/unfinished.ts';
import { sweepRecordSchema, type SweepRecord } from './sweepRecordSchema.ts';

export type { SweepRecord, SweepRun } from './sweepRecordSchema.ts';

/** Ids of sweeps are those of starts. */
const ID = /^[A-Za-z0-9_-]{8,64}$/;

export function sweepsFolder(folder: string): string {
  return path.join(folder, 'sweeps');
}

export function folderOfSweep(folder: string, id: string): string {
  if (!ID.test(id)) throw new TypeError('Not an id of a sweep.');
  return path.join(sweepsFolder(folder), id);
}

/** Lease of a sweep: only its holder starts runs. */
export function sweepLease(folder: string, id: string): string {
  return path.join(folderOfSweep(folder, id), 'lock');
}

function fileOf(folder: string, id: string): string {
  return path.join(folderOfSweep(folder, id), 'sweep.json');
}

/** Reads a sweep; null when there is none, or when it cannot be read. */
export async function readSweep(folder: string, id: string): Promise<SweepRecord | null> {
  try {
    const parsed = sweepRecordSchema.safeParse(JSON.parse(await readFile(fileOf(folder, id), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Reads all sweeps of this folder, newest first. */
export async function readSweeps(folder: string): Promise<readonly SweepRecord[]> {
  const names = await readdir(sweepsFolder(folder)).catch(() => []);
  const found = await Promise.all(names.filter((name) => ID.test(name)).map((name) => readSweep(folder, name)));
  return found.filter((sweep) => sweep !== null).sort((a, b) => b.at - a.at);
}

/** Replaces the record. Rejects with the system's error. @param lease its holder's; absent for a sweep that nothing knows yet */
export async function writeSweep(folder: string, sweep: SweepRecord, lease?: Lease): Promise<void> {
  await mkdir(folderOfSweep(folder, sweep.id), { recursive: true });
  await writeFileAtomic(fileOf(folder, sweep.id), `${JSON.stringify(sweep)}\n`, lease);
}

/** Writes a new sweep down, so that it goes on after any end of this process. */
export async function planSweep(folder: string, sweep: SweepRecord): Promise<void> {
  await writeSweep(folder, sweep);
  await updateUnfinished(folder, ({ sweeps }) => ({ sweeps: [...sweeps, sweep.id] }));
}

/** Takes an ended sweep off the list that is read after activation, and deletes its copies of the dataset: each job has its own. */
export async function closeSweep(folder: string, id: string): Promise<void> {
  await updateUnfinished(folder, ({ sweeps }) => ({ sweeps: sweeps.filter((other) => other !== id) }));
  await rm(dataOfSweep(folder, id), { recursive: true, force: true });
}

/** Folder of the copies of a sweep's files. */
export function dataOfSweep(folder: string, id: string): string {
  return path.join(folderOfSweep(folder, id), 'data');
}
