// What is kept of each reply, what is asked only once or several times, and when a run may stop early.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contestant, RunConfig, TestItem } from '../../../src/core/evaluation/types.ts';
import { ProviderFailure } from '../../../src/core/provider/failure.ts';
import { createRandom } from '../../../src/core/base/random.ts';
import { askingOrder } from '../../../src/evals/order.ts';
import { EvaluationRun } from '../../../src/evals/runner.ts';
import type { Ask } from '../../../src/evals/scheduler.ts';

const SHA = 'a'.repeat(64);
const tuned: Contestant = { id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'c', model: 'ft:x' };
const other: Contestant = { id: 'other', kind: 'fine-tuned', label: 'other', connectionId: 'c', model: 'ft:y' };
const base: Contestant = { id: 'base', kind: 'base', label: 'base', connectionId: 'c', model: 'base-1' };
const constant: Contestant = { id: 'constant', kind: 'constant', label: 'constant', constant: '100' };

let folder: string;
let runs: EvaluationRun[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  runs = [];
});
afterEach(async () => {
  for (const run of runs) await run.dispose();
  await rm(folder, { recursive: true });
});

const items = (count: number, prompt = (index: number) => `What does item ${String(index)} cost?`): TestItem[] =>
  Array.from({ length: count }, (_, index) => ({
    index,
    line: index + 1,
    title: '',
    messages: [{ role: 'user' as const, content: prompt(index) }],
    truth: '100',
  }));

async function create(list: readonly TestItem[], overrides: Partial<RunConfig> = {}): Promise<EvaluationRun> {
  const config: RunConfig = {
    v: 1,
    id: 'run-1',
    createdAt: 1,
    name: 'a.jsonl',
    testFile: { path: '/a.jsonl', sha256: SHA, items: list.length },
    contestants: [tuned],
    grader: 'number',
    sampling: { temperature: 0, maxTokens: 7, seed: 42 },
    answerPrefix: null,
    concurrency: 4,
    ...overrides,
  };
  const run = await EvaluationRun.create(folder, config, list);
  runs.push(run);
  return run;
}

async function reopen(): Promise<EvaluationRun> {
  const opened = await EvaluationRun.open(folder, 'run-1');
  if (!opened.ok) throw new Error(opened.error.message);
  runs.push(opened.value);
  return opened.value;
}

/** A model, and what it was asked. */
function model(reply: (contestant: string, index: number, time: number, sample: number) => string): {
  readonly asked: string[];
  readonly ask: Ask;
} {
  const asked: string[] = [];
  return {
    asked,
    ask: async ({ id }, { index }, _signal, sample) => {
      const key = `${id} ${String(index)}`;
      asked.push(key);
      await new Promise(setImmediate);
      const text = reply(id, index, asked.filter((one) => one === key).length, sample);
      return { text, finishReason: 'stop', usage: { input: 10, output: text.length, reasoning: 2 } };
    },
  };
}

const lost = new ProviderFailure(
  { code: 'lost', message: 'Lost.', action: 'x' },
  { outcome: 'unknown', advice: 'never', status: null, serverCode: null, retryAfterMs: null },
);

describe('a reply', () => {
  it('is kept with its tokens and its time; those of the run are added up, also after it is opened again', async () => {
    const run = await create(items(3), { contestants: [tuned, constant] });
    await run.start(SHA, { ask: model(() => '100').ask });
    expect(run.row('tuned', 0)).toMatchObject({ usage: { input: 10, output: 3, reasoning: 2 } });
    expect(run.row('tuned', 0)?.ms).toBeGreaterThanOrEqual(0);
    expect(run.row('constant', 0)).not.toHaveProperty('usage');
    await run.dispose();
    const again = await reopen();
    expect(again.rows).toEqual(run.rows);
    expect(again.usage('tuned')).toEqual({ input: 30, output: 9, reasoning: 6 });
    expect(again.usage('constant')).toBeNull();
  });

  it('that does not come in time makes its row an error that resuming asks again', async () => {
    let isSilent = true;
    const ask: Ask = (_contestant, { index }) =>
      index === 1 && isSilent ? new Promise(() => undefined) : Promise.resolve({ text: '1', finishReason: 'stop' });
    const run = await create(items(3), { deadlineMs: 20 });
    expect(await run.start(SHA, { ask })).toEqual({ ok: true, value: 'finished' });
    expect(run.row('tuned', 1)).toMatchObject({ status: 'error', code: 'timeout' });
    expect(run.remaining).toBe(1);
    isSilent = false;
    await run.start(SHA, { ask });
    expect([run.row('tuned', 1)?.status, run.remaining]).toEqual(['graded', 0]);
  });
});

