import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Provider } from '../../src/core/provider/api.ts';
import { isProviderFailure, type ProviderFailure } from '../../src/core/provider/failure.ts';
import { deadlineBadge, deadlineOf } from '../../src/core/provider/deadlines.ts';
import { statusLine } from '../../src/core/training/words/describe.ts';
import { metricSeries } from '../../src/core/training/curves/series.ts';
import { parseEvent } from '../../src/core/training/parseEvent.ts';
import { parseResultCsv } from '../../src/core/training/curves/resultCsv.ts';
import { JobMonitor } from '../../src/jobs/watch/monitor.ts';
import { LOOPBACK_PACE, REMOTE_PACE } from '../../src/jobs/watch/pace.ts';
import { takeSnapshot } from '../../src/jobs/start/snapshot.ts';
import { JobStore } from '../../src/jobs/store/store.ts';
import { createClient } from '../../src/openai/client.ts';
import { type FaultServer, startFaultServer } from '../support/faultServer.ts';
import { FakeClock } from '../support/fakeClock.ts';
import { aJob, anEvent } from '../support/jobBuilders.ts';

let server: FaultServer;
let client: Provider;
let folder: string;
let store: JobStore;
const waits: number[] = [];

beforeEach(async () => {
  waits.length = 0;
  server = await startFaultServer();
  client = createClient(server, {
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  });
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-network-'));
  store = new JobStore({ folder: path.join(folder, 'jobs') });
});
afterEach(async () => {
  await store.dispose();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function failureOf(promise: Promise<unknown>): Promise<ProviderFailure> {
  const error: unknown = await promise.then(
    () => new Error('It did not fail.'),
    (reason: unknown) => reason,
  );
  if (!isProviderFailure(error)) throw error;
  expect(error.problem.message).toMatch(/\.$/);
  expect(error.problem.action).toMatch(/^[A-Z].*\.$/);
  return error;
}

async function watchOnce(clock = new FakeClock()): Promise<JobMonitor> {
  const monitor = new JobMonitor({
    connectionId: 'c',
    provider: () => Promise.resolve(client),
    store,
    pace: LOOPBACK_PACE,
    clock,
  });
  monitor.poke();
  await vi.waitUntil(() => monitor.state !== 'polling', { timeout: 15_000 });
  return monitor;
}

describe('F09: an answer that does not come to its end', () => {
  it.each(['silence', 'stall'] as const)(
    '%s: reading calls try again, then say so; the deadline covers the body',
    async (kind) => {
      server.script('GET /models', { kind }, { kind });
      expect(await client.listModels({ timeoutMs: 1000 })).toHaveLength(1);
      expect(server.count('GET /models')).toBe(3);
      server.otherwise = () => ({ kind });
      const failure = await failureOf(client.listModels({ timeoutMs: 100 }));
      expect(failure).toMatchObject({ outcome: 'unknown', problem: { code: 'timeout' } });
      expect(server.count('GET /models')).toBe(6);
    },
  );

  it('a byte at a time: not longer than the deadline either', async () => {
    server.otherwise = () => ({ kind: 'drip', bytes: 1, everyMs: 40 });
    const failure = await failureOf(client.listModels({ timeoutMs: 300, retries: 0 }));
    expect(failure.problem.code).toBe('timeout');
  });

  it('creating calls are sent once', async () => {
    server.script('POST /files', { kind: 'stall', after: true });
    const failure = await failureOf(client.uploadFile({ bytes: Buffer.from('x') }, 'x.jsonl', { timeoutMs: 150 }));
    expect(failure.outcome).toBe('unknown');
    expect(server.count('POST /files')).toBe(1);
  });
});

describe('F10, F12: answers that are cut, empty or of another shape', () => {
  it.each([
    { kind: 'cut' },
    { kind: 'empty' },
    { kind: 'json', value: [] },
    { kind: 'json', value: { id: 7 } },
    { kind: 'json', value: null },
  ] as const)('%j crashes nothing and is never taken for a job', async (fault) => {
    server.ledger.jobs.push({ id: 'ftjob-1', created_at: 1, status: 'running' });
    server.otherwise = () => ({ ...fault, ...(fault.kind === 'cut' ? { after: true } : {}) });
    await failureOf(client.retrieveJob('ftjob-1', { retries: 0 }));
    const monitor = await watchOnce();
    expect(monitor.problem).not.toBeNull();
    expect(store.list()).toEqual([]);
    monitor.dispose();
  });

  it('an empty error object on a healthy job, unknown statuses and event types, extra fields: shown as they are', async () => {
    server.ledger.jobs.push({
      id: 'ftjob-1',
      created_at: 1,
      status: 'warming_up',
      error: {},
      surprise: { deep: [1] },
      result_files: null,
    });
    server.events.push({ id: 'e', created_at: 1, type: 'fortune', message: 'hello', level: 'loud', data: 7 });
    const monitor = await watchOnce();
    const record = store.get('c', 'ftjob-1');
    expect(record).toMatchObject({ job: { status: 'warming_up', error: null, resultFiles: [] } });
    expect([...(record?.events ?? [])]).toMatchObject([{ type: 'fortune' }]);
    expect(record && statusLine(record, 0)).toBe('warming up');
    monitor.dispose();
  });
});

describe('F14: a certificate that nobody vouches for', () => {
  it.runIf(hasOpenssl())('is refused with a clear message, and there is no switch to get around it', async () => {
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert],
      ],
      { stdio: 'ignore' },
    );
    let reached = 0;
    const tls = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
      reached++;
      response.end('{}');
    });
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    const { port } = tls.address() as AddressInfo;
    for (const host of ['localhost', '127.0.0.1']) {
      const secure = createClient({ baseUrl: `https://${host}:${String(port)}/v1`, apiKey: 'sk-never-sent-anywhere' });
      const failure = await failureOf(secure.listModels({ retries: 0 }));
      expect(failure).toMatchObject({ outcome: 'not-sent', problem: { code: 'tls' } });
      expect(failure.problem.message).toContain('is not trusted');
      expect(failure.problem.action).toContain('certificate');
    }
    expect(reached).toBe(0);
    await new Promise((resolve) => tls.close(resolve));
  });

  it.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['for another host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['of a private authority', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
  ])('%s: the same', async (_name, code) => {
    const remote = createClient(
      { baseUrl: 'https://api.example.com/v1', apiKey: 'k' },
      {
        fetch: () => Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) })),
      },
    );
    expect((await failureOf(remote.listModels({ retries: 0 }))).problem.code).toBe('tls');
  });
});

