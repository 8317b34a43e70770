import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newIntentId, readIntent } from '../../../../src/jobs/start/intentJournal.ts';
import { startJob, type StartJobDeps, type StartJobInput } from '../../../../src/jobs/start/startJob.ts';
import { createClient } from '../../../../src/openai/client.ts';
import { type Fault, type FaultServer, startFaultServer } from '../../../support/faultServer.ts';

const TRAINING = '{"messages":[]}\n'.repeat(20);
let server: FaultServer;
let folder: string;
let input: StartJobInput;
let deps: StartJobDeps;
const waits: number[] = [];

beforeEach(async () => {
  waits.length = 0;
  server = await startFaultServer();
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  await writeFile(path.join(folder, 'prices.jsonl'), TRAINING);
  await writeFile(path.join(folder, 'prices.validation.jsonl'), TRAINING.slice(16));
  input = {
    intentId: newIntentId(),
    connectionId: 'local',
    model: 'base-1',
    trainingFile: path.join(folder, 'prices.jsonl'),
    validationFile: path.join(folder, 'prices.validation.jsonl'),
    method: {
      name: 'supervised',
      hyperparameters: { n_epochs: 'auto', batch_size: 'auto', learning_rate_multiplier: 'auto' },
    },
    suffix: null,
    seed: null,
    wandb: null,
    name: 'prices',
  };
  const sleep = (ms: number): Promise<void> => {
    waits.push(ms);
    return Promise.resolve();
  };
  const client = createClient(server, { sleep });
  deps = {
    provider: {
      listFiles: (options) => client.listFiles(options),
      listJobs: (query, options) => client.listJobs(query, options),
      retrieveFile: (id, options) => client.retrieveFile(id, options),
      retrieveJob: (id, options) => client.retrieveJob(id, options),
      createUpload: (request, options) => client.createUpload(request, options),
      addUploadPart: (id, source, options) => client.addUploadPart(id, source, options),
      completeUpload: (id, parts, options) => client.completeUpload(id, parts, options),
      cancelUpload: (id, options) => client.cancelUpload(id, options),
      uploadFile: (source, name, options) => client.uploadFile(source, name, { timeoutMs: 3000, ...options }),
      createJob: (request) => client.createJob(request, { timeoutMs: 3000 }),
    },
    folder: path.join(folder, 'storage'),
    sleep,
  };
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

async function facts(): Promise<string[]> {
  return (await readIntent(path.join(folder, 'storage', 'intents'), input.intentId)).map(({ entry }) => entry.fact);
}

describe('a start', () => {
  it('snapshots, uploads and creates, and writes down each step before it is taken', async () => {
    const stages: string[] = [];
    const started = await startJob(input, { ...deps, onProgress: ({ stage }) => stages.push(stage) });
    if (!started.ok) throw new Error(started.error.message);
    const { job, adopted, training, validation } = started.value;
    expect(adopted).toBe(false);
    expect(job.id).toBe(server.ledger.jobs[0]?.id);
    expect(job.metadata).toEqual({ tuning_fork_intent: input.intentId, tuning_fork_name: 'prices' });
    expect(training?.sha256).toBe(createHash('sha256').update(TRAINING).digest('hex'));
    expect(await readFile(training?.path ?? '', 'utf8')).toBe(TRAINING);
    expect(validation?.bytes).toBe(TRAINING.length - 16);
    expect(server.ledger.files.map(({ filename }) => filename)).toEqual([
      `prices.ft-${input.intentId.slice(-8)}.jsonl`,
      `prices.validation.ft-${input.intentId.slice(-8)}-v.jsonl`,
    ]);
    expect(server.ledger.files.map(({ id }) => id)).toEqual([job.trainingFile, job.validationFile]);
    expect([...new Set(stages)]).toEqual(['reading', 'uploading', 'creating']);
    expect(await facts()).toEqual([
      'planned',
      'snapshot',
      'snapshot',
      'uploading',
      'uploaded',
      'uploading',
      'uploaded',
      'creating',
      'created',
    ]);
  });

  it('uploads what was there at the start, without a byte order mark, although the file is edited meanwhile (F41, F44)', async () => {
    await writeFile(input.trainingFile, `\ufeff${TRAINING}`);
    const started = await startJob(input, {
      ...deps,
      onProgress: ({ stage }) => {
        if (stage === 'uploading') void appendFile(input.trainingFile, 'changed');
      },
    });
    expect(started.ok).toBe(true);
    expect(server.ledger.files[0]?.content).toBe(TRAINING);
  });

  const lost: [string, Fault][] = [
    ['the connection is reset (F03)', { kind: 'reset', after: true }],
    ['a gateway answers 502 (F04)', { kind: 'html', status: 502, after: true }],
    ['it answers 409', { kind: 'status', status: 409, after: true }],
    ['it is silent (F05)', { kind: 'silence', after: true }],
    ['a page comes instead (F11)', { kind: 'html', after: true }],
    ['nothing comes (F12)', { kind: 'empty', after: true }],
    ['the body is cut (F10)', { kind: 'cut', after: true }],
  ];
  it.each(lost)('posts one job and adopts it when %s (M1, P1)', async (_name, fault) => {
    server.script('POST /fine_tuning/jobs', fault);
    const started = await startJob(input, deps);
    if (!started.ok) throw new Error(started.error.message);
    expect(started.value.adopted).toBe(true);
    expect(started.value.job.id).toBe(server.ledger.jobs[0]?.id);
    expect(server.ledger.jobs).toHaveLength(1);
    expect(server.count('POST /fine_tuning/jobs')).toBe(1);
    expect((await facts()).slice(-3)).toEqual(['creating', 'unknown', 'created']);
  });

  it('adopts its own job, not the newest, where the metadata filter is ignored', async () => {
    server.filtersMetadata = false;
    server.script('POST /fine_tuning/jobs', { kind: 'reset', after: true });
    const client = deps.provider;
    const started = await startJob(input, {
      ...deps,
      provider: {
        ...client,
        createJob: async (request) => {
          try {
            return await client.createJob(request);
          } finally {
            for (let index = 0; index < 150; index++) {
              server.ledger.jobs.push({
                id: `ftjob-x${String(index)}`,
                created_at: 9,
                status: 'running',
                training_file: 'file-x',
              });
            }
          }
        },
      },
    });
    expect(started.ok && started.value.job.id).toBe(server.ledger.jobs[0]?.id);
  });

  it('finds its job by the training file where metadata is not kept', async () => {
    server.script('POST /fine_tuning/jobs', { kind: 'reset', after: true });
    server.script('GET /fine_tuning/jobs', { kind: 'status', status: 400 });
    const started = await startJob(input, deps);
    expect(started.ok && started.value.adopted).toBe(true);
  });

  it('looks again for a job that appears late', async () => {
    server.script('POST /fine_tuning/jobs', { kind: 'reset' });
    const client = deps.provider;
    let asked = 0;
    const started = await startJob(input, {
      ...deps,
      provider: {
        ...client,
        listJobs: async (query, options) => {
          if (++asked === 5) {
            const metadata = { tuning_fork_intent: input.intentId };
            server.ledger.jobs.push({ id: 'ftjob-late', created_at: 5, status: 'queued', metadata });
          }
          return await client.listJobs(query, options);
        },
      },
    });
    expect(started.ok && started.value.job.id).toBe('ftjob-late');
    expect(waits).toEqual([2000, 5000]);
  });

  it('asks instead of posting again when the job is not found', async () => {
    server.script('POST /fine_tuning/jobs', { kind: 'reset' });
    const started = await startJob(input, deps);
    expect(started).toMatchObject({ ok: false, error: { code: 'start-unknown' } });
    expect(server.count('POST /fine_tuning/jobs')).toBe(1);
    expect(waits).toEqual([2000, 5000, 15_000, 60_000]);
    // Not an end: the person is asked, now or at the next launch.
    expect((await facts()).slice(-2)).toEqual(['creating', 'unknown']);
  });

  it('shows both when something on the way doubled the request', async () => {
    server.script('POST /fine_tuning/jobs', { kind: 'reset', after: true });
    const client = deps.provider;
    const started = await startJob(input, {
      ...deps,
      provider: {
        ...client,
        createJob: async (request) => {
          try {
            return await client.createJob(request);
          } finally {
            server.ledger.jobs.push({ ...server.ledger.jobs[0], id: 'ftjob-twin', created_at: 1_800_000_000 });
          }
        },
      },
    });
    expect(started.ok && started.value.duplicates.map(({ id }) => id)).toEqual(['ftjob-twin']);
  });

  it.each([400, 401, 403, 404, 429])(
    'fails with the reason on a refusal, %i, and does not look for a job',
    async (status) => {
      server.script('POST /fine_tuning/jobs', { kind: 'status', status });
      const started = await startJob(input, deps);
      expect(started.ok).toBe(false);
      expect(server.count('POST /fine_tuning/jobs')).toBe(1);
      expect(server.count('GET /fine_tuning/jobs')).toBe(0);
      expect((await facts()).at(-1)).toBe('failed');
    },
  );

  it('waits for a file that is not ready: that refusal is definite', async () => {
    const notReady: Fault = { kind: 'status', status: 400, body: { error: { message: 'No.' } } };
    server.script('POST /fine_tuning/jobs', notReady, notReady);
    server.otherwise = (route) =>
      route.startsWith('GET /files/')
        ? { kind: 'json', value: { id: 'file-000001', status: 'pending' } }
        : { kind: 'ok' };
    expect((await startJob(input, deps)).ok).toBe(true);
    expect(waits).toEqual([1000, 2000]);
    expect(server.ledger.jobs).toHaveLength(1);
  });
});

describe('an upload', () => {
  it.each(['reset', 'html', 'empty'] as const)(
    'whose answer is lost (%s) is found again, not repeated (F02)',
    async (kind) => {
      server.script('POST /files', { kind, after: true });
      expect((await startJob({ ...input, validationFile: null }, deps)).ok).toBe(true);
      expect(server.ledger.files).toHaveLength(1);
    },
  );

  it('that did not arrive is sent again', async () => {
    server.script('POST /files', { kind: 'reset' }, { kind: 'status', status: 503 });
    expect((await startJob({ ...input, validationFile: null }, deps)).ok).toBe(true);
    expect(server.ledger.files).toHaveLength(1);
    expect(server.count('POST /files')).toBe(3);
  });

  it('that never arrives ends with the reason and no job', async () => {
    server.otherwise = (route) => (route === 'POST /files' ? { kind: 'status', status: 503 } : { kind: 'ok' });
    expect(await startJob(input, deps)).toMatchObject({ ok: false, error: { code: 'server-error' } });
    expect(server.count('POST /files')).toBe(3);
    expect(server.count('POST /fine_tuning/jobs')).toBe(0);
  });
});

it('names a file that is gone and sends nothing', async () => {
  await rm(input.trainingFile);
  const started = await startJob(input, deps);
  expect(started).toMatchObject({ ok: false, error: { code: 'file-missing' } });
  if (!started.ok) expect(started.error.message).toContain('prices.jsonl');
  expect(server.requests).toEqual([]);
  expect(await facts()).toEqual(['planned', 'failed']);
});

it('names a storage folder that cannot be written', async () => {
  await writeFile(path.join(folder, 'a-file'), '');
  const started = await startJob(input, { ...deps, folder: path.join(folder, 'a-file', 'storage') });
  expect(started.ok).toBe(false);
  expect(server.requests).toEqual([]);
});

describe('cancelling a start', () => {
  it('during the upload creates no job', async () => {
    server.script('POST /files', { kind: 'silence' });
    const abort = new AbortController();
    const starting = startJob(input, {
      ...deps,
      signal: abort.signal,
      onProgress: ({ stage, fraction }) => {
        if (stage === 'uploading' && fraction > 0) abort.abort();
      },
    });
    expect(await starting).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(server.count('POST /fine_tuning/jobs')).toBe(0);
    expect((await facts()).at(-1)).toBe('cancelled');
  });

  it('after the job was asked for comes too late: the job is there and is returned', async () => {
    const abort = new AbortController();
    server.script('POST /fine_tuning/jobs', { kind: 'reset', after: true });
    const started = await startJob(input, {
      ...deps,
      signal: abort.signal,
      onProgress: ({ stage }) => {
        if (stage === 'creating') abort.abort();
      },
    });
    expect(started.ok && started.value.adopted).toBe(true);
  });
});

it('does not say that no job was created when a mistake of ours hides what happened', async () => {
  const abort = new AbortController();
  const createJob = (): Promise<never> => {
    abort.abort();
    return Promise.reject(new TypeError('a bug'));
  };
  const started = await startJob(input, { ...deps, signal: abort.signal, provider: { ...deps.provider, createJob } });
  expect(started).toMatchObject({ ok: false, error: { code: 'unexpected' } });
  expect((await facts()).at(-1)).toBe('creating');
});

describe('the journal of an intent', () => {
  it('loses a torn last line and goes on behind the good ones', async () => {
    await startJob(input, deps);
    const file = path.join(folder, 'storage', 'intents', `${input.intentId}.jsonl`);
    const whole = await readFile(file);
    for (const cut of [1, 7, 20]) {
      await writeFile(file, whole.subarray(0, whole.length - cut));
      expect((await facts()).at(-1)).toBe('creating');
    }
    const { IntentJournal } = await import('../../../../src/jobs/start/intentJournal.ts');
    const journal = await IntentJournal.open(path.dirname(file), input.intentId);
    await journal.append({ fact: 'cancelled' });
    await journal.close();
    expect((await facts()).slice(-2)).toEqual(['creating', 'cancelled']);
    const records = await readIntent(path.dirname(file), input.intentId);
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index));
  });

  it('has names that cannot leave its folder', async () => {
    await expect(readIntent(folder, '../../etc/passwd')).rejects.toThrow('Not an intent id');
    expect(newIntentId()).toMatch(/^[0-9a-z]{25}$/);
    expect(newIntentId(1)).not.toBe(newIntentId(1));
    expect([newIntentId(9e12), newIntentId(1)].sort()[0]?.startsWith('000000001')).toBe(true);
  });

  it('holds no key', async () => {
    server.script('POST /fine_tuning/jobs', {
      kind: 'status',
      status: 401,
      body: { error: { message: `bad ${server.apiKey}` } },
    });
    await startJob(input, deps);
    const text = await readFile(path.join(folder, 'storage', 'intents', `${input.intentId}.jsonl`), 'utf8');
    expect(text).not.toContain(server.apiKey);
  });
});

