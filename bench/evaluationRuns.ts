// What the measurements of evaluations share: a run, its items, and the server that answers them.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Contestant, RunConfig, TestItem } from '../src/core/evaluation/types.ts';
import { EvaluationRun } from '../src/evals/runner.ts';
import type { Ask } from '../src/evals/scheduler.ts';
import type { EvaluationServerData } from './evaluationServer.ts';

export const SHA = 'a'.repeat(64);
/** About 250 tokens, as product descriptions have. */
const PADDING = 'word '.repeat(200);

export interface BenchServer {
  readonly port: number;
  readonly baseUrl: string;
  /** Requests since the last call. */
  readonly requests: () => Promise<number>;
  readonly close: () => Promise<void>;
}

export async function startBenchServer(data: EvaluationServerData): Promise<BenchServer> {
  const thread = new Worker(new URL('./evaluationServer.ts', import.meta.url), { workerData: data });
  const [port] = (await once(thread, 'message')) as [number];
  return {
    port,
    baseUrl: `http://127.0.0.1:${String(port)}/v1`,
    requests: async () => {
      thread.postMessage(null);
      const [requests] = (await once(thread, 'message')) as [number];
      return requests;
    },
    close: async () => {
      await thread.terminate();
    },
  };
}

export function promptOf(index: number): string {
  return `How much is this? It costs ${String(index)}. ${PADDING}`;
}

export function itemsOf(count: number): readonly TestItem[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    line: index + 1,
    title: `Item ${String(index)}`,
    messages: [{ role: 'user' as const, content: promptOf(index) }],
    truth: `$${String(index)}.00`,
  }));
}

export const contestant = (id: string): Contestant => ({
  id,
  kind: id === 'tuned' ? 'fine-tuned' : 'base',
  label: id,
  connectionId: 'bench',
  model: id,
});

export function configOf(items: number, overrides: Partial<RunConfig> = {}): RunConfig {
  return {
    v: 1,
    id: 'run-1',
    createdAt: 1,
    name: 'prices.test.jsonl',
    testFile: { path: '/prices.test.jsonl', sha256: SHA, items },
    contestants: [contestant('tuned')],
    grader: 'string_check',
    sampling: { temperature: 0, maxTokens: 7, seed: 42 },
    answerPrefix: null,
    concurrency: 64,
    ...overrides,
  };
}

export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Measured {
  readonly wallMs: number;
  /** CPU of this thread; the server has one of its own. */
  readonly cpuMs: number;
}

export async function measured(work: () => Promise<unknown>): Promise<Measured> {
  const before = process.threadCpuUsage();
  const started = performance.now();
  await work();
  const wallMs = performance.now() - started;
  const { user, system } = process.threadCpuUsage();
  return { wallMs, cpuMs: (user + system - before.user - before.system) / 1000 };
}

/** A whole run with its journal; throws unless every row is graded. */
export async function measuredRun(config: RunConfig, ask: Ask): Promise<Measured & { readonly lost: number }> {
  return inFolder(async (folder) => {
    const run = await EvaluationRun.create(folder, config, itemsOf(config.testFile.items));
    const figures = await measured(() => run.start(SHA, { ask }));
    const graded = run.rows.filter(({ status }) => status === 'graded').length;
    await run.dispose();
    return { ...figures, lost: config.testFile.items * config.contestants.length - graded };
  });
}