it('F15: a proxy that wants a password is named, with the place to put it; nothing was sent to the provider', async () => {
  const remote = createClient(
    { baseUrl: 'https://api.example.com/v1', apiKey: 'k' },
    { fetch: () => Promise.resolve(new Response('<html>Proxy Authentication Required</html>', { status: 407 })) },
  );
  const failure = await failureOf(remote.listModels({ retries: 0 }));
  expect(failure).toMatchObject({ outcome: 'not-sent', advice: 'stop', problem: { code: 'proxy-sign-in' } });
  expect(failure.problem.action).toContain("VS Code's proxy settings");
});

it('F18: a model that is not there yet after success: wait, then look at project and organisation', async () => {
  server.script('POST /chat/completions', {
    kind: 'status',
    status: 404,
    body: { error: { message: 'The model `ft:x` does not exist', code: 'model_not_found' } },
  });
  const failure = await failureOf(
    client.chat({ model: 'ft:x', messages: [], sampling: { temperature: 0, seed: 1, maxTokens: 5 } }),
  );
  expect(failure.problem).toMatchObject({ code: 'model-not-found', action: expect.stringContaining('Wait') as string });
});

it('F19: an answer of 200 MB is cut off, not kept in memory', async () => {
  const remote = createClient(
    { baseUrl: 'https://api.example.com/v1', apiKey: 'k' },
    {
      fetch: () => {
        let sent = 0;
        const body = new ReadableStream<Uint8Array>({
          pull: (controller) => {
            controller.enqueue(new Uint8Array(1_000_000));
            if (++sent === 200) controller.close();
          },
        });
        return Promise.resolve(new Response(body, { headers: { 'content-type': 'application/octet-stream' } }));
      },
    },
  );
  const failure = await failureOf(remote.fileContent('file-1', { retries: 0 }));
  expect(failure.problem.message).toMatch(/larger than \d+ MB/);
});

describe('F21, F22: what happens elsewhere', () => {
  it.each(['validating_files', 'queued'])(
    'a job that stays in %s for hours is watched, and no failure is made up',
    async (status) => {
      server.ledger.jobs.push({ id: 'ftjob-1', created_at: 1, status });
      const clock = new FakeClock();
      const monitor = await watchOnce(clock);
      for (let round = 0; round < 30; round++) {
        clock.step();
        await vi.waitUntil(() => monitor.state !== 'polling', { timeout: 15_000 });
      }
      expect(store.get('c', 'ftjob-1')).toMatchObject({ job: { status, error: null }, complete: false });
      expect(monitor.state).toBe('waiting');
      monitor.dispose();
    },
  );

  it.each(['paused', 'running', 'cancelled'])('%s is shown after one round', async (status) => {
    server.ledger.jobs.push({ id: 'ftjob-1', created_at: 1, status: 'queued' });
    const clock = new FakeClock();
    const monitor = await watchOnce(clock);
    Object.assign(server.ledger.jobs[0] ?? {}, { status });
    clock.step();
    await vi.waitUntil(() => monitor.state !== 'polling', { timeout: 15_000 });
    expect(store.get('c', 'ftjob-1')?.job.status).toBe(status);
    monitor.dispose();
  });
});

