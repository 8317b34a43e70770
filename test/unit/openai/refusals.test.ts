import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isReasoningModel, samplingRule } from '../../../src/core/provider/reasoning.ts';
import type { Provider } from '../../../src/core/provider/api.ts';
import { isProviderFailure, type ProviderFailure } from '../../../src/core/provider/failure.ts';
import { createClient } from '../../../src/openai/client.ts';
import { type FaultServer, startFaultServer } from '../../support/faultServer.ts';
import { REFUSED_PROMPTS, REFUSED_MODELS, pickyModel } from '../../support/faults/refusals.ts';

const sampling = { temperature: 0, maxTokens: 7, seed: 42 };
let server: FaultServer;
let client: Provider;

beforeEach(async () => {
  server = await startFaultServer();
  client = createClient(server);
});
afterEach(async () => {
  await server.close();
});

const bodies = (): Record<string, unknown>[] =>
  server.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

async function refusal(status: number, body: unknown): Promise<ProviderFailure> {
  server.script('POST /chat/completions', { kind: 'status', status, body });
  const error: unknown = await client.chat({ model: 'm', messages: [], sampling }).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isProviderFailure(error)) throw error;
  return error;
}

describe('a refusal of the API', () => {
  it.each(REFUSED_PROMPTS)('of one prompt: $name', async ({ status, body }) => {
    expect(await refusal(status, body)).toMatchObject({ problem: { code: 'moderated' }, advice: 'never' });
  });

  it.each(REFUSED_MODELS)('of more than a prompt: $name', async ({ status, body, code }) => {
    expect((await refusal(status, body)).problem.code).toBe(code);
  });
});

describe('a model that refuses parameters', () => {
  it('is asked again without each, once, and every later time without all of them at first', async () => {
    server.otherwise = pickyModel();
    const reply = await client.chat({ model: 'my-o4', messages: [], sampling });
    expect(reply).toMatchObject({ text: '0', leftOut: ['max_tokens', 'temperature'] });
    expect(bodies().map((body) => Object.keys(body).slice(2))).toEqual([
      ['temperature', 'seed', 'max_tokens'],
      ['temperature', 'seed', 'max_completion_tokens'],
      ['seed', 'max_completion_tokens'],
    ]);
    expect(await client.chat({ model: 'my-o4', messages: [], sampling })).toMatchObject({
      leftOut: ['max_tokens', 'temperature'],
    });
    expect(bodies()).toHaveLength(4);
    expect(bodies().at(-1)).toEqual({ model: 'my-o4', messages: [], seed: 42, max_completion_tokens: 7 });
    expect(server.ledger.chats).toHaveLength(2);
  });

  it('that is known beforehand is never sent them', async () => {
    server.otherwise = pickyModel();
    const { leftOut, maxTokens } = samplingRule('o4-mini', 7);
    await client.chat({
      model: 'o4-mini',
      messages: [],
      sampling: { ...sampling, maxTokens: maxTokens ?? 0 },
      leaveOut: leftOut,
    });
    expect(bodies()).toEqual([{ model: 'o4-mini', messages: [], seed: 42, max_completion_tokens: 8199 }]);
  });

  it('by words alone is understood too', async () => {
    server.script('POST /chat/completions', {
      kind: 'status',
      status: 400,
      body: {
        error: {
          message: 'Unrecognized request argument supplied: seed',
          type: 'invalid_request_error',
          param: null,
          code: null,
        },
      },
    });
    expect(await client.chat({ model: 'm', messages: [], sampling })).toMatchObject({ leftOut: ['seed'] });
  });

  it.each([
    ["'temperature' must be at most 2.", 'temperature', 'invalid_value'],
    ['max_tokens is too large: 7. This model supports at most 4 completion tokens.', 'max_tokens', null],
    [
      "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
      'messages',
      'unsupported_value',
    ],
  ])('is none when it says: %s', async (message, param, code) => {
    await refusal(400, { error: { message, type: 'invalid_request_error', param, code } });
    expect(server.requests).toHaveLength(1);
  });

  it('again and again is not asked for ever', async () => {
    const body = {
      error: { message: "Unsupported parameter: 'seed'.", param: 'seed', code: 'unsupported_parameter' },
    };
    server.otherwise = () => ({ kind: 'status', status: 400, body });
    await expect(client.chat({ model: 'm', messages: [], sampling })).rejects.toThrow('refused the request');
    expect(server.requests).toHaveLength(2);
  });
});

it.each([
  ['o1', true],
  ['o3-mini', true],
  ['o4-mini-2025-04-16', true],
  ['ft:o4-mini-2025-04-16:acme::Ab12', true],
  ['openai/o3', true],
  ['gpt-5', true],
  ['gpt-5-mini-2025-08-07', true],
  ['gpt-5-chat-latest', false],
  ['gpt-4.1-mini-2025-04-14', false],
  ['ft:gpt-4o-mini-2024-07-18:acme:o1:Ab12', false],
  ['o200k', false],
  ['local-linear-1', false],
])('%s is a reasoning model: %s', (model, expected) => {
  expect(isReasoningModel(model)).toBe(expected);
});
