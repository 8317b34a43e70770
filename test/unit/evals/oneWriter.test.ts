import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Contestant, RowResult, RunConfig, TestItem } from '../../../src/core/evaluation/types.ts';
import { RunJournal } from '../../../src/evals/journal.ts';
import { RunRegistry } from '../../../src/evals/registry.ts';
import { EvaluationRun } from '../../../src/evals/runner.ts';
import type { Ask } from '../../../src/evals/scheduler.ts';
import { decodeRecords } from '../../../src/core/journal/lines.ts';
import { Candidate } from '../../../src/storage/lease.ts';
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

/** As another process that is not there any more would have left it. */
async function leaveBehind(id = 'run-1'): Promise<void> {
  await mkdir(path.join(folder, `${id}.lock`), { recursive: true });
  await writeFile(path.join(folder, `${id}.lock`, '7'), JSON.stringify({ pid: 2 ** 30, host: hostname() }));
}

const listed = (registry: RunRegistry) =>
  registry.list().map(({ status, answered, elsewhere }) => ({ status, answered, elsewhere }));

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
    await vi.waitUntil(() => held.length === 4, { interval: 1 });
    const second = aWindow();
    await second.load();
    const open = await opened(second);
    expect(await second.remove('run-1')).toMatchObject({ ok: false, error: { code: 'run-elsewhere' } });
    // Whoever looks at it goes on looking.
    letThrough(2);
    await vi.waitUntil(() => open.rows.length === 2, { interval: 1, timeout: 5000 });
    await access(path.join(folder, 'run-1.jsonl'));
    first.cancel();
    await started;
  });

  it('is followed row by row, with who runs it, until it ends', async () => {
    const first = await aWindow().create(configFor(20), items(20));
    const started = first.start(SHA, { ask: behindGate });
    await vi.waitUntil(() => held.length === 4, { interval: 1 });
    const second = await opened(aWindow());
    const rows: RowResult[] = [];
    second.onDidChange((change) => rows.push(...change.rows));
    expect(second.status).toBe('running');
    expect(second.elsewhere).toEqual({ pid: process.pid, host: hostname(), leftBehind: null });
    for (let answered = 1; answered <= 20; answered++) {
      await vi.waitUntil(() => held.length > 0, { interval: 1 });
      letThrough(1);
      await vi.waitUntil(() => second.rows.length === answered, { interval: 1, timeout: 5000 });
    }
    await started;
    // It is read before it is told.
    await vi.waitUntil(() => second.status === 'finished' && rows.length === 20, { interval: 1, timeout: 5000 });
    expect(second.elsewhere).toBeNull();
    expect(rows).toEqual(first.rows);
    expect(second.rows).toEqual(first.rows);
  });

  it('is in the list of a window that was open before, with growing counts', async () => {
    const second = aWindow();
    await second.load();
    expect(second.list()).toEqual([]);
    // The folder is watched from its first moment on.
    const first = await aWindow().create(configFor(20), items(20));
    const started = first.start(SHA, { ask: behindGate });
    const elsewhere = { pid: process.pid, host: hostname(), leftBehind: null };
    const shows = async (answered: number): Promise<void> => {
      const wanted = JSON.stringify([{ status: 'running', answered, elsewhere }]);
      await vi.waitUntil(() => JSON.stringify(listed(second)) === wanted, { interval: 5, timeout: 8000 });
    };
    await shows(0);
    letThrough(3);
    await shows(3);
    first.cancel();
    await started;
    await vi.waitUntil(() => second.list()[0]?.status === 'cancelled', { interval: 5, timeout: 5000 });
    expect(listed(second)).toEqual([{ status: 'cancelled', answered: 3, elsewhere: null }]);
    await first.dispose();
    await rm(path.join(folder, 'run-1.jsonl'));
    await vi.waitUntil(() => second.list().length === 0, { interval: 5, timeout: 8000 });
  });
});

