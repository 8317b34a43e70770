import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isProviderFailure } from '../../../src/core/provider/failure.ts';
import { createClient } from '../../../src/openai/client.ts';
import { guardFetch } from '../../../src/openai/guardedFetch.ts';
import { type FaultServer, startFaultServer } from '../../support/faultServer.ts';

const KEY = 'sk-canary-0123456789';
let server: FaultServer;
let other: FaultServer;

beforeEach(async () => {
  server = await startFaultServer();
  other = await startFaultServer();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await other.close();
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no failure';
  } catch (error) {
    if (isProviderFailure(error)) return error.problem.code;
    if (error instanceof Error && 'problem' in error) return (error.problem as { code: string }).code;
    throw error;
  }
}

describe('the key', () => {
  it('goes to its own origin', async () => {
    await createClient({ baseUrl: server.baseUrl, apiKey: server.apiKey }).listModels();
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${server.apiKey}`);
  });

  it.each([301, 302, 303, 307, 308])('does not follow a %i to another origin (F13)', async (status) => {
    server.otherwise = () => ({ kind: 'status', status, headers: { location: `${other.baseUrl}/models` } });
    const client = createClient({ baseUrl: server.baseUrl, apiKey: KEY });
    expect(await codeOf(client.listModels())).toBe('redirected');
    expect(
      await codeOf(
        client.createJob({
          model: 'm',
          trainingFile: 'f',
          validationFile: null,
          method: {
            name: 'supervised',
            hyperparameters: { n_epochs: 'auto', batch_size: 'auto', learning_rate_multiplier: 'auto' },
          },
          suffix: null,
          seed: null,
          wandb: null,
          metadata: {},
        }),
      ),
    ).toBe('redirected');
    expect(other.requests).toEqual([]);
  });

  it('follows a redirect on its own origin when reading, not when creating, and not for ever', async () => {
    server.script('GET /models', { kind: 'status', status: 307, headers: { location: '/v1/models?again' } });
    const client = createClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
    expect(await client.listModels()).toHaveLength(1);
    server.script('POST /files', { kind: 'status', status: 307, headers: { location: '/v1/files?again' } });
    expect(await codeOf(client.uploadFile({ bytes: new Uint8Array(9) }, 'a.jsonl'))).toBe('redirected');
    expect(server.count('POST /files')).toBe(1);
    server.otherwise = () => ({ kind: 'status', status: 302, headers: { location: '/v1/models' } });
    expect(await codeOf(client.listModels())).toBe('redirected');
    expect(server.requests.length).toBeLessThan(10);
  });

  it.each([
    ['another port', () => `${other.baseUrl}/models`, 'foreign-origin'],
    ['another name of the same machine', () => server.baseUrl.replace('127.0.0.1', 'localhost'), 'foreign-origin'],
    ['a user name', () => server.baseUrl.replace('//', '//user:password@'), 'foreign-origin'],
    ['plain http elsewhere', () => 'http://example.com/v1/models', 'address-insecure'],
    ['another scheme', () => 'ftp://127.0.0.1/v1/models', 'address-insecure'],
    ['a name that begins like this machine', () => 'http://127.0.0.1.example.com/', 'address-insecure'],
  ])('is refused for %s', async (_name, url, code) => {
    const inner = vi.fn<() => Promise<Response>>();
    const guarded = guardFetch({ baseUrl: server.baseUrl, apiKey: KEY }, inner);
    expect(await codeOf(guarded(url()))).toBe(code);
    expect(inner).not.toHaveBeenCalled();
    expect(server.requests).toEqual([]);
    expect(other.requests).toEqual([]);
  });

  it('is refused for an http address of another machine, whatever the connection says', async () => {
    const inner = vi.fn<() => Promise<Response>>();
    const client = createClient({ baseUrl: 'http://example.com/v1', apiKey: KEY }, { fetch: inner });
    expect(await codeOf(client.listModels())).toBe('address-insecure');
    expect(inner).not.toHaveBeenCalled();
  });

  it('is not replaced or joined by what the environment holds', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-from-the-environment');
    vi.stubEnv('OPENAI_ADMIN_KEY', 'sk-admin-from-the-environment');
    vi.stubEnv('OPENAI_BASE_URL', other.baseUrl);
    vi.stubEnv('OPENAI_ORG_ID', 'org-secret');
    vi.stubEnv('OPENAI_PROJECT_ID', 'proj-secret');
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'x-secret: hush\nauthorization: Bearer sk-from-headers');
    vi.stubEnv('OPENAI_LOG', 'debug');
    vi.stubEnv('HTTP_PROXY', other.origin);
    const log = vi.spyOn(console, 'debug').mockImplementation(() => undefined);
    await createClient({ baseUrl: server.baseUrl, apiKey: server.apiKey }).listModels();
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${server.apiKey}`);
    expect(JSON.stringify(server.requests[0]?.headers)).not.toMatch(
      /environment|org-secret|proj-secret|hush|stainless/,
    );
    expect(other.requests).toEqual([]);
    expect(log).not.toHaveBeenCalled();
  });

  it('is not needed: without one no header is sent', async () => {
    expect(await codeOf(createClient({ baseUrl: server.baseUrl, apiKey: null }).listModels())).toBe('key-missing');
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });
});

it('uses the given fetch for other machines, with redirects left to us', async () => {
  const inner = vi.fn<(input: unknown, init?: RequestInit) => Promise<Response>>(() =>
    Promise.resolve(Response.json({ object: 'list', data: [{ id: 'gpt' }] })),
  );
  const client = createClient({ baseUrl: 'https://api.example.com/v1', apiKey: KEY }, { fetch: inner });
  expect((await client.listModels()).map(({ id }) => id)).toEqual(['gpt']);
  const [input, init] = inner.mock.calls[0] ?? [];
  expect(String(input)).toBe('https://api.example.com/v1/models');
  expect(init?.redirect).toBe('manual');
  expect(new Headers(init?.headers).get('authorization')).toBe(`Bearer ${KEY}`);
});

it('refuses an answer that grows beyond all measure', async () => {
  const chunk = new Uint8Array(8_000_000);
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      controller.enqueue(chunk);
    },
  });
  const client = createClient(
    { baseUrl: 'https://api.example.com/v1', apiKey: KEY },
    { fetch: () => Promise.resolve(new Response(endless, { headers: { 'content-type': 'application/json' } })) },
  );
  expect(await codeOf(client.listModels({ retries: 0 }))).toBe('answer-too-large');
});
