import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Contestant, RowResult, RunConfig, TestItem } from '../../../src/core/evaluation/types.ts';
import type { Provider } from '../../../src/core/provider/api.ts';
import { ProviderFailure } from '../../../src/core/provider/failure.ts';
import { decodeRecords, encodeRecord } from '../../../src/core/journal/lines.ts';
import { EvaluationRun, type RunChange } from '../../../src/evals/runner.ts';
import type { Ask } from '../../../src/evals/scheduler.ts';
import { type RegisteredRun, RunRegistry } from '../../../src/evals/registry.ts';
import { createClient } from '../../../src/openai/client.ts';
import { storedRun } from '../../support/evaluationRuns.ts';
import { type FaultServer, startFaultServer } from '../../support/faultServer.ts';

const SHA = 'a'.repeat(64);
const tuned: Contestant = {
  id: 'tuned',
  kind: 'fine-tuned',
  label: 'pricer',
  connectionId: 'local',
  model: 'ft:pricer',
};
const constant: Contestant = { id: 'constant', kind: 'constant', label: 'constant median', constant: '100' };

let server: FaultServer;
let client: Provider;
let folder: string;
let runs: EvaluationRun[];

beforeEach(async () => {
  server = await startFaultServer();
  client = createClient(server);
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  runs = [];
});
afterEach(async () => {
  for (const run of runs) await run.dispose();
  await server.close();
  await rm(folder, { recursive: true });
});

function items(count: number): TestItem[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    line: index + 1,
    title: `Item ${String(index)}`,
    messages: [
      { role: 'user' as const, content: `What does item ${String(index)} cost?` },
      { role: 'assistant' as const, content: 'Price is $' },
    ],
    truth: `Price is $${String(9_000_000 + index)}.77`,
  }));
}

function configFor(count: number, overrides: Partial<RunConfig> = {}): RunConfig {
  return {
    v: 1,
    id: 'run-1',
    createdAt: 1,
    name: 'prices.test.jsonl',
    testFile: { path: '/tmp/prices.test.jsonl', sha256: SHA, items: count },
    contestants: [tuned, constant],
    grader: 'number',
    sampling: { temperature: 0, maxTokens: 7, seed: 42 },
    answerPrefix: 'Price is $',
    concurrency: 8,
    ...overrides,
  };
}

async function create(count: number, overrides: Partial<RunConfig> = {}): Promise<EvaluationRun> {
  const run = await EvaluationRun.create(folder, configFor(count, overrides), items(count));
  runs.push(run);
  return run;
}

async function reopen(): Promise<EvaluationRun> {
  const opened = await EvaluationRun.open(folder, 'run-1');
  if (!opened.ok) throw new Error(opened.error.message);
  runs.push(opened.value);
  return opened.value;
}

const ask: Ask = (contestant, item, signal) =>
  client.chat({ model: contestant.model ?? '', messages: item.messages, sampling: configFor(1).sampling }, { signal });

/** As a window that opens now lists them. */
async function listedRuns(where = folder): Promise<readonly RegisteredRun[]> {
  const registry = new RunRegistry(where);
  await registry.load();
  await registry.dispose();
  return registry.list();
}

/** Retries come after a tick instead of seconds. */
const soon = (_ms: number, callback: () => void): (() => void) => {
  const handle = setImmediate(callback);
  return () => {
    clearImmediate(handle);
  };
};

/** Requests of the tuned model that the server accepted, by item. */
function timesAsked(): Map<number, number> {
  const times = new Map<number, number>();
  for (const { messages } of server.ledger.chats) {
    const item = Number(/What does item (\d+) cost/.exec(JSON.stringify(messages))?.[1]);
    times.set(item, (times.get(item) ?? 0) + 1);
  }
  return times;
}

const askedRows = (run: EvaluationRun): RowResult[] => run.rows.filter(({ contestant }) => contestant === 'tuned');

