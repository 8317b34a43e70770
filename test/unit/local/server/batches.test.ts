import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import OpenAI, { APIError, toFile } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../../../src/core/dataset/example.ts';
import { textOf } from '../../../../src/core/dataset/example.ts';
import type { LocalServer } from '../../../../src/local/server/server.ts';
import { startServer } from '../../../../src/local/server/server.ts';
import { createInstantEngine, type InstantEngine } from '../../../support/faults/instantEngine.ts';
import { hasEnded, removeFolder, temporaryFolder, until } from '../serveProcess.ts';

let folder: string;
let engine: InstantEngine;
let server: LocalServer;
let client: OpenAI;
let model: string;
let clock = 0;

async function start(): Promise<void> {
  server = await startServer({ dataFolder: folder, port: 0, version: 'test', engines: engine, now: () => clock });
  client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
}
beforeEach(async () => {
  clock = Date.now();
  folder = temporaryFolder();
  engine = createInstantEngine('instant', ['base-1']);
  engine.reply = ({ messages }) => `Echo: ${question(messages)}`;
  await start();
  const { id: training_file } = await client.files.create({ file: new File(['x'], 'x.jsonl'), purpose: 'fine-tune' });
  const job = await client.fineTuning.jobs.create({ model: 'base-1', training_file });
  model = (await until(client, job.id, hasEnded)).fine_tuned_model ?? '';
});
afterEach(async () => {
  await server.close();
  removeFolder(folder);
});

interface Line {
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly body: OpenAI.ChatCompletion & { error?: { code: string } };
  } | null;
  readonly error: { readonly code: string } | null;
}

function line(id: string, content: string, body: Record<string, unknown> = {}): string {
  return JSON.stringify({
    custom_id: id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model, messages: [{ role: 'user', content }], ...body },
  });
}
async function upload(lines: readonly string[]): Promise<string> {
  const file = await toFile(Buffer.from(lines.join('\n')), 'requests.jsonl');
  return (await client.files.create({ file, purpose: 'batch' })).id;
}
async function create(lines: readonly string[]): Promise<OpenAI.Batch> {
  return client.batches.create({
    input_file_id: await upload(lines),
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { name: 'test' },
  });
}
async function ended(id: string): Promise<OpenAI.Batch> {
  await expect
    .poll(async () => (await client.batches.retrieve(id)).status, { interval: 5 })
    .toMatch(/^(completed|failed|cancelled|expired)$/u);
  return client.batches.retrieve(id);
}
async function rows(fileId: string | undefined): Promise<Line[]> {
  const text = await (await client.files.content(fileId ?? '')).text();
  return text
    .split('\n')
    .filter(Boolean)
    .map((row) => JSON.parse(row) as Line);
}
async function texts(fileId: string | undefined): Promise<string> {
  return (await client.files.content(fileId ?? '')).text();
}
const many = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => line(`row-${String(index)}`, `q${String(index)}`));