describe('identical requests at temperature 0', () => {
  const twins = items(6, (index) => `What does item ${String(index % 2)} cost?`).map((item) => ({
    ...item,
    truth: String(item.index),
  }));

  it('are asked once; the others have the same reply, graded by their own answers, and say so', async () => {
    const { ask, asked } = model((_, index) => String(index));
    const run = await create(twins);
    await run.start(SHA, { ask });
    expect(run.status).toBe('finished');
    expect(asked.toSorted()).toEqual(['tuned 0', 'tuned 1']);
    expect(run.row('tuned', 4)).toEqual({
      contestant: 'tuned',
      item: 4,
      status: 'graded',
      sample: '0',
      finishReason: 'stop',
      guess: 0,
      truth: 4,
      error: 4,
      colour: 'green',
      cached: true,
    });
    expect(run.usage('tuned')?.input).toBe(20);
  });

  it('of an interrupted run are answered from its rows', async () => {
    const { ask, asked } = model((_, index) => String(index));
    const run = await create(twins, { concurrency: 1 });
    run.onDidChange(() => {
      if (run.rows.length > 0) run.cancel();
    });
    await run.start(SHA, { ask });
    await run.dispose();
    const again = await reopen();
    await again.start(SHA, { ask });
    expect(again.rows.filter(({ cached }) => cached)).toHaveLength(4);
    expect(asked.filter((one) => one === 'tuned 2' || one === 'tuned 4')).toEqual([]);
  });

  it('are asked one after the other where the first fails', async () => {
    const { ask, asked } = model(() => '5');
    const run = await create(twins);
    await run.start(SHA, { ask: (...args) => (args[1].index < 2 ? Promise.reject(lost) : ask(...args)) });
    expect(asked.toSorted()).toEqual(['tuned 2', 'tuned 3']);
    expect([0, 2, 4].map((item) => run.row('tuned', item)?.status)).toEqual(['error', 'graded', 'graded']);
  });

  it.each([
    ['drawn by chance', { sampling: { temperature: 1, maxTokens: 7, seed: 42 } }, 6],
    ['of a model that takes no temperature', { contestants: [{ ...tuned, leftOut: ['temperature'] as const }] }, 6],
    ['of two models', { contestants: [tuned, other] }, 4],
    ['of one model in two contestants', { contestants: [tuned, { ...tuned, id: 'again' }] }, 2],
  ])('are those to one model without chance: %s', async (_name, overrides, times) => {
    const { ask, asked } = model(() => '5');
    const run = await create(twins, overrides);
    await run.start(SHA, { ask });
    expect([run.status, asked.length]).toEqual(['finished', times]);
  });

  it('are all asked when the model turns out to answer by chance', async () => {
    const { ask, asked } = model(() => '5');
    const run = await create(twins);
    await run.start(SHA, { ask: async (...args) => ({ ...(await ask(...args)), leftOut: ['temperature'] }) });
    expect([run.status, asked.length, run.rows.some(({ cached }) => cached)]).toEqual(['finished', 6, false]);
  });
});

describe('several samples a row', () => {
  const sampling = { temperature: 1, maxTokens: 7, seed: 42 };

  it('are as many requests, and one row with their median and all of them', async () => {
    const seeds = new Set<number>();
    const { ask, asked } = model((_contestant, _index, time, sample) => {
      seeds.add(sample);
      return ['10', 'no idea', '300', '90', '40'][time - 1] ?? '';
    });
    const run = await create(items(2), { samples: 5, sampling });
    await run.start(SHA, { ask });
    expect([run.status, asked.length, run.rows.length, run.answered]).toEqual(['finished', 10, 2, 2]);
    expect([...seeds]).toEqual([0, 1, 2, 3, 4]);
    const row = run.row('tuned', 0);
    expect(row).toMatchObject({ status: 'graded', guess: 65, error: 35, colour: 'green' });
    expect(row?.usage).toEqual({ input: 50, output: 16, reasoning: 10 });
    expect(row?.samples?.map(({ sample, status }) => `${sample}: ${status}`)).toEqual([
      '10: graded',
      'no idea: no-number',
      '300: graded',
      '90: graded',
      '40: graded',
    ]);
    await run.dispose();
    expect((await reopen()).rows).toEqual(run.rows);
  });

  it('that an interrupted run has are not asked again', async () => {
    const { ask, asked } = model((_contestant, _index, time) => String(time));
    const run = await create(items(1), { samples: 5, sampling });
    await run.start(SHA, { ask: (...args) => (asked.length === 3 ? Promise.reject(lost) : ask(...args)) });
    expect(run.row('tuned', 0)?.status).toBe('error');
    await run.dispose();
    const again = await reopen();
    await again.start(SHA, { ask });
    expect(asked).toHaveLength(5);
    expect(again.row('tuned', 0)?.samples?.map(({ guess }) => guess)).toEqual([1, 2, 3, 4, 5]);
    expect(again.usage('tuned')?.input).toBe(50);
  });
});

