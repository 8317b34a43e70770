// The scheduler alone, before a provider that the test writes, on a clock of its own.
import { Patterns } from '../../../src/evals/patterns.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRandom } from '../../../src/core/base/random.ts';
import type { Contestant, RowResult, RunConfig, TestItem, TokenUsage } from '../../../src/core/evaluation/types.ts';
import type { ChatReply } from '../../../src/core/provider/api.ts';
import { ProviderFailure } from '../../../src/core/provider/failure.ts';
import { Pace } from '../../../src/evals/pace.ts';
import { ActiveRun, type Ask, type RunnerDeps } from '../../../src/evals/scheduler.ts';
import { taskOf } from '../../../src/evals/task.ts';

const tuned: Contestant = { id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'c', model: 'ft:x' };
const REPLY: ChatReply = { text: '5', finishReason: 'stop' };

const items = (count: number): readonly TestItem[] =>
  Array.from({ length: count }, (_, index) => ({
    index,
    line: index + 1,
    title: '',
    messages: [{ role: 'user' as const, content: String(index) }],
    truth: '5',
  }));

const configFor = (count: number, overrides: Partial<RunConfig> = {}): RunConfig => ({
  v: 1,
  id: 'run-1',
  createdAt: 1,
  name: 'a.jsonl',
  testFile: { path: '/a.jsonl', sha256: '', items: count },
  contestants: [tuned],
  grader: 'number',
  sampling: { temperature: 0, maxTokens: 7, seed: 42 },
  answerPrefix: null,
  concurrency: 8,
  ...overrides,
});

const refusal = (status: number, retryAfterMs: number | null = null): ProviderFailure =>
  new ProviderFailure(
    { code: 'rate-limited', message: 'Slow down.', action: 'Wait.' },
    { outcome: 'refused', advice: 'later', status, serverCode: null, retryAfterMs },
  );

interface Ran {
  readonly rows: readonly RowResult[];
  readonly status: string | null;
  readonly notice: string | null;
  readonly active: ActiveRun;
}

function begin(config: RunConfig, ask: Ask, deps: Partial<RunnerDeps> = {}): Ran {
  const rows: RowResult[] = [];
  const ran = { rows, status: null as string | null, notice: null as string | null };
  const active = new ActiveRun(
    config,
    { ask, ...deps },
    { rows: (more) => rows.push(...more), sample: () => undefined, leftOut: () => undefined },
    new Patterns(config),
  );
  const tasks = items(config.testFile.items).flatMap((item) =>
    config.contestants.map((contestant) => taskOf(contestant, item)),
  );
  void active.run(tasks).then(({ status, notice }) => {
    ran.status = status;
    ran.notice = notice?.code ?? null;
  });
  return Object.assign(ran, { active });
}

/** Time of the test's own clock. */
function onTheClock(ms: number): Promise<void> {
  return new Promise((resolve) => {
    afterwards(ms, resolve);
  });
}

function afterwards(ms: number, callback: () => void): void {
  setTimeout(callback, ms);
}

/** A provider that answers after a time, and counts. */
class Mock {
  underWay = 0;
  most = 0;
  readonly asked: number[] = [];
  readonly ask: Ask = async (_contestant, { index }) => {
    this.asked.push(index);
    this.most = Math.max(this.most, ++this.underWay);
    await onTheClock(this.ms);
    this.underWay--;
    const failure = this.fail(index);
    if (failure) throw failure;
    return REPLY;
  };
  fail: (index: number) => ProviderFailure | null = () => null;
  ms = 100;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the number of concurrent requests', () => {
  it('is halved by refusals once a round trip, and grows by one with each full window of replies', () => {
    const pace = new Pace(16);
    const sent = Array.from({ length: 16 }, () => pace.sent());
    for (const request of sent) pace.refused(request);
    expect(pace.limit).toBe(8);
    const next = pace.sent();
    pace.refused(next);
    expect(pace.limit).toBe(4);
    for (let reply = 0; reply < 3; reply++) pace.replied();
    expect(pace.limit).toBe(4);
    pace.replied();
    expect(pace.limit).toBe(5);
    for (let reply = 0; reply < 5; reply++) pace.replied();
    expect(pace.limit).toBe(6);
    for (let reply = 0; reply < 1000; reply++) pace.replied();
    expect(pace.limit).toBe(16);
    for (let round = 0; round < 9; round++) pace.refused(pace.sent());
    expect(pace.limit).toBe(1);
  });

