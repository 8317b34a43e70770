import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ok } from '../../../../src/core/base/result.ts';
import type { RunStatus } from '../../../../src/core/evaluation/types.ts';
import { diagnosticsText, type DiagnosticsInput } from '../../../../src/extension/data/diagnosticsText.ts';
import { clear, keptData, type KeptServices, type ModelServer } from '../../../../src/extension/data/keptData.ts';
import { NO_LOCAL_FACTS } from '../../../../src/jobs/store/jobRecord.ts';
import { JobStore } from '../../../../src/jobs/store/store.ts';
import { updateUnfinished } from '../../../../src/jobs/start/unfinished.ts';
import { aHistory, aJob, anEvent } from '../../../support/jobBuilders.ts';

let folder: string;
let jobs: JobStore;
let removedRuns: string[];
let deletedModels: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-kept-'));
  jobs = new JobStore({ folder: path.join(folder, 'jobs') });
  removedRuns = [];
  deletedModels = [];
});
afterEach(async () => {
  await jobs.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function put(file: string, bytes: number): Promise<void> {
  await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
  await writeFile(path.join(folder, file), 'x'.repeat(bytes));
}

function services(runs: Readonly<Record<string, RunStatus>> = {}): KeptServices {
  return {
    folder,
    jobs,
    runs: {
      load: () => Promise.resolve(),
      list: () =>
        Object.entries(runs).map(([id, status]) => ({
          config: { id } as never,
          status,
          answered: null,
          elsewhere: null,
        })),
      remove: (id) => {
        removedRuns.push(id);
        return Promise.resolve(ok(true));
      },
    },
    servers: [serverOf('local', 'local')],
  };
}

function serverOf(connectionId: string, name: string): ModelServer {
  return {
    connectionId,
    folder: path.join(folder, name),
    provider: () =>
      Promise.resolve({
        listModels: () =>
          Promise.resolve(
            ['local-linear-1', 'ft:local-linear-1:me:a:1', 'ft:local-linear-1:me:b:2'].map((id) => ({
              id,
              createdAt: 1000,
              ownedBy: null,
              shutdownDate: null,
              tunable: null,
            })),
          ),
        deleteModel: (id: string) => {
          deletedModels.push(id);
          return Promise.resolve();
        },
      }),
  };
}

const over = { status: 'succeeded', fineTunedModel: 'ft:m', finishedAt: 2000 } as const;

describe('what is kept on this machine', () => {
  it('is nothing at first', async () => {
    expect(await keptData({ ...services(), servers: [] })).toEqual([]);
  });

  it('is listed by kind with its size', async () => {
    await put('snapshots/intent-one/training.jsonl', 700);
    await put('snapshots/intent-one/validation.jsonl', 300);
    await put('intents/intent-one.jsonl', 50);
    await put('evaluations/run-1.jsonl', 60);
    await put('local/models/a.json', 80);
    const sizes = (await keptData(services({ 'run-1': 'finished' }))).map(({ kind, bytes }) => [kind, bytes]);
    expect(sizes).toEqual([
      ['snapshots', 1000],
      ['journals', 50],
      ['evaluations', 60],
      ['models', 40],
      ['models', 40],
    ]);
  });

  it('has the models of clusters, of a removed connection as files, and keeps those of a job under way', async () => {
    await put('clusters/ray-1/models/a.json', 10);
    await put('clusters/ray-1/open-weights/job-1/run-1/model/adapter_model.safetensors', 70);
    await put('clusters/removed/models/b.json', 30);
    await put('clusters/going/models/c.json', 10);
    jobs.update('going', 'one', { job: aJob({ id: 'one' }) });
    const pieces = await keptData({ ...services(), servers: [serverOf('ray-1', 'clusters/ray-1')] });
    const found = pieces.filter(({ kind }) => kind === 'models');
    expect(found.map(({ bytes, needed }) => [bytes, needed]).sort()).toEqual([
      [10, true],
      [30, false],
      [40, false],
      [40, false],
    ]);
    await clear(found);
    expect(deletedModels).toEqual(['ft:local-linear-1:me:a:1', 'ft:local-linear-1:me:b:2']);
    expect((await readdir(path.join(folder, 'clusters'))).sort()).toEqual(['going', 'ray-1']);
  });

  it('has downloads of imports, which stay while one may be under way', async () => {
    await put('hub-downloads/now/part-1.parquet.part', 300);
    await put('hub-downloads/left/part-1.parquet', 200);
    for (const name of ['left/part-1.parquet', 'left'])
      await utimes(path.join(folder, 'hub-downloads', name), 1000, 1000);
    const pieces = await keptData(services());
    expect(pieces.map(({ kind, bytes, needed }) => [kind, bytes, needed]).sort()).toEqual([
      ['downloads', 200, false],
      ['downloads', 300, true],
    ]);
    expect(await clear(pieces)).toEqual({ removed: 1, bytes: 200, stay: [] });
    expect(await readdir(path.join(folder, 'hub-downloads'))).toEqual(['now']);
  });

  it('goes by kind, and what it says to open goes with it', async () => {
    await put('snapshots/intent-one/training.jsonl', 10);
    await put('intents/intent-one.jsonl', 5);
    const trainingPath = path.join(folder, 'snapshots/intent-one/training.jsonl');
    jobs.update('local', 'j1', {
      job: aJob({ id: 'j1', ...over }),
      complete: true,
      local: { intentId: 'intent-one', trainingPath },
    });
    await jobs.flush();
    const result = await clear(await keptData(services()), { kinds: ['snapshots'] });
    expect(result).toEqual({ removed: 1, bytes: 10, stay: [] });
    expect(await readdir(path.join(folder, 'snapshots'))).toEqual([]);
    expect(await readdir(path.join(folder, 'intents'))).toEqual(['intent-one.jsonl']);
    expect(jobs.get('local', 'j1')?.local.trainingPath).toBeNull();
    await clear(await keptData(services()), { kinds: ['curves', 'journals'] });
    expect(jobs.list()).toEqual([]);
    expect(await readdir(path.join(folder, 'intents'))).toEqual([]);
  });

  it('stays whole while a job, a start or an evaluation needs it', async () => {
    for (const intent of ['intent-run', 'intent-open', 'intent-over']) {
      await put(`snapshots/${intent}/training.jsonl`, 10);
      await put(`intents/${intent}.jsonl`, 5);
    }
    await put('local/models/a.json', 80);
    jobs.update('local', 'run', { job: aJob({ id: 'run' }), local: { intentId: 'intent-run' } });
    // A job that succeeded without the name of its model is still finishing.
    jobs.update('local', 'late', { job: aJob({ id: 'late', status: 'succeeded' }) });
    jobs.update('local', 'over', { job: aJob({ id: 'over', ...over }), local: { intentId: 'intent-over' } });
    await jobs.flush();
    await updateUnfinished(folder, ({ connections }) => ({ connections, starts: ['intent-open'] }));
    const pieces = await keptData(services({ going: 'running', done: 'finished' }));
    await clear(pieces);
    expect((await readdir(path.join(folder, 'snapshots'))).sort()).toEqual(['intent-open', 'intent-run']);
    expect((await readdir(path.join(folder, 'intents'))).sort()).toEqual(['intent-open.jsonl', 'intent-run.jsonl']);
    expect(
      jobs
        .list()
        .map(({ job }) => job.id)
        .sort(),
    ).toEqual(['late', 'run']);
    expect(removedRuns).toEqual(['done']);
    expect(deletedModels).toEqual([]);
  });

  it('goes by age where a number of days is set', async () => {
    await put('local/models/a.json', 80);
    jobs.update('c', 'old', { job: aJob({ id: 'old', ...over, finishedAt: 1000 }), complete: true });
    jobs.update('c', 'new', { job: aJob({ id: 'new', ...over, finishedAt: 9000 }), complete: true });
    await jobs.flush();
    await clear(await keptData(services()), { before: 5_000_000 });
    expect(jobs.list().map(({ job }) => job.id)).toEqual(['new']);
    expect(deletedModels).toEqual(['ft:local-linear-1:me:a:1', 'ft:local-linear-1:me:b:2']);
  });
});

describe('P12: the diagnostics', () => {
  const canary = 'sk-proj-CANARY0123456789abcdefCANARY';
  const plain = 'a-key-that-looks-like-nothing';
  const question = 'What does the canary in the dataset sing?';
  const input: DiagnosticsInput = {
    at: 0,
    versions: { extension: '0.1.0' },
    settings: { 'tuningFork.cost.cap': 5, 'tuningFork.cost.prices': { [canary]: 3 } },
    connections: [
      { id: 'c1', kind: 'compatible', name: `Lab ${canary}`, baseUrl: 'https://api.example.com/v1/secret-path' },
    ],
    jobs: [
      {
        connectionId: 'c1',
        job: aJob({
          id: `ftjob-${canary}`,
          model: `model ${plain}`,
          suffix: canary,
          status: 'failed',
          error: { code: `bad ${canary}`, message: `Example 1: ${question}`, param: canary },
          metadata: { note: question, key: canary },
        }),
        ...aHistory({ events: [anEvent({ message: `${question} ${canary}` })] }),
        checkpoints: [],
        local: { ...NO_LOCAL_FACTS, name: canary, trainingPath: `/home/ada/${canary}.jsonl`, answerPrefix: question },
        complete: false,
        gone: false,
        seenAt: 0,
      },
    ],
    starts: [
      {
        intentId: 'i',
        connectionId: 'c1',
        name: canary,
        model: canary,
        trainingPath: `/home/ada/${canary}`,
        startedAt: 0,
        priceQuote: null,
        stage: 'uploaded',
        files: [],
      },
    ],
    runs: [],
    kept: { snapshots: 10 },
    log: [`Authorization: Bearer ${canary}`, `key ${plain} in /home/ada/data`, 'fine'],
    home: '/home/ada',
    secrets: [plain],
  };

  it('hold no key, wherever one got to, and nothing of a dataset', () => {
    const text = diagnosticsText(input);
    expect(text).not.toContain('CANARY');
    expect(text).not.toContain(plain);
    expect(text).not.toContain(question);
    expect(text).not.toContain('/home/ada');
    expect(text).not.toContain('secret-path');
  });

  it('hold what helps: versions, settings, origins, states and the log', () => {
    const bundle = JSON.parse(diagnosticsText(input)) as Record<string, unknown>;
    expect(bundle).toMatchObject({
      versions: { extension: '0.1.0' },
      settings: { 'tuningFork.cost.cap': 5 },
      connections: [{ kind: 'compatible', origin: 'https://api.example.com', checked: null }],
      kept: { snapshots: 10 },
      starts: [{ stage: 'uploaded', files: 0 }],
      jobs: [{ connection: 0, status: 'failed', events: 1, complete: false }],
    });
    expect((bundle['log'] as string[]).at(-1)).toBe('fine');
  });

  it('stop somewhere', () => {
    const [job] = input.jobs;
    if (!job) throw new Error('A job is needed.');
    const bundle = JSON.parse(
      diagnosticsText({ ...input, jobs: Array.from({ length: 5000 }, () => job), log: Array<string>(9000).fill('x') }),
    ) as { jobs: unknown[]; jobsLeftOut: number; log: unknown[] };
    expect([bundle.jobs.length, bundle.jobsLeftOut, bundle.log.length]).toEqual([200, 4800, 1000]);
  });
});
