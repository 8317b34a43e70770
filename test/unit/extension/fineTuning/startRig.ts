// Rig for starts with the real dataset worker, saga, storage and server; a script replaces the user.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import { DatasetWorkerClient } from '../../../../src/extension/datasets/workerClient.ts';
import { Starts } from '../../../../src/extension/fineTuning/starts.ts';
import type { StartServices } from '../../../../src/extension/fineTuning/runStart.ts';
import { JobStore } from '../../../../src/jobs/store/store.ts';
import { createClient } from '../../../../src/openai/client.ts';
import { createFaultServer, type LocalFaultServer } from '../../../support/faultServer.ts';
import { UiDouble } from '../../../support/uiDouble.ts';

export interface StartRig {
  readonly services: StartServices;
  readonly ui: UiDouble;
  readonly server: LocalFaultServer;
  readonly connection: Connection;
  /** Writes `prices.jsonl` with rows of these numbers; returns its path. */
  write(rows: readonly number[]): Promise<string>;
  /** Reads the sorted row numbers of the training and the validation file of a job in the server's ledger. */
  rowsOf(job: number): Promise<{ readonly training: readonly number[]; readonly validation: readonly number[] }>;
  close(): Promise<void>;
}

export const SUMMARY = 'Start, or choose a line to change it';

export async function startRig(): Promise<StartRig> {
  const server = await createFaultServer();
  const folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-start-'));
  const storage = path.join(folder, 'storage');
  const connection: Connection = { id: 'lab', kind: 'compatible', name: 'Lab', baseUrl: server.baseUrl };
  const provider = createClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const datasets = new DatasetWorkerClient(new URL('../../../../src/worker/datasetWorker.ts', import.meta.url));
  const jobs = new JobStore({ folder: path.join(storage, 'jobs') });
  const ui = new UiDouble();
  const services = {
    folder: storage,
    ui,
    datasets,
    jobs,
    starts: new Starts(storage),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    keys: { isShared: () => Promise.resolve(false) },
    watch: { look: () => Promise.resolve() },
    panels: { openJob: () => Promise.resolve() },
    connections: { list: () => Promise.resolve([connection]), get: () => Promise.resolve(connection) },
    providers: { get: () => Promise.resolve(provider), connection: () => Promise.resolve(connection) },
  } as unknown as StartServices;
  const numbersIn = async (file: string | null): Promise<readonly number[]> => {
    if (file === null) return [];
    const { text } = await server.contentOf(file);
    return [...text.matchAll(/thing (\d+)/g)].map(([, number]) => Number(number)).sort((a, b) => a - b);
  };
  return {
    services,
    ui,
    server,
    connection,
    write: async (rows) => {
      const file = path.join(folder, 'prices.jsonl');
      await writeFile(file, rows.map(row).join(''));
      return file;
    },
    rowsOf: async (index) => {
      const job = server.ledger.jobs[index];
      if (!job) throw new Error(`There is no job ${String(index)}.`);
      return { training: await numbersIn(job.training_file), validation: await numbersIn(job.validation_file) };
    },
    close: async () => {
      await datasets.dispose();
      await jobs.dispose();
      await server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, n) => from + n);
}

function row(number: number): string {
  const messages = [
    { role: 'user', content: `How much is thing ${String(number)}?` },
    { role: 'assistant', content: `Price is $${String(number)}.00` },
  ];
  return `${JSON.stringify({ messages })}\n`;
}