  it.each([429, 503])('follows a provider that takes fewer, by its %i', async (status) => {
    const mock = new Mock();
    const room = 6;
    mock.fail = () => (mock.underWay >= room ? refusal(status) : null);
    const run = begin(configFor(400, { concurrency: 64 }), mock.ask);
    await vi.advanceTimersByTimeAsync(100);
    mock.most = 0;
    await vi.advanceTimersByTimeAsync(3000);
    expect(mock.most).toBeLessThanOrEqual(32);
    await vi.advanceTimersByTimeAsync(1000);
    mock.most = 0;
    await vi.advanceTimersByTimeAsync(2000);
    expect(mock.most).toBeGreaterThan(2);
    expect(mock.most).toBeLessThanOrEqual(16);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(run.status).toBe('finished');
    expect(run.rows.filter(({ status: of }) => of === 'graded')).toHaveLength(400);
  });

  it('is never more than the configured one', async () => {
    const mock = new Mock();
    begin(configFor(600, { concurrency: 256 }), mock.ask);
    await vi.advanceTimersByTimeAsync(1000);
    expect(mock.most).toBe(256);
  });
});

describe('a row that is tried again', () => {
  it('goes before all that were not asked yet, and holds no place while it waits', async () => {
    const mock = new Mock();
    let isFirst = true;
    mock.fail = (index) => {
      if (index !== 0 || !isFirst) return null;
      isFirst = false;
      return refusal(500, 1000);
    };
    begin(configFor(100, { concurrency: 2 }), mock.ask);
    await vi.advanceTimersByTimeAsync(1050);
    expect(mock.asked.filter((index) => index === 0)).toHaveLength(1);
    // Both places are used by others.
    expect(mock.underWay).toBe(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(mock.asked.filter((index) => index === 0)).toHaveLength(2);
    expect(mock.asked.length).toBeLessThan(30);
  });

  it('for its rate is not given up as long as others are answered', async () => {
    const mock = new Mock();
    let refused = 0;
    mock.fail = (index) => (index === 0 && ++refused < 20 ? refusal(429, 50) : null);
    const run = begin(configFor(400, { concurrency: 2 }), mock.ask);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(run.status).toBe('finished');
    expect(run.rows.find(({ item }) => item === 0)?.status).toBe('graded');
  });
});

describe('a row past its deadline', () => {
  it('is given up, its request is aborted and its place is free, whatever the request does', async () => {
    const aborted: number[] = [];
    const ask: Ask = (_contestant, { index }, signal) => {
      signal.addEventListener('abort', () => aborted.push(index));
      return index === 1 ? new Promise<never>(() => undefined) : Promise.resolve(REPLY);
    };
    const run = begin(configFor(4, { concurrency: 1, deadlineMs: 5000 }), ask);
    await vi.advanceTimersByTimeAsync(4999);
    expect(run.rows).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2);
    expect(run.rows.map(({ item, status, code }) => [item, status, code])).toEqual([
      [0, 'graded', undefined],
      [1, 'error', 'timeout'],
      [2, 'graded', undefined],
      [3, 'graded', undefined],
    ]);
    expect(run.rows[1]?.message).toBe('pricer did not answer within 5 s.');
    expect([aborted, run.status]).toEqual([[1], 'finished']);
  });

  it('is one whose requests together took too long; waiting for the next try costs none of it', async () => {
    const mock = new Mock();
    mock.ms = 900;
    mock.fail = () => refusal(500, 60_000);
    const run = begin(configFor(1, { deadlineMs: 2000 }), mock.ask);
    await vi.advanceTimersByTimeAsync(121_900);
    expect(run.rows).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(run.rows.map(({ code }) => code)).toEqual(['timeout']);
    expect(mock.asked).toHaveLength(3);
  });

  it('is not one of several replies, each of which came in time', async () => {
    const mock = new Mock();
    mock.ms = 1500;
    const run = begin(configFor(1, { deadlineMs: 2000, samples: 5 }), mock.ask);
    await vi.advanceTimersByTimeAsync(8000);
    expect(run.rows.map(({ status }) => status)).toEqual(['graded']);
    expect(mock.asked).toHaveLength(5);
  });
});

