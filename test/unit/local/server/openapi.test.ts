import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobMethod } from '../../../../src/core/training/job.ts';
import type { Provider } from '../../../../src/core/provider/api.ts';
import type { LocalServer } from '../../../../src/local/server/server.ts';
import { builtInEngines } from '../../../../src/local/engines/builtInEngines.ts';
import { startServer } from '../../../../src/local/server/server.ts';
import { createClient } from '../../../../src/openai/client.ts';
import { setUpFakePython } from '../../../support/openWeights/fakePython.ts';
import { type FaultServer, startFaultServer } from '../../../support/faultServer.ts';
import { createInstantEngine, type InstantEngine } from '../../../support/faults/instantEngine.ts';
import { type OpenApi, readOpenApi } from '../../../support/openapi/document.ts';
import { HOLES, unexplained } from '../../../support/openapi/holes.ts';
import { startValidatingProxy, type ValidatingProxy } from '../../../support/openapi/validatingProxy.ts';
import { removeFolder, temporaryFolder } from '../serveProcess.ts';

const FILE = process.env['TUNING_FORK_OPENAPI'] ?? '';

const SUPERVISED: JobMethod = {
  name: 'supervised',
  hyperparameters: { n_epochs: 3, batch_size: 'auto', learning_rate_multiplier: 0.5 },
};

