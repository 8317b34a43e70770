// Data kept on this machine, piece by piece, with its size and whether something still needs it. No `vscode` in here.
import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Provider } from '../../core/provider/api.ts';
import type { Problem } from '../../core/base/result.ts';
import { clustersFolder } from '../../connections/localServers.ts';
import { downloadsFolder } from '../../hub/hubDownload.ts';
import { intentsFolder } from '../../jobs/start/intentJournal.ts';
import { sweepsFolder } from '../../jobs/sweep/sweepRecord.ts';
import type { JobRecord } from '../../jobs/store/jobRecord.ts';
import { isOver } from '../../jobs/watch/poller.ts';
import { journalOf } from '../../jobs/store/eventJournal.ts';
import { recordFileName } from '../../jobs/store/recordFile.ts';
import { readUnfinished } from '../../jobs/start/unfinished.ts';
import type { JobStore } from '../../jobs/store/store.ts';
import type { RunRegistry } from '../../evals/registry.ts';

export const DATA_KINDS = ['snapshots', 'journals', 'curves', 'evaluations', 'models', 'downloads'] as const;
export type DataKind = (typeof DATA_KINDS)[number];

/** Milliseconds since the last change in which a download may be that of an import under way, in any window. */
const DOWNLOADING_MS = 3_600_000;

export interface KeptPiece {
  readonly kind: DataKind;
  readonly bytes: number;
  /** Unix milliseconds of its last change. */
  readonly at: number;
  /** True while a job, a start or an evaluation that has not ended needs the piece: it is not deleted. */
  readonly needed: boolean;
  /** True for an evaluation that another window runs. */
  readonly isElsewhere?: boolean;
  /** Resolves to null, or to the reason for keeping the piece: it has come into use since. */
  readonly remove: () => Promise<Problem | null>;
}

export interface KeptServices {
  readonly folder: string;
  readonly jobs: Pick<JobStore, 'load' | 'list' | 'remove' | 'update'>;
  readonly runs: Pick<RunRegistry, 'load' | 'list' | 'remove'>;
  /** Servers of this machine: that of `Local`, and one for each connection to a cluster. */
  readonly servers: readonly ModelServer[];
}

/** Server of this machine, which owns the models that were trained through a connection. */
export interface ModelServer {
  readonly connectionId: string;
  readonly folder: string;
  /** Null when it does not run and should not be started for this. */
  readonly provider: () => Promise<Pick<Provider, 'listModels' | 'deleteModel'> | null>;
}

/** Lists everything that *Clear Data…* can delete. */
export async function keptData(services: KeptServices): Promise<readonly KeptPiece[]> {
  const { folder, jobs, runs } = services;
  await jobs.load();
  await runs.load();
  const records = jobs.list();
  const { starts, sweeps } = await readUnfinished(folder);
  const open = new Set([
    ...starts,
    ...records.flatMap((record) =>
      isSettled(record) || record.local.intentId === null ? [] : [record.local.intentId],
    ),
  ]);
  return [
    ...(await snapshots(folder, open, services)),
    ...(await journals(folder, open)),
    ...(await sweepFolders(folder, new Set(sweeps))),
    ...(await curves(folder, records, services)),
    ...(await evaluations(folder, services)),
    ...(await models(records, services)),
    ...(await orphans(folder, records, services)),
    ...(await downloads(folder)),
  ];
}

function isSettled({ job, gone }: JobRecord): boolean {
  return gone || isOver(job);
}

async function snapshots(
  folder: string,
  open: ReadonlySet<string>,
  { jobs }: KeptServices,
): Promise<readonly KeptPiece[]> {
  const base = path.join(folder, 'snapshots');
  return Promise.all(
    (await namesIn(base)).map(async (intent): Promise<KeptPiece> => ({
      kind: 'snapshots',
      ...(await sizeOf(path.join(base, intent))),
      needed: open.has(intent),
      remove: async () => {
        await rm(path.join(base, intent), { recursive: true, force: true });
        // A deleted copy must not be offered for opening.
        for (const { connectionId, job, local } of jobs.list()) {
          if (local.intentId === intent)
            jobs.update(connectionId, job.id, { local: { trainingPath: null, validationPath: null } });
        }
        return null;
      },
    })),
  );
}

async function journals(folder: string, open: ReadonlySet<string>): Promise<readonly KeptPiece[]> {
  const base = intentsFolder(folder);
  const names = (await namesIn(base)).filter((name) => name.endsWith('.jsonl'));
  return Promise.all(
    names.map(async (name): Promise<KeptPiece> => ({
      kind: 'journals',
      ...(await sizeOf(path.join(base, name))),
      needed: open.has(name.slice(0, -'.jsonl'.length)),
      remove: () => gone(rm(path.join(base, name), { force: true })),
    })),
  );
}

/** Plans of sweeps, with the copies of their files while they have runs to come. */
async function sweepFolders(folder: string, open: ReadonlySet<string>): Promise<readonly KeptPiece[]> {
  const base = sweepsFolder(folder);
  return Promise.all(
    (await namesIn(base)).map(async (id): Promise<KeptPiece> => ({
      kind: 'journals',
      ...(await sizeOf(path.join(base, id))),
      needed: open.has(id),
      remove: () => gone(rm(path.join(base, id), { recursive: true, force: true })),
    })),
  );
}

