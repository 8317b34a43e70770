import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IntentJournal, intentLease, newIntentId, readIntent } from '../../../../src/jobs/start/intentJournal.ts';
import { Candidate } from '../../../../src/storage/lease.ts';
import { recordFileName } from '../../../../src/jobs/store/recordFile.ts';
import {
  dismissStart,
  localFactsOfStarts,
  resumeStart,
  unfinishedStarts,
} from '../../../../src/jobs/start/recovery.ts';
import type { StartJobDeps, StartJobInput } from '../../../../src/jobs/start/startContract.ts';
import { startJob } from '../../../../src/jobs/start/startJob.ts';
import { JobStore } from '../../../../src/jobs/store/store.ts';
import { readUnfinished } from '../../../../src/jobs/start/unfinished.ts';
import {
  crashingAt,
  factsOf,
  noSleep,
  sagaProvider,
  startInput,
  TRAINING,
  writeDataset,
} from '../../../faults/support/sagaRig.ts';
import { createFaultServer, type LocalFaultServer } from '../../../support/faultServer.ts';

let server: LocalFaultServer;
let folder: string;
let storage: string;
let input: StartJobInput;
let deps: StartJobDeps;

beforeEach(async () => {
  server = await createFaultServer({ engine: 'endless' });
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  storage = path.join(folder, 'storage');
  input = startInput(newIntentId(), writeDataset(folder), writeDataset(folder, 'prices.validation.jsonl'));
  deps = { provider: sagaProvider(server, 5000), folder: storage, sleep: noSleep, reconcileDelaysMs: [0] };
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const crashAt = (point: string): StartJobDeps => crashingAt(deps, point);

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const facts = (intentId = input.intentId): Promise<string[]> => factsOf(storage, intentId);

describe('an interrupted start', () => {
  it.each([
    ['planned', 'planned', 0],
    ['snapshot training', 'planned', 0],
    ['snapshot validation', 'planned', 0],
    ['uploading training', 'uploading', 0],
    ['arrived training', 'uploading', 1],
    ['uploaded training', 'uploading', 1],
    ['arrived validation', 'uploading', 2],
    ['uploaded validation', 'uploaded', 2],
  ] as const)('after "%s" is offered as %s and goes on without doing anything twice', async (point, stage, files) => {
    await startJob(input, crashAt(point));
    expect(server.ledger.files).toHaveLength(files);
    expect(server.count('POST /fine_tuning/jobs')).toBe(0);
    expect((await readUnfinished(storage)).starts).toEqual([input.intentId]);
    const [start] = await unfinishedStarts(storage);
    expect(start).toMatchObject({
      intentId: input.intentId,
      connectionId: 'here',
      name: 'prices',
      model: 'base-1',
      trainingPath: input.trainingFile,
      priceQuote: 1.25,
      stage,
    });
    expect(start?.startedAt).toBeGreaterThan(Date.now() - 60_000);

    const resumed = await resumeStart(input.intentId, deps);
    if (!resumed.ok) throw new Error(resumed.error.message);
    expect(resumed.value.adopted).toBe(false);
    expect(server.ledger.jobs).toHaveLength(1);
    expect(server.ledger.files).toHaveLength(2);
    expect(server.ledger.jobs[0]).toMatchObject({
      training_file: server.ledger.files[0]?.id,
      validation_file: server.ledger.files[1]?.id,
      metadata: { tuning_fork_intent: input.intentId, tuning_fork_name: 'prices' },
    });
    expect(await unfinishedStarts(storage)).toEqual([]);
    expect((await readUnfinished(storage)).starts).toEqual([]);
    expect((await facts()).at(-1)).toBe('created');
  });

  it('goes on from the copy that was checked, whatever the dataset has become', async () => {
    const checked = { training: hashOf(TRAINING), validation: hashOf(TRAINING) };
    await startJob({ ...input, checked }, crashAt('snapshot validation'));
    await appendFile(input.trainingFile, TRAINING);
    expect((await resumeStart(input.intentId, deps)).ok).toBe(true);
    expect((await server.contentOf(server.ledger.files[0]?.id ?? '')).text).toBe(TRAINING);
  });

  it('without a copy sends nothing that was not checked', async () => {
    const checked = { training: hashOf(TRAINING), validation: hashOf(TRAINING) };
    await startJob({ ...input, checked }, crashAt('planned'));
    await appendFile(input.trainingFile, TRAINING);
    const resumed = await resumeStart(input.intentId, deps);
    expect(resumed.ok ? null : resumed.error.code).toBe('dataset-changed');
    expect(server.ledger.files).toEqual([]);
    expect(await unfinishedStarts(storage)).toEqual([]);
  });

  it('is made again from the copies, also of a file with a byte order mark', async () => {
    await writeFile(input.trainingFile, `\uFEFF${TRAINING}`);
    const checked = { training: hashOf(`\uFEFF${TRAINING}`), validation: hashOf(TRAINING) };
    await startJob({ ...input, checked }, crashAt('creating'));
    const again = await resumeStart(input.intentId, deps, { startAgain: true });
    expect(again.ok ? null : again.error.message).toBeNull();
    expect(server.ledger.jobs).toHaveLength(1);
  });

  it.each(['training', 'validation'])('is not made again from a copy of the %s data that was changed', async (role) => {
    const checked = { training: hashOf(TRAINING), validation: hashOf(TRAINING) };
    await startJob({ ...input, checked }, crashAt('creating'));
    await appendFile(path.join(storage, 'snapshots', input.intentId, `${role}.jsonl`), TRAINING);
    const again = await resumeStart(input.intentId, deps, { startAgain: true });
    expect(again.ok ? null : again.error.code).toBe('dataset-changed');
    expect(server.ledger.jobs).toEqual([]);
  });

  it('tells which files are at the provider already', async () => {
    await startJob(input, crashAt('uploaded training'));
    const [start] = await unfinishedStarts(storage);
    const filename = `prices.ft-${input.intentId.slice(-8)}.jsonl`;
    expect(start?.files).toEqual([{ role: 'training', fileId: server.ledger.files[0]?.id, filename }]);
  });

  it('asks for the very job that was confirmed, with all its settings', async () => {
    const wanted: StartJobInput = {
      ...input,
      method: { ...input.method, name: 'dpo', hyperparameters: { ...input.method.hyperparameters, beta: 0.2 } },
      suffix: 'shop',
      seed: 11,
      wandb: { project: 'p', entity: 'e', name: 'n', tags: ['t'] },
      metadata: { team: 'prices' },
    };
    const requests: unknown[] = [];
    const recording = (base: StartJobDeps): StartJobDeps => ({
      ...base,
      provider: {
        ...base.provider,
        createJob: (request) => {
          requests.push(request);
          return Promise.reject(new Error('enough'));
        },
      },
    });
    await startJob(wanted, recording(crashAt('uploaded validation')));
    expect(requests).toEqual([]);
    await resumeStart(wanted.intentId, recording(deps));
    expect(requests).toEqual([
      {
        model: 'base-1',
        method: wanted.method,
        suffix: 'shop',
        seed: 11,
        wandb: wanted.wandb,
        trainingFile: server.ledger.files[0]?.id,
        validationFile: server.ledger.files[1]?.id,
        metadata: { team: 'prices', tuning_fork_intent: wanted.intentId, tuning_fork_name: 'prices' },
      },
    ]);
  });

  it('uses the copy that was made then, not what the dataset has become', async () => {
    await startJob(input, crashAt('snapshot validation'));
    await writeFile(input.trainingFile, '{"other":1}\n');
    expect((await resumeStart(input.intentId, deps)).ok).toBe(true);
    expect((await server.contentOf(server.ledger.files[0]?.id ?? '')).text).toBe(TRAINING);
  });

  it('makes the copy anew when it is gone, and only of the same data', async () => {
    await startJob(input, crashAt('snapshot validation'));
    await rm(path.join(storage, 'snapshots'), { recursive: true });
    await writeFile(input.trainingFile, TRAINING.slice(0, -10));
    expect(await resumeStart(input.intentId, deps)).toMatchObject({
      ok: false,
      error: { code: 'dataset-changed', message: expect.stringContaining('prices.jsonl was changed') as string },
    });
    expect(server.ledger.files).toEqual([]);
    const second = { ...input, intentId: newIntentId(), trainingFile: writeDataset(folder) };
    await startJob(second, crashAt('snapshot validation'));
    await rm(path.join(storage, 'snapshots'), { recursive: true });
    expect((await resumeStart(second.intentId, deps)).ok).toBe(true);
  });

  it('does not use a copy that was damaged', async () => {
    await startJob(input, crashAt('snapshot validation'));
    await writeFile(path.join(storage, 'snapshots', input.intentId, 'training.jsonl'), 'damaged');
    expect((await resumeStart(input.intentId, deps)).ok).toBe(true);
    expect((await server.contentOf(server.ledger.files[0]?.id ?? '')).text).toBe(TRAINING);
  });

  it('uploads again what was deleted at the provider meanwhile', async () => {
    await startJob(input, crashAt('uploaded validation'));
    await server.direct('DELETE', `/files/${server.ledger.files[0]?.id ?? ''}`);
    expect((await resumeStart(input.intentId, deps)).ok).toBe(true);
    expect(server.ledger.files).toHaveLength(3);
    expect(server.ledger.jobs[0]?.training_file).toBe(server.ledger.files[2]?.id);
  });

  it('belongs to one window: nobody else goes on with it, or is offered it, while that one lives', async () => {
    await startJob(input, crashAt('planned'));
    const lease = await new Candidate(intentLease(path.join(storage, 'intents'), input.intentId)).tryAcquire();
    expect(await unfinishedStarts(storage)).toEqual([]);
    expect(await resumeStart(input.intentId, deps)).toMatchObject({ ok: false, error: { code: 'start-elsewhere' } });
    expect(server.requests).toEqual([]);
    await lease?.release();
    expect(await unfinishedStarts(storage)).toHaveLength(1);
    expect((await resumeStart(input.intentId, deps)).ok).toBe(true);
  });

  it('is not begun a second time under its id', async () => {
    await startJob(input, crashAt('planned'));
    expect(await startJob(input, deps)).toMatchObject({ ok: false, error: { code: 'start-elsewhere' } });
    expect((await facts()).filter((fact) => fact === 'planned')).toHaveLength(1);
  });

  it('that lost its lease while it stood still does not ask for the job', async () => {
    const folderOfLease = intentLease(path.join(storage, 'intents'), input.intentId);
    const stalled = {
      ...deps,
      onProgress: ({ stage }: { readonly stage: string }): void => {
        // Another process took over: the next number is there.
        if (stage === 'creating') taken = writeFile(path.join(folderOfLease, '2'), '{"pid":1,"host":"other"}');
      },
      failpoint: (name: string): void => {
        if (name === 'creating') points++;
      },
    };
    let taken: Promise<void> | null = null;
    let points = 0;
    const result = await startJob(input, stalled);
    await (taken as Promise<void> | null);
    expect(points).toBe(1);
    expect(result).toMatchObject({ ok: false, error: { code: 'start-elsewhere' } });
    expect(server.count('POST /fine_tuning/jobs')).toBe(0);
  });

  it('can be dismissed: forgotten, with its copy; the file it left is an orphan', async () => {
    await startJob(input, crashAt('uploaded training'));
    await dismissStart(input.intentId, { folder: storage, provider: deps.provider });
    expect(await unfinishedStarts(storage)).toEqual([]);
    expect((await readUnfinished(storage)).starts).toEqual([]);
    expect(await readdir(path.join(storage, 'snapshots'))).toEqual([]);
    expect((await facts()).at(-1)).toBe('dismissed');
    expect(await resumeStart(input.intentId, deps)).toMatchObject({ ok: false, error: { code: 'start-over' } });
    expect(server.requests.filter(({ path: route }) => route.endsWith('/cancel'))).toEqual([]);
  });

  it('dismissed in the middle of an upload in parts gives that up too', async () => {
    const parts = { threshold: 300, bytes: 300 };
    await startJob(input, { ...crashAt('part training'), parts });
    await dismissStart(input.intentId, { folder: storage, provider: deps.provider });
    expect(server.requests.filter(({ path: route }) => route.endsWith('/cancel'))).toHaveLength(1);
  });

  it.each(['failed', 'cancelled', 'dismissed'] as const)('that has ended (%s) is not offered', async (fact) => {
    await startJob(input, crashAt('planned'));
    const journal = await IntentJournal.open(path.join(storage, 'intents'), input.intentId);
    await journal.append(
      fact === 'failed'
        ? { fact, code: 'c', message: 'm' }
        : fact === 'dismissed'
          ? { fact, replacedBy: null }
          : { fact },
    );
    await journal.close();
    expect(await unfinishedStarts(storage)).toEqual([]);
    expect(await resumeStart(input.intentId, deps)).toMatchObject({ ok: false, error: { code: 'start-over' } });
    expect((await readUnfinished(storage)).starts).toEqual([]);
    expect(server.requests).toEqual([]);
  });

  it('whose journal is nothing but damage has nothing to go on with', async () => {
    expect(await resumeStart(newIntentId(), deps)).toMatchObject({ ok: false, error: { code: 'start-over' } });
    expect(await unfinishedStarts(storage)).toEqual([]);
  });
});

describe('a start whose job may exist', () => {
  it.each(['creating', 'answered', 'unknown'])('after "%s" is only looked for', async (point) => {
    if (point === 'unknown') server.script('POST /fine_tuning/jobs', { kind: 'reset', after: true });
    await startJob(input, crashAt(point));
    const exists = point !== 'creating';
    expect(server.ledger.jobs).toHaveLength(exists ? 1 : 0);
    expect(await unfinishedStarts(storage)).toMatchObject([{ stage: 'unknown' }]);
    const posts = server.count('POST /fine_tuning/jobs');
    const resumed = await resumeStart(input.intentId, deps);
    expect(server.count('POST /fine_tuning/jobs')).toBe(posts);
    if (exists) {
      expect(resumed.ok && resumed.value).toMatchObject({
        adopted: true,
        job: { id: server.ledger.jobs[0]?.id },
        training: { path: path.join(storage, 'snapshots', input.intentId, 'training.jsonl') },
        validation: { path: path.join(storage, 'snapshots', input.intentId, 'validation.jsonl') },
        local: { name: 'prices', startedHere: true, intentId: input.intentId, answerPrefix: '$', priceEstimate: 1.25 },
      });
      expect(await unfinishedStarts(storage)).toEqual([]);
    } else {
      expect(resumed).toMatchObject({
        ok: false,
        error: { code: 'start-unknown', message: expect.stringContaining('The start was interrupted.') as string },
      });
      expect(await unfinishedStarts(storage)).toMatchObject([{ stage: 'unknown' }]);
    }
  });

  it('is made again only when a person says so, as a new intent with the same data', async () => {
    await startJob(input, crashAt('creating'));
    await writeFile(input.trainingFile, 'changed since');
    const again = await resumeStart(input.intentId, deps, { startAgain: true });
    if (!again.ok) throw new Error(again.error.message);
    expect(server.ledger.jobs).toHaveLength(1);
    const [job] = server.ledger.jobs;
    const replacement = job?.metadata['tuning_fork_intent'] ?? '';
    expect(replacement).not.toBe(input.intentId);
    expect((await server.contentOf(job?.training_file ?? '')).text).toBe(TRAINING);
    expect(server.ledger.files.at(-2)?.filename).toMatch(/^prices\.ft-/);
    expect(again.value.local).toMatchObject({ sourcePath: input.trainingFile, priceEstimate: 1.25 });
    const last = (await readIntent(path.join(storage, 'intents'), input.intentId)).at(-1);
    expect(last?.entry).toEqual({ fact: 'dismissed', replacedBy: replacement });
    expect(await unfinishedStarts(storage)).toEqual([]);
    expect((await readUnfinished(storage)).starts).toEqual([]);
  });

  it('is looked for as often as the caller says, what is made anew as often as ever', async () => {
    await startJob(input, crashAt('creating'));
    const slept: number[] = [];
    const patient: StartJobDeps = {
      ...deps,
      reconcileDelaysMs: [0, 4000],
      sleep: (ms) => {
        slept.push(ms);
        return Promise.resolve();
      },
    };
    await resumeStart(input.intentId, patient, { lookDelaysMs: [0, 7, 9] });
    expect(slept).toEqual([7, 9]);
    slept.length = 0;
    server.script('POST /fine_tuning/jobs', { kind: 'reset' });
    await resumeStart(input.intentId, patient, { startAgain: true, lookDelaysMs: [0] });
    expect(slept.filter((ms) => ms === 4000)).toHaveLength(1);
    expect(slept).not.toContain(9);
  });

  it('is adopted and not made again when it turns up just then', async () => {
    await startJob(input, crashAt('answered'));
    const again = await resumeStart(input.intentId, deps, { startAgain: true });
    expect(again.ok && again.value.adopted).toBe(true);
    expect(server.ledger.jobs).toHaveLength(1);
  });

  it('shows all of them when there are two', async () => {
    server.script('POST /fine_tuning/jobs', { kind: 'twice' });
    await startJob(input, crashAt('answered'));
    expect(server.ledger.jobs).toHaveLength(2);
    const resumed = await resumeStart(input.intentId, deps);
    expect(resumed.ok && resumed.value.duplicates).toHaveLength(1);
    const ids = resumed.ok ? [resumed.value.job.id, ...resumed.value.duplicates.map(({ id }) => id)] : [];
    expect(ids.sort()).toEqual(server.ledger.jobs.map(({ id }) => id).sort());
  });

  it('of another intent with the same file is not taken for it', async () => {
    expect((await startJob(input, deps)).ok).toBe(true);
    const second = { ...input, intentId: newIntentId() };
    await startJob(second, crashAt('creating'));
    expect(server.ledger.files).toHaveLength(2);
    expect(await resumeStart(second.intentId, deps)).toMatchObject({ ok: false, error: { code: 'start-unknown' } });
  });

  it('and whose file nobody else has is known by the file where metadata is not kept', async () => {
    await startJob(input, crashAt('answered'));
    server.otherwise = (route) =>
      route === 'GET /fine_tuning/jobs'
        ? {
            kind: 'rewrite',
            change: (body) => ({
              ...(body as object),
              data: (body as { data: object[] }).data.map((job) => ({ ...job, metadata: null })),
            }),
          }
        : { kind: 'ok' };
    const resumed = await resumeStart(input.intentId, deps);
    expect(resumed.ok && resumed.value.job.id).toBe(server.ledger.jobs[0]?.id);
  });
});

describe('a job that was created and not yet written into the store', () => {
  it('is put there with everything that was known, at the next launch', async () => {
    await startJob(input, crashAt('created'));
    expect(await unfinishedStarts(storage)).toMatchObject([{ stage: 'created' }]);
    const jobs = new JobStore({ folder: path.join(storage, 'jobs') });
    const resumed = await resumeStart(input.intentId, { ...deps, jobs });
    expect(resumed.ok && resumed.value.adopted).toBe(false);
    expect(server.count('POST /fine_tuning/jobs')).toBe(1);
    const id = server.ledger.jobs[0]?.id ?? '';
    const reopened = new JobStore({ folder: path.join(storage, 'jobs') });
    await reopened.load();
    expect(reopened.get('here', id)?.local).toMatchObject({ name: 'prices', startedHere: true, priceEstimate: 1.25 });
    expect(await unfinishedStarts(storage)).toEqual([]);
    await Promise.all([jobs.dispose(), reopened.dispose()]);
  });

  it('stays on the list while the provider does not answer', async () => {
    await startJob(input, crashAt('created'));
    server.plan = () => ({ kind: 'status', status: 503 });
    expect(await resumeStart(input.intentId, deps)).toMatchObject({ ok: false, error: { code: 'server-error' } });
    expect(await unfinishedStarts(storage)).toMatchObject([{ stage: 'created' }]);
  });

  it('is known by the journals when its record is damaged', async () => {
    await startJob(input, deps);
    const known = await localFactsOfStarts(storage);
    expect([...known]).toEqual([
      [
        recordFileName('here', server.ledger.jobs[0]?.id ?? ''),
        expect.objectContaining({ name: 'prices', answerPrefix: '$', startedHere: true, intentId: input.intentId }),
      ],
    ]);
    await startJob({ ...input, intentId: newIntentId() }, crashAt('creating'));
    expect((await localFactsOfStarts(storage)).size).toBe(1);
  });
});

describe('the first fact', () => {
  it('says what was confirmed: all settings, their hash and the price', async () => {
    await startJob(input, crashAt('planned'));
    await startJob({ ...input, intentId: newIntentId(), seed: 8 }, crashAt('planned'));
    const intents = path.join(storage, 'intents');
    const planned = [];
    for (const name of (await readdir(intents)).filter((entry) => entry.endsWith('.jsonl')).sort()) {
      planned.push((await readIntent(intents, name.slice(0, -6)))[0]?.entry);
    }
    expect(planned[0]).toMatchObject({
      fact: 'planned',
      connectionId: 'here',
      model: 'base-1',
      trainingPath: input.trainingFile,
      validationPath: input.validationFile,
      paramsHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      priceQuote: 1.25,
      params: { method: input.method, seed: 7, name: 'prices' },
    });
    const [first, second] = planned;
    expect(first?.fact === 'planned' && first.paramsHash).not.toBe(second?.fact === 'planned' && second.paramsHash);
    const text = await readFile(path.join(intents, `${input.intentId}.jsonl`), 'utf8');
    expect(text).not.toContain(server.apiKey);
  });
});