describe.skipIf(FILE === '')('against the published description (TUNING_FORK_OPENAPI)', () => {
  const folder = temporaryFolder();
  const engine: InstantEngine = createInstantEngine('instant', ['local-linear-1']);
  let document: OpenApi;
  let server: LocalServer;
  let double: FaultServer;
  let proxy: ValidatingProxy;
  let toDouble: ValidatingProxy;
  let client: Provider;
  let sdk: OpenAI;
  beforeAll(async () => {
    document = readOpenApi(FILE);
    server = await startServer({ dataFolder: folder, port: 0, version: 'test', engines: engine });
    double = await startFaultServer();
    proxy = await startValidatingProxy(document, server.baseUrl);
    toDouble = await startValidatingProxy(document, double.baseUrl);
    const endpoint = { baseUrl: proxy.baseUrl, apiKey: server.apiKey };
    client = createClient(endpoint);
    sdk = new OpenAI({ baseURL: proxy.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
  }, 60_000);
  afterAll(async () => {
    await proxy.close();
    await toDouble.close();
    await server.close();
    await double.close();
    removeFolder(folder);
  });

  const ROWS = Buffer.from(
    '{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"1"}]}\n'.repeat(12),
  );
  const job = (trainingFile: string, more: Partial<Parameters<Provider['createJob']>[0]> = {}) =>
    client.createJob({
      model: 'local-linear-1',
      trainingFile,
      validationFile: null,
      method: SUPERVISED,
      suffix: 'pricer',
      seed: 42,
      wandb: null,
      metadata: { intent: 'a' },
      ...more,
    });
  const ended = async (id: string, status = 'succeeded'): Promise<string> => {
    await expect.poll(async () => (await client.retrieveJob(id)).status).toBe(status);
    return (await client.retrieveJob(id)).fineTunedModel ?? '';
  };
  let model = '';

  it('says nothing of the whole way of our own client', async () => {
    await client.probe();
    await client.listFiles();
    const file = await client.uploadFile({ bytes: ROWS }, 'train.jsonl');
    await client.retrieveFile(file.id);
    const upload = await client.createUpload({
      filename: 'validation.jsonl',
      bytes: ROWS.length,
      purpose: 'fine-tune',
      mimeType: 'application/jsonl',
    });
    const part = await client.addUploadPart(upload.id, { bytes: ROWS });
    const validation = await client.completeUpload(upload.id, [part]);
    await client.cancelUpload(
      (await client.createUpload({ filename: 'x', bytes: 1, purpose: 'batch', mimeType: 'x/y' })).id,
    );
    const { id } = await job(file.id, {
      validationFile: validation.id,
      wandb: { project: 'gpt-pricer', entity: null, name: 'a', tags: ['b'] },
    });
    model = await ended(id);
    await client.listJobs({ metadata: { intent: 'a' }, limit: 1 });
    expect((await client.listEvents(id)).length).toBeGreaterThan(5);
    const [checkpoint] = await client.listCheckpoints(id);
    const [result = ''] = (await client.retrieveJob(id)).resultFiles;
    expect(Buffer.from(await client.fileContent(result)).toString()).toMatch(/^step,/u);
    await client.chat({
      model,
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: [{ type: 'text', text: 'x' }] },
        { role: 'assistant', content: 'Price is $' },
      ],
      sampling: { temperature: 0, maxTokens: 7, seed: 42 },
    });
    await client.listModels();
    await client.deleteModel(checkpoint?.model ?? '');
    await client.deleteFile(file.id);
    expect(unexplained(proxy.violations)).toEqual([]);
  });

  it('says nothing of the parts that our client does not use', async () => {
    const batchLine = JSON.stringify({
      custom_id: 'a',
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model, messages: [{ role: 'user', content: 'x' }] },
    });
    const input = await sdk.files.create({
      file: await toFile(Buffer.from(batchLine), 'batch.jsonl'),
      purpose: 'batch',
      expires_after: { anchor: 'created_at', seconds: 3600 },
    });
    const create = (): Promise<OpenAI.Batch> =>
      sdk.batches.create({
        input_file_id: input.id,
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
        metadata: { a: 'b' },
        output_expires_after: { anchor: 'created_at', seconds: 7200 },
      });
    await sdk.batches.list();
    const { id } = await create();
    await expect.poll(async () => (await sdk.batches.retrieve(id)).status).toBe('completed');
    await sdk.batches.cancel((await create()).id).catch(() => null);
    await sdk.batches.list({ limit: 1 });
    const wrong = await sdk.files.create({ file: await toFile(Buffer.from('{'), 'wrong.jsonl'), purpose: 'batch' });
    const failed = await sdk.batches.create({
      input_file_id: wrong.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    await expect.poll(async () => (await sdk.batches.retrieve(failed.id)).status).toBe('failed');
    await sdk.files.list({ purpose: 'none', order: 'asc', limit: 5 });
    const stream = await sdk.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'x' }],
      stream: true,
      stream_options: { include_usage: true },
      n: 2,
      stop: ['.'],
    });
    let chunks = 0;
    for await (const chunk of stream) chunks += chunk.choices.length;
    expect(chunks).toBeGreaterThan(5);
    await sdk.models.retrieve(model);
    await sdk.models.retrieve('local-linear-1');
    expect(unexplained(proxy.violations)).toEqual([]);
  });

  it('says nothing of tool calls and log-probabilities, whole and streamed', async () => {
    const own = `${folder}/served`;
    await setUpFakePython(own);
    const served = await startServer({ dataFolder: own, port: 0, version: 'test', engines: builtInEngines(own) });
    const api = await startValidatingProxy(document, served.baseUrl);
    const asking = new OpenAI({ baseURL: api.baseUrl, apiKey: served.apiKey, maxRetries: 0 });
    const named = (name: string): OpenAI.ChatCompletionTool => ({
      type: 'function',
      function: { name, parameters: { type: 'object', properties: {} } },
    });
    const call = { id: 'call_9', type: 'function' as const, function: { name: 'price', arguments: '{}' } };
    const plain = { model: 'tiny-good', n: 2, messages: [{ role: 'user' as const, content: 'one two' }] };
    const withTools = {
      ...plain,
      messages: [
        ...plain.messages,
        { role: 'assistant' as const, content: null, tool_calls: [call] },
        { role: 'tool' as const, tool_call_id: 'call_9', content: '7' },
      ],
      tools: [named('price'), named('stock')],
      tool_choice: 'auto' as const,
      parallel_tool_calls: true,
    };
    const withLogprobs = { logprobs: true, top_logprobs: 2 };
    try {
      for (const [params, calls, tokens] of [
        [withTools, 4, 0],
        [{ ...plain, ...withLogprobs }, 0, 2],
        [{ ...withTools, ...withLogprobs, parallel_tool_calls: false }, 4, 2],
      ] as const) {
        const { choices } = await asking.chat.completions.create(params);
        expect(choices.flatMap(({ message }) => message.tool_calls ?? [])).toHaveLength(calls);
        expect(choices.flatMap(({ logprobs }) => logprobs?.content ?? [])).toHaveLength(tokens);
        const streamed = { calls: 0, tokens: 0 };
        const options = { stream: true as const, stream_options: { include_usage: true } };
        for await (const chunk of await asking.chat.completions.create({ ...params, ...options }))
          for (const { delta, logprobs } of chunk.choices) {
            streamed.calls += delta.tool_calls?.length ?? 0;
            streamed.tokens += logprobs?.content?.length ?? 0;
          }
        expect(streamed.calls).toBe(calls);
        expect(streamed.tokens > 0).toBe(tokens > 0);
      }
      expect(unexplained(api.violations)).toEqual([]);
    } finally {
      await api.close();
      await served.close();
    }
  });

  it('knows no pause, although there is a call for it', async () => {
    const other = createInstantEngine('endless', ['local-linear-1']);
    const slow = await startServer({ dataFolder: `${folder}/slow`, port: 0, version: 'test', engines: other });
    const api = await startValidatingProxy(document, slow.baseUrl);
    const own = createClient({ baseUrl: api.baseUrl, apiKey: slow.apiKey });
    const file = await own.uploadFile({ bytes: ROWS }, 'train.jsonl');
    const body = { model: 'local-linear-1', trainingFile: file.id, validationFile: null, suffix: null, seed: null };
    const { id } = await own.createJob({ ...body, method: SUPERVISED, wandb: null, metadata: {} });
    await expect.poll(async () => (await own.retrieveJob(id)).status).toBe('running');
    expect((await own.pauseJob(id)).status).toBe('paused');
    expect((await own.listJobs()).jobs[0]?.status).toBe('paused');
    await own.resumeJob(id);
    await own.cancelJob(id);
    expect(unexplained(api.violations)).toEqual([]);
    expect(api.violations.some((violation) => HOLES[0]?.is(violation))).toBe(true);
    await api.close();
    await slow.close();
  });

  it('documents no refusal, and ours have the form of its errors', async () => {
    const before = proxy.violations.length;
    const refused: Promise<unknown>[] = [
      sdk.files.retrieve('file-none'),
      sdk.files.content('file-none'),
      sdk.files.delete('file-none'),
      sdk.models.retrieve('none'),
      sdk.models.delete('local-linear-1'),
      sdk.uploads.cancel('upload_none'),
      sdk.batches.retrieve('batch_none'),
      sdk.fineTuning.jobs.retrieve('ftjob-none'),
      sdk.fineTuning.jobs.create({ model: 'none', training_file: 'file-none' }),
      sdk.fineTuning.jobs.create({ model: 'local-linear-1', training_file: 'file-none' }),
      sdk.chat.completions.create({ model: 'local-linear-1', messages: [{ role: 'user', content: 'x' }] }),
    ];
    for (const call of refused) await expect(call).rejects.toThrow(/^4\d\d /u);
    expect(unexplained(proxy.violations)).toEqual([]);
    expect(proxy.violations.slice(before).length).toBe(refused.length);
  });

  it('lets preference and reinforcement jobs be asked for; they are refused by name, not trained in appearance', async () => {
    const { id: trainingFile } = await client.uploadFile({ bytes: ROWS }, 'train.jsonl');
    const grader = {
      type: 'string_check',
      name: 'same',
      input: '{{sample.output_text}}',
      reference: '{{item.x}}',
      operation: 'eq',
    } as const;
    for (const method of [
      { type: 'dpo', dpo: { hyperparameters: { beta: 0.1, n_epochs: 'auto' } } },
      { type: 'reinforcement', reinforcement: { grader, hyperparameters: { reasoning_effort: 'low' } } },
    ] as const) {
      const call = sdk.fineTuning.jobs.create({ model: 'local-linear-1', training_file: trainingFile, method });
      await expect(call).rejects.toMatchObject({
        status: 400,
        code: 'unsupported_method',
        param: 'method.type',
        message: expect.stringContaining('supervised') as string,
      });
    }
    const own: readonly JobMethod[] = [
      { name: 'dpo', hyperparameters: { ...SUPERVISED.hyperparameters, beta: 0.1 } },
      {
        name: 'reinforcement',
        hyperparameters: { ...SUPERVISED.hyperparameters, reasoning_effort: 'low', compute_multiplier: 1.5 },
        grader,
      },
    ];
    for (const method of own)
      await expect(job(trainingFile, { method })).rejects.toMatchObject({ serverCode: 'unsupported_method' });
    expect(unexplained(proxy.violations)).toEqual([]);
  });

  it('does not know every event that our client reads', async () => {
    double.ledger.jobs.push({ id: 'ftjob-1', created_at: 1, status: 'running' });
    double.events.push({
      id: 'ftevent-1',
      object: 'fine_tuning.job.event',
      created_at: 1,
      level: 'info',
      message: 'Moderation checks passed',
      type: 'moderation_checks',
      data: { results: [] },
    });
    const reader = createClient({ baseUrl: toDouble.baseUrl, apiKey: double.apiKey });
    expect((await reader.listEvents('ftjob-1')).map(({ id }) => id)).toEqual(['ftevent-1']);
    expect(toDouble.violations.map(({ message }) => message.split(' ')[1])).toEqual(['/data/0/type']);
    expect(unexplained(toDouble.violations)).toEqual([]);
  });

  it('covers every path there is here, and needs every hole in the list', () => {
    expect([...proxy.calls.keys()].sort()).toEqual(
      [
        'DELETE /files/{file_id}',
        'DELETE /models/{model}',
        'GET /batches',
        'GET /batches/{batch_id}',
        'GET /files',
        'GET /files/{file_id}',
        'GET /files/{file_id}/content',
        'GET /fine_tuning/jobs',
        'GET /fine_tuning/jobs/{fine_tuning_job_id}',
        'GET /fine_tuning/jobs/{fine_tuning_job_id}/checkpoints',
        'GET /fine_tuning/jobs/{fine_tuning_job_id}/events',
        'GET /models',
        'GET /models/{model}',
        'POST /batches',
        'POST /batches/{batch_id}/cancel',
        'POST /chat/completions',
        'POST /files',
        'POST /fine_tuning/jobs',
        'POST /uploads',
        'POST /uploads/{upload_id}/cancel',
        'POST /uploads/{upload_id}/complete',
        'POST /uploads/{upload_id}/parts',
      ].sort(),
    );
    const all = [...proxy.violations, ...toDouble.violations];
    // The first is seen above, at a server of its own.
    expect(
      HOLES.slice(1)
        .filter(({ is }) => !all.some(is))
        .map(({ reason }) => reason),
    ).toEqual([]);
  });

  it('would be heard: a field too few, one of another type, an unknown question, another body', async () => {
    const before = proxy.violations.length;
    proxy.tamper = (operation, body) => {
      if (operation === 'GET /models') return { ...body, object: 'page' };
      if (operation === 'GET /files') return { ...body, data: [{ ...(body['data'] as object[])[0], bytes: 'many' }] };
      if (operation !== 'GET /fine_tuning/jobs') return body;
      return { ...body, has_more: undefined };
    };
    await sdk.models.list();
    await sdk.files.list();
    await sdk.fineTuning.jobs.list();
    proxy.tamper = null;
    await sdk.files.list({}, { query: { colour: 'red' } });
    await sdk
      .post('/uploads', { body: { filename: 'x', purpose: 'fine-tune', bytes: 'many', colour: 1 } })
      .catch(() => null);
    const messages = unexplained(proxy.violations.slice(before)).map(({ side, message }) => `${side} ${message}`);
    expect(messages).toEqual([
      expect.stringContaining('answer body /object must be equal'),
      expect.stringContaining('answer body /data/0/bytes must be integer'),
      expect.stringContaining("answer body / must have required property 'has_more'"),
      'request query colour is not documented',
      expect.stringContaining("request body / must have required property 'mime_type'"),
      expect.stringContaining('request body / must NOT have additional properties'),
      expect.stringContaining('request body /bytes must be integer'),
    ]);
  });
});