async function curves(
  folder: string,
  records: readonly JobRecord[],
  { jobs }: KeptServices,
): Promise<readonly KeptPiece[]> {
  return Promise.all(
    records.map(async (record): Promise<KeptPiece> => {
      const { connectionId, job } = record;
      const file = path.join(folder, 'jobs', recordFileName(connectionId, job.id));
      const [own, journal] = await Promise.all([sizeOf(file), sizeOf(journalOf(file))]);
      return {
        kind: 'curves',
        bytes: own.bytes + journal.bytes,
        at: (job.finishedAt ?? job.createdAt) * 1000,
        needed: !isSettled(record),
        remove: () => gone(jobs.remove(connectionId, job.id)),
      };
    }),
  );
}

async function evaluations(folder: string, { runs }: KeptServices): Promise<readonly KeptPiece[]> {
  return Promise.all(
    runs.list().map(async ({ config, status, elsewhere }): Promise<KeptPiece> => ({
      kind: 'evaluations',
      ...(await sizeOf(path.join(folder, 'evaluations', `${config.id}.jsonl`))),
      needed: status === 'running',
      isElsewhere: elsewhere?.leftBehind === null,
      remove: async () => {
        const removed = await runs.remove(config.id);
        return removed.ok ? null : removed.error;
      },
    })),
  );
}

/** Models, read through the servers that own them: they may be running and serving another window. */
async function models(records: readonly JobRecord[], { servers }: KeptServices): Promise<readonly KeptPiece[]> {
  return (await Promise.all(servers.map((server) => modelsOf(server, records)))).flat();
}

async function modelsOf(
  { connectionId, folder, provider }: ModelServer,
  records: readonly JobRecord[],
): Promise<readonly KeptPiece[]> {
  // Weights that were computed here, and adapters of open-weights models.
  const sizes = await Promise.all(['models', 'open-weights'].map((name) => sizeOf(path.join(folder, name))));
  const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
  if (bytes === 0) return [];
  const server = await provider();
  if (!server) return [];
  const tuned = (await server.listModels()).filter(({ id }) => id.startsWith('ft:'));
  const running = records.some((record) => record.connectionId === connectionId && !isSettled(record));
  return tuned.map(({ id, createdAt }): KeptPiece => ({
    kind: 'models',
    bytes: Math.round(bytes / tuned.length),
    at: (createdAt ?? 0) * 1000,
    // A job may start from a tuned model: none goes while one is under way.
    needed: running,
    remove: () => gone(server.deleteModel(id)),
  }));
}

/** Models of clusters whose connection was removed: no server answers for them, and they are files only. */
async function orphans(
  folder: string,
  records: readonly JobRecord[],
  { servers }: KeptServices,
): Promise<readonly KeptPiece[]> {
  const base = clustersFolder(folder);
  const names = (await namesIn(base)).filter((name) => servers.every(({ connectionId }) => connectionId !== name));
  return Promise.all(
    names.map(async (name): Promise<KeptPiece> => ({
      kind: 'models',
      ...(await sizeOf(path.join(base, name))),
      needed: records.some((record) => record.connectionId === name && !isSettled(record)),
      remove: () => gone(rm(path.join(base, name), { recursive: true, force: true })),
    })),
  );
}

/** Files of imports from a hub, which go with their import unless its window was closed in the middle. */
async function downloads(folder: string): Promise<readonly KeptPiece[]> {
  const base = downloadsFolder(folder);
  return Promise.all(
    (await namesIn(base)).map(async (name): Promise<KeptPiece> => {
      const size = await sizeOf(path.join(base, name));
      return {
        kind: 'downloads',
        ...size,
        needed: Date.now() - size.at < DOWNLOADING_MS,
        remove: () => gone(rm(path.join(base, name), { recursive: true, force: true })),
      };
    }),
  );
}

async function gone(removing: Promise<unknown>): Promise<null> {
  await removing;
  return null;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

/** Size and time of a file, or of everything in a folder; follows no links out of it. */
async function sizeOf(file: string): Promise<{ readonly bytes: number; readonly at: number }> {
  const found = await lstat(file).catch(() => null);
  if (!found) return { bytes: 0, at: 0 };
  if (!found.isDirectory()) return { bytes: found.size, at: found.mtimeMs };
  const parts = await Promise.all((await namesIn(file)).map((name) => sizeOf(path.join(file, name))));
  return {
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    at: Math.max(found.mtimeMs, ...parts.map((part) => part.at)),
  };
}

/**
 * Deletes the pieces that nothing needs. Returns the bytes freed, and the reason for each piece that came into use since it was listed.
 * `before`: only pieces last changed earlier (Unix milliseconds).
 */
export async function clear(
  pieces: readonly KeptPiece[],
  options: { readonly kinds?: readonly DataKind[]; readonly before?: number } = {},
): Promise<{ readonly removed: number; readonly bytes: number; readonly stay: readonly Problem[] }> {
  let removed = 0;
  let bytes = 0;
  const stay: Problem[] = [];
  for (const piece of pieces) {
    if (piece.needed) continue;
    if (options.kinds && !options.kinds.includes(piece.kind)) continue;
    if (options.before !== undefined && piece.at >= options.before) continue;
    const problem = await piece.remove();
    if (problem) {
      stay.push(problem);
      continue;
    }
    removed += 1;
    bytes += piece.bytes;
  }
  return { removed, bytes, stay };
}
