// Chat requests past the client library and fetch: the same rules, errors and words, for a fraction of the CPU.
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProviderFailure } from '../../../src/core/provider/failure.ts';
import { isProviderFailure } from '../../../src/core/provider/failure.ts';
import type { ChatReply, Provider } from '../../../src/core/provider/api.ts';
import { type ClientDeps, createClient } from '../../../src/openai/client.ts';
import { cpuMs } from '../../support/cpuTime.ts';
import { type Fault, type FaultServer, startFaultServer } from '../../support/faultServer.ts';

const KEY = 'sk-canary-0123456789';
const CHAT = 'POST /chat/completions';
const answer = { choices: [{ message: { content: '5' }, finish_reason: 'stop' }] };

let server: FaultServer;
let other: FaultServer;
let client: Provider;

beforeEach(async () => {
  server = await startFaultServer();
  other = await startFaultServer();
  client = createClient(server);
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY']) {
    vi.stubEnv(name, '');
    vi.stubEnv(name.toLowerCase(), '');
  }
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await server.close();
  await other.close();
});

function chat(of: Provider = client, options: Parameters<Provider['chat']>[1] = {}): Promise<ChatReply> {
  const messages = [{ role: 'user' as const, content: 'How much – 5 €?' }];
  return of.chat({ model: 'm', messages, sampling: { temperature: 0, maxTokens: 7, seed: 42 } }, options);
}

async function failureOf(promise: Promise<unknown>): Promise<ProviderFailure> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isProviderFailure(error)) throw new Error(`No failure of a provider: ${String(error)}`);
  return error;
}

describe('a chat request', () => {
  it('has our own headers and body, and its reply has the text, the end and the tokens', async () => {
    server.script(CHAT, {
      kind: 'json',
      value: {
        ...answer,
        usage: { prompt_tokens: 12, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 3 } },
      },
    });
    expect(await chat()).toEqual({
      text: '5',
      finishReason: 'stop',
      usage: { input: 12, output: 5, reasoning: 3 },
    });
    const [{ headers, body } = { headers: {}, body: '' }] = server.requests;
    expect(JSON.parse(body)).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'How much – 5 €?' }],
      temperature: 0,
      seed: 42,
      max_tokens: 7,
    });
    const sent = new Set(Object.keys(headers));
    for (const name of ['host', 'connection']) sent.delete(name);
    expect([...sent].sort()).toEqual(['accept', 'authorization', 'content-length', 'content-type', 'user-agent']);
  });

  it.each([
    ['no counts', {}],
    ['counts that are none', { prompt_tokens: -1, completion_tokens: 'many' }],
  ])('has no tokens where the answer has %s', async (_name, usage) => {
    server.script(CHAT, { kind: 'json', value: { ...answer, usage } });
    expect(await chat()).toEqual({ text: '5', finishReason: 'stop' });
  });

  it('goes over connections that are kept open', async () => {
    const sockets = new Set<unknown>();
    const plain = http.createServer((request, response) => {
      sockets.add(request.socket);
      request.resume();
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as AddressInfo;
    const own = createClient({ baseUrl: `http://127.0.0.1:${String(port)}/v1/`, apiKey: null });
    for (let count = 0; count < 10; count++) await chat(own);
    expect(sockets.size).toBe(1);
    plain.closeAllConnections();
    plain.close();
  });
});

describe('the rules of the key', () => {
  it.each([301, 302, 303, 307, 308])('follow no %i, neither to another origin nor on the same one', async (status) => {
    for (const location of [`${other.baseUrl}/chat/completions`, '/v1/elsewhere']) {
      server.script(CHAT, { kind: 'status', status, headers: { location } });
      const failure = await failureOf(chat());
      expect([failure.problem.code, failure.outcome, failure.advice]).toEqual(['redirected', 'refused', 'never']);
    }
    expect(other.requests).toEqual([]);
    expect(server.count(CHAT)).toBe(2);
  });

  it('refuse plain http to another machine', async () => {
    const fetch = vi.fn<() => Promise<Response>>();
    const request = vi.spyOn(http, 'request');
    const far = createClient({ baseUrl: 'http://example.com/v1', apiKey: KEY }, { fetch, isDirect: () => true });
    expect((await failureOf(chat(far))).problem.code).toBe('address-insecure');
    expect([fetch.mock.calls, request.mock.calls]).toEqual([[], []]);
  });
});