describe('an evaluation', () => {
  it('grades every item, and answers the constant without asking', async () => {
    server.reply = ({ messages }) => (messages[0]?.content === 'What does item 3 cost?' ? 'no idea' : '9000000.77');
    const run = await create(12);
    expect(await run.start(SHA, { ask })).toEqual({ ok: true, value: 'finished' });
    expect(run.rows).toHaveLength(24);
    expect(run.remaining).toBe(0);
    const rows = [...askedRows(run)].sort((a, b) => a.item - b.item);
    expect(rows[0]).toEqual({
      contestant: 'tuned',
      item: 0,
      status: 'graded',
      sample: '9000000.77',
      finishReason: 'stop',
      guess: 9_000_000.77,
      truth: 9_000_000.77,
      error: 0,
      colour: 'green',
      ms: rows[0]?.ms,
    });
    expect(rows[3]).toMatchObject({ status: 'no-number', guess: null, error: null, colour: 'red' });
    expect(run.rows.filter(({ contestant }) => contestant === 'constant')).toHaveLength(12);
    expect(server.ledger.chats).toHaveLength(12);
    expect(new Set(server.ledger.chats.map(({ model }) => model))).toEqual(new Set(['ft:pricer']));
  });

  it('shows its first row before the tenth reply, and never has more requests under way than allowed', async () => {
    const run = await create(60, { concurrency: 4 });
    const rowsAtReply: number[] = [];
    server.otherwise = async () => {
      // The first four are answered only when all four are there.
      await vi.waitUntil(() => server.requests.length >= 4, { interval: 1, timeout: 15_000 });
      rowsAtReply.push(askedRows(run).length);
      return { kind: 'ok' };
    };
    await run.start(SHA, { ask });
    expect(rowsAtReply[9]).toBeGreaterThan(0);
    expect(server.load.most).toBe(4);
  });

  it('never sends the answer of an item', async () => {
    const run = await create(30);
    await run.start(SHA, { ask });
    expect(server.requests).toHaveLength(30);
    for (const { body } of server.requests) expect(body).not.toMatch(/90000\d\d|\.77/);
  });

  it('tells each row once, as it comes', async () => {
    const run = await create(20);
    const changes: RunChange[] = [];
    run.onDidChange((change) => changes.push(change));
    await run.start(SHA, { ask });
    expect(changes.flatMap(({ rows }) => rows)).toEqual(run.rows);
    expect(changes[0]).toEqual({ rows: [], status: 'running', notice: null });
    // The floor is there before the first reply.
    expect(changes[1]?.rows.map(({ contestant }) => contestant)).toEqual(Array.from({ length: 20 }, () => 'constant'));
    expect(changes.at(-1)?.status).toBe('finished');
  });

  it('is the same after it is opened again', async () => {
    const run = await create(20);
    await run.start(SHA, { ask });
    await run.dispose();
    const again = await reopen();
    expect(again.rows).toEqual(run.rows);
    expect(again.items).toEqual(items(20));
    expect([again.status, again.config]).toEqual(['finished', configFor(20)]);
  });

  it('refuses to start twice at once', async () => {
    const run = await create(5);
    const first = run.start(SHA, { ask });
    expect(await run.start(SHA, { ask })).toMatchObject({ ok: false, error: { code: 'already-running' } });
    expect((await first).ok).toBe(true);
    expect(server.ledger.chats).toHaveLength(5);
  });

  it('of no items is finished at once', async () => {
    const run = await create(0);
    expect(await run.start(SHA, { ask })).toEqual({ ok: true, value: 'finished' });
  });
});

describe('the reader of numbers', () => {
  const numberReader = { version: 2, decimalMark: 'point' } as const;

  it.each([
    ['of the run', { numberReader }, 9.99, 12.5, { guess: 125, truth: 999 }],
    ['of an earlier version where the run names none', {}, 999, 125, undefined],
  ])('is that %s, also after it was opened again', async (_of, given, truth, guess, lesson) => {
    const contestants = [{ ...constant, constant: '12,5 €' }];
    const config = configFor(2, { ...given, contestants, answerPrefix: null });
    const own = items(2).map((item) => ({ ...item, truth: '9,99 €' }));
    runs.push(await EvaluationRun.create(folder, config, own));
    await runs[0]?.dispose();
    const run = await reopen();
    expect(run.config.numberReader).toEqual('numberReader' in given ? given.numberReader : undefined);
    await run.start(SHA, { ask });
    expect(run.rows).toHaveLength(2);
    for (const row of run.rows) {
      expect(row).toMatchObject({ truth, guess });
      expect(row.lesson).toEqual(lesson);
    }
    await run.dispose();
    expect((await reopen()).rows).toEqual(run.rows);
  });
});