describe('a batch', () => {
  it('answers every request of its file, in order, and counts', async () => {
    const created = await create(many(30));
    expect(created).toMatchObject({
      object: 'batch',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      metadata: { name: 'test' },
      expires_at: created.created_at + 86_400,
    });
    expect(['validating', 'in_progress']).toContain(created.status);
    const batch = await ended(created.id);
    expect(batch).toMatchObject({
      status: 'completed',
      request_counts: { total: 30, completed: 30, failed: 0 },
      usage: { input_tokens: 120, output_tokens: 30, total_tokens: 150 },
      model,
    });
    expect(batch.error_file_id).toBeUndefined();
    const output = await rows(batch.output_file_id);
    expect(output.map(({ custom_id }) => custom_id)).toEqual(many(30).map((_, index) => `row-${String(index)}`));
    expect(output.map(({ response }) => response?.body.choices[0]?.message.content)).toEqual(
      many(30).map((_, index) => `Echo: q${String(index)}`),
    );
    expect(output[0]).toMatchObject({
      error: null,
      response: { status_code: 200, body: { object: 'chat.completion', model } },
    });
    expect(await client.files.retrieve(batch.output_file_id ?? '')).toMatchObject({ purpose: 'batch_output' });
    expect(readdirSync(path.join(folder, 'batches')).filter((name) => !name.endsWith('.json'))).toEqual([]);
  });

  it('puts what was refused into a file of its own', async () => {
    const batch = await ended(
      (
        await create([
          line('good', 'a'),
          line('hot', 'b', { temperature: 3 }),
          line('streamed', 'c', { stream: true }),
          line('', 'd').replace('"custom_id":""', '"custom_id":"last"'),
          '',
        ])
      ).id,
    );
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 4, completed: 2, failed: 2 } });
    expect((await rows(batch.output_file_id)).map(({ custom_id }) => custom_id)).toEqual(['good', 'last']);
    const errors = await rows(batch.error_file_id);
    expect(errors.map(({ custom_id, response }) => [custom_id, response?.status_code])).toEqual([
      ['hot', 400],
      ['streamed', 400],
    ]);
    expect(errors[1]?.response?.body.error?.code).toBe('unsupported_parameter');
  });

  it.each([
    ['no JSON', () => [line('a', 'x'), '{"custom_id":'], 'invalid_json_line', 2],
    ['the same custom_id', () => [line('a', 'x'), line('b', 'x'), line('a', 'y')], 'duplicate_custom_id', 3],
    ['no custom_id', () => [line('a', 'x').replace('custom_id', 'id')], 'invalid_request', 1],
    ['another method', () => [line('a', 'x').replace('"POST"', '"GET"')], 'invalid_request', 1],
    ['another endpoint', () => [line('a', 'x').replace('chat/completions', 'embeddings')], 'invalid_request', 1],
    ['two models', () => [line('a', 'x'), line('b', 'x', { model: 'other' })], 'mismatched_model', 2],
    ['nothing', () => ['', ' '], 'empty_file', null],
  ])('fails with the line when its file has %s, and answers nothing', async (_name, lines, code, number) => {
    const batch = await ended((await create(lines())).id);
    expect(batch).toMatchObject({ status: 'failed', errors: { object: 'list', data: [{ code, line: number }] } });
    expect(batch.output_file_id).toBeUndefined();
    expect(batch.errors?.data?.[0]?.message).toMatch(/\.$/u);
  });

  it('ends after the present request when it is cancelled, and keeps what was answered', async () => {
    let asked = 0;
    const cancelled: Promise<OpenAI.Batch>[] = [];
    const created = await create(many(5000));
    engine.reply = () => {
      asked += 1;
      if (asked === 3) cancelled.push(client.batches.cancel(created.id));
      return 'x';
    };
    const batch = await ended(created.id);
    expect(await Promise.all(cancelled)).toMatchObject([{ status: 'cancelling' }]);
    expect(batch.status).toBe('cancelled');
    expect(batch.request_counts?.completed).toBeLessThan(5000);
    expect((await rows(batch.output_file_id)).length).toBe(batch.request_counts?.completed);
    expect(await refusal(client.batches.cancel(created.id))).toMatchObject({ status: 400, code: 'batch_ended' });
  });

  it('goes on after a restart where it was: no row is lost, none is answered twice', async () => {
    const created = await create(many(400));
    const stopping: Promise<void>[] = [];
    let answered = 0;
    engine.reply = ({ messages }) => {
      answered += 1;
      if (answered === 50) stopping.push(server.close());
      return question(messages);
    };
    await expect.poll(() => stopping.length).toBe(1);
    await stopping[0];
    // As a crash would leave it: a line that was not finished.
    const partial = path.join(folder, 'batches', `${created.id}.output.jsonl`);
    const before = readFileSync(partial, 'utf8').split('\n').filter(Boolean).length;
    appendFileSync(partial, '{"id":"batch_req_torn","custom_');
    await start();
    const batch = await ended(created.id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 400, completed: 400, failed: 0 } });
    const ids = (await rows(batch.output_file_id)).map(({ custom_id }) => custom_id);
    expect(ids).toEqual(many(400).map((_, index) => `row-${String(index)}`));
    // Paid once each, but for the one under way when the server ended.
    expect(answered).toBeLessThanOrEqual(401);
    expect(before).toBeGreaterThan(40);
  });

  it('finishes what a crash left between its rows and its end', async () => {
    const created = await create(many(3));
    const batch = await ended(created.id);
    await server.close();
    const file = path.join(folder, 'batches', `${created.id}.json`);
    const record = JSON.parse(readFileSync(file, 'utf8')) as { batch: Record<string, unknown> };
    record.batch = { ...record.batch, status: 'finalizing', output_file_id: undefined, completed_at: undefined };
    writeFileSync(file, JSON.stringify(record));
    await start();
    const again = await ended(created.id);
    expect(again).toMatchObject({ status: 'completed', output_file_id: batch.output_file_id });
    expect(await rows(again.output_file_id)).toHaveLength(3);
  });

  it('says which requests it did not reach within its day', async () => {
    let asked = 0;
    engine.reply = () => {
      asked += 1;
      if (asked === 5) clock += 86_400_000;
      return 'x';
    };
    const batch = await ended((await create(many(8))).id);
    expect(batch).toMatchObject({ status: 'expired', request_counts: { total: 8, completed: 5, failed: 3 } });
    expect((await rows(batch.error_file_id)).map(({ error, response }) => [error?.code, response])).toEqual(
      Array.from({ length: 3 }, () => ['batch_expired', null]),
    );
  });

  it.each([
    ['all', 8],
    ['some', 6],
    ['none', 5],
  ])('is expired, too, when the server crashes after %s of its rows were written', async (_name, written) => {
    let asked = 0;
    engine.reply = () => {
      asked += 1;
      if (asked === 5) clock += 86_400_000;
      return 'x';
    };
    const whole = await ended((await create(many(8))).id);
    const [output, errors] = await Promise.all([texts(whole.output_file_id), texts(whole.error_file_id)]);
    await server.close();
    // As the crash leaves it: rows, and a record that says nothing of how it ended.
    const batches = path.join(folder, 'batches');
    const file = path.join(batches, `${whole.id}.json`);
    const record = JSON.parse(readFileSync(file, 'utf8')) as { batch: Record<string, unknown> };
    record.batch = {
      ...record.batch,
      status: 'in_progress',
      expired_at: undefined,
      output_file_id: undefined,
      error_file_id: undefined,
    };
    writeFileSync(file, JSON.stringify(record));
    for (const id of [whole.output_file_id, whole.error_file_id])
      for (const name of readdirSync(path.join(folder, 'files'))) {
        if (name.startsWith(id ?? '?')) rmSync(path.join(folder, 'files', name));
      }
    writeFileSync(path.join(batches, `${whole.id}.output.jsonl`), output);
    const reached = errors.split('\n').slice(0, written - 5);
    writeFileSync(path.join(batches, `${whole.id}.errors.jsonl`), reached.map((row) => `${row}\n`).join(''));
    await start();
    const again = await ended(whole.id);
    expect(again).toMatchObject({ status: 'expired', request_counts: { total: 8, completed: 5, failed: 3 } });
    expect(again.completed_at).toBeUndefined();
    expect((await rows(again.error_file_id)).map(({ error }) => error?.code)).toEqual(
      Array.from({ length: 3 }, () => 'batch_expired'),
    );
    expect(asked).toBe(5);
  });

  it('is worked on in turn, and listed newest first', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) ids.push((await create(many(5))).id);
    for (const id of ids) expect((await ended(id)).status).toBe('completed');
    const page = await client.batches.list({ limit: 2 });
    expect(page.data.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect(page.has_more).toBe(true);
    expect((await client.batches.list({ after: ids[1] ?? '' })).data.map(({ id }) => id)).toEqual([ids[0]]);
  });

  it('is refused at once when it cannot be one', async () => {
    const good = {
      input_file_id: await upload(many(1)),
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    } as const;
    const other = (await client.files.create({ file: new File(['x'], 'x.jsonl'), purpose: 'fine-tune' })).id;
    for (const [code, change] of [
      ['unsupported_endpoint', { endpoint: '/v1/embeddings' }],
      ['file_not_found', { input_file_id: 'file-none' }],
      ['invalid_purpose', { input_file_id: other }],
      [null, { completion_window: '1h' as '24h' }],
      [null, { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [String(index), ''])) }],
    ] as const) {
      expect(await refusal(client.batches.create({ ...good, ...change }))).toMatchObject({
        status: 400,
        code,
      });
    }
    expect(await refusal(client.batches.retrieve('batch_none'))).toMatchObject({
      status: 404,
      code: 'batch_not_found',
    });
    expect((await client.batches.list()).data).toEqual([]);
  });

  it('keeps its output as long as it was asked to', async () => {
    const { id } = await client.batches.create({
      input_file_id: await upload(many(1)),
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      output_expires_after: { anchor: 'created_at', seconds: 3600 },
    });
    const { output_file_id } = await ended(id);
    const file = await client.files.retrieve(output_file_id ?? '');
    expect(file.expires_at).toBe(file.created_at + 3600);
  });
});

function question(messages: readonly Pick<ChatMessage, 'content'>[]): string {
  return textOf(messages[0] ?? { content: '' });
}

async function refusal(call: Promise<unknown>): Promise<{ status: unknown; code: unknown }> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof APIError)) throw new Error('The call was not refused.');
  return { status: error.status, code: error.code };
}
