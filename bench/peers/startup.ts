// One start in a process of its own; prints one line of JSON.
// node bench/peers/startup.ts activation EXTENSION | require FILE | findings WORKER DATASET | parse DATASET
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { pathToFileURL } from 'node:url';
import { DatasetWorkerClient } from '../../src/extension/datasets/workerClient.ts';
import { installVscode } from './vscodeStub.ts';

export interface StartMeasure {
  /** Of all threads, in milliseconds. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

const require = createRequire(import.meta.url);

const HOST_MODULES = [
  'child_process',
  'crypto',
  'fs/promises',
  'http',
  'https',
  'net',
  'os',
  'readline',
  'url',
  'worker_threads',
  'zlib',
];

interface Extension {
  activate(context: object): Promise<void>;
}

async function measure(run: () => unknown): Promise<StartMeasure> {
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() - wall };
}

const modes: Readonly<Record<string, (file: string, dataset: string) => Promise<StartMeasure>>> = {
  /** Reading the extension and activating it in an empty window. */
  activation: async (file) => {
    const storage = mkdtempSync(path.join(tmpdir(), 'tuning-fork-start-'));
    try {
      // An extension host has read these for itself.
      for (const name of HOST_MODULES) require(`node:${name}`);
      const context = installVscode({ storage, extension: path.dirname(path.dirname(file)) });
      return await measure(() => (require(file) as Extension).activate(context));
    } finally {
      rmSync(storage, { recursive: true, force: true });
    }
  },
  /** Reading any other bundle. */
  require: (file) => measure(() => require(file) as unknown),
  /** From nothing to the findings of an open document: thread, module, check. */
  findings: async (worker, dataset) => {
    const text = readFileSync(dataset, 'utf8');
    const client = new DatasetWorkerClient(worker);
    const options = { disk: dataset, forTraining: true, limit: 999 };
    const measured = await measure(() => client.check({ name: path.basename(dataset), text }, options));
    await client.dispose();
    return measured;
  },
  /** The least that it takes: a thread that splits the same text and parses its lines. */
  parse: async (dataset) => {
    const text = readFileSync(dataset, 'utf8');
    const program = `
      const { parentPort } = require('node:worker_threads');
      parentPort.once('message', (text) => {
        parentPort.postMessage(text.split('\\n').filter((line) => line !== '').map((line) => JSON.parse(line)).length);
      });`;
    const measured = await measure(async () => {
      const worker = new Worker(program, { eval: true });
      worker.postMessage(text);
      await new Promise((resolve) => worker.once('message', resolve));
    });
    return measured;
  },
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , mode = '', file = '', dataset = ''] = process.argv;
  const measured = await modes[mode]?.(file, dataset);
  if (measured === undefined) throw new Error(`There is no mode ${mode}.`);
  console.log(JSON.stringify(measured));
  // Watchers and timers of the extension would keep it running.
  process.exit(0);
}