describe('a run that its window left behind', () => {
  it('is taken over, and only what is missing is asked', async () => {
    const first = await aWindow().create(configFor(20), items(20));
    const started = first.start(SHA, { ask: behindGate });
    await vi.waitUntil(() => held.length === 4, { interval: 1 });
    letThrough(2);
    await vi.waitUntil(() => first.rows.length === 2, { interval: 1 });
    await first.dispose();
    await started;
    await leaveBehind();
    const second = aWindow();
    await second.load();
    const elsewhere = { pid: 2 ** 30, host: hostname(), leftBehind: 'dead' };
    expect(listed(second)).toEqual([{ status: 'interrupted', answered: 2, elsewhere }]);
    const run = await opened(second);
    expect([run.status, run.elsewhere, run.remaining]).toEqual(['interrupted', elsewhere, 18]);
    asked = [];
    expect(await run.start(SHA, { ask: atOnce })).toEqual({ ok: true, value: 'finished' });
    expect(asked).toHaveLength(18);
    expect((await storedRun(folder)).rows).toHaveLength(20);
    expect(run.elsewhere).toBeNull();
  });

  it('is not written any more by a window that comes back to it', async () => {
    let now = 0;
    const first = await EvaluationRun.create(folder, configFor(20), items(20), {
      candidate: new Candidate(path.join(folder, 'run-1.lock'), { now: () => now }),
    });
    disposables.push(first);
    const started = first.start(SHA, { ask: behindGate });
    await vi.waitUntil(() => held.length === 4, { interval: 1 });
    await leaveBehind();
    const second = await opened(aWindow());
    const finished = second.start(SHA, { ask: atOnce });
    // Its last sign of life is now old enough for a take-over.
    now = 8000;
    letThrough();
    expect(await started).toMatchObject({ ok: false, error: { code: 'run-taken-over' } });
    expect(await finished).toEqual({ ok: true, value: 'finished' });
    // Four times for what was under way, once for all that the other window asked.
    expect(asked).toHaveLength(4 + 20);
    const stored = await storedRun(folder);
    expect([stored.rows.length, stored.status]).toEqual([20, 'finished']);
    await first.follow();
    expect([first.status, first.rows]).toEqual(['finished', second.rows]);
  });

  it('does not get what a writer that stood still in the middle of a write adds', async () => {
    const lock = path.join(folder, 'run-1.lock');
    const never = (): void => undefined;
    const old = await RunJournal.create(
      folder,
      { config: configFor(2), items: items(2), rows: [] },
      new Candidate(lock),
      never,
    );
    const candidate = new Candidate(lock, { staleMs: 0 });
    await candidate.look();
    const lease = await candidate.tryAcquire();
    if (!lease) throw new Error('The lease is still held.');
    const taken = await RunJournal.continue(folder, 'run-1', old.bytes, lease, never);
    const row = { status: 'graded', sample: '1', guess: 1, truth: 1, error: 0, colour: 'green' } as const;
    old.append([{ ...row, contestant: 'tuned', item: 0 }]);
    taken.append([{ ...row, contestant: 'tuned', item: 1 }]);
    await taken.close();
    await old.close();
    expect((await storedRun(folder)).rows.map(({ item }) => item)).toEqual([1]);
  });
});

describe('a window that is reloaded', () => {
  it('asks nothing twice but what was under way, however the old and the new extension host overlap', async () => {
    const before = aWindow();
    const first = await before.create(configFor(40), items(40));
    const started = first.start(SHA, { ask: behindGate });
    for (let answered = 1; answered <= 10; answered++) {
      await vi.waitUntil(() => held.length > 0, { interval: 1 });
      letThrough(1);
      await vi.waitUntil(() => first.rows.length === answered, { interval: 1 });
    }
    const after = aWindow();
    await after.load();
    const run = await opened(after);
    const trying = vi.waitUntil(async () => (await run.start(SHA, { ask: atOnce })).ok, { interval: 1, timeout: 5000 });
    await before.dispose();
    await Promise.all([started, trying]);
    expect(asked.length - 40).toBeLessThanOrEqual(4);
    const stored = await storedRun(folder);
    expect([stored.rows.length, stored.status]).toEqual([40, 'finished']);
  });
});