describe('the order', () => {
  it('is that of the file, or a random one that its seed decides', async () => {
    const { ask, asked } = model(() => '5');
    const run = await create(items(50), { order: { seed: 7 }, concurrency: 1 });
    await run.start(SHA, { ask });
    const order = askingOrder(run.config, run.items).map(({ index }) => index);
    expect(asked).toEqual(order.map((index) => `tuned ${String(index)}`));
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
    expect(order.toSorted((a, b) => a - b)).toEqual(items(50).map(({ index }) => index));
    expect(askingOrder({ ...run.config, order: { seed: 8 } }, run.items).map(({ index }) => index)).not.toEqual(order);
  });
});

describe('a run that may stop early', () => {
  const random = createRandom(3);
  const noise = Array.from({ length: 500 }, () => Math.abs(random.normal()) * 10);
  /** `tuned` is better by far, `other` as good as the base. */
  const reply = (contestant: string, index: number): string =>
    String(100 + (contestant === 'tuned' ? 1 : 60) + (noise[contestant === 'other' ? 499 - index : index] ?? 0));
  const config = { contestants: [base, tuned, other, constant], stopEarly: true, order: { seed: 1 }, concurrency: 3 };
  const countOf = (asked: readonly string[], id: string): number => asked.filter((one) => one.startsWith(id)).length;

  it('asks the baseline last, and a contestant no more once its comparison is decided', async () => {
    const { ask, asked } = model(reply);
    const run = await create(items(500), { ...config, contestants: [base, tuned, constant] });
    expect(await run.start(SHA, { ask })).toEqual({ ok: true, value: 'stopped-early' });
    expect(asked.slice(0, 2).map((one) => one.split(' ')[0])).toEqual(['tuned', 'base']);
    expect(run.looks('tuned').map(({ look, rows, verdict }) => [look, rows, verdict])).toEqual([[0, 100, 'different']]);
    expect(run.looks('base')).toEqual([]);
    // The rows of the look, and what was under way.
    expect(countOf(asked, 'tuned')).toBeLessThanOrEqual(104);
    expect(countOf(asked, 'base')).toBeLessThanOrEqual(104);
    expect([run.notice, run.row('constant', 499)?.status]).toEqual([null, 'graded']);
  });

  it('decides each contestant by itself', async () => {
    const { ask, asked } = model((id, index) => (id === 'other' ? String(noise[index]) : reply(id, index)));
    const run = await create(items(500), config);
    await run.start(SHA, { ask });
    expect(run.status).toBe('stopped-early');
    expect(run.looks('tuned')).toHaveLength(1);
    expect(run.looks('other').length).toBeGreaterThanOrEqual(1);
    expect(countOf(asked, 'tuned')).toBeLessThanOrEqual(104);
    expect(countOf(asked, 'base')).toBeGreaterThanOrEqual(countOf(asked, 'tuned') - 3);
  });

  it('decides after an interruption as without one, and makes no look twice', async () => {
    const whole = await create(items(500), { ...config, id: 'whole' });
    await whole.start(SHA, { ask: model(reply).ask });
    let run = await create(items(500), config);
    const { ask, asked } = model(reply);
    for (const rows of [700, 850, 1000]) {
      run.onDidChange(() => {
        if (run.rows.length > rows) run.cancel();
      });
      await run.start(SHA, { ask });
      await run.dispose();
      run = await reopen();
    }
    await run.start(SHA, { ask });
    expect(run.status).toBe(whole.status);
    for (const id of ['tuned', 'other']) expect(run.looks(id)).toEqual(whole.looks(id));
    expect(run.looks('other').length).toBeGreaterThan(1);
    expect(new Set(run.looks('other').map(({ look }) => look)).size).toBe(run.looks('other').length);
    expect(countOf(asked, 'tuned')).toBeLessThanOrEqual(110);
  });

  it('goes on to the end when asked to, and keeps the early verdict', async () => {
    const { ask, asked } = model(reply);
    const run = await create(items(500), config);
    await run.start(SHA, { ask });
    const looks = run.looks('tuned');
    expect(run.status).toBe('stopped-early');
    await run.dispose();
    const again = await reopen();
    expect(await again.start(SHA, { ask, stopEarly: false })).toEqual({ ok: true, value: 'finished' });
    expect(asked).toHaveLength(1500);
    expect([again.remaining, again.looks('tuned')]).toEqual([0, looks]);
  });

  it('of rows that are all alike has a look that is read again as it was', async () => {
    const run = await create(items(100), { ...config, contestants: [tuned, base] });
    await run.start(SHA, { ask: model((id) => (id === 'tuned' ? '100' : '90')).ask });
    const [look] = run.looks('tuned');
    expect(look).toMatchObject({ verdict: 'different', estimate: { value: -10 }, t: -Number.MAX_VALUE });
    await run.dispose();
    expect((await reopen()).looks('tuned')).toEqual([look]);
  });
});
