import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProviderFailure } from '../../../../src/core/provider/failure.ts';
import type { Problem } from '../../../../src/core/base/result.ts';
import type { Checkpoint, Job, JobEvent } from '../../../../src/core/training/job.ts';
import { JobMonitor } from '../../../../src/jobs/watch/monitor.ts';
import type { JobEnded } from '../../../../src/jobs/watch/monitorContract.ts';
import { LOOPBACK_PACE, type Pace, REMOTE_PACE } from '../../../../src/jobs/watch/pace.ts';
import type { MonitoredProvider } from '../../../../src/jobs/watch/poller.ts';
import { JobStore } from '../../../../src/jobs/store/store.ts';
import { withLock } from '../../../../src/storage/lease.ts';
import { FakeClock } from '../../../support/fakeClock.ts';
import { aJob, aMetric, anEvent } from '../../../support/jobBuilders.ts';

let folder: string;
let store: JobStore;
let clock: FakeClock;
let jobs: Map<string, Job>;
let events: JobEvent[];
let checkpoints: Checkpoint[];
let failure: ProviderFailure | null;
let calls: string[];
let ended: JobEnded[];
let problems: (Problem | null)[];
let monitor: JobMonitor;
let underWay: number;
let listed: boolean;

function transient(
  code = 'offline',
  advice: 'later' | 'stop' = 'later',
  status: number | null = null,
): ProviderFailure {
  return new ProviderFailure(
    { code, message: 'It is away.', action: 'Wait.' },
    { outcome: status === null ? 'not-sent' : 'refused', advice, status, serverCode: null, retryAfterMs: null },
  );
}

async function call<T>(name: string, answer: () => T): Promise<T> {
  calls.push(name);
  expect(++underWay).toBe(1);
  await Promise.resolve();
  underWay--;
  if (failure) throw failure;
  return answer();
}

const provider: MonitoredProvider = {
  listJobs: () => call('list', () => ({ jobs: listed ? [...jobs.values()] : [], next: null })),
  retrieveJob: (id) =>
    call('retrieve', () => {
      const job = jobs.get(id);
      if (!job) throw transient('not-found', 'later', 404);
      return job;
    }),
  listEvents: (_id, options) => call('events', () => events.filter(({ id }) => options?.known?.has(id) !== true)),
  listCheckpoints: () => call('checkpoints', () => checkpoints),
};

function open(pace: Pace = LOOPBACK_PACE, shown: 'all' | ReadonlySet<string> = 'all'): void {
  monitor = new JobMonitor({
    connectionId: 'local',
    provider: () => Promise.resolve(provider),
    store,
    pace,
    clock,
    shown: () => shown,
    random: () => 0,
  });
  monitor.onJobEnded((end) => ended.push(end));
  monitor.onProblem((problem) => problems.push(problem));
}

async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 15_000 });
}

/** Runs one round to its end. */
async function round(): Promise<void> {
  if (!clock.step()) monitor.poke();
  await until(() => monitor.state !== 'polling');
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  store = new JobStore({ folder });
  clock = new FakeClock();
  jobs = new Map();
  events = [];
  checkpoints = [];
  failure = null;
  calls = [];
  ended = [];
  problems = [];
  underWay = 0;
  listed = true;
  open();
});
afterEach(async () => {
  monitor.dispose();
  await store.dispose();
  await rm(folder, { recursive: true, force: true });
});

function metrics(step: number): JobEvent {
  return anEvent({
    id: `m${String(step)}`,
    createdAt: step,
    metrics: aMetric({ step, totalSteps: 9, trainLoss: 1 / step }),
  });
}

