// Failures reported by users of other tools, each tried on our own code: its message (the cause) and its action (the next step).
// The numbers are those of the list of reported failures; 4 and 5 are in test/unit/jobs/start/uploads.test.ts too.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChecker, MIN_EXAMPLES } from '../../src/core/dataset/check/checker.ts';
import type { Finding } from '../../src/core/dataset/finding.ts';
import { createLineSplitter } from '../../src/core/jsonl/lines.ts';
import type { CreateJobRequest, Provider } from '../../src/core/provider/api.ts';
import { isProviderFailure } from '../../src/core/provider/failure.ts';
import type { Problem } from '../../src/core/base/result.ts';
import { jobHeadline, statusLine } from '../../src/core/training/words/describe.ts';
import { validateSuffix } from '../../src/core/training/hyperparameters.ts';
import { parseEvent } from '../../src/core/training/parseEvent.ts';
import { parseJob } from '../../src/core/training/parseJob.ts';
import { parseResultCsv } from '../../src/core/training/curves/resultCsv.ts';
import { newIntentId } from '../../src/jobs/start/intentJournal.ts';
import { orphanFiles } from '../../src/jobs/orphans.ts';
import { isOver } from '../../src/jobs/watch/poller.ts';
import { startJob } from '../../src/jobs/start/startJob.ts';
import { createClient } from '../../src/openai/client.ts';
import { type Fault, type FaultServer, startFaultServer } from '../support/faultServer.ts';
import { aHistory, aJob } from '../support/jobBuilders.ts';
import { noSleep, sagaProvider, startInput, TRAINING, writeDataset } from './support/sagaRig.ts';

let server: FaultServer;
let client: Provider;
let folder: string;

beforeEach(async () => {
  server = await startFaultServer();
  client = createClient(server, { sleep: noSleep });
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-classes-'));
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function check(content: string | Uint8Array): readonly Finding[] {
  const checker = createChecker();
  const splitter = createLineSplitter();
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const findings = [...splitter.push(bytes), ...splitter.end()].flatMap((line) => checker.line(line).findings);
  return [...findings, ...checker.end().findings];
}

/** The finding of that code, with a cause and a next step in words. */
function found(content: string | Uint8Array, code: string): Finding {
  const finding = check(content).find((one) => one.code === code);
  if (!finding)
    throw new Error(
      `Not found: ${code} among ${check(content)
        .map((one) => one.code)
        .join(', ')}`,
    );
  expect(finding.message).toMatch(/^.{10,}\.$/);
  expect(finding.action).toMatch(/^[A-Z].{5,}\.$/);
  return finding;
}

const ROWS = TRAINING;
const row = (extra: object): string => `${JSON.stringify(extra)}\n`;
const chat = (content: string): string =>
  row({
    messages: [
      { role: 'user', content },
      { role: 'assistant', content: 'a' },
    ],
  });

const request: CreateJobRequest = {
  model: 'base-1',
  trainingFile: 'file-1',
  validationFile: null,
  method: {
    name: 'supervised',
    hyperparameters: { n_epochs: 2, batch_size: 'auto', learning_rate_multiplier: 'auto' },
  },
  suffix: null,
  seed: null,
  wandb: null,
  metadata: {},
};

async function refusal(fault: Fault, route = 'POST /fine_tuning/jobs'): Promise<{ problem: Problem; advice: string }> {
  server.script(route, fault);
  const call = route === 'POST /fine_tuning/jobs' ? client.createJob(request) : client.listModels({ retries: 0 });
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isProviderFailure(error)) throw new Error('It was not refused.');
  expect(error.problem.message).toMatch(/^.{10,}\.$/);
  expect(error.problem.action).toMatch(/^[A-Z].{5,}\.$/);
  return error;
}

const says = (status: number, code: string | null, message: string): Fault => ({
  kind: 'status',
  status,
  body: { error: { code, message } },
});

async function start(text = ROWS): Promise<Awaited<ReturnType<typeof startJob>>> {
  return await startJob(startInput(newIntentId(), writeDataset(folder, 'prices.jsonl', text), null), {
    provider: sagaProvider(server),
    folder: path.join(folder, 'storage'),
    sleep: noSleep,
    reconcileDelaysMs: [0],
  });
}

describe('datasets', () => {
  it('class 1: "Line 1 is not a dictionary" is a byte order mark: named, and never uploaded', async () => {
    expect(found(`\ufeff${ROWS}`, 'byte-order-mark').message).toMatch(/byte order mark/i);
    expect((await start(`\ufeff${ROWS}`)).ok).toBe(true);
    expect(server.ledger.files[0]?.content).toBe(ROWS);
  });

  it('class 2: a file written as Windows-1252 is named with its place, not read as something else', () => {
    const bytes = Buffer.concat([Buffer.from(ROWS), Buffer.from(chat('caf\u00e9'), 'latin1')]);
    const [finding] = check(bytes).filter(({ line }) => line === 13);
    expect(finding?.severity).toBe('error');
    expect(finding?.message).toMatch(/UTF-8|encod/i);
    expect(finding?.action).not.toBe('');
  });

  it('class 3: a special token is found here, with its line, before anything is uploaded', () => {
    expect(found(`${ROWS}${chat('a <|fim_suffix|> b')}`, 'special-token')).toMatchObject({
      line: 13,
      message: expect.stringContaining('<|fim_suffix|>') as string,
    });
  });

  it('class 17: an example that is too long says how long, with the limit that counts', () => {
    const counter = { count: (text: string) => ({ tokens: text.length, estimated: false }), reset: () => undefined };
    const checker = createChecker({ contextTokens: 1000, counter });
    const splitter = createLineSplitter();
    const lines = [...splitter.push(new TextEncoder().encode(ROWS + chat('long '.repeat(400)))), ...splitter.end()];
    const findings = lines.flatMap((line) => checker.line(line).findings);
    const finding = findings.find(({ code }) => code === 'example-too-long');
    expect(finding).toMatchObject({ line: 13, message: expect.stringMatching(/[\d,]+ tokens.*1,000/) as string });
    expect(finding?.action).not.toBe('');
  });

  it(`class 18: fewer than ${String(MIN_EXAMPLES)} examples: both numbers`, () => {
    const finding = found(chat('one').repeat(1) + chat('two'), 'too-few-examples');
    expect(finding.message).toMatch(/2/);
    expect(`${finding.message} ${finding.action}`).toMatch(/10|ten/);
  });

  it('class 19: an invalid tool schema has a line and a path, where the provider says "contains invalid schema"', () => {
    const bad = row({
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: 'a' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'nonsense' } } }],
    });
    expect(found(`${ROWS}${bad}`, 'tool-schema').line).toBe(13);
  });
});

