import http from 'node:http';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CompletionRequest } from '../../../../src/local/engines/engine.ts';
import type { EngineHost } from '../../../../src/local/engines/engineHost.ts';
import { LinearEngine } from '../../../../src/local/engines/linear/linearEngine.ts';
import { createFaultServer, type LocalFaultServer } from '../../../support/faultServer.ts';
import { createInstantEngine, type InstantEngine } from '../../../support/faults/instantEngine.ts';
import type { LocalServer } from '../../../../src/local/server/server.ts';
import { startServer } from '../../../../src/local/server/server.ts';
import { example, intents, lastModel, prices, train, UNSTOPPED } from '../support.ts';
import { hasEnded, removeFolder, temporaryFolder, until } from '../serveProcess.ts';

describe('an answer as it is written', () => {
  const sentences = Array.from({ length: 40 }, (_, index) =>
    example(`Item ${String(index)}`, `The price of item ${String(index % 7)} is about $${String(index)}.50 today.`),
  );
  const models = [prices(60), intents(60, 1), sentences].map((rows) =>
    new LinearEngine().load(lastModel(train(rows, { hyperparameters: { nEpochs: 2 } }))),
  );
  const requests: Partial<CompletionRequest>[] = [
    {},
    { temperature: 1 },
    { temperature: 1.5, topP: 0.8 },
    { maxTokens: 1 },
    { maxTokens: 3, temperature: 1 },
    { maxTokens: 9 },
    { stop: ['.'] },
    { stop: ['is about', 'price of'], temperature: 1 },
    { stop: ['$1', '$2', 'e is'], maxTokens: 7, temperature: 1 },
  ];

  it('is, piece by piece, what the whole answer would have been', async () => {
    let pieces = 0;
    for (const model of models) {
      for (const part of requests) {
        for (let seed = 0; seed < 20; seed += 1) {
          const request: CompletionRequest = {
            messages: [{ role: 'user', content: `Item ${String(seed)}` }],
            temperature: 0,
            topP: 1,
            seed,
            maxTokens: null,
            stop: [],
            n: 2,
            ...part,
          };
          const { completions, ...counts } = await model.complete(request, UNSTOPPED);
          const written = completions.map(() => ({ text: '' }));
          const writing = model.write(request, UNSTOPPED);
          let next = await writing.next();
          for (; next.done !== true; next = await writing.next()) {
            const { value } = next;
            const answer = written[value.index];
            if ('end' in value) {
              Object.assign(answer ?? {}, value.end);
              continue;
            }
            expect(value.text).not.toBe('');
            expect(answer).not.toHaveProperty('finishReason');
            if (answer) answer.text += value.text;
            pieces += 1;
          }
          expect(next.value).toEqual(counts);
          expect(written).toEqual(completions);
        }
      }
    }
    expect(pieces).toBeGreaterThan(3000);
  });
});

describe('a streamed chat completion', () => {
  let server: LocalFaultServer;
  let client: OpenAI;
  let model: string;
  beforeAll(async () => {
    server = await createFaultServer();
    client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
    model = await tuned(client);
    server.engine.reply = () => 'one two three';
  });
  afterAll(() => server.close());
  const messages = [{ role: 'user' as const, content: 'x' }];

  it('comes as chunks, the last of which says why it ended', async () => {
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true, n: 2 }))
      chunks.push(chunk);
    expect(new Set(chunks.map(({ id, object, model: of }) => `${id} ${object} ${of}`)).size).toBe(1);
    expect(chunks[0]).toMatchObject({ object: 'chat.completion.chunk', choices: [{ delta: { role: 'assistant' } }] });
    for (const index of [0, 1]) {
      const own = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
      expect(own.map(({ delta }) => delta.content ?? '').join('')).toBe('one two three');
      expect(own.map(({ finish_reason }) => finish_reason)).toEqual([null, null, null, null, 'stop']);
    }
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
  });

  it('says what it used when asked, in a last chunk without a choice, and ends with [DONE]', async () => {
    const answer = await post(server, { model, messages, stream: true, stream_options: { include_usage: true } });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const lines = (await answer.text()).split('\n\n').filter(Boolean);
    expect(lines.at(-1)).toBe('data: [DONE]');
    const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.slice('data: '.length)) as Record<string, unknown>);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 4, completion_tokens: 1, total_tokens: 5 },
    });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it('refuses as JSON what it refuses', async () => {
    for (const [status, body] of [
      [404, { model: 'none', messages, stream: true }],
      [400, { model, messages, stream: true, logprobs: true }],
      [400, { model, messages, stream_options: { include_usage: true } }],
      [400, { model: 'base-1', messages, stream: true }],
    ] as const) {
      const answer = await post(server, body);
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    }
  });
});

