// The extension's services without a window: stores in a temporary folder, the real API client before a provider made of what the test
// says, the dataset worker in this thread, and nobody who watches jobs. For commands and wizards, which then run as they are.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SecretStorage } from 'vscode';
import type { LocalServers } from '../../src/connections/localServers.ts';
import { ConnectionStore } from '../../src/connections/store.ts';
import type { Connection } from '../../src/core/provider/connection.ts';
import { RunRegistry } from '../../src/evals/registry.ts';
import { KeyStore } from '../../src/extension/connections/keyStore.ts';
import { Providers } from '../../src/extension/connections/providers.ts';
import type { DatasetWorkerClient } from '../../src/extension/datasets/workerClient.ts';
import { Starts } from '../../src/extension/fineTuning/starts.ts';
import type { JobRef } from '../../src/extension/jobs/jobRef.ts';
import { JobWatch } from '../../src/extension/jobs/jobWatch.ts';
import type { Services } from '../../src/extension/services.ts';
import type { Ui } from '../../src/extension/ui/ui.ts';
import { JobStore } from '../../src/jobs/store/store.ts';
import { createClient } from '../../src/openai/client.ts';
import { createDatasetService } from '../../src/worker/datasetService.ts';
import { startFaultServer, type FaultServer } from './faultServer.ts';

export interface ExtensionDouble {
  readonly services: Services;
  readonly folder: string;
  /** The provider behind the connection `lab`; what it took is in its ledger. */
  readonly server: FaultServer;
  readonly lab: Connection;
  /** Pages that were opened, as `report file`. */
  readonly opened: string[];
  /** Ids of connections whose jobs were looked at. */
  readonly looked: string[];
  /** Ids of connections whose server was ended. */
  readonly endedServers: readonly string[];
  /** Puts the pages of runs out of sight. */
  hidePanels(): void;
  /** Writes a file into the folder and gives its path. */
  write(name: string, text: string): Promise<string>;
  close(): Promise<void>;
}

