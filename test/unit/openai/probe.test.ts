import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capabilityList, whatWorks, whyNoTraining, type Capabilities } from '../../../src/core/provider/connection.ts';
import { isProviderFailure, type ProviderFailure } from '../../../src/core/provider/failure.ts';
import { createClient } from '../../../src/openai/client.ts';
import { type Fault, type FaultServer, startFaultServer } from '../../support/faultServer.ts';

let server: FaultServer;
beforeEach(async () => {
  server = await startFaultServer();
});
afterEach(async () => {
  await server.close();
});

const list: Fault = { kind: 'json', value: { object: 'list', data: [] } };
const status = (code: number, error?: unknown): Fault =>
  error === undefined ? { kind: 'status', status: code } : { kind: 'status', status: code, body: { error } };

/** Answers by path: `/models`, `/files`, `/fine_tuning/jobs`, `/batches`. */
function answers(models: Fault, files: Fault, jobs: Fault, batches: Fault): void {
  server.script('GET /models', models);
  server.script('GET /files', files);
  server.script('GET /fine_tuning/jobs', jobs);
  server.script('GET /batches', batches);
}

const probe = (): Promise<Capabilities> => createClient(server).probe();

async function refusal(): Promise<ProviderFailure> {
  const error: unknown = await probe().then(
    (found) => new Error(`It found ${JSON.stringify(found)}.`),
    (reason: unknown) => reason,
  );
  if (!isProviderFailure(error)) throw error;
  return error;
}

describe('finding out what a provider offers', () => {
  it('asks one reading question for each thing and nothing else', async () => {
    answers(list, list, list, list);
    const found = await probe();
    expect(found).toEqual({ models: 'yes', files: 'yes', fineTuning: 'yes', batches: 'yes' });
    expect(whatWorks(found)).toBe('models, files, fine-tuning, and batches');
    expect(whyNoTraining({ checked: { at: 1, capabilities: found } })).toBeNull();
    expect(server.requests.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /batches',
      'GET /files',
      'GET /fine_tuning/jobs',
      'GET /models',
    ]);
    expect(server.requests.every(({ body }) => body === '')).toBe(true);
    for (const { path, query } of server.requests)
      expect(query.get('limit'), path).toBe(path === '/models' ? null : '1');
  });

  it.each([404, 405, 501])('takes %i as missing, with the path as the reason', async (code) => {
    answers(list, status(code), status(code), status(code));
    const found = await probe();
    const reason = whyNoTraining({ checked: { at: 1, capabilities: found } });
    expect(found.models).toBe('yes');
    expect(reason).toMatch(/^127\.0\.0\.1:\d+ has no \/fine_tuning\/jobs\.$/);
    expect(capabilityList(found).map(({ capability }) => typeof capability)).toEqual([
      'string',
      'object',
      'object',
      'object',
    ]);
  });

  it.each([401, 403])('does not take a key that may not list models (%i) for a wrong one', async (code) => {
    answers(status(code, { message: 'Missing scopes: api.model.read', code: null }), list, list, list);
    const found = await probe();
    expect(found).toMatchObject({ files: 'yes', fineTuning: 'yes' });
    expect(found.models).toMatchObject({ no: expect.stringContaining('does not allow listing models') as unknown });
  });

  it('says that the key is wrong when it is refused everywhere', async () => {
    const wrong = status(401, { message: 'Incorrect API key provided: sk-abcdef', code: 'invalid_api_key' });
    answers(wrong, wrong, wrong, wrong);
    const failure = await refusal();
    expect(failure).toMatchObject({ status: 401, problem: { code: 'key-refused' } });
    expect(failure.message).not.toContain('sk-abcdef');
  });

  it('gives the reason and the dates when training is closed to the account', async () => {
    answers(list, list, status(403, { message: 'Winding down', code: 'training_not_available' }), list);
    const found = await probe();
    expect(whyNoTraining({ checked: { at: 1, capabilities: found } })).toContain('Jan 6, 2027');
  });

  it('knows nothing of what is busy, and says so instead of switching it off', async () => {
    answers(list, status(503), status(429), { kind: 'reset' });
    expect(await probe()).toEqual({ models: 'yes', files: 'unknown', fineTuning: 'unknown', batches: 'unknown' });
    // Nothing is asked twice: this is a look, not a job.
    expect(server.requests).toHaveLength(4);
  });

  it('takes a page for every unknown path as missing, and a page for everything as no API', async () => {
    answers(list, list, list, { kind: 'html' });
    expect((await probe()).batches).toMatchObject({ no: expect.stringContaining('/batches') as unknown });
    answers({ kind: 'html' }, { kind: 'html' }, { kind: 'html' }, { kind: 'html' });
    expect((await refusal()).problem.code).toBe('not-the-api');
  });

  it('fails when nobody knows any of the paths, or nobody is there', async () => {
    answers(status(404), status(404), status(404), status(404));
    expect((await refusal()).problem.code).toBe('not-found');
    const { baseUrl, apiKey } = server;
    await server.close();
    const error: unknown = await createClient({ baseUrl, apiKey })
      .probe()
      .catch((reason: unknown) => reason);
    expect(isProviderFailure(error) && error.problem.code).toBe('connection-refused');
    server = await startFaultServer();
  });

  it('stops when the user cancels', async () => {
    server.otherwise = () => ({ kind: 'silence' });
    const abort = new AbortController();
    const probing = createClient(server).probe({ signal: abort.signal });
    abort.abort(new Error('cancelled by the user'));
    await expect(probing).rejects.toThrow('cancelled by the user');
  });
});