describe('a dataset that was changed since it was checked', () => {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const checked = { training: sha256(TRAINING), validation: sha256(TRAINING.slice(16)) };

  it('is trained on as it was checked', async () => {
    expect((await startJob({ ...input, checked }, deps)).ok).toBe(true);
    expect(server.ledger.jobs).toHaveLength(1);
  });

  it('is checked by its own bytes, although a byte order mark is left out of the copy', async () => {
    await writeFile(input.trainingFile, `\uFEFF${TRAINING}`);
    const marked = { ...checked, training: sha256(`\uFEFF${TRAINING}`) };
    expect((await startJob({ ...input, checked: marked }, deps)).ok).toBe(true);
  });

  it.each([
    ['training', 'prices.jsonl'],
    ['validation', 'prices.validation.jsonl'],
  ])('ends the start before anything is sent: %s', async (_, name) => {
    await appendFile(path.join(folder, name), '{"messages":[]}\n');
    const started = await startJob({ ...input, checked }, deps);
    expect(started.ok).toBe(false);
    if (started.ok) return;
    expect(started.error.code).toBe('dataset-changed');
    expect(started.error.message).toContain(name);
    expect(server.requests).toEqual([]);
    expect((await facts()).at(-1)).toBe('failed');
    // Not kept: it is the copy of something that was never checked.
    await expect(readFile(path.join(folder, 'storage', 'snapshots', input.intentId, 'training.jsonl'))).rejects.toThrow(
      'ENOENT',
    );
  });
});
