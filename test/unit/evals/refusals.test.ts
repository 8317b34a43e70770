import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contestant, RunConfig, TestItem } from '../../../src/core/evaluation/types.ts';
import { EvaluationRun } from '../../../src/evals/runner.ts';
import type { Ask } from '../../../src/evals/scheduler.ts';
import { askProvider } from '../../../src/evals/askProvider.ts';
import { createClient } from '../../../src/openai/client.ts';
import { type FaultServer, startFaultServer } from '../../support/faultServer.ts';
import { pickyModel, REFUSED_MODELS, REFUSED_PROMPTS } from '../../support/faults/refusals.ts';

const SHA = 'a'.repeat(64);
const tuned: Contestant = { id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'c', model: 'my-o4' };
const base: Contestant = { id: 'base', kind: 'base', label: 'base', connectionId: 'c', model: 'base-1' };

let server: FaultServer;
let folder: string;
let runs: EvaluationRun[];

beforeEach(async () => {
  server = await startFaultServer();
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  runs = [];
});
afterEach(async () => {
  for (const run of runs) await run.dispose();
  await server.close();
  await rm(folder, { recursive: true });
});

const items = (count: number): TestItem[] =>
  Array.from({ length: count }, (_, index) => ({
    index,
    line: index + 1,
    title: `Item ${String(index)}`,
    messages: [{ role: 'user' as const, content: `What does item ${String(index)} cost?` }],
    truth: '5',
  }));

const configFor = (count: number, contestants: readonly Contestant[]): RunConfig => ({
  v: 1,
  id: 'run-1',
  createdAt: 1,
  name: 'a.jsonl',
  testFile: { path: '/a.jsonl', sha256: SHA, items: count },
  contestants,
  grader: 'number',
  sampling: { temperature: 0, maxTokens: 7, seed: 42 },
  answerPrefix: null,
  concurrency: 4,
});

async function create(count: number, contestants: readonly Contestant[]): Promise<EvaluationRun> {
  const run = await EvaluationRun.create(folder, configFor(count, contestants), items(count));
  runs.push(run);
  return run;
}

/** Asks as the product does, with a client of its own that knows nothing yet. */
const askFor = (run: EvaluationRun): Ask =>
  askProvider({ get: () => Promise.resolve(createClient(server)) }, run.config);

it('several requests for a row are as many draws: each has a seed of its own', async () => {
  const config = { ...configFor(2, [tuned]), samples: 3, sampling: { temperature: 1, maxTokens: 7, seed: 42 } };
  const run = await EvaluationRun.create(folder, config, items(2));
  runs.push(run);
  await run.start(SHA, { ask: askFor(run) });
  const seeds = server.requests.map(({ body }) => (JSON.parse(body) as { seed: number }).seed);
  expect(seeds.toSorted()).toEqual([42, 42, 43, 43, 44, 44]);
});

describe('one prompt that is refused', () => {
  it.each(REFUSED_PROMPTS)('is a row that failed, with its class, while all others go on: $name', async (refusal) => {
    const { status, body } = refusal;
    server.otherwise = (_route, seen) =>
      / item (?:3|\d\d) /.test(seen.body) ? { kind: 'status', status, body } : { kind: 'ok' };
    const run = await create(30, [tuned]);
    expect(await run.start(SHA, { ask: askFor(run) })).toEqual({ ok: true, value: 'finished' });
    const failed = run.rows.filter((row) => row.status === 'error');
    expect(failed).toHaveLength(21);
    expect(new Set(failed.map(({ code }) => code))).toEqual(new Set(['moderated']));
    expect(run.notice).toBeNull();
    await run.dispose();
    const again = await EvaluationRun.open(folder, 'run-1');
    expect(again.ok && again.value.rows.filter(({ code }) => code === 'moderated')).toHaveLength(21);
    if (again.ok) runs.push(again.value);
  });
});

describe('a contestant that is refused', () => {
  it.each(REFUSED_MODELS.filter(({ status }) => status !== 401))(
    'leaves its rows open while the others are answered: $name',
    async ({ status, body, code }) => {
      server.otherwise = (_route, seen) =>
        seen.body.includes('my-o4') ? { kind: 'status', status, body } : { kind: 'ok' };
      const run = await create(40, [tuned, base]);
      expect(await run.start(SHA, { ask: askFor(run) })).toEqual({ ok: true, value: 'paused' });
      expect(run.notice?.code).toBe(code);
      expect(run.rows.filter(({ contestant }) => contestant === 'base')).toHaveLength(40);
      expect(server.requests.filter((seen) => seen.body.includes('my-o4')).length).toBeLessThanOrEqual(8);
      expect(run.openItems('tuned')).toHaveLength(40);
    },
  );

  it('is not one that was refused a single row in the middle', async () => {
    const refused = REFUSED_MODELS.find(({ name }) => name.includes('sampling'));
    server.otherwise = (_route, seen) =>
      seen.body.includes('item 20 ') ? { kind: 'status', status: 403, body: refused?.body } : { kind: 'ok' };
    const run = await create(40, [tuned]);
    await run.start(SHA, { ask: askFor(run) });
    expect([run.status, run.rows.length, run.openItems('tuned').length]).toEqual(['finished', 40, 1]);
    expect(run.rows.find(({ item }) => item === 20)).toMatchObject({ status: 'error', code: 'forbidden' });
  });
});

describe('a model that refuses parameters', () => {
  it('is evaluated without them; the run keeps which, and asks without them from the first row on when it resumes', async () => {
    server.otherwise = pickyModel((model) => model === 'my-o4');
    const run = await create(20, [tuned, base]);
    run.onDidChange(() => {
      if (run.rows.length >= 20) run.cancel();
    });
    await run.start(SHA, { ask: askFor(run) });
    expect(run.contestants.map(({ leftOut }) => leftOut)).toEqual([['max_tokens', 'temperature'], undefined]);
    expect(run.rows.every(({ status }) => status === 'graded')).toBe(true);
    await run.dispose();

    const before = server.requests.length;
    const opened = await EvaluationRun.open(folder, 'run-1');
    if (!opened.ok) throw new Error(opened.error.message);
    const again = opened.value;
    runs.push(again);
    expect(again.contestants[0]?.leftOut).toEqual(['max_tokens', 'temperature']);
    await again.start(SHA, { ask: askFor(again) });
    expect(again.status).toBe('finished');
    const asked = server.requests.slice(before).filter(({ body }) => body.includes('my-o4'));
    expect(asked.length).toBeGreaterThan(0);
    for (const { body } of asked) expect(body).not.toMatch(/temperature|max_tokens/);
    expect(server.ledger.chats.filter(({ model }) => model === 'my-o4').length).toBeLessThanOrEqual(24);
  });

  it('and is known for it is asked with room for its reasoning', async () => {
    server.otherwise = pickyModel();
    const run = await create(3, [{ ...tuned, leftOut: ['temperature', 'max_tokens'], maxTokens: 8199 }]);
    await run.start(SHA, { ask: askFor(run) });
    expect(run.status).toBe('finished');
    expect(server.requests).toHaveLength(3);
    for (const { body } of server.requests) {
      expect(JSON.parse(body)).toMatchObject({ max_completion_tokens: 8199, seed: 42 });
    }
  });
});