describe('a running job', () => {
  it('is followed live until it ends, told once, and then nothing is asked any more', async () => {
    jobs.set('j', aJob({ id: 'j' }));
    await round();
    expect(monitor.state).toBe('waiting');
    for (let step = 1; step <= 9; step++) {
      events.unshift(metrics(step));
      await round();
      expect(store.get('local', 'j')?.curve).toHaveLength(step);
    }
    jobs.set('j', aJob({ id: 'j', status: 'succeeded', fineTunedModel: 'ft:x' }));
    events.unshift(anEvent({ id: 'last', createdAt: 10, message: 'The job has successfully completed' }));
    checkpoints = [{ id: 'c', createdAt: 9, model: 'm', step: 9, metrics: aMetric({ step: 9 }) }];
    await round();
    expect(ended).toHaveLength(1);
    expect(ended[0]).toMatchObject({ seenRunning: true, record: { complete: true, checkpoints } });
    expect(ended[0]?.record.events.at(0)?.id).toBe('last');
    expect(store.get('local', 'j')?.local.notified).toBe(true);
    expect(monitor.state).toBe('resting');
    expect(clock.pending).toBe(0);
    const before = calls.length;
    await round();
    expect(calls.slice(before)).toEqual(['list']);
    expect(ended).toHaveLength(1);
  });

  it.each(['failed', 'cancelled'])('that %s ends too', async (status) => {
    jobs.set('j', aJob({ id: 'j' }));
    await round();
    jobs.set('j', aJob({ id: 'j', status }));
    await round();
    expect(ended.map(({ record }) => record.job.status)).toEqual([status]);
  });

  it('that succeeded without a model is asked about until its model is there (F24)', async () => {
    jobs.set('j', aJob({ id: 'j' }));
    await round();
    jobs.set('j', aJob({ id: 'j', status: 'succeeded' }));
    await round();
    await round();
    expect(ended).toEqual([]);
    expect(monitor.state).toBe('waiting');
    jobs.set('j', aJob({ id: 'j', status: 'succeeded', fineTunedModel: 'ft:x' }));
    await round();
    expect(ended[0]?.record.job.fineTunedModel).toBe('ft:x');
  });

  it('of a status nobody knows, or paused, goes on being watched (F22)', async () => {
    for (const status of ['paused', 'evaluating_safety']) {
      jobs.set('j', aJob({ id: 'j', status }));
      await round();
      expect(store.get('local', 'j')?.job.status).toBe(status);
      expect(monitor.state).toBe('waiting');
    }
  });

  it('that is no longer in the list is asked about by its id, and kept when it is gone (F28)', async () => {
    jobs.set('j', aJob({ id: 'j' }));
    events.push(metrics(1));
    await round();
    listed = false;
    monitor.poke();
    await vi.waitUntil(() => monitor.state !== 'polling', { timeout: 15_000 });
    expect(calls).toContain('retrieve');
    jobs.clear();
    await round();
    expect(store.get('local', 'j')).toMatchObject({ gone: true, curve: { length: 1 } });
    expect(monitor.state).toBe('resting');
  });
});

describe('a job that ended while nobody watched', () => {
  it('is told once at the first round, with its last events, and not again after another restart', async () => {
    store.update('local', 'j', { job: aJob({ id: 'j' }), newEvents: [metrics(1)], local: { startedHere: true } });
    await store.flush();
    jobs.set('j', aJob({ id: 'j', status: 'succeeded', fineTunedModel: 'ft:x' }));
    events = [metrics(3), metrics(2), metrics(1)];
    for (const expected of [1, 1]) {
      monitor.dispose();
      store = new JobStore({ folder });
      open();
      await round();
      expect(ended).toHaveLength(expected);
      await store.dispose();
    }
    expect(ended[0]?.seenRunning).toBe(false);
    expect([...(ended[0]?.record.curve.steps ?? [])]).toEqual([1, 2, 3]);
  });

  it('and was never seen before is history: listed, not told', async () => {
    jobs.set('old', aJob({ id: 'old', status: 'failed' }));
    await round();
    await round();
    expect(store.get('local', 'old')?.job.status).toBe('failed');
    expect(ended).toEqual([]);
    expect(calls).toEqual(['list', 'list']);
    events = [metrics(2), metrics(1)];
    jobs.set('old', aJob({ id: 'old', status: 'failed' }));
    const record = await monitor.refresh('old');
    expect(record?.curve).toHaveLength(2);
    expect(record?.complete).toBe(true);
    expect(ended).toEqual([]);
  });

  it('is told also when its page was opened before the next round saw its end', async () => {
    store.update('local', 'j', { job: aJob({ id: 'j', status: 'validating_files' }), local: { startedHere: true } });
    jobs.set('j', aJob({ id: 'j', status: 'failed' }));
    await monitor.refresh('j');
    await round();
    await round();
    expect(ended.map(({ record }) => record.job.id)).toEqual(['j']);
    expect(store.get('local', 'j')).toMatchObject({ complete: true, local: { notified: true } });
  });

  it('which was started here but never polled is told', async () => {
    store.update('local', 'j', { job: aJob({ id: 'j', status: 'validating_files' }), local: { startedHere: true } });
    jobs.set(
      'j',
      aJob({ id: 'j', status: 'failed', error: { code: 'invalid_n_examples', message: 'Too few.', param: null } }),
    );
    await round();
    expect(ended).toHaveLength(1);
  });
});

