import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { profileOf, systemRowsWarning } from '../../../src/core/provider/profiles.ts';
import type { ConnectionKind, Endpoint } from '../../../src/core/provider/connection.ts';
import type { CreateJobRequest, Provider } from '../../../src/core/provider/api.ts';
import { isProviderFailure } from '../../../src/core/provider/failure.ts';
import type { JobMethod } from '../../../src/core/training/job.ts';
import { createClient } from '../../../src/openai/client.ts';
import { type Fault, type FaultServer, startFaultServer } from '../../support/faultServer.ts';

let server: FaultServer;
beforeEach(async () => {
  server = await startFaultServer();
});
afterEach(async () => {
  await server.close();
});

const at = (kind: ConnectionKind, more: Partial<Endpoint> = {}): Provider =>
  createClient({ baseUrl: server.baseUrl, apiKey: server.apiKey, kind, ...more });

const AUTO = { n_epochs: 'auto', batch_size: 'auto', learning_rate_multiplier: 'auto' } as const;
const request = (method: JobMethod): CreateJobRequest => ({
  model: 'base-1',
  trainingFile: 'file-1',
  validationFile: null,
  method,
  suffix: null,
  seed: 7,
  wandb: { project: 'p', entity: null, name: 'run 1', tags: [] },
  metadata: {},
});

/** The body of the request that created the job. */
async function bodyOf(kind: ConnectionKind, method: JobMethod): Promise<Record<string, unknown>> {
  const { length } = server.requests;
  server.script('POST /fine_tuning/jobs', { kind: 'json', value: { id: 'ftjob-1', status: 'queued' } });
  await at(kind).createJob(request(method));
  return JSON.parse(server.requests[length]?.body ?? '') as Record<string, unknown>;
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  return isProviderFailure(error) ? error.problem.code : 'no failure';
}

describe('the key travels', () => {
  const header = (name: string): unknown => server.requests.at(-1)?.headers[name];

  it('as api-key at Azure and in no other header', async () => {
    await at('azure')
      .listModels({ retries: 0 })
      .catch(() => undefined);
    expect(header('api-key')).toBe(server.apiKey);
    expect(header('authorization')).toBeUndefined();
  });

  it.each(['openai', 'nebius', 'compatible', 'local'] as const)('as a bearer token at %s', async (kind) => {
    await at(kind).listModels();
    expect(header('authorization')).toBe(`Bearer ${server.apiKey}`);
    expect(header('api-key')).toBeUndefined();
  });

  it('with organization and project at OpenAI only', async () => {
    const account = { organization: 'org-1', project: 'proj_1' };
    await at('openai', account).listModels();
    expect([header('openai-organization'), header('openai-project')]).toEqual(['org-1', 'proj_1']);
    await at('compatible', account).listModels();
    expect([header('openai-organization'), header('openai-project')]).toEqual([undefined, undefined]);
  });
});

describe('a job is described', () => {
  const numbers = { n_epochs: 3, batch_size: 'auto', learning_rate_multiplier: 0.5 } as const;
  const grader = {
    type: 'string_check',
    name: 'same',
    operation: 'eq',
    input: '{{sample.output_text}}',
    reference: '1',
  };

  it('with preferences, under its method', async () => {
    const body = await bodyOf('openai', { name: 'dpo', hyperparameters: { ...numbers, beta: 0.1, eval_samples: 3 } });
    // What belongs to another method stays here.
    expect(body['method']).toEqual({ type: 'dpo', dpo: { hyperparameters: { ...numbers, beta: 0.1 } } });
    expect(body['hyperparameters']).toBeUndefined();
    expect(body['integrations']).toEqual([{ type: 'wandb', wandb: { project: 'p', name: 'run 1' } }]);
  });

  it('with a grader, under its method', async () => {
    const more = { compute_multiplier: 2, eval_interval: 5, eval_samples: 'auto', reasoning_effort: 'low' } as const;
    const body = await bodyOf('azure', { name: 'reinforcement', grader, hyperparameters: { ...numbers, ...more } });
    expect(body['method']).toEqual({
      type: 'reinforcement',
      reinforcement: { grader, hyperparameters: { ...numbers, ...more } },
    });
  });

  it('with the settings of the open-weights trainer at the local server, and without them everywhere else', async () => {
    const advanced = { lora_rank: 8, packing: true };
    const method: JobMethod = { name: 'supervised', hyperparameters: AUTO, advanced };
    expect((await bodyOf('local', method))['method']).toEqual({
      type: 'supervised',
      supervised: { hyperparameters: AUTO, advanced },
    });
    // A start that asks for nothing sends what earlier versions sent.
    const none = await bodyOf('local', { ...method, advanced: {} });
    expect(none['method']).toEqual({ type: 'supervised', supervised: { hyperparameters: AUTO } });
    for (const kind of ['openai', 'azure', 'nebius', 'compatible'] as const) {
      for (const name of ['supervised', 'dpo', 'reinforcement'] as const) {
        const body = JSON.stringify(await bodyOf(kind, { name, grader, hyperparameters: AUTO, advanced }));
        expect([kind, name, body]).toEqual([kind, name, expect.not.stringMatching(/advanced|lora_rank|packing/)]);
      }
    }
  });

  it('at the top level at Nebius, where auto is said by saying nothing and no Weights & Biases key may go', async () => {
    const body = await bodyOf('nebius', { name: 'supervised', hyperparameters: numbers });
    expect(body['hyperparameters']).toEqual({ lora: true, n_epochs: 3, learning_rate_multiplier: 0.5 });
    expect(body['method']).toBeUndefined();
    expect(body['integrations']).toBeUndefined();
    expect((await bodyOf('nebius', { name: 'supervised', hyperparameters: AUTO }))['hyperparameters']).toEqual({
      lora: true,
    });
  });
});