/** @param ui answers what is asked */
export async function startExtension(ui: Ui): Promise<ExtensionDouble> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-extension-'));
  const server = await startFaultServer();
  const connections = new ConnectionStore(folder);
  const keys = new KeyStore(memorySecrets(), () => connections.list());
  const endedServers: string[] = [];
  const providers = providersOf({ connections, keys }, server, ({ id }) => {
    endedServers.push(id);
  });
  const lab = await connections.add({ kind: 'compatible', name: 'Lab', baseUrl: server.baseUrl });
  await keys.set(lab, server.apiKey);
  const jobs = new JobStore({ folder: path.join(folder, 'jobs') });
  const runs = new RunRegistry(path.join(folder, 'evaluations'));
  const opened: string[] = [];
  const looked: string[] = [];
  const open =
    (what: string) =>
    (...args: readonly unknown[]): Promise<void> => {
      opened.push([what, ...args].join(' '));
      return Promise.resolve();
    };
  /** Opened pages are in view, unless a test says otherwise. */
  const visible = new Set(['run']);
  const services = {
    folder,
    ui,
    context: { subscriptions: [] },
    log: { info: ignore, warn: ignore, error: ignore, show: ignore, recent: () => [] },
    connections,
    keys,
    providers,
    datasets: datasetsHere(),
    jobs,
    watch: {
      look: (id: string) => {
        looked.push(id);
        return Promise.resolve();
      },
    },
    runs,
    panels: {
      openJobs: open('jobs'),
      compareCharts: open('charts'),
      openJob: ({ connectionId, jobId }: JobRef) => open('job')(connectionId, jobId),
      openCurve: open('curve'),
      openRun: open('run'),
      closeRun: open('close'),
      isRunVisible: () => Promise.resolve(visible.has('run')),
      compareRuns: open('compare'),
      exportReport: open('export'),
      openTry: open('try'),
      openReport: open('report'),
    },
    starts: new Starts(folder),
  } as unknown as Services;
  return {
    services,
    folder,
    server,
    lab,
    opened,
    looked,
    endedServers,
    hidePanels: () => {
      visible.clear();
    },
    write: async (name, text) => {
      const file = path.join(folder, name);
      await writeFile(file, text);
      return file;
    },
    close: async () => {
      await Promise.all([jobs.dispose(), runs.dispose(), server.close()]);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Puts a server behind the connections that this machine serves, and a real monitor before it, which is returned. */
export function serve({ services }: Pick<ExtensionDouble, 'services'>, server: Server): JobWatch {
  const { folder, jobs: store, log } = services;
  const providers = providersOf(services, server);
  const watch = new JobWatch({ store, providers, log, folder, isTrusted: () => true });
  Object.assign(services, { providers, watch });
  return watch;
}

type Server = Pick<FaultServer, 'baseUrl' | 'apiKey'>;

function providersOf(
  { connections, keys }: Pick<Services, 'connections' | 'keys'>,
  { baseUrl, apiKey }: Server,
  onStop: (connection: Pick<Connection, 'id'>) => void = ignore,
): Providers {
  const endpoint = { baseUrl, apiKey };
  const local = {
    ensure: () => Promise.resolve({ ok: true, value: endpoint }),
    running: () => Promise.resolve(endpoint),
    stop: (connection: Pick<Connection, 'id'>) => {
      onStop(connection);
      return Promise.resolve();
    },
  } as unknown as LocalServers;
  return new Providers(
    connections,
    keys,
    () => Promise.resolve(local),
    () => ({ createClient }),
  );
}

/** As many chat examples as there are questions, each with the answer of its number. */
export function chatRows(
  questions: readonly string[],
  answer = (index: number): string => `Price is $${String(index + 1)}`,
): string {
  return questions
    .map((question, index) =>
      JSON.stringify({
        messages: [
          { role: 'user', content: question },
          { role: 'assistant', content: answer(index) },
        ],
      }),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Different enough from one another that none is nearly another. */
export function questions(count: number, word = 'thing'): readonly string[] {
  return Array.from(
    { length: count },
    (_, index) => `What does ${word} ${WORDS[index % WORDS.length] ?? ''} number ${String(index)} cost?`,
  );
}

const WORDS = [
  'apple',
  'bridge',
  'candle',
  'dragon',
  'engine',
  'feather',
  'guitar',
  'hammer',
  'island',
  'jacket',
  'kettle',
  'ladder',
];

function ignore(): void {
  // Nobody reads it.
}

/** Secrets of one window; nobody else changes them. */
export function memorySecrets(): SecretStorage {
  const kept = new Map<string, string>();
  const onDidChange: unknown = () => ({ dispose: ignore });
  return {
    get: (name) => Promise.resolve(kept.get(name)),
    store: (name, value) => Promise.resolve(void kept.set(name, value)),
    delete: (name) => Promise.resolve(void kept.delete(name)),
    onDidChange: onDidChange as SecretStorage['onDidChange'],
  };
}

/** What the thread does, without the thread; four letters count as a token. */
function datasetsHere(): DatasetWorkerClient {
  const service = createDatasetService(() => ({
    count: (text: string) => ({ tokens: Math.ceil(text.length / 4), estimated: false }),
    reset: ignore,
  }));
  type Method = (args: readonly unknown[], signal: AbortSignal, onProgress: () => void) => unknown;
  const methods = Object.entries(service as unknown as Readonly<Record<string, Method>>);
  return Object.fromEntries(
    methods.map(([name, method]) => [
      name,
      (...args: readonly unknown[]) => {
        const signal = args.find((arg): arg is AbortSignal => arg instanceof AbortSignal);
        const given = args.filter((arg) => arg !== signal && typeof arg !== 'function');
        return method(given, signal ?? new AbortController().signal, ignore);
      },
    ]),
  ) as unknown as DatasetWorkerClient;
}