describe('a failure', () => {
  const cases: readonly (readonly [string, Fault, string, string, string])[] = [
    ['a reset', { kind: 'reset' }, 'connection-lost', 'unknown', 'later'],
    ['a cut answer', { kind: 'cut' }, 'malformed-answer', 'unknown', 'later'],
    ['a page', { kind: 'html' }, 'not-the-api', 'unknown', 'never'],
    ['nothing', { kind: 'empty' }, 'not-the-api', 'unknown', 'never'],
    ['another object', { kind: 'json', value: {} }, 'not-the-api', 'unknown', 'never'],
    ['500', { kind: 'status', status: 500 }, 'server-error', 'unknown', 'later'],
    ['a page with 502', { kind: 'html', status: 502 }, 'server-error', 'unknown', 'later'],
    ['429', { kind: 'status', status: 429 }, 'rate-limited', 'refused', 'later'],
    ['401', { kind: 'status', status: 401 }, 'key-refused', 'refused', 'stop'],
  ];
  it.each(cases)('is the one that the client library gives: %s', async (_name, fault, code, outcome, advice) => {
    server.otherwise = () => fault;
    const direct = await failureOf(chat());
    const through = await failureOf(client.listModels({ retries: 0 }));
    expect([direct.problem.code, direct.outcome, direct.advice]).toEqual([code, outcome, advice]);
    expect([through.problem, through.outcome, through.status]).toEqual([direct.problem, direct.outcome, direct.status]);
  });

  it.each([
    [{ 'retry-after-ms': '1500' }, 1500],
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '3600' }, 60_000],
    [{ 'retry-after': '-5' }, 0],
    [{ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
    [{}, null],
  ])('has the wait that the server asks for: %j (F06)', async (headers, ms) => {
    server.script(CHAT, { kind: 'status', status: 429, headers });
    expect((await failureOf(chat())).retryAfterMs).toBe(ms);
  });

  it('keeps the words, the code and the parameter of the server', async () => {
    const error = { message: `Unknown ${server.apiKey}`, code: 'odd', param: 'messages' };
    server.script(CHAT, { kind: 'status', status: 400, body: { error } });
    const failure = await failureOf(chat());
    expect(failure).toMatchObject({ serverCode: 'odd', parameter: 'messages', status: 400 });
    expect(failure.problem.message).not.toContain(server.apiKey);
  });

  it('of broken JSON says so', async () => {
    const broken = http.createServer((request, response) => {
      request.resume();
      response.setHeader('content-type', 'application/json').end('{"choices": [');
    });
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    const { port } = broken.address() as AddressInfo;
    const failure = await failureOf(
      chat(createClient({ baseUrl: `http://127.0.0.1:${String(port)}/v1`, apiKey: null })),
    );
    expect([failure.problem.code, failure.advice]).toEqual(['malformed-answer', 'later']);
    broken.closeAllConnections();
    broken.close();
  });

  it('is that of a server that is not there', async () => {
    const away = createClient({ baseUrl: server.baseUrl, apiKey: null });
    await server.close();
    const failure = await failureOf(chat(away));
    expect([failure.problem.code, failure.outcome]).toEqual(['connection-refused', 'not-sent']);
  });

  it.each<Fault>([{ kind: 'silence' }, { kind: 'stall' }])('comes when the time is over: %j', async (fault) => {
    server.otherwise = () => fault;
    const failure = await failureOf(chat(client, { timeoutMs: 50 }));
    expect([failure.problem.code, failure.outcome]).toEqual(['timeout', 'unknown']);
  });

  it('is the reason of the caller who aborts, before and while it is asked', async () => {
    server.otherwise = () => ({ kind: 'silence' });
    const abort = new AbortController();
    const call = chat(client, { signal: abort.signal });
    await vi.waitUntil(() => server.requests.length === 1, { timeout: 15_000 });
    const reason = new Error('the user closed the panel');
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(chat(client, { signal: abort.signal })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });

  it('is an answer that grows beyond all measure', async () => {
    const endless = http.createServer((request, response) => {
      request.resume();
      const chunk = Buffer.alloc(4_000_000, 32);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      response.setHeader('content-type', 'application/json');
      more();
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    const { port } = endless.address() as AddressInfo;
    const failure = await failureOf(
      chat(createClient({ baseUrl: `http://127.0.0.1:${String(port)}/v1`, apiKey: null })),
    );
    expect(failure.problem.code).toBe('answer-too-large');
    endless.closeAllConnections();
    endless.close();
  });
});

describe('requests to other machines', () => {
  /** No name server knows `.invalid`. */
  const far = { baseUrl: 'https://api.invalid/v1', apiKey: KEY };
  const clientOf = (deps: ClientDeps): { readonly own: Provider; readonly fetch: ReturnType<typeof fetchDouble> } => {
    const fetch = fetchDouble();
    return { own: createClient(far, { fetch, ...deps }), fetch };
  };
  const fetchDouble = () => vi.fn<() => Promise<Response>>(() => Promise.resolve(Response.json(answer)));

  it.each<[string, Record<string, string>, ClientDeps]>([
    ['a proxy is set in VS Code', {}, { isDirect: () => false }],
    ['the environment names one', { https_proxy: 'http://127.0.0.1:1' }, { isDirect: () => true }],
    ['a fetch is given', {}, {}],
  ])('go through fetch where %s', async (_name, env, deps) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const request = vi.spyOn(https, 'request');
    const { own, fetch } = clientOf(deps);
    expect(await chat(own)).toEqual({ text: '5', finishReason: 'stop' });
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(request).not.toHaveBeenCalled();
  });

  it('go through fetch from then on where they cannot be reached directly', async () => {
    const request = vi.spyOn(https, 'request');
    const { own, fetch } = clientOf({ isDirect: () => true });
    expect(await chat(own)).toEqual({ text: '5', finishReason: 'stop' });
    expect(await chat(own)).toEqual({ text: '5', finishReason: 'stop' });
    expect([fetch.mock.calls.length, request.mock.calls.length]).toEqual([2, 1]);
  });
});

it('costs at most 0.8 ms of CPU', { timeout: 60_000 }, async () => {
  const plain = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)));
  });
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const { port } = plain.address() as AddressInfo;
  const own = createClient({ baseUrl: `http://127.0.0.1:${String(port)}/v1`, apiKey: KEY });
  const ask = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += 64) await Promise.all(Array.from({ length: 64 }, () => chat(own)));
  };
  await ask(512);
  // With the server's part, which runs in this process.
  const before = cpuMs();
  await ask(2048);
  const cpu = cpuMs() - before;
  console.log(`${(cpu / 2048).toFixed(2)} ms of CPU for a request and its answer`);
  expect(cpu / 2048).toBeLessThan(0.8);
  plain.closeAllConnections();
  plain.close();
});
