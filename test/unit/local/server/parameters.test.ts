// What the server does not know, or could only ignore, is refused by its name, as the real API does.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFaultServer, type LocalFaultServer } from '../../../support/faultServer.ts';

let server: LocalFaultServer;
let file: string;
let model: string;

interface Answer {
  readonly status: number;
  readonly param: string | null;
  readonly message: string;
}

async function ask(path: string, body: unknown): Promise<Answer & { readonly json: Record<string, unknown> }> {
  const response = await fetch(`${server.baseUrl}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const json = (await response.json()) as Record<string, unknown>;
  const { param = null, message = '' } = (json['error'] ?? {}) as Partial<Answer>;
  return { status: response.status, param, message, json };
}

async function upload(fields: Readonly<Record<string, string>>): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const row = (n: number): string =>
    JSON.stringify({
      messages: [
        { role: 'user', content: `q ${String(n)}` },
        { role: 'assistant', content: 'a' },
      ],
    });
  form.append('file', new Blob([Array.from({ length: 12 }, (_, n) => row(n)).join('\n')]), 'a.jsonl');
  return fetch(`${server.baseUrl}/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}` },
    body: form,
  });
}

const base = (): object => ({ model: 'base-1', training_file: file });

beforeAll(async () => {
  server = await createFaultServer();
  file = ((await (await upload({ purpose: 'fine-tune' })).json()) as { id: string }).id;
  const { json } = await ask('/fine_tuning/jobs', base());
  const headers = { authorization: `Bearer ${server.apiKey}` };
  const tuned = async (): Promise<unknown> => {
    const job = await fetch(`${server.baseUrl}/fine_tuning/jobs/${String(json['id'])}`, { headers });
    return ((await job.json()) as Record<string, unknown>)['fine_tuned_model'];
  };
  model = String(await vi.waitUntil(tuned, { timeout: 30_000 }));
});
afterAll(() => server.close());

describe('a job', () => {
  it.each([
    [
      { method: { supervised: { hyperparameters: { nepochs: 2 } }, type: 'supervised' } },
      'method.supervised.hyperparameters.nepochs',
    ],
    [{ method: { type: 'supervised', supervised: { n_epochs: 2 } } }, 'method.supervised.n_epochs'],
    [{ hyperparameters: { epochs: 2 } }, 'hyperparameters.epochs'],
    [{ n_epochs: 3 }, 'n_epochs'],
    [{ integrations: [{ type: 'wandb', wandb: { project: 'p' }, extra: 1 }] }, 'integrations.0.extra'],
  ])('with %j is refused by the name', async (more, param) => {
    expect(await ask('/fine_tuning/jobs', { ...base(), ...more })).toMatchObject({
      status: 400,
      param,
      message: `Unknown parameter: '${param}'. Extra inputs are not permitted.`,
    });
  });

  it.each(['model', 'training_file'])('without %s says that it is missing', async (name) => {
    const body = Object.fromEntries(Object.entries(base()).filter(([key]) => key !== name));
    expect(await ask('/fine_tuning/jobs', body)).toMatchObject({
      status: 400,
      param: name,
      message: `Missing required parameter: '${name}'.`,
    });
  });

  it('with every documented parameter is taken', async () => {
    const more = {
      validation_file: null,
      suffix: 'all',
      seed: 1,
      metadata: { a: 'b' },
      integrations: [{ type: 'wandb', wandb: { project: 'p', name: 'n', entity: null, tags: ['t'] } }],
      method: {
        type: 'supervised',
        supervised: { hyperparameters: { n_epochs: 1, batch_size: 'auto', learning_rate_multiplier: 1 } },
      },
    };
    expect(await ask('/fine_tuning/jobs', { ...base(), ...more })).toMatchObject({ status: 200 });
  });

  it.each(['dpo', 'reinforcement'])('by %s is refused for its method', async (type) => {
    const method = { type, [type]: { hyperparameters: { beta: 1 }, grader: {} } };
    expect(await ask('/fine_tuning/jobs', { ...base(), method })).toMatchObject({ status: 400, param: 'method.type' });
  });
});

describe('a chat request', () => {
  const chat = (more: object): ReturnType<typeof ask> =>
    ask('/chat/completions', { model, messages: [{ role: 'user', content: 'q 1' }], ...more });

  it.each([
    [{ max_token: 5 }, 'max_token'],
    [{ stream: true, stream_options: { usage: true } }, 'stream_options.usage'],
    [{ messages: [{ role: 'user', content: 'x', weight: 1 }] }, 'messages.0.weight'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } } }, 'response_format'],
    [{ tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: 'required' }, 'tool_choice'],
    [{ tool_choice: { type: 'function', function: { name: 'f' } } }, 'tool_choice'],
    [{ function_call: { name: 'f' } }, 'function_call'],
    [{ frequency_penalty: 0.5 }, 'frequency_penalty'],
    [{ logit_bias: { '50256': -100 } }, 'logit_bias'],
    [{ reasoning_effort: 'high' }, 'reasoning_effort'],
    [{ modalities: ['text', 'audio'] }, 'modalities'],
    [{ store: true }, 'store'],
    [{ top_logprobs: 2, logprobs: true }, 'logprobs'],
  ])('with %j is refused by the name', async (more, param) => {
    const answer = await chat(more);
    expect(answer).toMatchObject({ status: 400, param });
    expect(answer.message).toContain(param);
  });

  it('without messages says that they are missing', async () => {
    expect(await ask('/chat/completions', { model })).toMatchObject({
      status: 400,
      message: "Missing required parameter: 'messages'.",
    });
  });

  it.each([
    {
      temperature: 0,
      top_p: 1,
      seed: 1,
      max_tokens: 5,
      stop: 'x',
      n: 1,
      logprobs: false,
      frequency_penalty: 0,
      presence_penalty: 0,
      logit_bias: {},
      response_format: { type: 'text' },
      modalities: ['text'],
      store: false,
      metadata: { a: 'b' },
      user: 'u',
      service_tier: 'auto',
    },
    { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: 'auto', parallel_tool_calls: true },
    {
      messages: [
        { role: 'assistant', content: null, tool_calls: [] },
        { role: 'tool', tool_call_id: 'a', content: 'x' },
      ],
    },
    { temperature: null, response_format: null, tool_choice: null },
  ])('with %j is answered', async (more) => {
    expect(await chat(more)).toMatchObject({ status: 200 });
  });
});

describe('files, uploads and batches', () => {
  it.each([
    ['/uploads', { filename: 'a', purpose: 'fine-tune', bytes: 1, mime_type: 'text/plain', md5: 'x' }, 'md5'],
    [
      '/batches',
      { input_file_id: 'f', endpoint: '/v1/chat/completions', completion_window: '24h', window: 1 },
      'window',
    ],
  ])('%s with %j is refused by the name', async (path, body, param) => {
    expect(await ask(path, body)).toMatchObject({ status: 400, param });
  });

  it('a form with a field too many is refused by its name', async () => {
    const response = await upload({ purpose: 'fine-tune', kind: 'chat' });
    expect([response.status, ((await response.json()) as { error: Answer }).error.param]).toEqual([400, 'kind']);
  });
});
