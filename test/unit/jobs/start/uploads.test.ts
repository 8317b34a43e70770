import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newIntentId, readIntent } from '../../../../src/jobs/start/intentJournal.ts';
import { orphanFiles, ownFiles } from '../../../../src/jobs/orphans.ts';
import { resumeStart } from '../../../../src/jobs/start/recovery.ts';
import type { StartJobDeps, StartJobInput } from '../../../../src/jobs/start/startContract.ts';
import { startJob } from '../../../../src/jobs/start/startJob.ts';
import { createClient } from '../../../../src/openai/client.ts';
import { factsOf, sagaProvider, startInput, TRAINING, writeDataset } from '../../../faults/support/sagaRig.ts';
import { createFaultServer, type Fault, type LocalFaultServer } from '../../../support/faultServer.ts';

let server: LocalFaultServer;
let folder: string;
let storage: string;
let training: string;
let deps: StartJobDeps;
let input: StartJobInput;
const waits: number[] = [];
const HASH = createHash('sha256').update(TRAINING).digest('hex');
/** 12 rows in parts of 300 bytes. */
const PARTS = { threshold: 300, bytes: 300 };
const PART_COUNT = Math.ceil(TRAINING.length / 300);

beforeEach(async () => {
  waits.length = 0;
  server = await createFaultServer({ engine: 'endless' });
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  storage = path.join(folder, 'storage');
  training = writeDataset(folder);
  input = startInput(newIntentId(), training, null);
  deps = {
    provider: sagaProvider(server, 5000),
    folder: storage,
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    reconcileDelaysMs: [0],
  };
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const facts = (intentId = input.intentId): Promise<string[]> => factsOf(storage, intentId);

function again(overrides: Partial<StartJobInput> = {}): StartJobInput {
  return { ...startInput(newIntentId(), training, null), ...overrides };
}

describe('class 5: a file above the threshold', () => {
  it('goes in parts, with progress, and arrives byte for byte', async () => {
    const shares: number[] = [];
    const started = await startJob(input, {
      ...deps,
      parts: PARTS,
      onProgress: ({ stage, fraction }) => {
        if (stage === 'uploading') shares.push(fraction);
      },
    });
    expect(started.ok).toBe(true);
    expect(server.ledger.files).toMatchObject([{ via: 'uploads', bytes: TRAINING.length }]);
    expect((await server.contentOf(server.ledger.files[0]?.id ?? '')).sha256).toBe(HASH);
    expect(server.ledger.jobs[0]?.training_file).toBe(server.ledger.files[0]?.id);
    expect(server.count('POST /files')).toBe(0);
    expect((await facts()).filter((fact) => fact === 'part')).toHaveLength(PART_COUNT);
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(new Set(shares).size).toBeGreaterThan(PART_COUNT - 1);
  });

  it('of just the threshold goes whole', async () => {
    await startJob(input, { ...deps, parts: { threshold: TRAINING.length, bytes: 300 } });
    expect(server.ledger.files).toMatchObject([{ via: 'files' }]);
  });

  it('goes whole where the provider knows no uploads in parts', async () => {
    for (const status of [404, 405]) {
      server.script('POST /uploads', { kind: 'status', status, body: { error: { message: 'What?' } } });
      await rm(storage, { recursive: true, force: true });
      expect((await startJob(again(), { ...deps, parts: PARTS })).ok).toBe(true);
    }
    expect(server.ledger.files.map(({ via }) => via)).toEqual(['files', 'files']);
  });

  it('fails with the reason when no upload can be begun', async () => {
    server.script('POST /uploads', { kind: 'status', status: 403, body: { error: { message: 'Not for you.' } } });
    const started = await startJob(input, { ...deps, parts: PARTS });
    expect(started).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    expect(server.ledger.files).toEqual([]);
    expect((await facts()).at(-1)).toBe('failed');
  });

  it.each<[string, Fault]>([
    ['reset', { kind: 'reset' }],
    ['reset half way', { kind: 'reset', atBytes: 100 }],
    ['503', { kind: 'status', status: 503 }],
    ['cut, after it was taken', { kind: 'cut', after: true }],
  ])('sends a part again whose answer is lost: %s (F02)', async (_name, fault) => {
    let parts = 0;
    server.plan = (route) => (/parts$/.test(route) && parts++ === 1 ? fault : { kind: 'ok' });
    expect((await startJob(input, { ...deps, parts: PARTS })).ok).toBe(true);
    expect((await server.contentOf(server.ledger.files[0]?.id ?? '')).sha256).toBe(HASH);
    expect(waits).toEqual([1000]);
  });

  it('gives up a part after three tries, and goes on with it at the next launch', async () => {
    const tried: string[] = [];
    server.plan = (route) => {
      if (!route.endsWith('/parts')) return { kind: 'ok' };
      tried.push(route);
      return tried.length > 2 ? { kind: 'status', status: 503 } : { kind: 'ok' };
    };
    expect(await startJob(input, { ...deps, parts: PARTS })).toMatchObject({
      ok: false,
      error: { code: 'server-error' },
    });
    expect(tried).toHaveLength(2 + 3);
    expect(waits).toEqual([1000, 2000]);
  });

  it.each<[string, Fault]>([
    ['lost after the file was made', { kind: 'reset', after: true }],
    ['lost before', { kind: 'reset' }],
    ['503 before', { kind: 'status', status: 503 }],
  ])('joins the parts once when the answer is %s', async (_name, fault) => {
    let asked = 0;
    server.plan = (route) => (route.endsWith('/complete') && asked++ === 0 ? fault : { kind: 'ok' });
    expect((await startJob(input, { ...deps, parts: PARTS })).ok).toBe(true);
    expect(server.ledger.files).toHaveLength(1);
    expect(server.ledger.jobs[0]?.training_file).toBe(server.ledger.files[0]?.id);
  });

  it('begins once more when the provider has forgotten the upload, and not for ever', async () => {
    let refused = 0;
    const gone: Fault = { kind: 'status', status: 404, body: { error: { message: 'No such upload.' } } };
    server.plan = (route) => (route.endsWith('/parts') && refused++ === 1 ? gone : { kind: 'ok' });
    expect((await startJob(input, { ...deps, parts: PARTS })).ok).toBe(true);
    expect(server.count('POST /uploads')).toBe(2);
    server.plan = (route) => (route.endsWith('/parts') ? gone : { kind: 'ok' });
    const other = again({ trainingFile: writeDataset(folder, 'other.jsonl', TRAINING.replaceAll('thing', 'item')) });
    expect(await startJob(other, { ...deps, parts: PARTS })).toMatchObject({
      ok: false,
      error: { code: 'upload-expired', message: expect.stringContaining('other.ft-') as string },
    });
    expect(server.count('POST /uploads')).toBe(4);
  });

  it('is given up at the provider too when the person cancels', async () => {
    const abort = new AbortController();
    const started = await startJob(input, {
      ...deps,
      parts: PARTS,
      signal: abort.signal,
      onProgress: ({ stage, fraction }) => {
        if (stage === 'uploading' && fraction > 0.5) abort.abort();
      },
    });
    expect(started).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(server.requests.filter(({ path: route }) => route.endsWith('/cancel'))).toHaveLength(1);
    expect(server.ledger.files).toEqual([]);
    expect((await facts()).at(-1)).toBe('cancelled');
  });

  it('goes on after a crash with the parts that are in', async () => {
    let parts = 0;
    const crash = new Error('the process ends here');
    const crashing = {
      ...deps,
      parts: PARTS,
      failpoint: (name: string) => {
        if (name === 'part training' && ++parts === 2) throw crash;
      },
    };
    await startJob(input, crashing);
    expect(server.ledger.files).toEqual([]);
    const before = server.requests.filter(({ path: route }) => route.endsWith('/parts')).length;
    expect((await resumeStart(input.intentId, { ...deps, parts: { threshold: 300, bytes: 999 } })).ok).toBe(true);
    const sent = server.requests.filter(({ path: route }) => route.endsWith('/parts')).length - before;
    expect(sent).toBe(PART_COUNT - 2);
    expect(server.count('POST /uploads')).toBe(1);
    expect((await server.contentOf(server.ledger.files[0]?.id ?? '')).sha256).toBe(HASH);
  });

  it('begins anew after a crash when the upload has expired meanwhile', async () => {
    server.plan = (route) =>
      route === 'POST /uploads'
        ? {
            kind: 'rewrite',
            change: (body) => ({ ...(body as object), expires_at: Math.floor(Date.now() / 1000) + 60 }),
          }
        : { kind: 'ok' };
    await startJob(input, {
      ...deps,
      parts: PARTS,
      failpoint: (name) => {
        if (name === 'part training') throw new Error('the process ends here');
      },
    });
    expect((await resumeStart(input.intentId, { ...deps, parts: PARTS })).ok).toBe(true);
    expect(server.count('POST /uploads')).toBe(2);
    expect((await server.contentOf(server.ledger.files[0]?.id ?? '')).sha256).toBe(HASH);
  });
});

describe('the same content', () => {
  it('that was uploaded for an earlier job is used again', async () => {
    expect((await startJob(input, deps)).ok).toBe(true);
    const second = again();
    const started = await startJob(second, deps);
    expect(started.ok && started.value.adopted).toBe(false);
    expect(server.ledger.files).toHaveLength(1);
    expect(server.ledger.jobs.map(({ training_file: file }) => file)).toEqual([
      server.ledger.files[0]?.id,
      server.ledger.files[0]?.id,
    ]);
    expect((await readIntent(path.join(storage, 'intents'), second.intentId)).map(({ entry }) => entry)).toContainEqual(
      expect.objectContaining({ fact: 'uploaded', reused: true, fileId: server.ledger.files[0]?.id }),
    );
    expect(await facts(second.intentId)).not.toContain('uploading');
  });

  it('is uploaded again when the file was deleted, became an error, or has another size', async () => {
    await startJob(input, deps);
    const id = server.ledger.files[0]?.id ?? '';
    const answers: Fault[] = [
      { kind: 'status', status: 404, body: { error: { message: 'No such File object.' } } },
      { kind: 'rewrite', change: (body) => ({ ...(body as object), status: 'error' }) },
      { kind: 'rewrite', change: (body) => ({ ...(body as object), bytes: 1 }) },
    ];
    for (const [index, answer] of answers.entries()) {
      server.plan = (route) => (route.startsWith('GET /files/') ? answer : { kind: 'ok' });
      const next = again();
      expect((await startJob(next, deps)).ok).toBe(true);
      expect(server.ledger.files, String(index)).toHaveLength(index + 2);
    }
    await server.direct('DELETE', `/files/${id}`);
  });

  it('is uploaded for another connection, another role or other bytes', async () => {
    await startJob(input, deps);
    await startJob(again({ connectionId: 'elsewhere' }), deps);
    const other = writeDataset(folder, 'other.jsonl', `${TRAINING}${TRAINING}`);
    await startJob(again({ trainingFile: other }), deps);
    expect(server.ledger.files).toHaveLength(3);
    await startJob(again({ validationFile: training }), deps);
    expect(server.ledger.files).toHaveLength(4);
  });

  it('is not shared where the provider does not keep metadata: the jobs could not be told apart', async () => {
    server.otherwise = (route) =>
      route === 'POST /fine_tuning/jobs'
        ? { kind: 'rewrite', change: (body) => ({ ...(body as object), metadata: null }) }
        : { kind: 'ok' };
    await startJob(input, deps);
    await startJob(again(), deps);
    expect(server.ledger.files).toHaveLength(2);
  });

  it('of a start that failed before the job was asked for is used', async () => {
    await startJob(input, {
      ...deps,
      provider: { ...deps.provider, createJob: () => Promise.reject(new Error('never reached')) },
      failpoint: (name) => {
        if (name === 'uploaded training') throw new Error('the process ends here');
      },
    });
    await startJob(again(), deps);
    expect(server.ledger.files).toHaveLength(1);
  });

  it('of a start whose outcome nobody knows is not', async () => {
    server.script('POST /fine_tuning/jobs', { kind: 'reset' });
    expect(await startJob(input, deps)).toMatchObject({ error: { code: 'start-unknown' } });
    await startJob(again(), deps);
    expect(server.ledger.files).toHaveLength(2);
  });
});

describe('an upload', () => {
  it('class 4: that the provider could not process says so', async () => {
    server.script('POST /files', {
      kind: 'rewrite',
      change: (body) => ({ ...(body as object), status: 'error' }),
    });
    const started = await startJob(input, deps);
    expect(started).toMatchObject({ ok: false, error: { code: 'file-refused' } });
    expect(!started.ok && started.error.message).toContain('status error');
    expect(server.ledger.jobs).toEqual([]);
  });

  it('is not sent again when nobody can say whether it arrived', async () => {
    server.script('POST /files', { kind: 'reset', after: true });
    server.plan = (route) => (route === 'GET /files' ? { kind: 'status', status: 503 } : { kind: 'ok' });
    expect(await startJob(input, deps)).toMatchObject({ ok: false, error: { code: 'connection-lost' } });
    expect(server.count('POST /files')).toBe(1);
  });

  it('waits as the provider asks before it tries again', async () => {
    server.script('POST /files', { kind: 'status', status: 429, headers: { 'retry-after': '7' } });
    expect((await startJob(input, deps)).ok).toBe(true);
    expect(waits).toEqual([7000]);
  });

  it('is not tried again after a refusal', async () => {
    server.script('POST /files', { kind: 'status', status: 400, body: { error: { message: 'No.' } } });
    expect((await startJob(input, deps)).ok).toBe(false);
    expect(server.count('POST /files')).toBe(1);
    expect(waits).toEqual([]);
  });

  it('sends nothing of another file of the same name', async () => {
    const client = createClient(server);
    await client.uploadFile({ bytes: Buffer.from('x') }, `prices.ft-${input.intentId.slice(-8)}.jsonl`);
    server.script('POST /files', { kind: 'reset' });
    expect((await startJob(input, deps)).ok).toBe(true);
    const used = server.ledger.jobs[0]?.training_file ?? '';
    expect((await server.contentOf(used)).sha256).toBe(HASH);
  });
});

describe('P2: files that we uploaded', () => {
  it('are told with their jobs; those without one are left over after a day', async () => {
    const client = createClient(server);
    await startJob(input, deps);
    server.script('POST /fine_tuning/jobs', { kind: 'status', status: 400, body: { error: { message: 'No.' } } });
    const other = writeDataset(folder, 'left.jsonl', TRAINING.replaceAll('thing', 'left'));
    const failed = again({ trainingFile: other });
    await startJob(failed, deps);
    await client.uploadFile({ bytes: Buffer.from('x') }, 'of-somebody-else.jsonl');
    const [attachedFile, leftFile] = server.ledger.files;
    const { files, complete } = await ownFiles(client, storage);
    expect(complete).toBe(true);
    expect(files.map(({ file, jobIds, intentId, wanted }) => [file.id, jobIds, intentId, wanted])).toEqual([
      [leftFile?.id, [], failed.intentId, false],
      [attachedFile?.id, [server.ledger.jobs[0]?.id], input.intentId, false],
    ]);
    expect(await orphanFiles(client, storage)).toEqual([]);
    const tomorrow = (): number => Date.now() + 25 * 3600_000;
    const orphans = await orphanFiles(client, storage, { now: tomorrow });
    expect(orphans.map(({ file }) => file.id)).toEqual([leftFile?.id]);
  });

  it('are not called left over as long as a start wants them, or when not every job could be seen', async () => {
    const client = createClient(server);
    await startJob(input, {
      ...deps,
      failpoint: (name) => {
        if (name === 'uploaded training') throw new Error('the process ends here');
      },
    });
    const now = (): number => Date.now() + 25 * 3600_000;
    expect((await ownFiles(client, storage)).files).toMatchObject([{ wanted: true, jobIds: [] }]);
    expect(await orphanFiles(client, storage, { now })).toEqual([]);
    await rm(path.join(storage, 'intents'), { recursive: true });
    expect(await orphanFiles(client, storage, { now })).toHaveLength(1);
    const endless = {
      listFiles: () => client.listFiles(),
      listJobs: () => Promise.resolve({ jobs: [], next: String(Math.random()) }),
    };
    expect(await orphanFiles(endless, storage, { now })).toEqual([]);
  });
});

it('F41: uploads the snapshot although the file is edited, renamed or deleted meanwhile, and knows the hash of what was chosen', async () => {
  const started = await startJob(input, {
    ...deps,
    onProgress: ({ stage }) => {
      if (stage === 'uploading') void rm(training, { force: true });
    },
  });
  if (!started.ok) throw new Error(started.error.message);
  expect((await server.contentOf(server.ledger.files[0]?.id ?? '')).text).toBe(TRAINING);
  expect(started.value.local).toMatchObject({ sourcePath: training, sourceSha256: HASH, priceEstimate: 1.25 });
});

it('F44: leaves out a byte order mark and remembers both hashes', async () => {
  await writeFile(training, `\ufeff${TRAINING}`);
  const started = await startJob(input, deps);
  if (!started.ok) throw new Error(started.error.message);
  expect(started.value.training?.sha256).toBe(HASH);
  expect(started.value.local.sourceSha256).toBe(
    createHash('sha256')
      .update(await readFile(training))
      .digest('hex'),
  );
});