describe('items whose answer cannot be graded', () => {
  const unknown = (count: number): TestItem[] =>
    items(count).map((item) => (item.index % 4 === 0 ? { ...item, truth: 'Price is not known' } : item));
  const createWith = async (list: TestItem[], overrides: Partial<RunConfig> = {}): Promise<EvaluationRun> => {
    const run = await EvaluationRun.create(folder, configFor(list.length, overrides), list);
    runs.push(run);
    return run;
  };

  it('are asked of nobody, are rows of their own class, and keep no run from being finished', async () => {
    const run = await createWith(unknown(12));
    expect(run.openItems('tuned')).toHaveLength(9);
    expect(await run.start(SHA, { ask })).toEqual({ ok: true, value: 'finished' });
    expect(server.ledger.chats).toHaveLength(9);
    expect(askedRows(run).filter(({ status }) => status === 'ungradable')).toEqual(
      [0, 4, 8].map((item) => ({
        contestant: 'tuned',
        item,
        status: 'ungradable',
        sample: null,
        guess: null,
        truth: 'Price is not known',
        error: null,
        colour: null,
      })),
    );
    expect([run.rows.length, run.remaining]).toEqual([24, 0]);
    await run.dispose();
    const again = await reopen();
    expect([again.status, again.remaining, again.rows.length]).toEqual(['finished', 0, 24]);
    await again.start(SHA, { ask });
    expect(server.ledger.chats).toHaveLength(9);
  });

  it('of an exact match are those with an empty answer', async () => {
    const run = await createWith(
      items(4).map((item) => ({ ...item, truth: item.index === 1 ? ' ' : 'yes' })),
      { grader: 'string_check', answerPrefix: null },
    );
    await run.start(SHA, { ask });
    expect([run.status, server.ledger.chats.length]).toEqual(['finished', 3]);
  });

  it('do not count as failures in a journal of an earlier version, and are not tried again', async () => {
    const list = unknown(4);
    const rows = list.map((item) => ({
      contestant: 'tuned',
      item: item.index,
      sample: '5',
      ...(item.index === 0
        ? { status: 'error', guess: null, truth: item.truth, error: null, colour: null, message: 'It holds no number.' }
        : { status: 'graded', guess: 5, truth: 5, error: 0, colour: 'green' }),
    }));
    const records = [
      { k: 'run', v: 1, config: configFor(4) },
      ...list.map((item) => ({ k: 'item', item })),
      ...rows.map((row) => ({ k: 'row', row })),
      { k: 'status', status: 'finished', notice: null, answered: 3 },
    ];
    await writeFile(path.join(folder, 'run-1.jsonl'), records.map(encodeRecord).join(''));
    const run = await reopen();
    expect(askedRows(run).find(({ item }) => item === 0)).toMatchObject({ status: 'ungradable', sample: '5' });
    expect(run.openItems('tuned')).toEqual([]);
    await run.start(SHA, { ask });
    expect([run.status, server.requests.length]).toEqual(['finished', 0]);
  });
});