describe('an end that is told in one window', () => {
  let otherStore: JobStore;
  let otherClock: FakeClock;
  let first: JobMonitor;
  let second: JobMonitor;

  function window(jobStore: JobStore, ownClock: FakeClock): JobMonitor {
    const one = new JobMonitor({
      connectionId: 'local',
      provider: () => Promise.resolve(provider),
      store: jobStore,
      pace: LOOPBACK_PACE,
      clock: ownClock,
      leaseFolder: path.join(folder, 'watch'),
      random: () => 0,
    });
    one.onJobEnded((end) => ended.push(end));
    return one;
  }

  /** Four looks of two seconds: after a longer silence the second window would take the first one for dead. */
  async function secondLooks(): Promise<void> {
    for (let look = 0; look < 4; look++) {
      otherClock.step();
      await until(() => otherClock.next !== null || second.state === 'polling');
    }
  }

  /** Lets the first window see the end of the job. */
  async function firstTells(): Promise<void> {
    jobs.set('j', aJob({ id: 'j', status: 'succeeded', fineTunedModel: 'ft:j', finishedAt: 9 }));
    clock.step();
    await until(() => {
      if (first.state === 'waiting') clock.step();
      return ended.length > 0;
    });
  }

  async function expectOneEnd(): Promise<void> {
    otherClock.step();
    second.poke();
    await until(() => second.state === 'resting');
    expect(otherStore.get('local', 'j')?.local.notified).toBe(true);
    expect(ended).toHaveLength(1);
  }

  beforeEach(async () => {
    otherStore = new JobStore({ folder });
    otherClock = new FakeClock();
    jobs.set('j', aJob({ id: 'j' }));
    first = window(store, clock);
    first.poke();
    await until(() => first.state === 'waiting');
    await store.flush();
    second = window(otherStore, otherClock);
    second.poke(false);
    await until(() => second.state === 'following');
  });
  afterEach(async () => {
    for (const one of [first, second]) one.dispose();
    await otherStore.dispose();
  });

  it('is on the disk before another window may ask, which would tell it again', async () => {
    // Another process is writing jobs just now: the record of the first window waits.
    await withLock(`${folder}.lock`, async () => {
      await firstTells();
      await secondLooks();
      expect(second.state).toBe('following');
      expect(first.state).toBe('polling');
    });
    await until(() => first.state === 'resting');
    await expectOneEnd();
  });

  it('is on the disk before its window, closed at that moment, makes room for another', async () => {
    await withLock(`${folder}.lock`, async () => {
      await firstTells();
      first.dispose();
      await secondLooks();
      expect(second.state).toBe('following');
    });
    await first.left();
    await expectOneEnd();
  });
});