describe('uploads and starts', () => {
  it('class 4: a file that is not ready yet is waited for, without a second job', async () => {
    const notReady = says(400, null, "File 'file-000001' is still being processed and is not ready.");
    server.script('POST /fine_tuning/jobs', notReady, notReady);
    server.otherwise = (route) =>
      route.startsWith('GET /files/')
        ? { kind: 'json', value: { id: 'file-000001', status: 'pending' } }
        : { kind: 'ok' };
    expect((await start()).ok).toBe(true);
    expect(server.ledger.jobs).toHaveLength(1);
  });

  it('class 5: a reset in the middle of an upload is said with the provider’s name, after three tries', async () => {
    server.otherwise = (route) => (route === 'POST /files' ? { kind: 'reset' } : { kind: 'ok' });
    const started = await start();
    expect(started).toMatchObject({ ok: false, error: { code: 'connection-lost' } });
    expect(!started.ok && started.error.message).toContain('127.0.0.1');
    expect(server.count('POST /files')).toBe(3);
  });

  it('class 6: what is uploaded is the content of the file, never its path', async () => {
    await start();
    expect(server.ledger.files[0]?.content).toBe(ROWS);
    expect(server.requests.find(({ path: route }) => route === '/files')?.body).not.toContain(folder);
  });

  it('class 7: JSON that only the provider refuses: its own words are shown', async () => {
    const { problem } = await refusal(says(400, 'invalid_file_format', 'Expected file to have JSONL format. Line 3.'));
    expect(problem.message).toContain('Expected file to have JSONL format. Line 3');
  });

  it('class 8: a suffix is checked as it is typed, and none is left out of the request', async () => {
    const long = validateSuffix('x'.repeat(65));
    expect(!long.ok && long.error.message).toMatch(/65.*64/);
    expect(validateSuffix('')).toEqual({ ok: true, value: null });
    expect(validateSuffix('x'.repeat(19), { max: 18 }).ok).toBe(false);
    await client.createJob(request);
    const body = JSON.parse(server.requests.at(-1)?.body ?? '{}') as Record<string, unknown>;
    expect(Object.keys(body)).not.toContain('suffix');
    expect(JSON.stringify(body)).not.toContain('null');
  });

  it('class 13: a daily limit is not a reason to try again at once', async () => {
    const { problem, advice } = await refusal(says(429, 'daily_rate_limit_exceeded', 'Slots are used up.'));
    expect({ code: problem.code, advice }).toEqual({ code: 'daily-limit', advice: 'stop' });
    expect(problem.action).toMatch(/tomorrow/);
  });

  it.each(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active'])(
    'class 14: %s is asked about once and named as money, not as a busy server',
    async (code) => {
      const { problem, advice } = await refusal(says(429, code, 'You exceeded your current quota.'));
      expect({ code: problem.code, advice }).toEqual({ code: 'quota', advice: 'stop' });
      expect(problem.message).toMatch(/credit|limit/);
      expect(server.count('POST /fine_tuning/jobs')).toBe(1);
    },
  );

  it('class 14: reading calls do not try again either', async () => {
    await refusal(says(429, 'insufficient_quota', 'No.'), 'GET /models');
    expect(server.count('GET /models')).toBe(1);
  });

  it('class 16: fine-tuning that was closed: the dates, and another way', async () => {
    const { problem } = await refusal(says(403, 'training_not_available', 'Not available to your organization.'));
    expect(problem.message).toMatch(/May 7, 2026.*Jul 2, 2026.*Jan 6, 2027/);
    expect(problem.action).toContain('another connection');
  });

  it('class 22: files that are left over are listed, so that a full storage can be emptied', async () => {
    server.script('POST /fine_tuning/jobs', says(400, 'storage_quota', 'You have reached your storage quota.'));
    const started = await start();
    expect(!started.ok && started.error.message).toContain('storage quota');
    const left = await orphanFiles(client, path.join(folder, 'storage'), { minAgeMs: 0 });
    expect(left.map(({ file }) => file.id)).toEqual([server.ledger.files[0]?.id]);
  });

  it('class 28: a missing key is named, with where to set it, and no error of a provider is hidden', async () => {
    const keyless = createClient({ baseUrl: server.baseUrl, apiKey: null });
    const error: unknown = await keyless.listModels().catch((reason: unknown) => reason);
    expect(isProviderFailure(error) && error.problem).toEqual({
      code: 'key-missing',
      message: expect.stringContaining('asks for a key') as string,
      action: 'Set a key for this connection.',
    });
    const { problem } = await refusal(says(400, null, 'The validation file has another format.'));
    expect(problem.message).toContain('The validation file has another format');
  });

  it('class 28: no validation loss is explained, not left as a gap', () => {
    const points = [1, 2].map((step) => ({
      step,
      totalSteps: 2,
      trainLoss: 1,
      trainAccuracy: null,
      validLoss: null,
      validAccuracy: null,
      fullValidLoss: null,
      fullValidAccuracy: null,
    }));
    const view = (validationFile: string | null) => ({
      job: aJob({ status: 'succeeded', fineTunedModel: 'ft:x', validationFile }),
      ...aHistory({ metrics: points }),
      checkpoints: [],
    });
    expect(jobHeadline(view(null)).text).toContain('Without a validation file');
    expect(jobHeadline(view('file-2')).text).toContain('No full validation loss was reported');
  });
});