describe('a model that has to be deployed', () => {
  const sampling = { temperature: 0, maxTokens: 7, seed: 1 };

  it('is asked by the name of its deployment', async () => {
    const azure = at('azure', { deployments: { 'gpt-4.1.ft-0123456789abcdef': 'pricer' } });
    server.otherwise = () => ({
      kind: 'json',
      value: { choices: [{ message: { content: '1' }, finish_reason: 'stop' }] },
    });
    for (const model of ['gpt-4.1.ft-0123456789abcdef', 'gpt-4.1', 'toString']) {
      await azure.chat({ model, messages: [], sampling });
    }
    expect(server.requests.map(({ body }) => (JSON.parse(body) as { model: string }).model)).toEqual([
      'pricer',
      'gpt-4.1',
      'toString',
    ]);
  });

  it('says so when it is not', async () => {
    server.otherwise = () => ({
      kind: 'status',
      status: 404,
      body: { error: { code: 'DeploymentNotFound', message: 'x' } },
    });
    expect(await codeOf(at('azure').chat({ model: 'm', messages: [], sampling }))).toBe('deployment-missing');
  });
});

it('reads from Azure’s list which models can be tuned and when they end', async () => {
  server.otherwise = () => ({
    kind: 'json',
    value: {
      data: [
        { id: 'a', created_at: 5, capabilities: { fine_tune: true }, deprecation: { inference: 1_800_000_000 } },
        { id: 'b', created: 6, capabilities: { fine_tune: false }, shutdown_date: '2027-01-14T00:00:00Z' },
        { id: 'c', capabilities: null, deprecation: { inference: 'soon' }, shutdown_date: 'soon' },
      ],
    },
  });
  expect(await at('azure').listModels()).toEqual([
    { id: 'a', createdAt: 5, ownedBy: null, shutdownDate: '2027-01-15', tunable: true },
    { id: 'b', createdAt: 6, ownedBy: null, shutdownDate: '2027-01-14', tunable: false },
    { id: 'c', createdAt: null, ownedBy: null, shutdownDate: null, tunable: null },
  ]);
});

describe('a file in parts', () => {
  const part = new Uint8Array(300_000).fill(65);

  it('is announced, sent, joined in the given order, and becomes a file', async () => {
    const client = at('openai');
    server.script('POST /uploads', { kind: 'json', value: { id: 'upload_1', expires_at: 99, status: 'pending' } });
    const upload = await client.createUpload({
      filename: 'big.jsonl',
      bytes: 600_000,
      purpose: 'fine-tune',
      mimeType: 'text/jsonl',
    });
    expect(upload).toEqual({ id: 'upload_1', expiresAt: 99 });
    server.script(
      'POST /uploads/upload_1/parts',
      { kind: 'json', value: { id: 'part_1' } },
      { kind: 'json', value: { id: 'part_2' } },
    );
    const seen: number[] = [];
    const ids = [
      await client.addUploadPart('upload_1', { bytes: part }, { onProgress: (fraction) => seen.push(fraction) }),
      await client.addUploadPart('upload_1', { bytes: part }),
    ];
    expect(ids).toEqual(['part_1', 'part_2']);
    expect(seen.at(-1)).toBe(1);
    server.script('POST /uploads/upload_1/complete', {
      kind: 'json',
      value: { id: 'upload_1', status: 'completed', file: { id: 'file-9', filename: 'big.jsonl', bytes: 600_000 } },
    });
    expect(await client.completeUpload('upload_1', ids)).toMatchObject({ id: 'file-9', bytes: 600_000 });
    const [announced, first, , joined] = server.requests;
    expect(JSON.parse(announced?.body ?? '')).toEqual({
      filename: 'big.jsonl',
      bytes: 600_000,
      purpose: 'fine-tune',
      mime_type: 'text/jsonl',
    });
    expect(first?.body).toMatch(/name="data"; filename="part"\r\n.*\r\n\r\nA{300000}\r\n--/);
    expect(JSON.parse(joined?.body ?? '')).toEqual({ part_ids: ['part_1', 'part_2'] });
  });

  it('that is joined without a file is not the API’s answer', async () => {
    server.otherwise = () => ({ kind: 'json', value: { id: 'upload_1', status: 'completed', file: null } });
    expect(await codeOf(at('openai').completeUpload('upload_1', []))).toBe('not-the-api');
  });
});