describe('a connection that does not answer', () => {
  it('is reported once, tried again ever more slowly, and reported well once (F01, P7)', async () => {
    jobs.set('j', aJob({ id: 'j' }));
    await round();
    failure = transient();
    const pauses: (number | null)[] = [];
    for (let count = 0; count < 8; count++) {
      await round();
      pauses.push(clock.next);
    }
    expect(problems.map((problem) => problem?.code)).toEqual(['offline']);
    expect(pauses).toEqual([700, 1400, 2800, 5000, 5000, 5000, 5000, 5000]);
    expect(store.get('local', 'j')?.job.status).toBe('running');
    failure = null;
    await round();
    expect(problems).toHaveLength(2);
    expect(problems[1]).toBeNull();
    expect(monitor.problem).toBeNull();
  });

  it('because of its key is not asked again before somebody did something (F17)', async () => {
    jobs.set('j', aJob({ id: 'j' }));
    await round();
    failure = transient('key-refused', 'stop', 401);
    await round();
    expect(monitor.state).toBe('resting');
    expect(clock.pending).toBe(0);
    failure = null;
    monitor.poke();
    await vi.waitUntil(() => monitor.state === 'waiting', { timeout: 15_000 });
    expect(problems.map((problem) => problem?.code ?? null)).toEqual(['key-refused', null]);
  });

  it('because no provider could be made says what that was', async () => {
    monitor.dispose();
    const problem = { code: 'local-server-start', message: 'It did not start.', action: 'See the log.' };
    monitor = new JobMonitor({
      connectionId: 'local',
      provider: () => Promise.reject(Object.assign(new Error('x'), { problem })),
      store,
      pace: LOOPBACK_PACE,
      clock,
    });
    monitor.onProblem((found) => problems.push(found));
    await round();
    expect(problems).toEqual([problem]);
  });

  it('because the local server does not start is tried three times, then when somebody asks (F43)', async () => {
    jobs.set('j', aJob({ id: 'j' }));
    await round();
    monitor.dispose();
    const problem = { code: 'local-server-start', message: 'It did not start.', action: 'See the log.' };
    let starts = 0;
    monitor = new JobMonitor({
      connectionId: 'local',
      provider: () => {
        starts++;
        return Promise.reject(Object.assign(new Error('x'), { problem }));
      },
      store,
      pace: LOOPBACK_PACE,
      clock,
    });
    monitor.onProblem((found) => problems.push(found));
    monitor.poke();
    await vi.waitUntil(() => monitor.state === 'waiting', { timeout: 15_000 });
    for (let count = 2; count <= 3; count++) await round();
    expect(monitor.state).toBe('resting');
    expect(clock.pending).toBe(0);
    expect(starts).toBe(3);
    monitor.poke();
    await vi.waitUntil(() => starts === 4 && monitor.state === 'resting', { timeout: 15_000 });
    expect(clock.pending).toBe(0);
    expect(problems).toEqual([problem]);
  });
});

describe('the pace', () => {
  const pauses = async (rounds: number): Promise<(number | null)[]> => {
    const found: (number | null)[] = [];
    for (let count = 0; count < rounds; count++) {
      await round();
      found.push(clock.next);
    }
    return found;
  };

  it('slows down while nothing new comes and is fast again when something does', async () => {
    jobs.set('j', aJob({ id: 'j' }));
    expect(await pauses(5)).toEqual([350, 525, 787.5, 1000, 1000]);
    events.unshift(metrics(1));
    expect(await pauses(1)).toEqual([350]);
  });

  it('at a provider grows to 25 s and stays there, whatever comes: its budget is known', async () => {
    monitor.dispose();
    open(REMOTE_PACE);
    jobs.set('j', aJob({ id: 'j' }));
    expect(await pauses(3)).toEqual([4500, 6750, 10_125]);
    events.unshift(metrics(1));
    expect(await pauses(4)).toEqual([15_187.5, 22_781.25, 25_000, 25_000]);
  });

  it('is 80 s while nobody looks', async () => {
    monitor.dispose();
    open(REMOTE_PACE, new Set());
    jobs.set('j', aJob({ id: 'j' }));
    expect(await pauses(3)).toEqual([80_000, 80_000, 80_000]);
  });

  it('never has two rounds at once, whatever pokes it', async () => {
    jobs.set('j', aJob({ id: 'j' }));
    for (let count = 0; count < 20; count++) monitor.poke();
    await vi.waitUntil(() => monitor.state === 'waiting', { timeout: 15_000 });
    for (let count = 0; count < 20; count++) monitor.poke();
    await vi.waitUntil(() => monitor.state === 'waiting', { timeout: 15_000 });
    expect(calls.filter((name) => name === 'list')).toHaveLength(2);
    expect(clock.pending).toBe(1);
  });

  it('stops for good when it is disposed, also in the middle of a round', async () => {
    jobs.set('j', aJob({ id: 'j' }));
    monitor.poke();
    monitor.dispose();
    await vi.waitUntil(() => underWay === 0, { timeout: 15_000 });
    monitor.poke();
    expect(clock.pending).toBe(0);
    expect(ended).toEqual([]);
    expect(problems).toEqual([]);
  });
});