describe('a reader', () => {
  it('changes nothing, a torn last line included, until something is written', async () => {
    const first = await aWindow().create(configFor(10), items(10));
    await first.start(SHA, { ask: atOnce });
    await first.dispose();
    const file = path.join(folder, 'run-1.jsonl');
    // As the version before leases left it, killed in the middle of its last row.
    await rm(path.join(folder, 'run-1.lock'), { recursive: true });
    const { size } = await stat(file);
    await truncate(file, size - 150);
    const before = [await readFile(file, 'utf8'), await stat(file)];
    const registry = aWindow();
    await registry.load();
    const run = await opened(registry);
    await run.follow();
    registry.close(run);
    expect([await readFile(file, 'utf8'), await stat(file)]).toEqual(before);
    expect(await readdir(folder)).toEqual(['run-1.jsonl']);
    const again = await opened(registry);
    expect(again.remaining).toBeGreaterThan(0);
    await again.start(SHA, { ask: atOnce });
    const stored = await storedRun(folder);
    expect([stored.rows.length, stored.status]).toEqual([10, 'finished']);
    expect(decodeRecords(await readFile(file))).toMatchObject({ damaged: 0, validBytes: (await stat(file)).size });
  });

  it('lets a run go when nobody has it open and it does not run', async () => {
    const registry = aWindow();
    const first = await registry.create(configFor(10), items(10));
    const started = first.start(SHA, { ask: behindGate });
    const same = await opened(registry);
    expect(same).toBe(first);
    registry.close(first);
    registry.close(same);
    await vi.waitUntil(() => held.length > 0, { interval: 1 });
    expect(registry.get('run-1')).toBe(first);
    await vi.waitUntil(
      () => {
        letThrough();
        return first.status === 'finished';
      },
      { interval: 1 },
    );
    await started;
    expect(registry.get('run-1')).toBeUndefined();
    expect(listed(registry)).toEqual([{ status: 'finished', answered: 10, elsewhere: null }]);
    await registry.load();
    expect(listed(registry)).toEqual([{ status: 'finished', answered: 10, elsewhere: null }]);
    const again = await opened(registry);
    expect(again).not.toBe(first);
    expect(again.rows).toHaveLength(10);
  });

  it('of a run that was made and never started lets others start it', async () => {
    const registry = aWindow();
    const first = await registry.create(configFor(3), items(3));
    const second = await opened(aWindow());
    expect(await second.start(SHA, { ask: atOnce })).toMatchObject({ ok: false, error: { code: 'run-elsewhere' } });
    registry.close(first);
    await vi.waitUntil(async () => (await second.start(SHA, { ask: atOnce })).ok, { interval: 5 });
  });
});

describe('removing a run', () => {
  it('takes its lease and its drafts with it', async () => {
    const registry = aWindow();
    const run = await registry.create(configFor(3), items(3));
    await run.start(SHA, { ask: atOnce });
    await writeFile(path.join(folder, 'run-1.jsonl.tmp'), 'x');
    expect(await registry.remove('run-1')).toEqual({ ok: true, value: true });
    expect(await readdir(folder)).toEqual([]);
    expect(registry.list()).toEqual([]);
  });

  it('is refused while it runs here', async () => {
    const registry = aWindow();
    const run = await registry.create(configFor(3), items(3));
    const started = run.start(SHA, { ask: behindGate });
    expect(await registry.remove('run-1')).toMatchObject({ ok: false, error: { code: 'run-active' } });
    run.cancel();
    await started;
  });
});