describe('jobs and results', () => {
  it('class 9: a result file in base64 is read like a plain one', () => {
    const csv = 'step,train_loss\n1,3.5\n';
    expect(parseResultCsv(Buffer.from(csv).toString('base64'))).toEqual(parseResultCsv(csv));
  });

  it('class 10: metrics without a step, or before success, break nothing; the W&B project is sent as it is, and its failure is an event', async () => {
    expect(parseEvent({ id: 'e', type: 'metrics', data: { train_loss: 1 } })).toMatchObject({
      ok: true,
      value: { metrics: null },
    });
    const warning = parseEvent({ id: 'e', type: 'message', level: 'warn', message: 'W&B sync failed: invalid key.' });
    expect(warning.ok && warning.value.level).toBe('warn');
    const job = parseJob({ id: 'j', status: 'running', integrations: [{ type: 'wandb', wandb: null }] });
    expect(job).toMatchObject({ ok: true, value: { status: 'running', error: null } });
    await client.createJob({ ...request, wandb: { project: 'p', entity: 'e', name: null, tags: ['t'] } });
    expect(JSON.parse(server.requests.at(-1)?.body ?? '{}')).toMatchObject({
      integrations: [{ type: 'wandb', wandb: { project: 'p', entity: 'e', tags: ['t'] } }],
    });
  });

  it('class 11: a model that is not found right after success: wait, then look at what the key may use', async () => {
    server.script('POST /chat/completions', says(404, 'model_not_found', 'The model does not exist.'));
    const error: unknown = await client
      .chat({ model: 'ft:x', messages: [], sampling: { temperature: 0, seed: 1, maxTokens: 5 } })
      .catch((reason: unknown) => reason);
    expect(isProviderFailure(error) && error.problem).toMatchObject({
      code: 'model-not-found',
      action: expect.stringMatching(/Wait some minutes.*another model/) as string,
    });
    server.script('POST /fine_tuning/jobs', says(403, 'model_not_found', 'Project does not have access.'));
    expect(await start()).toMatchObject({ ok: false, error: { code: 'model-not-found' } });
  });

  it('class 12: succeeded without a model is still finishing; its name is never made up of null', () => {
    const job = aJob({ status: 'succeeded', fineTunedModel: null });
    expect(isOver(job)).toBe(false);
    expect(statusLine({ job, ...aHistory(), checkpoints: [] }, 0)).toBe('finishing');
    const parsed = parseJob({ id: 'j', status: 'succeeded', fine_tuned_model: null, result_files: [] });
    expect(parsed).toMatchObject({ ok: true, value: { fineTunedModel: null, resultFiles: [] } });
  });

  it('class 15: trained, charged and blocked by the policy checks: named as that', () => {
    const parsed = parseEvent({
      id: 'e',
      created_at: 1,
      type: 'moderation_checks',
      message: 'Moderation checks',
      data: { results: [{ category: 'refusals_v3', flagged: true }] },
    });
    const events = parsed.ok ? [parsed.value] : [];
    const headline = jobHeadline({ job: aJob({ status: 'succeeded' }), ...aHistory({ events }), checkpoints: [] });
    expect(headline).toEqual({ tone: 'warning', text: expect.stringMatching(/policy checks.*refusals_v3/) as string });
  });

  it('class 20: pages of jobs and files end, whatever the provider says about more', async () => {
    for (let index = 0; index < 250; index++) {
      server.ledger.jobs.push({ id: `ftjob-${String(index)}`, created_at: index, status: 'failed' });
      server.ledger.files.push({ id: `file-${String(index)}`, created_at: index, filename: 'x', content: '' });
    }
    expect(await client.listFiles()).toHaveLength(250);
    server.otherwise = () => ({ kind: 'list', as: 'endless' });
    expect((await client.listFiles()).length).toBe(250);
    expect(server.requests.length).toBeLessThan(12);
    const first = await client.listJobs();
    expect(first.jobs).toHaveLength(100);
    expect((await client.listJobs({ after: first.next ?? '' })).jobs[0]?.id).toBe('ftjob-149');
  });

  it('class 21: an empty error object is no error, and a 404 of an old address says to check the address', async () => {
    for (const error of [{}, null, { code: null, message: null }]) {
      expect(parseJob({ id: 'j', status: 'running', error })).toMatchObject({ ok: true, value: { error: null } });
    }
    const { problem } = await refusal(says(404, null, 'Invalid URL (POST /v1/fine-tunes)'));
    expect(problem.action).toMatch(/address/);
  });

  it.each<[string, Fault]>([
    ['200', { kind: 'html' }],
    ['403', { kind: 'html', status: 403 }],
  ])(
    'class 27: a page (%s) instead of an answer: not the API, check address and proxy; the page is not shown',
    async (_status, fault) => {
      const { problem } = await refusal(fault, 'GET /models');
      expect(problem).toMatchObject({ code: 'not-the-api', action: expect.stringMatching(/address.*proxy/) as string });
      expect(JSON.stringify(problem)).not.toMatch(/hotel|script|</);
    },
  );
});
