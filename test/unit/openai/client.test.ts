import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CreateJobRequest, Provider } from '../../../src/core/provider/api.ts';
import type { ProviderFailure } from '../../../src/core/provider/failure.ts';
import { isProviderFailure } from '../../../src/core/provider/failure.ts';
import { createClient } from '../../../src/openai/client.ts';
import { type Fault, type FaultServer, startFaultServer } from '../../support/faultServer.ts';

let server: FaultServer;
let client: Provider;
const waits: number[] = [];
const sleep = (ms: number): Promise<void> => {
  waits.push(ms);
  return Promise.resolve();
};

beforeEach(async () => {
  waits.length = 0;
  server = await startFaultServer();
  client = createClient(server, { sleep });
});
afterEach(async () => {
  await server.close();
});

const request: CreateJobRequest = {
  model: 'base-1',
  trainingFile: 'file-1',
  validationFile: null,
  method: {
    name: 'supervised',
    hyperparameters: { n_epochs: 2, batch_size: 'auto', learning_rate_multiplier: 'auto' },
  },
  suffix: 'pricer',
  seed: 42,
  wandb: null,
  metadata: { a: 'b' },
};

async function failureOf(promise: Promise<unknown>): Promise<ProviderFailure> {
  const error: unknown = await promise.then(
    () => new Error('It did not fail.'),
    (reason: unknown) => reason,
  );
  if (!isProviderFailure(error)) throw error;
  // One sentence and one action, nothing of the machinery.
  expect(error.problem.message).toMatch(/^[^\n]{10,420}\.$/);
  expect(error.problem.action).toMatch(/^[A-Z][^\n]+\.$/);
  expect(`${error.problem.message}${error.problem.action}`).not.toMatch(/<|stack|undefined|null|APIError|fetch failed/);
  return error;
}

describe('a call that creates a job', () => {
  it('is sent in the form of the published API', async () => {
    const job = await client.createJob({
      ...request,
      validationFile: 'file-2',
      wandb: { project: 'gpt-pricer', entity: 'team', name: null, tags: ['a', 'b'] },
    });
    expect(job).toMatchObject({
      status: 'queued',
      model: 'base-1',
      trainingFile: 'file-1',
      error: null,
      suffix: 'pricer',
    });
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      model: 'base-1',
      training_file: 'file-1',
      validation_file: 'file-2',
      suffix: 'pricer',
      seed: 42,
      integrations: [{ type: 'wandb', wandb: { project: 'gpt-pricer', entity: 'team', tags: ['a', 'b'] } }],
      method: {
        type: 'supervised',
        supervised: { hyperparameters: { n_epochs: 2, batch_size: 'auto', learning_rate_multiplier: 'auto' } },
      },
      metadata: { a: 'b' },
    });
  });

  const lost: [string, Fault, string][] = [
    ['the connection is reset', { kind: 'reset', after: true }, 'connection-lost'],
    ['a gateway answers 502', { kind: 'html', status: 502, after: true }, 'server-error'],
    ['it answers 409', { kind: 'status', status: 409, after: true }, 'server-error'],
    ['it answers 500', { kind: 'status', status: 500, after: true }, 'server-error'],
    ['it is silent', { kind: 'silence', after: true }, 'timeout'],
    ['the body stalls', { kind: 'stall', after: true }, 'timeout'],
    ['the body is cut', { kind: 'cut', after: true }, 'malformed-answer'],
    ['a page comes instead', { kind: 'html', after: true }, 'not-the-api'],
    ['nothing comes', { kind: 'empty', after: true }, 'not-the-api'],
    ['another shape comes', { kind: 'json', value: [], after: true }, 'not-the-api'],
    ['a string comes', { kind: 'json', value: 'fine', after: true }, 'not-the-api'],
    ['an object without an id comes', { kind: 'json', value: { status: 'queued' }, after: true }, 'not-the-api'],
  ];
  it.each(lost)(
    'is sent once when %s, and says that the outcome is unknown (M1, M4–M6)',
    async (_name, fault, code) => {
      server.script('POST /fine_tuning/jobs', fault);
      const failure = await failureOf(client.createJob(request, { timeoutMs: 2000 }));
      expect(failure.problem.code).toBe(code);
      expect(failure.outcome).toBe('unknown');
      expect(server.count('POST /fine_tuning/jobs')).toBe(1);
      expect(waits).toEqual([]);
    },
  );

  const refused: [number, string | null, string, string][] = [
    [401, 'invalid_api_key', 'key-refused', 'stop'],
    [403, 'training_not_available', 'training-not-available', 'never'],
    [403, 'other', 'forbidden', 'never'],
    [404, 'model_not_found', 'model-not-found', 'never'],
    [400, 'invalid_request', 'request-refused', 'never'],
    [400, 'model_not_trained', 'model-not-trained', 'never'],
    [413, null, 'too-large', 'never'],
    [429, 'insufficient_quota', 'quota', 'stop'],
    [429, 'billing_hard_limit_reached', 'quota', 'stop'],
    [429, 'daily_rate_limit_exceeded', 'daily-limit', 'stop'],
    [429, 'rate_limit_exceeded', 'rate-limited', 'later'],
  ];
  it.each(refused)('knows that %i %s is a refusal (F07, F17)', async (status, serverCode, code, advice) => {
    server.script('POST /fine_tuning/jobs', {
      kind: 'status',
      status,
      body: { error: { message: 'The server says so', code: serverCode, type: 'x', param: null } },
    });
    const failure = await failureOf(client.createJob(request));
    expect(failure).toMatchObject({ outcome: 'refused', advice, status, serverCode });
    expect(failure.problem.code).toBe(code);
    expect(server.count('POST /fine_tuning/jobs')).toBe(1);
  });

  it('says what closed fine-tuning means, with its dates and a way out', async () => {
    server.script('POST /fine_tuning/jobs', {
      kind: 'status',
      status: 403,
      body: { error: { message: 'OpenAI is winding down the fine-tuning platform…', code: 'training_not_available' } },
    });
    const { problem } = await failureOf(client.createJob(request));
    expect(problem.message).toContain('May 7, 2026');
    expect(problem.message).toContain('Jan 6, 2027');
    expect(problem.action).toContain('another connection');
  });
});