describe('cancelling at row 100', () => {
  it('keeps the rows, and resuming after a reload asks only for what is missing', async () => {
    const run = await create(250);
    run.onDidChange(() => {
      if (askedRows(run).length === 100) run.cancel();
    });
    expect(await run.start(SHA, { ask })).toEqual({ ok: true, value: 'cancelled' });
    expect(askedRows(run)).toHaveLength(100);
    await run.dispose();
    const kept = askedRows(run).map(({ item }) => item);

    const again = await reopen();
    expect([again.status, askedRows(again).length, again.remaining]).toEqual(['cancelled', 100, 150]);
    await again.start(SHA, { ask });
    expect(again.status).toBe('finished');
    expect(new Set(askedRows(again).map(({ item }) => item)).size).toBe(250);
    // A request given up may reach the server at any later moment, or never: which items were asked tells, not when.
    const times = timesAsked();
    expect(times.size).toBe(250);
    expect(kept.filter((item) => times.get(item) !== 1)).toEqual([]);
    const twice = [...times.values()].filter((count) => count > 1);
    expect(twice.length).toBeLessThanOrEqual(8);
    expect(Math.max(...times.values())).toBeLessThanOrEqual(2);
  });

  it('as a window that closes does leaves an interrupted run with its rows', async () => {
    const run = await create(250);
    const started = run.start(SHA, { ask });
    await vi.waitUntil(() => askedRows(run).length >= 100, { interval: 1, timeout: 15_000 });
    await run.dispose();
    await started;
    const kept = askedRows(run).length;
    const [listed] = await listedRuns();
    expect(listed?.status).toBe('interrupted');
    const again = await reopen();
    expect([again.status, askedRows(again).length]).toEqual(['interrupted', kept]);
  });

  it('is refused to go on with another test file (F59)', async () => {
    const run = await create(5);
    expect(await run.start('b'.repeat(64), { ask })).toMatchObject({ ok: false, error: { code: 'test-file-changed' } });
    expect(server.requests).toEqual([]);
  });
});

