import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunConfig } from '../../../../src/core/evaluation/types.ts';
import { RunRegistry } from '../../../../src/evals/registry.ts';
import type { EvaluationRun } from '../../../../src/evals/runner.ts';
import { clear, keptData, type KeptServices } from '../../../../src/extension/data/keptData.ts';
import { JobStore } from '../../../../src/jobs/store/store.ts';

let folder: string;
let windows: RunRegistry[];
let jobs: JobStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-kept-'));
  windows = [];
  jobs = new JobStore({ folder: path.join(folder, 'jobs') });
});
afterEach(async () => {
  for (const one of windows) await one.dispose();
  await jobs.dispose();
  await rm(folder, { recursive: true, force: true });
});

function aWindow(): RunRegistry {
  const registry = new RunRegistry(path.join(folder, 'evaluations'));
  windows.push(registry);
  return registry;
}

function services(runs: RunRegistry): KeptServices {
  return { folder, jobs, runs, servers: [] };
}

async function aRun(registry: RunRegistry): Promise<EvaluationRun> {
  const config: RunConfig = {
    v: 1,
    id: 'run-1',
    createdAt: 1,
    name: 'test.jsonl',
    testFile: { path: '/tmp/test.jsonl', sha256: 'a', items: 1 },
    contestants: [{ id: 'tuned', kind: 'fine-tuned', label: 'm', connectionId: 'here', model: 'm' }],
    grader: 'number',
    sampling: { temperature: 0, maxTokens: 7, seed: 42 },
    answerPrefix: null,
    concurrency: 1,
  };
  return registry.create(config, [{ index: 0, line: 1, title: 'a', messages: [], truth: '1' }]);
}

/** Starts a run whose request is open until the run is given up. */
async function start(run: EvaluationRun): Promise<{ readonly ended: Promise<unknown> }> {
  let asking = false;
  const never = (signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => {
      asking = true;
      signal.addEventListener('abort', () => {
        reject(new Error('Given up.'));
      });
    });
  const ended = run.start('a', { ask: (_contestant, _item, signal) => never(signal) });
  await vi.waitUntil(() => asking, { interval: 1 });
  return { ended };
}

describe('an evaluation that another window runs', () => {
  it('is needed, and stays whatever is cleared', async () => {
    const run = await aRun(aWindow());
    const { ended } = await start(run);
    const pieces = await keptData(services(aWindow()));
    expect(pieces).toMatchObject([{ kind: 'evaluations', needed: true, isElsewhere: true }]);
    expect(await clear(pieces, { before: Number.MAX_SAFE_INTEGER })).toEqual({ removed: 0, bytes: 0, stay: [] });
    expect(await readdir(path.join(folder, 'evaluations'))).toContain('run-1.jsonl');
    run.cancel();
    await ended;
  });

  it('stays, with the reason, when it was begun after it was listed', async () => {
    const first = aWindow();
    const run = await aRun(first);
    await run.start('a', { ask: () => Promise.reject(new Error('Nobody.')) });
    const pieces = await keptData(services(aWindow()));
    expect(pieces).toMatchObject([{ needed: false, isElsewhere: false }]);
    const { ended } = await start(run);
    const { removed, stay } = await clear(pieces);
    expect(removed).toBe(0);
    expect(stay).toMatchObject([
      {
        code: 'run-elsewhere',
        message: `This evaluation is running in another window (process ${String(process.pid)}).`,
      },
    ]);
    run.cancel();
    await ended;
  });

  it('goes when its window is gone', async () => {
    const first = aWindow();
    await aRun(first);
    await first.dispose();
    const lock = path.join(folder, 'evaluations/run-1.lock');
    await mkdir(lock, { recursive: true });
    await writeFile(path.join(lock, '9'), JSON.stringify({ pid: 2 ** 30, host: hostname() }));
    const pieces = await keptData(services(aWindow()));
    expect((await clear(pieces)).removed).toBe(1);
    expect(await readdir(path.join(folder, 'evaluations'))).toEqual([]);
  });
});