describe('a call that reads', () => {
  it('is tried again a bounded number of times, then gives up', async () => {
    server.otherwise = () => ({ kind: 'status', status: 503 });
    await failureOf(client.retrieveJob('ftjob-1'));
    expect(server.count('GET /fine_tuning/jobs/ftjob-1')).toBe(3);
  });

  it('survives a cut answer and a reset', async () => {
    server.script('GET /models', { kind: 'cut' }, { kind: 'reset' });
    expect(await client.listModels()).toEqual([
      { id: 'base-1', createdAt: 1, ownedBy: 'test', shutdownDate: null, tunable: null },
    ]);
  });

  const asked: [string, Record<string, string>, number][] = [
    ['milliseconds', { 'retry-after-ms': '1500' }, 1500],
    ['seconds', { 'retry-after': '7' }, 7000],
    ['an hour', { 'retry-after': '3600' }, 60_000],
    ['a negative wait', { 'retry-after': '-5' }, 0],
    ['a date of long ago', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
  ];
  it.each(asked)('waits as asked for %s, a minute at most (F06)', async (_name, headers, ms) => {
    server.script('GET /models', { kind: 'status', status: 429, headers });
    await client.listModels();
    expect(waits).toEqual([ms]);
  });

  it.each(['<html>', 'nothing', 'a list', 'data that is no list'] as const)('refuses %s as an answer', async (what) => {
    const faults: Record<typeof what, Fault> = {
      '<html>': { kind: 'html' },
      nothing: { kind: 'empty' },
      'a list': { kind: 'json', value: [] },
      'data that is no list': { kind: 'json', value: { data: 'x' } },
    };
    server.otherwise = () => faults[what];
    const failures = await Promise.all(
      [
        client.listModels(),
        client.listJobs(),
        client.listFiles(),
        client.listEvents('j'),
        client.chat({ model: 'm', messages: [], sampling: { temperature: 0, maxTokens: 1, seed: 1 } }),
      ].map(failureOf),
    );
    expect(failures.map(({ problem }) => problem.code)).toEqual(Array.from({ length: 5 }, () => 'not-the-api'));
  });

  it('stops at once when the caller aborts, with the caller’s reason', async () => {
    server.otherwise = () => ({ kind: 'silence' });
    const abort = new AbortController();
    const call = client.retrieveJob('ftjob-1', { signal: abort.signal });
    await vi.waitUntil(() => server.requests.length === 1, { timeout: 15_000 });
    const reason = new Error('the user closed the panel');
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});

describe('events', () => {
  const event = (index: number): { id: string; created_at: number; message: string; type: string; level: string } => ({
    id: `e${String(index)}`,
    created_at: index,
    message: `m${String(index)}`,
    type: 'message',
    level: 'info',
  });

  beforeEach(() => {
    server.ledger.jobs.push({ id: 'ftjob-1', created_at: 1, status: 'running' });
  });

  it('are read whole, newest first, each once (F26)', async () => {
    server.events.push(...Array.from({ length: 523 }, (_, index) => event(523 - index)));
    const events = await client.listEvents('ftjob-1');
    expect(events.map(({ id }) => id)).toEqual(server.events.map(({ id }) => id));
    expect(server.count('GET /fine_tuning/jobs/ftjob-1/events')).toBe(6);
  });

  it('end although the server says for ever that there are more (M8)', async () => {
    server.otherwise = () => ({ kind: 'json', value: { data: [event(2), event(1)], has_more: true } });
    expect((await client.listEvents('ftjob-1')).map(({ id }) => id)).toEqual(['e2', 'e1']);
    expect(server.requests).toHaveLength(2);
  });

  it('end when a page is empty and says that there are more', async () => {
    server.otherwise = () => ({ kind: 'json', value: { data: [], has_more: true } });
    expect(await client.listEvents('ftjob-1')).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it('are read only down to the first page with a known one', async () => {
    server.events.push(...Array.from({ length: 400 }, (_, index) => event(400 - index)));
    const known = new Set(server.events.slice(3).map(({ id }) => id));
    expect((await client.listEvents('ftjob-1', { known })).map(({ id }) => id)).toEqual(['e400', 'e399', 'e398']);
    expect(server.requests).toHaveLength(1);
  });

  it('keep those that can be read when others cannot', async () => {
    server.otherwise = () => ({ kind: 'json', value: { data: [null, 3, event(1), { id: 7 }], has_more: false } });
    expect((await client.listEvents('ftjob-1')).map(({ id }) => id)).toEqual(['e1']);
  });
});

describe('chat', () => {
  const sampling = { temperature: 0, maxTokens: 7, seed: 42 };

  it('sends the sampling and leaves out what belongs to training', async () => {
    server.reply = () => '$174.00';
    const reply = await client.chat({
      model: 'ft:x',
      messages: [
        { role: 'user', content: 'How much?' },
        { role: 'assistant', content: 'Price is $', weight: 1 },
      ],
      sampling,
    });
    expect(reply).toEqual({ text: '$174.00', finishReason: 'stop' });
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      model: 'ft:x',
      messages: [
        { role: 'user', content: 'How much?' },
        { role: 'assistant', content: 'Price is $' },
      ],
      temperature: 0,
      seed: 42,
      max_tokens: 7,
    });
  });

  it('uses the new name of the limit for models that want it, and remembers', async () => {
    server.script('POST /chat/completions', {
      kind: 'status',
      status: 400,
      body: {
        error: {
          message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
          code: 'unsupported_parameter',
        },
      },
    });
    await client.chat({ model: 'o4', messages: [], sampling });
    await client.chat({ model: 'o4', messages: [], sampling });
    const bodies = server.requests.map(({ body }) => Object.keys(JSON.parse(body) as object));
    expect(bodies.map((keys) => keys.at(-1))).toEqual(['max_tokens', 'max_completion_tokens', 'max_completion_tokens']);
  });

  it('takes a message without content as an empty reply', async () => {
    server.otherwise = () => ({
      kind: 'json',
      value: { choices: [{ message: { content: null }, finish_reason: 'content_filter' }] },
    });
    expect(await client.chat({ model: 'm', messages: [], sampling })).toEqual({
      text: '',
      finishReason: 'content_filter',
    });
  });
});

describe('uploads and downloads', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('sends a file from the disk byte for byte, says how far it is, and lists it', async () => {
    const content = `{"a":"ä“${'x'.repeat(700_000)}"}\n`;
    const file = path.join(folder, 'data.jsonl');
    await writeFile(file, content);
    const seen: number[] = [];
    const uploaded = await client.uploadFile({ path: file }, 'my "data".jsonl', { onProgress: (f) => seen.push(f) });
    expect(uploaded).toMatchObject({
      id: server.ledger.files[0]?.id,
      bytes: Buffer.byteLength(content),
      purpose: 'fine-tune',
    });
    expect(server.ledger.files[0]?.content).toBe(content);
    expect(server.ledger.files[0]?.['filename']).toBe('my %22data%22.jsonl');
    expect(server.requests[0]?.headers['content-length']).toBeDefined();
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toBe(1);
    expect(await client.listFiles()).toEqual([uploaded]);
  });

  it('names a file that is gone', async () => {
    const failure = await failureOf(client.uploadFile({ path: path.join(folder, 'gone.jsonl') }, 'gone.jsonl'));
    expect(failure).toMatchObject({ outcome: 'not-sent', advice: 'never', problem: { code: 'file-missing' } });
    expect(server.requests).toEqual([]);
  });

  it('reads a result file, and refuses one that is too large', async () => {
    server.otherwise = () => ({ kind: 'json', value: 'x'.repeat(1000) });
    expect((await client.fileContent('file-1')).length).toBe(1002);
    expect((await failureOf(client.fileContent('file-1', { maxBytes: 500 }))).problem.code).toBe('file-too-large');
  });
});

describe('what a server says', () => {
  it('is shown without control characters, hidden characters, keys or more than 300 characters', async () => {
    const message = `bad\u0000\u001b[31m\u202e${server.apiKey} sk-proj-abcdefghijk Bearer abcdefghijkl [x](command:evil)${'y'.repeat(5000)}`;
    server.script('POST /fine_tuning/jobs', { kind: 'status', status: 400, body: { error: { message } } });
    const { problem } = await failureOf(client.createJob(request));
    expect(problem.message).not.toMatch(/[\u0000-\u001f\u202e]|sk-test|sk-proj-abc|abcdefghijkl/); // eslint-disable-line no-control-regex
    expect(problem.message.length).toBeLessThan(400);
  });

  it.each([
    [{ error: 'a string' }, 'a string'],
    [{ detail: 'of FastAPI' }, 'of FastAPI'],
    [{ message: 'at the top' }, 'at the top'],
  ])('is found in %j', async (body, text) => {
    server.script('POST /fine_tuning/jobs', { kind: 'status', status: 422, body });
    expect((await failureOf(client.createJob(request))).problem.message).toContain(text);
  });

  it('is not shown when it is a page', async () => {
    for (const status of [400, 404, 502]) {
      server.script('POST /fine_tuning/jobs', { kind: 'html', status });
      const { problem } = await failureOf(client.createJob(request));
      expect(problem.message).not.toMatch(/alert|hotel/);
    }
  });
});

it('says that nothing answers when the server is not running', async () => {
  await server.close();
  const failure = await failureOf(client.listModels({ retries: 0 }));
  expect(failure).toMatchObject({ outcome: 'not-sent', advice: 'later', problem: { code: 'connection-refused' } });
  server = await startFaultServer();
});

it('says that a host does not exist', async () => {
  const remote = createClient(
    { baseUrl: 'https://nowhere.invalid/v1', apiKey: 'k' },
    {
      sleep,
      fetch: () =>
        Promise.reject(
          new TypeError('fetch failed', { cause: Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }) }),
        ),
    },
  );
  expect((await failureOf(remote.listModels())).problem.code).toBe('offline');
});

it.each([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])('says that the certificate is not trusted: %s (F14)', async (code) => {
  const remote = createClient(
    { baseUrl: 'https://example.com/v1', apiKey: 'k' },
    {
      sleep,
      fetch: () => Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })),
    },
  );
  expect(await failureOf(remote.listModels())).toMatchObject({ outcome: 'not-sent', problem: { code: 'tls' } });
});