describe('a client that goes away', () => {
  const folder = temporaryFolder();
  const engine: InstantEngine = createInstantEngine('instant', ['base-1']);
  let server: LocalServer;
  beforeAll(async () => {
    server = await startServer({ dataFolder: folder, port: 0, version: 'test', engines: engine });
  });
  afterAll(async () => {
    await server.close();
    removeFolder(folder);
  });

  it('stops the writing, and the server answers others meanwhile', async () => {
    const client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
    const model = await tuned(client);
    const all = 2_000_000;
    engine.reply = () => 'word '.repeat(all);
    const { port } = new URL(server.baseUrl);
    const call = http.request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    });
    call.end(JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }], stream: true }));
    const response = await new Promise<http.IncomingMessage>((resolve) => call.once('response', resolve));
    await new Promise((resolve) => response.once('data', resolve));
    expect((await client.models.list()).data.length).toBeGreaterThan(1);
    call.on('error', () => undefined);
    call.destroy();
    // Nothing is under way any more, long before all words could have been written.
    await expect.poll(() => server.idleMilliseconds(), { interval: 5 }).toBeGreaterThan(0);
    const written = engine.written;
    expect(written).toBeLessThan(all);
    for (let round = 0; round < 3; round += 1) await client.models.list();
    expect(engine.written).toBe(written);
  });

  it('is not waited for when it does not read', async () => {
    const client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
    const model = await tuned(client);
    engine.reply = () => 'word '.repeat(500_000);
    const before = engine.written;
    const { port } = new URL(server.baseUrl);
    const call = http.request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    });
    call.on('error', () => undefined);
    call.end(JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }], stream: true }));
    const response = await new Promise<http.IncomingMessage>((resolve) => call.once('response', resolve));
    response.pause();
    // 150 MB of chunks: no more of them are made than a socket holds.
    let last = -1;
    await expect
      .poll(
        () => {
          const still = engine.written === last;
          last = engine.written;
          return still && last > before;
        },
        { interval: 100, timeout: 10_000 },
      )
      .toBe(true);
    expect(engine.written - before).toBeLessThan(100_000);
    call.destroy();
    await expect.poll(() => server.idleMilliseconds(), { interval: 5 }).toBeGreaterThan(0);
  });
});

describe('an answer that takes long to come', () => {
  const folder = temporaryFolder();
  let server: LocalServer;
  let begun = 0;
  let givenUp = 0;
  beforeAll(async () => {
    const never = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => {
        begun += 1;
        signal.addEventListener('abort', () => {
          givenUp += 1;
          reject(signal.reason as Error);
        });
      });
    const engines: EngineHost = {
      ...createInstantEngine('instant', ['base-1']),
      load: () =>
        Promise.resolve({
          complete: (_request, signal) => never(signal),
          honors: { tools: false, logprobs: false },
          async *write(_request, signal) {
            yield { index: 0, text: 'first' };
            return await never(signal);
          },
          dispose: () => Promise.resolve(),
        }),
    };
    server = await startServer({ dataFolder: folder, port: 0, version: 'test', engines });
  });
  afterAll(async () => {
    await server.close();
    removeFolder(folder);
  });

  it.each([true, false])(
    'is given up when the client goes away while nothing is written (streamed: %s)',
    async (stream) => {
      const client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
      const model = await tuned(client);
      const before = begun;
      const leaving = new AbortController();
      const asked = (async () => {
        const params = { model, messages: [{ role: 'user' as const, content: 'x' }] };
        if (!stream) return client.chat.completions.create(params, { signal: leaving.signal });
        const chunks = await client.chat.completions.create({ ...params, stream }, { signal: leaving.signal });
        for await (const chunk of chunks) expect(chunk.model).toBe(model);
        throw new Error('left');
      })();
      await expect.poll(() => begun, { interval: 5 }).toBe(before + 1);
      expect(givenUp).toBe(before);
      leaving.abort();
      await expect(asked).rejects.toThrow();
      await expect.poll(() => givenUp, { interval: 5 }).toBe(before + 1);
      await expect.poll(() => server.idleMilliseconds(), { interval: 5 }).toBeGreaterThan(0);
    },
  );
});

async function tuned(client: OpenAI): Promise<string> {
  const { id: training_file } = await client.files.create({
    file: new File(['x'], 'x.jsonl'),
    purpose: 'fine-tune',
  });
  const { id } = await client.fineTuning.jobs.create({ model: 'base-1', training_file });
  return (await until(client, id, hasEnded)).fine_tuned_model ?? '';
}

function post(server: { baseUrl: string; apiKey: string }, body: unknown): Promise<Response> {
  return fetch(`${server.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