describe('a call that changes something', () => {
  const calls: [string, string, (client: Provider) => Promise<unknown>][] = [
    [
      'createUpload',
      'POST /uploads',
      (c) => c.createUpload({ filename: 'a', bytes: 1, purpose: 'fine-tune', mimeType: 't' }),
    ],
    ['addUploadPart', 'POST /uploads/u/parts', (c) => c.addUploadPart('u', { bytes: new Uint8Array(3) })],
    ['completeUpload', 'POST /uploads/u/complete', (c) => c.completeUpload('u', ['p'])],
    ['cancelUpload', 'POST /uploads/u/cancel', (c) => c.cancelUpload('u')],
    ['pauseJob', 'POST /fine_tuning/jobs/j/pause', (c) => c.pauseJob('j')],
    ['resumeJob', 'POST /fine_tuning/jobs/j/resume', (c) => c.resumeJob('j')],
    ['deleteFile', 'DELETE /files/f', (c) => c.deleteFile('f')],
    ['deleteModel', 'DELETE /models/ft%3Aa%2Fb%3A%3Ac', (c) => c.deleteModel('ft:a/b::c')],
  ];
  const faults: Fault[] = [{ kind: 'status', status: 503 }, { kind: 'reset' }, { kind: 'status', status: 429 }];

  it.each(calls)('%s is sent once, whatever comes back', async (_name, route, call) => {
    for (const [index, fault] of faults.entries()) {
      server.script(route, fault);
      expect(await codeOf(call(at('openai')))).not.toBe('no failure');
      expect(server.count(route)).toBe(index + 1);
    }
  });

  it('deletes what the server says is deleted, and says when it was not', async () => {
    server.script('DELETE /models/m', { kind: 'json', value: { id: 'm', deleted: true } });
    await at('openai').deleteModel('m');
    server.script('DELETE /files/f', { kind: 'empty' });
    await at('openai').deleteFile('f');
    server.script('DELETE /models/m', { kind: 'json', value: { id: 'm', deleted: false } });
    expect(await codeOf(at('openai').deleteModel('m'))).toBe('not-the-api');
  });

  it.each(['', '.', '..'])('is not sent for the id %j', async (id) => {
    await expect(at('openai').deleteFile(id)).rejects.toThrow();
    await expect(at('openai').pauseJob(id)).rejects.toThrow();
    expect(server.requests).toEqual([]);
  });
});

describe('profiles', () => {
  it.each(['local', 'openai', 'azure', 'nebius', 'compatible'] as const)('of %s are complete', (kind) => {
    const profile = profileOf(kind);
    expect(profile.kind).toBe(kind);
    expect(profile.methods.length).toBeGreaterThan(0);
    if (profile.baseUrl !== null) expect(profile.baseUrl).toMatch(/^https:\/\/[^/]+\/v1$/);
  });

  it('lead to the job at OpenAI, whatever its id', () => {
    expect(profileOf('openai').dashboard?.('ftjob-1/../?x')).toBe(
      'https://platform.openai.com/finetune/ftjob-1%2F..%2F%3Fx',
    );
  });
});

describe('rows for a grader with a system message', () => {
  it.each([
    ['azure', 2, /^2 rows have a system message, which Mine does not take/],
    ['azure', 1, /^1 row has a system message, which Mine does not take/],
    ['azure', 0, null],
    ['openai', 2, null],
    ['compatible', 2, null],
  ] as const)('at %s, %d of them', (kind, rows, sentence) => {
    const warning = systemRowsWarning(profileOf(kind), rows, 'Mine');
    if (sentence === null) expect(warning).toBeNull();
    else expect(warning).toMatch(sentence);
  });
});
