import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProviderFailure } from '../../src/core/provider/failure.ts';
import type { Job, JobEvent } from '../../src/core/training/job.ts';
import { JobMonitor } from '../../src/jobs/watch/monitor.ts';
import { PollBudget, REMOTE_PACE } from '../../src/jobs/watch/pace.ts';
import type { MonitoredProvider } from '../../src/jobs/watch/poller.ts';
import { JobStore } from '../../src/jobs/store/store.ts';
import { FakeClock } from '../support/fakeClock.ts';
import { aJob, aMetric, anEvent } from '../support/jobBuilders.ts';

const HOUR = 3_600_000;

let folder: string;
let store: JobStore;
let clock: FakeClock;
let jobs: Map<string, Job>;
let shown: 'all' | ReadonlySet<string>;
/** When each request was made, and about what. */
let requests: { readonly at: number; readonly what: string }[];
let fail: () => ProviderFailure | null;
let events: (jobId: string) => readonly JobEvent[];
let monitor: JobMonitor;
let told: (string | null)[];
let wallShift: number;

async function asked<T>(what: string, answer: () => T): Promise<T> {
  requests.push({ at: clock.now(), what });
  await Promise.resolve();
  const failure = fail();
  if (failure) throw failure;
  return answer();
}

const provider: MonitoredProvider = {
  listJobs: () => asked('list', () => ({ jobs: [...jobs.values()], next: null })),
  retrieveJob: (id) => asked(`retrieve ${id}`, () => jobs.get(id) ?? aJob({ id })),
  listEvents: (id, options) =>
    asked(`events ${id}`, () => events(id).filter((event) => options?.known?.has(event.id) !== true)),
  listCheckpoints: (id) => asked(`checkpoints ${id}`, () => []),
};

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-budget-'));
  store = new JobStore({ folder, writeEveryMs: 1_000_000 });
  clock = new FakeClock();
  jobs = new Map([['j', aJob({ id: 'j' })]]);
  shown = 'all';
  requests = [];
  told = [];
  wallShift = 0;
  fail = () => null;
  events = () => [];
  monitor = new JobMonitor({
    connectionId: 'paid',
    provider: () => Promise.resolve(provider),
    store,
    pace: REMOTE_PACE,
    clock,
    shown: () => shown,
    wallClock: () => 1_700_000_000_000 + clock.now() + wallShift,
    random: () => 0.5,
  });
  monitor.onProblem((problem) => told.push(problem?.code ?? null));
});
afterEach(async () => {
  monitor.dispose();
  await store.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** Lets the clock go on until then, round by round. */
async function watchUntil(time: number): Promise<void> {
  while (clock.next !== null && clock.now() + clock.next <= time) {
    clock.step();
    await vi.waitUntil(() => monitor.state !== 'polling', { interval: 1, timeout: 15_000 });
  }
}

async function begin(): Promise<void> {
  monitor.poke();
  await vi.waitUntil(() => monitor.state !== 'polling', { interval: 1, timeout: 15_000 });
}

/** The most requests in any hour. */
function mostInAnHour(list = requests): number {
  return Math.max(0, ...list.map(({ at }) => list.filter((other) => other.at >= at && other.at < at + HOUR).length));
}

/** An event every 20 s, one in ten of them the end of an epoch, now and then a message. */
function busyEvents(): readonly JobEvent[] {
  return Array.from({ length: Math.min(100, Math.floor(clock.now() / 20_000)) }, (_, back) => {
    const step = Math.floor(clock.now() / 20_000) - back;
    const metrics = aMetric({ step, trainLoss: 1, ...(step % 10 === 0 ? { fullValidLoss: 1 } : {}) });
    return anEvent({ id: `e${String(step)}`, createdAt: step, ...(step % 15 === 0 ? {} : { metrics }) });
  });
}

describe('P7: the polling budget of a paid provider', { timeout: 60_000 }, () => {
  it('is at most 240 requests an hour for a job that somebody looks at, and uses most of it', async () => {
    events = busyEvents;
    await begin();
    await watchUntil(3 * HOUR);
    expect(mostInAnHour()).toBeLessThanOrEqual(240);
    expect(mostInAnHour()).toBeGreaterThan(120);
    // Purpose of the pace: news are at most half a minute old.
    const reads = requests.filter(({ what }) => what === 'events j').map(({ at }) => at);
    expect(Math.max(...reads.slice(20).map((at, index) => at - (reads[index + 19] ?? 0)))).toBeLessThanOrEqual(50_000);
  });

  it('is at most 60 requests an hour for a job that nobody looks at', async () => {
    shown = new Set(['another']);
    jobs = new Map([['j', aJob({ id: 'j' })]]);
    events = busyEvents;
    await begin();
    await watchUntil(3 * HOUR);
    const about = requests.filter(({ what }) => what !== 'list');
    expect(mostInAnHour(about)).toBeLessThanOrEqual(60);
    expect(mostInAnHour()).toBeLessThanOrEqual(60 + 50);
    shown = new Set();
    requests = [];
    const from = clock.now();
    await watchUntil(from + 3 * HOUR);
    expect(mostInAnHour()).toBeLessThanOrEqual(60);
    expect(mostInAnHour()).toBeGreaterThan(30);
    expect(requests.filter(({ what }) => what.startsWith('events'))).toEqual([]);
  });

  it('holds although somebody refreshes all the time', async () => {
    await begin();
    for (let minute = 1; minute <= 120; minute++) {
      for (let press = 0; press < 10; press++) await begin();
      await watchUntil(minute * 60_000);
    }
    expect(mostInAnHour(requests.filter(({ what }) => what !== 'list'))).toBeLessThanOrEqual(240);
  });

  it('is nothing once all jobs have ended', async () => {
    await begin();
    await watchUntil(HOUR / 10);
    jobs.set('j', aJob({ id: 'j', status: 'succeeded', fineTunedModel: 'ft:x' }));
    await watchUntil(HOUR / 5);
    expect(monitor.state).toBe('resting');
    const before = requests.length;
    await watchUntil(5 * HOUR);
    expect(clock.pending).toBe(0);
    expect(requests.length).toBe(before);
  });

  it('is halved by a 429, and again by the next one, for half an hour each', async () => {
    await begin();
    await watchUntil(HOUR);
    const calm = requests.filter(({ at }) => at >= HOUR / 2).length;
    const busy = (): ProviderFailure =>
      new ProviderFailure(
        { code: 'rate-limited', message: 'Slow down.', action: 'Wait.' },
        { outcome: 'refused', advice: 'later', status: 429, serverCode: null, retryAfterMs: 30_000 },
      );
    let left = 1;
    fail = () => (left-- > 0 ? busy() : null);
    const from = clock.now();
    await watchUntil(from + HOUR / 2);
    const slow = requests.filter(({ at }) => at > from).length;
    expect(slow).toBeLessThanOrEqual(calm / 2 + 1);
    expect(slow).toBeGreaterThan(5);
    await watchUntil(from + 1.5 * HOUR);
    expect(requests.filter(({ at }) => at > from + HOUR).length).toBeGreaterThan(calm * 0.8);
  });

  it('waits as long as it was asked to', async () => {
    await begin();
    fail = () =>
      new ProviderFailure(
        { code: 'rate-limited', message: 'Slow down.', action: 'Wait.' },
        { outcome: 'refused', advice: 'later', status: 429, serverCode: null, retryAfterMs: 60_000 },
      );
    await begin();
    expect(clock.next).toBeGreaterThanOrEqual(60_000);
  });

  it('F01: offline for a day is one message and at most 20 tries an hour, with growing pauses that are never the same', async () => {
    await begin();
    fail = () =>
      new ProviderFailure(
        { code: 'offline', message: 'Away.', action: 'Wait.' },
        { outcome: 'not-sent', advice: 'later', status: null, serverCode: null, retryAfterMs: null },
      );
    const from = clock.now();
    await watchUntil(from + 24 * HOUR);
    expect(told).toEqual(['offline']);
    expect(store.get('paid', 'j')?.job.status).toBe('running');
    expect(mostInAnHour(requests.filter(({ at }) => at > from))).toBeLessThanOrEqual(20);
    fail = () => null;
    await watchUntil(clock.now() + HOUR / 10);
    expect(told).toEqual(['offline', null]);
  });

  it('F16: a clock that was set, by an hour or to summer time, changes no pause', async () => {
    await begin();
    await watchUntil(HOUR);
    const pause = clock.next;
    for (const shift of [HOUR, -HOUR, 0]) {
      wallShift = shift;
      clock.step();
      await vi.waitUntil(() => monitor.state !== 'polling', { interval: 1, timeout: 15_000 });
      expect(clock.next).toBe(pause);
    }
  });
});

describe('F16: after the machine slept', () => {
  it('there is one look at once, not one for every round that was missed', async () => {
    const alone = monitor;
    monitor = new JobMonitor({
      connectionId: 'paid',
      provider: () => Promise.resolve(provider),
      store,
      pace: REMOTE_PACE,
      clock,
      leaseFolder: path.join(folder, 'watch'),
      wallClock: () => 1_700_000_000_000 + clock.now() + wallShift,
      random: () => 0.5,
    });
    alone.dispose();
    monitor.poke();
    await vi.waitUntil(() => monitor.state === 'waiting', { interval: 1, timeout: 15_000 });
    const before = requests.filter(({ what }) => what === 'list').length;
    // Eight hours in which no timer ran; the first that does is the sign of life.
    wallShift = 8 * HOUR;
    const asked = requests.length;
    clock.step();
    await vi.waitUntil(() => requests.length > asked && monitor.state === 'waiting', { interval: 1, timeout: 15_000 });
    expect(requests.filter(({ what }) => what === 'list').length - before).toBe(1);
  });
});

it('a budget never lets more through in any hour than it says, whatever is asked of it', () => {
  let now = 0;
  const budget = new PollBudget({ visible: 240, hidden: 60 }, () => now);
  const taken: number[] = [];
  for (; now < 4 * HOUR; now += 3000) if (budget.take('j', true)) taken.push(now);
  for (const from of taken) {
    expect(taken.filter((at) => at >= from && at < from + HOUR).length).toBeLessThanOrEqual(240);
  }
  expect(taken.length).toBeGreaterThan(4 * 190);
  expect(budget.take('another', false)).toBe(true);
  expect(new PollBudget(null, () => now).take('j', false)).toBe(true);
});