describe('a server that fails', () => {
  it('with 429 for a fifth of the requests loses no row (P8)', async () => {
    let seed = 7;
    server.otherwise = (route) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return route === 'POST /chat/completions' && seed / 2 ** 32 < 0.2
        ? {
            kind: 'status',
            status: 429,
            headers: { 'retry-after-ms': '5' },
            body: { error: { message: 'Slow down', code: 'rate_limit_exceeded' } },
          }
        : { kind: 'ok' };
    };
    const run = await create(300, { concurrency: 16 });
    expect(await run.start(SHA, { ask })).toEqual({ ok: true, value: 'finished' });
    expect(askedRows(run)).toHaveLength(300);
    expect(run.rows.every(({ status }) => status === 'graded')).toBe(true);
    expect(server.ledger.chats).toHaveLength(300);
    expect(server.requests.length).toBeGreaterThan(340);
  });

  it('lets others go ahead while a row waits for its next try', async () => {
    server.script('POST /chat/completions', { kind: 'status', status: 429, headers: { 'retry-after': '60' } });
    const run = await create(10, { concurrency: 1 });
    const held: (() => void)[] = [];
    const started = run.start(SHA, {
      ask,
      after: (ms, callback) => {
        expect(ms).toBe(60_000);
        held.push(callback);
        return () => undefined;
      },
    });
    await vi.waitUntil(() => askedRows(run).length === 9, { timeout: 15_000 });
    expect(run.status).toBe('running');
    held[0]?.();
    await started;
    expect(run.status).toBe('finished');
    expect(askedRows(run).at(-1)?.item).toBe(0);
  });

  it('for one row only makes that row an error after a bounded number of tries, and resuming asks it again', async () => {
    server.otherwise = (_route, { body }) =>
      body.includes('item 4 ') ? { kind: 'status', status: 500 } : { kind: 'ok' };
    const run = await create(10);
    await run.start(SHA, { ask, after: soon });
    expect(run.status).toBe('finished');
    const failed = run.rows.filter(({ status }) => status === 'error');
    expect(failed).toMatchObject([{ contestant: 'tuned', item: 4, sample: null, colour: null }]);
    expect(failed[0]?.message).toMatch(/status 500/);
    expect(server.requests.filter(({ body }) => body.includes('item 4 '))).toHaveLength(8);
    await run.dispose();

    server.otherwise = () => ({ kind: 'ok' });
    const before = server.ledger.chats.length;
    const again = await reopen();
    expect(again.remaining).toBe(1);
    await again.start(SHA, { ask });
    expect(server.ledger.chats.length - before).toBe(1);
    expect(again.rows.filter(({ status }) => status === 'error')).toEqual([]);
    expect(again.rows).toHaveLength(20);
  });

  it.each([
    [429, 'insufficient_quota', 'quota'],
    [401, 'invalid_api_key', 'key-refused'],
  ])('with %i %s pauses the run and keeps its rows (F07, F17)', async (status, code, problem) => {
    let chats = 0;
    server.otherwise = () =>
      ++chats > 20 ? { kind: 'status', status, body: { error: { message: 'No.', code } } } : { kind: 'ok' };
    const run = await create(100);
    expect(await run.start(SHA, { ask })).toEqual({ ok: true, value: 'paused' });
    expect(run.notice?.code).toBe(problem);
    expect(askedRows(run)).toHaveLength(20);
    expect(run.rows.some((row) => row.status === 'error')).toBe(false);
    // No retries, and nothing new once it is known.
    expect(server.requests.length).toBeLessThanOrEqual(20 + 8);
    await run.dispose();
    server.otherwise = () => ({ kind: 'ok' });
    const again = await reopen();
    expect(again.notice?.code).toBe(problem);
    await again.start(SHA, { ask });
    expect([again.status, again.notice, server.ledger.chats.length]).toEqual(['finished', null, 100]);
  });

  it('leaves rows missing, not failed, when they fail after the run was paused', async () => {
    const failing = (advice: 'stop' | 'later'): ProviderFailure =>
      new ProviderFailure(
        { code: advice, message: 'x', action: 'x' },
        { outcome: 'unknown', advice, status: 500, serverCode: null, retryAfterMs: null },
      );
    const run = await create(4, { contestants: [tuned], concurrency: 4 });
    let fail: () => void = () => undefined;
    const later = new Promise<never>((_resolve, reject) => {
      fail = () => {
        reject(failing('later'));
      };
    });
    const started = run.start(SHA, {
      maxAttempts: 1,
      ask: (_contestant, item) => {
        if (item.index !== 3) return later;
        setImmediate(fail);
        return Promise.reject(failing('stop'));
      },
    });
    expect(await started).toEqual({ ok: true, value: 'paused' });
    expect(run.rows).toEqual([]);
    expect([run.remaining, run.notice?.code]).toEqual([4, 'stop']);
  });

  it('for every row pauses instead of turning the whole file into errors (F08)', async () => {
    server.otherwise = () => ({ kind: 'status', status: 503 });
    const run = await create(200);
    await run.start(SHA, { ask, after: soon, maxAttempts: 2 });
    expect(run.status).toBe('paused');
    expect(run.notice?.code).toBe('server-error');
    expect(askedRows(run).length).toBeLessThan(40);
  });

  it('for one contestant lets the others finish and says which one is missing', async () => {
    const base: Contestant = { id: 'base', kind: 'base', label: 'local-linear-1 base', model: 'local-linear-1' };
    server.otherwise = (_route, { body }) =>
      body.includes('local-linear-1')
        ? {
            kind: 'status',
            status: 400,
            body: { error: { message: 'This base knows nothing.', code: 'model_not_trained' } },
          }
        : { kind: 'ok' };
    const run = await create(40, { contestants: [tuned, base, constant] });
    await run.start(SHA, { ask });
    expect(run.status).toBe('paused');
    expect(run.notice?.message).toBe('local-linear-1 base: This base knows nothing.');
    expect(askedRows(run)).toHaveLength(40);
    expect(server.requests.filter(({ body }) => body.includes('local-linear-1')).length).toBeLessThanOrEqual(8);
  });

  it('in a way that is our own mistake pauses the run with its rows', async () => {
    let count = 0;
    const run = await create(20, { concurrency: 1 });
    const result = await run.start(SHA, {
      ask: () =>
        ++count > 5 ? Promise.reject(new TypeError('a bug')) : Promise.resolve({ text: '1', finishReason: 'stop' }),
    });
    expect(result).toMatchObject({ ok: false, error: { code: 'unexpected' } });
    expect([run.status, askedRows(run).length]).toEqual(['paused', 5]);
  });

  it('backs off twice as long each time when it does not say how long', async () => {
    const waits: number[] = [];
    const down = new ProviderFailure(
      { code: 'x', message: 'x', action: 'x' },
      { outcome: 'unknown', advice: 'later', status: 500, serverCode: null, retryAfterMs: null },
    );
    const run = await create(1, { contestants: [tuned] });
    await run.start(SHA, {
      ask: () => Promise.reject(down),
      after: (ms, callback) => {
        waits.push(ms);
        return soon(ms, callback);
      },
    });
    expect(waits).toHaveLength(7);
    waits.forEach((wait, index) => {
      expect(wait).toBeGreaterThanOrEqual(Math.min(30_000, 500 * 2 ** index) * 0.75);
      expect(wait).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** index));
    });
  });
});

