import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Contestant, RunConfig, TestItem } from '../../../src/core/evaluation/types.ts';
import { RunRegistry } from '../../../src/evals/registry.ts';
import type { EvaluationRun } from '../../../src/evals/runner.ts';
import type { Ask } from '../../../src/evals/scheduler.ts';
import { storedRun } from '../../support/evaluationRuns.ts';

const SHA = 'a'.repeat(64);
const tuned: Contestant = { id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'here', model: 'ft:x' };

let folder: string;
let disposables: { dispose(): Promise<void> }[];
/** Items in the order they were asked, by whichever window. */
let asked: number[];
/** Held-back replies, let go by `letThrough`. */
let held: (() => void)[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  disposables = [];
  asked = [];
  held = [];
});
afterEach(async () => {
  letThrough();
  for (const one of disposables) await one.dispose();
  await rm(folder, { recursive: true });
});

function items(count: number): TestItem[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    line: index + 1,
    title: `Item ${String(index)}`,
    messages: [{ role: 'user' as const, content: `What does item ${String(index)} cost?` }],
    truth: `$${String(index)}`,
  }));
}

function configFor(count: number, overrides: Partial<RunConfig> = {}): RunConfig {
  return {
    v: 1,
    id: 'run-1',
    createdAt: 1,
    name: 'prices.test.jsonl',
    testFile: { path: '/tmp/prices.test.jsonl', sha256: SHA, items: count },
    contestants: [tuned],
    grader: 'number',
    sampling: { temperature: 0, maxTokens: 7, seed: 42 },
    answerPrefix: null,
    concurrency: 4,
    ...overrides,
  };
}

/** A registry of its own for each window on the folder. */
function aWindow(): RunRegistry {
  const registry = new RunRegistry(folder);
  disposables.push(registry);
  return registry;
}

async function opened(registry: RunRegistry, id = 'run-1'): Promise<EvaluationRun> {
  const run = await registry.open(id);
  if (!run.ok) throw new Error(run.error.message);
  return run.value;
}

const atOnce: Ask = async (_contestant, item) => {
  asked.push(item.index);
  await new Promise(setImmediate);
  return { text: `$${String(item.index)}`, finishReason: 'stop' };
};

const behindGate: Ask = async (_contestant, item, signal) => {
  asked.push(item.index);
  await new Promise<void>((resolve) => {
    held.push(resolve);
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  return { text: `$${String(item.index)}`, finishReason: 'stop' };
};

function letThrough(replies = held.length): void {
  for (const reply of held.splice(0, replies)) reply();
}

describe('a run that another window evaluates', () => {
  it('keeps every row, however often it is opened', async () => {
    const first = await aWindow().create(configFor(600), items(600));
    const started = first.start(SHA, { ask: atOnce });
    for (let times = 0; times < 3; times++) {
      const rows = first.rows.length;
      await opened(aWindow());
      await vi.waitUntil(() => first.rows.length > rows, { interval: 1 });
    }
    expect(await started).toEqual({ ok: true, value: 'finished' });
    expect(first.rows).toHaveLength(600);
    expect((await storedRun(folder)).rows).toHaveLength(600);
  });

  it('is not resumed', async () => {
    const first = await aWindow().create(configFor(20), items(20));
    const started = first.start(SHA, { ask: behindGate });
    await vi.waitUntil(() => held.length === 4, { interval: 1 });
    const second = await opened(aWindow());
    expect(await second.start(SHA, { ask: atOnce })).toMatchObject({ ok: false, error: { code: 'run-elsewhere' } });
    expect(asked).toEqual([0, 1, 2, 3]);
    await vi.waitUntil(
      () => {
        letThrough();
        return first.status === 'finished';
      },
      { interval: 1 },
    );
    await started;
    expect(asked).toHaveLength(20);
  });

  it('is not removed', async () => {
    const first = await aWindow().create(configFor(20), items(20));
    const started = first.start(SHA, { ask: behindGate });
    const second = aWindow();
    await second.load();
    expect(await second.remove('run-1')).toMatchObject({ ok: false, error: { code: 'run-elsewhere' } });
    await access(path.join(folder, 'run-1.jsonl'));
    first.cancel();
    await started;
  });
});