describe('F25: result files', () => {
  const csv = 'step,train_loss,valid_loss\n1,3.5,\n2,2.5,2.25\n';
  it.each([
    ['plain', csv],
    ['base64', Buffer.from(csv).toString('base64')],
    ['CRLF', csv.replaceAll('\n', '\r\n')],
    ['BOM', `\ufeff${csv}`],
    ['other order', 'valid_loss,step,train_loss\n,1,3.5\n2.25,2,2.5\n'],
  ])('%s', (_name, content) => {
    const parsed = parseResultCsv(content);
    expect(parsed.ok && parsed.value.map(({ step, trainLoss, validLoss }) => [step, trainLoss, validLoss])).toEqual([
      [1, 3.5, null],
      [2, 2.5, 2.25],
    ]);
  });
  it.each(['', 'step', '{"step":1}\n{"step":2}', 'aGVsbG8=', '<html>'])('%j is no table and no crash', (content) => {
    const parsed = parseResultCsv(content);
    if (parsed.ok) expect(parsed.value).toEqual([]);
    else expect(parsed.error.action).not.toBe('');
  });
});

describe('F26: events', () => {
  it.each(['duplicated', 'reversed', 'endless'] as const)('%s: each once, newest first, and an end', async (as) => {
    server.ledger.jobs.push({ id: 'ftjob-1', created_at: 1, status: 'running' });
    for (let index = 0; index < 250; index++) {
      server.events.unshift({
        id: `e${String(index)}`,
        created_at: index,
        message: 'm',
        type: 'message',
        level: 'info',
      });
    }
    server.otherwise = (route) => (route.endsWith('/events') ? { kind: 'list', as } : { kind: 'ok' });
    const monitor = await watchOnce();
    const events = [...(store.get('c', 'ftjob-1')?.events ?? [])];
    const times = events.map(({ createdAt }) => createdAt);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(events).toHaveLength(250);
    // Pages that are reversed bring one new event each; it ends all the same.
    expect(server.requests.length).toBeLessThan(as === 'reversed' ? 300 : 20);
    monitor.dispose();
  });
});