describe('a model that is not found', () => {
  const missing = new ProviderFailure(
    { code: 'model-not-found', message: 'Missing.', action: 'x' },
    { outcome: 'refused', advice: 'never', status: 404, serverCode: 'model_not_found', retryAfterMs: null },
  );

  it('is waited for a while after it was trained, and given up then (F18)', async () => {
    const mock = new Mock();
    mock.fail = () => missing;
    const until = Date.now() + 600_000;
    const run = begin(configFor(20), mock.ask, { warmsUpUntil: () => until });
    await vi.advanceTimersByTimeAsync(590_000);
    expect([run.status, run.rows]).toEqual([null, []]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([run.status, run.notice, run.rows]).toEqual(['paused', 'model-not-found', []]);
  });

  it('answers all rows when it is there', async () => {
    const mock = new Mock();
    const there = Date.now() + 60_000;
    mock.fail = () => (Date.now() < there ? missing : null);
    const run = begin(configFor(20), mock.ask, { warmsUpUntil: () => there + 540_000 });
    await vi.advanceTimersByTimeAsync(90_000);
    expect([run.status, run.notice, run.rows.length]).toEqual(['finished', null, 20]);
  });

  it('is given up at once where it is not new', async () => {
    const mock = new Mock();
    mock.fail = () => missing;
    const run = begin(configFor(20), mock.ask, { warmsUpUntil: () => 0 });
    await vi.advanceTimersByTimeAsync(200);
    expect([run.status, run.notice]).toEqual(['paused', 'model-not-found']);
  });
});

it('a grader that throws makes a row of its own class, with the reply (F57)', async () => {
  const mock = new Mock();
  const broken = { ...configFor(3), answerPrefix: 5 as unknown as string };
  const run = begin(broken, mock.ask);
  await vi.advanceTimersByTimeAsync(200);
  expect(run.status).toBe('finished');
  expect(run.rows.map(({ status, code, sample }) => [status, code, sample])).toEqual(
    Array.from({ length: 3 }, () => ['error', 'grader', '5']),
  );
});

describe('a limit of the cost', () => {
  /** One request costs at most 1 $, and in fact a tenth for each token of its reply, or 0.9 $ where those are not known. */
  const budget = (maxUsd: number) => ({
    maxUsd,
    bound: () => 1,
    cost: (_: Contestant, usage: TokenUsage | null) => (usage ? usage.output / 10 : 0.9),
  });
  const askFor =
    (mock: Mock, output: number): Ask =>
    async (...args) => ({ ...(await mock.ask(...args)), usage: { input: 1, output } });

  it('is never passed, and pauses the run with all its answers', async () => {
    const mock = new Mock();
    const run = begin(configFor(100), askFor(mock, 5), { budget: budget(10) });
    await vi.advanceTimersByTimeAsync(20_000);
    expect([run.status, run.notice]).toEqual(['paused', 'cost-limit']);
    // 19 answers for 0.5 $ are 9.5 $: another request could cost more than what is left.
    expect(run.rows.map(({ status }) => status)).toEqual(Array.from({ length: 19 }, () => 'graded'));
    expect(mock.asked).toHaveLength(19);
  });

  it('counts a reply without tokens, and a request whose fate is unknown, by their estimate', async () => {
    const mock = new Mock();
    const lost = new ProviderFailure(
      { code: 'connection-lost', message: 'x', action: 'x' },
      { outcome: 'unknown', advice: 'never', status: null, serverCode: null, retryAfterMs: null },
    );
    mock.fail = (index) => (index % 2 === 0 ? lost : null);
    const run = begin(configFor(100, { concurrency: 1 }), mock.ask, { budget: budget(6.2) });
    await vi.advanceTimersByTimeAsync(20_000);
    // Six for 0.9 $ are 5.4 $: a seventh could cost more than the rest.
    expect([run.status, run.notice, mock.asked.length]).toEqual(['paused', 'cost-limit', 6]);
  });

  it('is not touched by requests that were refused', async () => {
    const mock = new Mock();
    const left = new Set(Array.from({ length: 40 }, (_, index) => index));
    mock.fail = (index) => (left.delete(index) ? refusal(429, 10) : null);
    const run = begin(configFor(40, { concurrency: 1 }), askFor(mock, 1), { budget: budget(5) });
    await vi.advanceTimersByTimeAsync(200_000);
    expect([run.status, run.rows.length]).toEqual(['finished', 40]);
  });
});

it('asks 5,000 rows of a server with 500 requests a minute and 5 % of failures, at 90 % of what it allows (P8)', async () => {
  const random = createRandom(8);
  let tokens = 10;
  let last = performance.now();
  let answered = 0;
  const ask: Ask = async () => {
    await onTheClock(200);
    const now = performance.now();
    tokens = Math.min(10, tokens + ((now - last) * 500) / 60_000);
    last = now;
    if (random.next() < 0.05) throw refusal(random.next() < 0.5 ? 429 : 503);
    if (tokens < 1) throw refusal(429);
    tokens--;
    answered++;
    return REPLY;
  };
  const run = begin(configFor(5000, { concurrency: 64 }), ask);
  await vi.advanceTimersByTimeAsync((10 * 60_000) / 0.9);
  expect(answered).toBe(5000);
  expect(run.status).toBe('finished');
  expect(run.rows.filter(({ status }) => status === 'graded')).toHaveLength(5000);
}, 60_000);