describe('the journal of a run', () => {
  it('loses no row that was told, wherever the process dies', async () => {
    const run = await create(10);
    await run.start(SHA, { ask });
    await run.dispose();
    const file = path.join(folder, 'run-1.jsonl');
    const whole = await readFile(file, 'utf8');
    const rowsIn = (text: string): number =>
      text
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.includes('{"k":"row"')).length;
    const { size } = await stat(file);
    for (let length = size - 1; length > size - 900; length -= 37) {
      await truncate(file, length);
      const read = await reopen();
      expect(read.rows).toHaveLength(rowsIn(whole.slice(0, length)));
      expect(read.status).toBe('interrupted');
    }
    const again = await reopen();
    await again.start(SHA, { ask });
    await again.dispose();
    const healed = await storedRun(folder);
    expect([healed.rows.length, healed.status]).toEqual([20, 'finished']);
    // Nothing was written behind a torn line, where it would be lost with it.
    expect(decodeRecords(await readFile(file))).toMatchObject({ damaged: 0, validBytes: (await stat(file)).size });
  });

  it('has every row on its way to the disk when it is told', async () => {
    const run = await create(5);
    const file = path.join(folder, 'run-1.jsonl');
    const seen: Promise<boolean>[] = [];
    run.onDidChange(({ rows }) => {
      const [row] = rows;
      if (row)
        seen.push(
          storedRun(folder).then((read) =>
            read.rows.some((kept) => kept.item === row.item && kept.contestant === row.contestant),
          ),
        );
    });
    await run.start(SHA, { ask });
    expect(await Promise.all(seen)).toEqual(seen.map(() => true));
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('is refused for an id that could leave its folder, and never overwrites a run', async () => {
    await create(1);
    await expect(create(1)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(EvaluationRun.create(folder, configFor(1, { id: '../x' }), [])).rejects.toThrow('Not the id of a run');
    expect(await EvaluationRun.open(folder, 'missing')).toMatchObject({ ok: false, error: { code: 'run-unreadable' } });
  });
});

describe('the registry of runs', () => {
  it('lists what is on the disk and what runs, newest first, and tells what happens', async () => {
    const run = await create(3);
    await run.start(SHA, { ask });
    await run.dispose();
    const registry = new RunRegistry(folder);
    const heard: string[] = [];
    registry.onDidChange(({ runId, change }) => heard.push(`${runId} ${change?.status ?? ''}`));
    await registry.load();
    expect(registry.list()).toEqual([{ config: configFor(3), status: 'finished', answered: 6, elsewhere: null }]);
    const second = await registry.create(configFor(2, { id: 'run-2', createdAt: 2 }), items(2));
    await second.start(SHA, { ask });
    expect(registry.list().map(({ config, status, answered }) => [config.id, status, answered])).toEqual([
      ['run-2', 'finished', 4],
      ['run-1', 'finished', 6],
    ]);
    expect(heard.at(-1)).toBe('run-2 finished');
    const [one, two] = await Promise.all([registry.open('run-1'), registry.open('run-1')]);
    expect(one.ok && two.ok && one.value === two.value).toBe(true);
    await registry.remove('run-1');
    expect(registry.list()).toHaveLength(1);
    expect(await listedRuns()).toHaveLength(1);
    await registry.dispose();
  });

  it('leaves out files that are no runs', async () => {
    await create(1);

    await writeFile(path.join(folder, 'other.jsonl'), '{"messages":[]}\n');
    await writeFile(path.join(folder, 'empty.jsonl'), '');
    expect((await listedRuns()).map(({ config }) => config.id)).toEqual(['run-1']);
    expect(await listedRuns(path.join(folder, 'missing'))).toEqual([]);
  });
});