it('F27: the same step twice, NaN, "NaN", null and -1 are gaps, never figures', () => {
  const losses = [1.5, Number.NaN, 'NaN', null, -1];
  const events = losses.flatMap((loss, index) => {
    const parsed = parseEvent({
      id: `e${String(index)}`,
      created_at: index,
      type: 'metrics',
      data: { step: index < 2 ? 1 : index, train_loss: loss, valid_loss: 2 },
    });
    return parsed.ok ? [parsed.value] : [];
  });
  const series = metricSeries(events);
  expect(series.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  expect(series.map(({ trainLoss }) => trainLoss)).toEqual([1.5, null, null, null]);
});

it('F28: a job that was deleted keeps its curve; a page that says 404 deletes nothing', async () => {
  server.ledger.jobs.push({ id: 'ftjob-1', created_at: 1, status: 'running' });
  server.events.push({ id: 'e', created_at: 1, type: 'metrics', data: { step: 1, train_loss: 2 } });
  const clock = new FakeClock();
  const monitor = await watchOnce(clock);
  const round = async (): Promise<void> => {
    clock.step();
    await vi.waitUntil(() => monitor.state !== 'polling', { timeout: 15_000 });
  };
  server.otherwise = () => ({ kind: 'html', status: 404 });
  await round();
  expect(store.get('c', 'ftjob-1')?.gone).toBe(false);
  server.otherwise = () => ({ kind: 'ok' });
  server.ledger.jobs.length = 0;
  await round();
  await round();
  const kept = store.get('c', 'ftjob-1');
  expect(kept?.gone).toBe(true);
  expect(kept?.curve.points()).toMatchObject([{ step: 1, trainLoss: 2 }]);
  monitor.dispose();
});

it('F28: a provider without checkpoints or with deleted ones loses nothing else', async () => {
  server.ledger.jobs.push({ id: 'ftjob-1', created_at: 1, status: 'failed', error: { code: 'c', message: 'Bad.' } });
  store.update('c', 'ftjob-1', { job: aJob({ id: 'ftjob-1' }), local: { startedHere: true } });
  server.otherwise = (route) => (route.endsWith('/checkpoints') ? { kind: 'status', status: 404 } : { kind: 'ok' });
  const monitor = await watchOnce();
  expect(store.get('c', 'ftjob-1')).toMatchObject({ complete: true, job: { status: 'failed' } });
  monitor.dispose();
});

it('F29: a job of another tool is listed, and its end is nobody else’s notification when it was over before', async () => {
  server.ledger.jobs.push({
    id: 'ftjob-other',
    created_at: 1,
    status: 'succeeded',
    fine_tuned_model: 'ft:x',
    metadata: null,
  });
  const ended: string[] = [];
  const monitor = await watchOnce();
  monitor.onJobEnded(({ record }) => ended.push(record.job.id));
  expect(store.get('c', 'ftjob-other')?.local).toMatchObject({ startedHere: false, intentId: null });
  expect(ended).toEqual([]);
  monitor.dispose();
});

it('F30: a model that was retired says so, and training that was closed names the dates and a way out', async () => {
  const deadline = deadlineOf(
    { kind: 'openai', retirements: { 'gpt-4o-mini': '2026-11-30' } },
    'gpt-4o-mini',
    Date.UTC(2026, 10, 23),
  );
  expect(deadline && deadlineBadge(deadline)).toBe('7 days left');
  server.script('POST /fine_tuning/jobs', {
    kind: 'status',
    status: 403,
    body: { error: { message: 'Fine-tuning is winding down.', code: 'training_not_available' } },
  });
  const failure = await failureOf(
    client.createJob({
      model: 'm',
      trainingFile: 'f',
      validationFile: null,
      method: { name: 'supervised', hyperparameters: { n_epochs: 1, batch_size: 1, learning_rate_multiplier: 1 } },
      suffix: null,
      seed: null,
      wandb: null,
      metadata: {},
    }),
  );
  expect(failure.problem.message).toMatch(/2026.*2027/);
  expect(failure.problem.action).toContain('another connection');
});

it('F42: a dataset of 256 MB is copied and hashed in constant memory', { timeout: 60_000 }, async () => {
  const source = path.join(folder, 'large.jsonl');
  writeFileSync(source, '');
  truncateSync(source, 256 * 1024 * 1024);
  let most = 0;
  const before = process.memoryUsage().rss;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  const snapshot = await takeSnapshot(source, path.join(folder, 's', 'i', 'training.jsonl'));
  clearInterval(timer);
  expect(snapshot).toMatchObject({ ok: true, value: { bytes: 256 * 1024 * 1024 } });
  expect((most - before) / 1e6).toBeLessThan(96);
});

it('F43: the local server dies: one message, and the job is found again when it is back', async () => {
  server.ledger.jobs.push({ id: 'ftjob-1', created_at: 1, status: 'running' });
  const clock = new FakeClock();
  const monitor = await watchOnce(clock);
  const told: (string | null)[] = [];
  monitor.onProblem((problem) => told.push(problem?.code ?? null));
  const jobs = [...server.ledger.jobs];
  await server.close();
  for (let round = 0; round < 5; round++) {
    clock.step();
    await vi.waitUntil(() => monitor.state !== 'polling', { timeout: 15_000 });
  }
  expect(told).toHaveLength(1);
  expect(monitor.problem?.code).toBe('connection-refused');
  server = await startFaultServer();
  server.ledger.jobs.push(
    ...jobs.map((job) => ({ ...job, status: 'failed', error: { code: 'interrupted', message: 'The server ended.' } })),
  );
  client = createClient(server);
  clock.step();
  await vi.waitUntil(() => monitor.state !== 'polling', { timeout: 15_000 });
  expect(told).toEqual([expect.stringMatching(/^connection-/), null]);
  expect(store.get('c', 'ftjob-1')?.job).toMatchObject({ status: 'failed', error: { code: 'interrupted' } });
  monitor.dispose();
});

it('F17: an expired key stops all work of the connection with one prompt, and goes on with a new one', async () => {
  server.ledger.jobs.push({ id: 'ftjob-1', created_at: 1, status: 'running' });
  const clock = new FakeClock();
  const monitor = new JobMonitor({
    connectionId: 'c',
    provider: () => Promise.resolve(client),
    store,
    pace: REMOTE_PACE,
    clock,
  });
  const told: (string | null)[] = [];
  monitor.onProblem((problem) => told.push(problem?.code ?? null));
  monitor.poke();
  await vi.waitUntil(() => monitor.state === 'waiting', { timeout: 15_000 });
  client = createClient({ baseUrl: server.baseUrl, apiKey: 'sk-revoked-by-somebody' });
  clock.step();
  await vi.waitUntil(() => monitor.state === 'resting', { timeout: 15_000 });
  const before = server.requests.length;
  expect(clock.pending).toBe(0);
  store.update('c', 'ftjob-1', { newEvents: [anEvent()], local: { name: 'kept' } });
  expect(server.requests.length).toBe(before);
  client = createClient(server);
  monitor.poke();
  await vi.waitUntil(() => monitor.state === 'waiting', { timeout: 15_000 });
  expect(told).toEqual(['key-refused', null]);
  monitor.dispose();
});

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
