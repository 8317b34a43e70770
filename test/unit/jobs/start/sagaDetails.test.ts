import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IntentJournal, newIntentId } from '../../../../src/jobs/start/intentJournal.ts';
import {
  dismissStart,
  localFactsOfStarts,
  resumeStart,
  unfinishedStarts,
} from '../../../../src/jobs/start/recovery.ts';
import type { StartJobDeps, StartJobInput } from '../../../../src/jobs/start/startContract.ts';
import { localFactsOf, startJob } from '../../../../src/jobs/start/startJob.ts';
import { uploadName } from '../../../../src/jobs/start/upload.ts';
import {
  crashingAt,
  factsOf,
  sagaProvider,
  startInput,
  TRAINING,
  writeDataset,
} from '../../../faults/support/sagaRig.ts';
import { createFaultServer, type Fault, type LocalFaultServer } from '../../../support/faultServer.ts';

let server: LocalFaultServer;
let folder: string;
let storage: string;
let input: StartJobInput;
let deps: StartJobDeps;
const waits: number[] = [];
const PARTS = { threshold: 300, bytes: 300 };
const OTHER = TRAINING.replaceAll('thing', 'other');

beforeEach(async () => {
  waits.length = 0;
  server = await createFaultServer({ engine: 'endless' });
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  storage = path.join(folder, 'storage');
  input = startInput(newIntentId(), writeDataset(folder), null);
  const sleep = (ms: number): Promise<void> => {
    waits.push(ms);
    return Promise.resolve();
  };
  deps = { provider: sagaProvider(server, 5000), folder: storage, sleep, reconcileDelaysMs: [0] };
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function withValidation(): StartJobInput {
  return { ...input, validationFile: writeDataset(folder, 'prices.validation.jsonl', OTHER) };
}

function again(overrides: Partial<StartJobInput> = {}): StartJobInput {
  return { ...input, intentId: newIntentId(), ...overrides };
}

function withoutMemory(start: StartJobInput): StartJobInput {
  return Object.fromEntries(Object.entries(start).filter(([key]) => key !== 'local')) as unknown as StartJobInput;
}

const crashAt = (point: string): StartJobDeps => crashingAt(deps, point);

const facts = (intentId = input.intentId): Promise<string[]> => factsOf(storage, intentId);

const message = (status: number, text: string): Fault => ({
  kind: 'status',
  status,
  body: { error: { message: text } },
});
const rewrite = (changes: object): Fault => ({
  kind: 'rewrite',
  change: (body) => ({ ...(body as object), ...changes }),
});
/** A provider that forgets metadata: its jobs can be told by their files only. */
const forgetful = (route: string): Fault =>
  route === 'GET /fine_tuning/jobs'
    ? {
        kind: 'rewrite',
        change: (body) => ({
          ...(body as object),
          data: (body as { data: object[] }).data.map((job) => ({ ...job, metadata: null })),
        }),
      }
    : { kind: 'ok' };

/** A provider that says this of every file that is looked at; its answer to an upload stays. */
const statusOfFiles =
  (status: string | null) =>
  (route: string): Fault =>
    route.startsWith('GET /files/') ? rewrite({ status }) : { kind: 'ok' };

describe('a file that the provider still processes', () => {
  const jobs = (): number => server.count('POST /fine_tuning/jobs');
  /** Uploads are answered with the first status, looks at a file with the others in turn, then with the last. */
  const says = (...statuses: readonly string[]): void => {
    const [first = '', ...looks] = statuses;
    let last = first;
    server.otherwise = (route) => {
      if (route === 'POST /files') return rewrite({ status: first });
      if (!route.startsWith('GET /files/')) return { kind: 'ok' };
      last = looks.shift() ?? last;
      expect(jobs()).toBe(0);
      return rewrite({ status: last });
    };
  };

  it.each([
    [
      ['pending', 'pending', 'running', 'processed'],
      [1000, 2000, 5000],
    ],
    [['uploaded', 'processed'], [1000]],
    [
      ['notRunning', 'pending', 'ready'],
      [1000, 2000],
    ],
    [['processed'], []],
  ])('as %j is waited for before the job is requested', async (statuses, expected) => {
    says(...statuses);
    expect((await startJob(input, deps)).ok).toBe(true);
    expect(waits).toEqual(expected);
    expect(jobs()).toBe(1);
  });

  it('and stays "uploaded", as some providers leave it, is not waited for any longer', async () => {
    says('uploaded');
    const started = startJob(input, deps);
    expect((await started).ok).toBe(true);
    expect(waits).toEqual([1000, 2000, 5000]);
  });

  it('is waited for with the validation file, in turn', async () => {
    says('pending', 'pending', 'processed', 'processed');
    expect((await startJob(withValidation(), deps)).ok).toBe(true);
    expect(waits).toEqual([1000, 2000, 1000]);
    expect(jobs()).toBe(1);
  });

  it('and then refuses ends the start without a request', async () => {
    says('pending', 'pending', 'error');
    expect(await startJob(input, deps)).toMatchObject({ ok: false, error: { code: 'file-refused' } });
    expect(jobs()).toBe(0);
    expect((await facts()).at(-1)).toBe('failed');
  });

  it('is waited for ten minutes at most; the next start uses it', async () => {
    says('pending');
    expect(await startJob(input, deps)).toMatchObject({ ok: false, error: { code: 'file-not-ready' } });
    const seconds = waits.reduce((sum, ms) => sum + ms, 0) / 1000;
    expect([seconds > 500, seconds < 700]).toEqual([true, true]);
    expect(jobs()).toBe(0);
    says('processed');
    expect((await startJob(again(), deps)).ok).toBe(true);
    expect(server.ledger.files).toHaveLength(1);
    expect(server.ledger.jobs).toHaveLength(1);
  });

  it('is looked at again after a failure, and not at all where the provider shows no files', async () => {
    says('pending', 'processed');
    const answers = server.otherwise;
    const faults: Fault[] = [
      { kind: 'status', status: 503 },
      { kind: 'status', status: 404 },
    ];
    server.otherwise = (route, request) =>
      route.startsWith('GET /files/') ? (faults.shift() ?? answers(route, request)) : answers(route, request);
    expect((await startJob(input, deps)).ok).toBe(true);
    expect(jobs()).toBe(1);
    expect(faults).toEqual([]);
  });

  it('keeps the start through a crash at any look: one upload, one job', async () => {
    says('pending');
    const crashing = crashAt('waiting training');
    await startJob(withValidation(), crashing);
    await resumeStart(input.intentId, crashing);
    await resumeStart(input.intentId, crashing);
    expect((await unfinishedStarts(storage)).map(({ stage }) => stage)).toEqual(['uploaded']);
    says('processed', 'running', 'running', 'processed');
    expect((await resumeStart(input.intentId, deps)).ok).toBe(true);
    expect(server.ledger.files).toHaveLength(2);
    expect(server.ledger.jobs).toHaveLength(1);
    expect(await facts()).not.toContain('failed');
  });

  it('can be cancelled meanwhile', async () => {
    says('pending');
    const abort = new AbortController();
    const sleep = (): Promise<void> => {
      abort.abort();
      return Promise.reject(abort.signal.reason as Error);
    };
    const started = await startJob(input, { ...deps, signal: abort.signal, sleep });
    expect(started).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(jobs()).toBe(0);
  });
});

describe('the points of a start', () => {
  it('come in this order, each after what it names', async () => {
    const points: string[] = [];
    const wanted = withValidation();
    await startJob(wanted, { ...deps, failpoint: (name) => points.push(name) });
    expect(points).toEqual([
      'noted',
      'planned',
      'snapshot training',
      'snapshot validation',
      'uploading training',
      'arrived training',
      'uploaded training',
      'uploading validation',
      'arrived validation',
      'uploaded validation',
      'creating',
      'answered',
      'created',
      'recorded',
    ]);
  });

  it('are told as progress: files by their number while they are read, by their bytes while they are sent', async () => {
    const seen: [string, number][] = [];
    await startJob(withValidation(), {
      ...deps,
      onProgress: ({ stage, fraction }) => seen.push([stage, fraction]),
    });
    const of = (wanted: string): number[] => seen.flatMap(([stage, fraction]) => (stage === wanted ? [fraction] : []));
    expect(of('reading')).toEqual([0, 0.5]);
    const sent = of('uploading');
    expect(sent).toEqual([...sent].sort((a, b) => a - b));
    expect(sent.some((share) => share > 0.5)).toBe(true);
    expect(sent.at(-1)).toBe(1);
    expect(of('creating')).toEqual([0]);
  });
});

describe('the request for the job', () => {
  it('cuts the name to what metadata holds', async () => {
    await startJob({ ...input, name: 'n'.repeat(600) }, deps);
    expect(server.ledger.jobs[0]?.metadata['tuning_fork_name']).toBe('n'.repeat(512));
  });

  it('says of an answered one that there are no others', async () => {
    const started = await startJob(input, deps);
    expect(started.ok && started.value.duplicates).toEqual([]);
  });

  it('waits for a file no longer than five times', async () => {
    server.plan = (route) =>
      route === 'POST /fine_tuning/jobs' ? message(400, 'No.') : statusOfFiles('pending')(route);
    expect(await startJob(input, deps)).toMatchObject({ ok: false });
    expect(waits).toEqual([1000, 2000, 5000, 10_000, 20_000]);
    expect((await facts()).at(-1)).toBe('failed');
  });

  it.each(['pending', 'running', 'uploaded', 'notRunning'])(
    'waits when it is refused and its file is %s',
    async (status) => {
      server.script('POST /fine_tuning/jobs', message(400, 'No.'));
      server.otherwise = statusOfFiles(status);
      expect((await startJob(input, deps)).ok).toBe(true);
      expect(waits).toEqual([1000]);
    },
  );

  it.each([
    [400, 'The model does not exist.'],
    [400, 'The file is not ready.'],
    [403, 'Your project is not ready.'],
    [404, 'The file is not ready.'],
  ])('is not repeated after %i "%s"', async (status, text) => {
    server.script('POST /fine_tuning/jobs', message(status, text));
    expect(await startJob(input, deps)).toMatchObject({ ok: false });
    expect(waits).toEqual([]);
    expect(server.count('POST /fine_tuning/jobs')).toBe(1);
  });

  it('is looked for and not repeated when it is not known whether it was refused', async () => {
    server.script('POST /fine_tuning/jobs', message(500, 'The file is not ready.'));
    expect(await startJob(input, deps)).toMatchObject({ ok: false, error: { code: 'start-unknown' } });
    expect(server.count('POST /fine_tuning/jobs')).toBe(1);
  });

  it('that is cancelled while it waits for a file is cancelled: nothing was created', async () => {
    const abort = new AbortController();
    server.script('POST /fine_tuning/jobs', message(400, 'No.'));
    server.otherwise = statusOfFiles('pending');
    const started = await startJob(input, {
      ...deps,
      signal: abort.signal,
      sleep: () => {
        abort.abort();
        return Promise.reject(abort.signal.reason as Error);
      },
    });
    expect(started).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect((await facts()).at(-1)).toBe('cancelled');
  });

  it('whose job is not found is explained in two sentences', async () => {
    server.script('POST /fine_tuning/jobs', { kind: 'html', status: 502 });
    const started = await startJob(input, deps);
    if (started.ok) throw new Error('It was not expected to be found.');
    expect(started.error.message).toMatch(
      /^The answer was lost, so it is not known whether .* does not show it\. [^.].*\.$/,
    );
    expect(started.error.message).toMatch(/\.$/);
    expect(started.error.action).toMatch(/^Look at the jobs of this connection .*only when it is not there\.$/);
  });

  it('is found by its own file where metadata is not kept', async () => {
    server.script('POST /fine_tuning/jobs', { kind: 'reset', after: true });
    server.otherwise = forgetful;
    const started = await startJob(input, deps);
    expect(started.ok && started.value.job.id).toBe(server.ledger.jobs[0]?.id);
  });

  it('is not taken for another one with the same file, whatever became of the validation file', async () => {
    expect((await startJob(input, deps)).ok).toBe(true);
    server.script('POST /fine_tuning/jobs', { kind: 'reset' });
    server.otherwise = forgetful;
    const second = again({ validationFile: writeDataset(folder, 'new.jsonl', OTHER) });
    expect(await startJob(second, deps)).toMatchObject({ ok: false, error: { code: 'start-unknown' } });
    expect(server.ledger.files).toHaveLength(2);
  });
});

describe('a job that is there', () => {
  const full = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));

  it('does not look like a failed start when the disk is full (F37)', async () => {
    const jobs = { update: () => undefined, flush: full } as unknown as NonNullable<StartJobDeps['jobs']>;
    const started = await startJob(input, { ...deps, jobs });
    expect(started.ok && started.value.job.id).toBe(server.ledger.jobs[0]?.id);
    // Still on the list, so that it is put into the store at the next launch.
    expect(await unfinishedStarts(storage)).toMatchObject([{ stage: 'created' }]);
  });

  it('does not hide a mistake of ours', async () => {
    const jobs = {
      update: () => undefined,
      flush: () => Promise.reject(new TypeError('a bug')),
    } as unknown as NonNullable<StartJobDeps['jobs']>;
    expect(await startJob(input, { ...deps, jobs })).toMatchObject({ ok: false, error: { code: 'unexpected' } });
  });

  it('remembers what was known of it also without its copies', () => {
    expect(localFactsOf(input, { training: null, validation: null })).toEqual({
      name: 'prices',
      trainingPath: null,
      validationPath: null,
      sourcePath: input.trainingFile,
      sourceSha256: null,
      askedHyperparameters: input.method.hyperparameters,
      askedAdvanced: null,
      priceEstimate: 1.25,
      answerPrefix: '$',
      startedHere: true,
      intentId: input.intentId,
    });
    const copy = { path: '/copy', sha256: 'a', sourceSha256: 'b', bytes: 1 };
    expect(localFactsOf(input, { training: copy, validation: { ...copy, path: '/other' } })).toMatchObject({
      trainingPath: '/copy',
      validationPath: '/other',
      sourceSha256: 'b',
      askedHyperparameters: input.method.hyperparameters,
    });
  });

  it('is told by the journals with its copies', async () => {
    const wanted = withValidation();
    await startJob(wanted, deps);
    const [known] = (await localFactsOfStarts(storage)).values();
    expect(known).toMatchObject({
      trainingPath: path.join(storage, 'snapshots', wanted.intentId, 'training.jsonl'),
      validationPath: path.join(storage, 'snapshots', wanted.intentId, 'validation.jsonl'),
    });
  });
});

describe('names of what is uploaded', () => {
  it.each([
    ['/data/prices.jsonl', 'prices'],
    ['/data/prices.NDJSON', 'prices'],
    ['/data/prices.json', 'prices'],
    ['/data/prices.jsonl.old', 'prices.jsonl.old'],
    ['/data/.jsonl', 'training'],
  ])('of %s begin with %s', (source, base) => {
    expect(uploadName(source, 'training', '000-12345678')).toBe(`${base}.ft-12345678.jsonl`);
  });

  it('are those of the dataset when a job is made again from its copies', async () => {
    const wanted = withValidation();
    await startJob(wanted, deps);
    const [training, validation] = ['training', 'validation'].map((role) =>
      path.join(storage, 'snapshots', wanted.intentId, `${role}.jsonl`),
    );
    const second = again({
      connectionId: 'elsewhere',
      trainingFile: training ?? '',
      validationFile: validation ?? '',
      local: { sourcePath: '/data/shop.jsonl' },
    });
    expect((await startJob(second, deps)).ok).toBe(true);
    const id = second.intentId.slice(-8);
    expect(server.ledger.files.slice(2).map(({ filename }) => filename)).toEqual([
      `shop.ft-${id}.jsonl`,
      `validation.ft-${id}-v.jsonl`,
    ]);
  });

  it('are those of the file that was chosen otherwise, and of the copy when nobody knows better', async () => {
    await startJob({ ...input, local: { sourcePath: '/data/shop.jsonl' } }, deps);
    expect(server.ledger.files[0]?.filename).toMatch(/^prices\.ft-/);
    const bare = withoutMemory({
      ...again(),
      connectionId: 'elsewhere',
      trainingFile: path.join(storage, 'snapshots', input.intentId, 'training.jsonl'),
    });
    expect((await startJob(bare, deps)).ok).toBe(true);
    expect(server.ledger.files[1]?.filename).toMatch(/^training\.ft-/);
  });
});

describe('an interrupted start', () => {
  it('is found by its journal when the list of what is unfinished is gone', async () => {
    await startJob(input, crashAt('uploading training'));
    await rm(path.join(storage, 'unfinished.json'), { force: true });
    expect(await unfinishedStarts(storage)).toMatchObject([{ intentId: input.intentId, stage: 'uploading' }]);
  });

  it.each([{}, { method: { name: 'supervised', hyperparameters: {} } }, { name: 'prices' }])(
    'whose settings cannot be read (%j) is named by its file and cannot go on',
    async (params) => {
      const journal = await IntentJournal.open(path.join(storage, 'intents'), input.intentId);
      await journal.append({
        fact: 'planned',
        connectionId: 'here',
        model: 'base-1',
        trainingPath: '/data/prices.jsonl',
        validationPath: null,
        params,
        paramsHash: '0',
        priceQuote: null,
      });
      await journal.close();
      expect(await unfinishedStarts(storage)).toMatchObject([
        { name: 'prices.jsonl', trainingPath: '/data/prices.jsonl', priceQuote: null },
      ]);
      expect((await localFactsOfStarts(storage)).size).toBe(0);
      const resumed = await resumeStart(input.intentId, deps);
      if (resumed.ok) throw new Error('There was nothing to go on with.');
      expect(resumed.error.message).toMatch(/^This start cannot be resumed: .*\.$/);
      expect(resumed.error.action).toBe('Start again from the dataset.');
      expect(server.requests).toEqual([]);
    },
  );

  it('without anything that was remembered of it keeps the path that was chosen', async () => {
    await startJob(withoutMemory(input), crashAt('planned'));
    expect(await unfinishedStarts(storage)).toMatchObject([{ trainingPath: input.trainingFile, name: 'prices' }]);
    expect((await resumeStart(input.intentId, deps)).ok).toBe(true);
  });

  it('writes nothing down twice', async () => {
    await startJob(input, crashAt('uploading training'));
    expect((await resumeStart(input.intentId, deps)).ok).toBe(true);
    expect(await facts()).toEqual(['planned', 'snapshot', 'uploading', 'uploaded', 'creating', 'created']);
  });

  it('does not look for a file that it knows', async () => {
    await startJob(input, crashAt('uploaded training'));
    expect((await resumeStart(input.intentId, deps)).ok).toBe(true);
    expect(server.count('GET /files')).toBe(0);
    expect(server.count('POST /files')).toBe(1);
  });

  it('sends nothing again before it knows whether it arrived', async () => {
    await startJob(input, crashAt('arrived training'));
    server.plan = (route) => (route === 'GET /files' ? { kind: 'status', status: 503 } : { kind: 'ok' });
    expect(await resumeStart(input.intentId, deps)).toMatchObject({ ok: false, error: { code: 'server-error' } });
    expect(server.count('POST /files')).toBe(1);
  });

  it('that went wrong by a mistake of ours after the job was asked for is not called cancelled', async () => {
    await startJob(input, crashAt('creating'));
    const abort = new AbortController();
    const listJobs = (): Promise<never> => {
      abort.abort();
      return Promise.reject(new TypeError('a bug'));
    };
    const resumed = await resumeStart(input.intentId, {
      ...deps,
      signal: abort.signal,
      provider: { ...deps.provider, listJobs },
    });
    expect(resumed).toMatchObject({ ok: false, error: { code: 'unexpected' } });
    expect(await facts()).not.toContain('cancelled');
  });

  it('is not made again as long as nobody knows what became of a job that was there', async () => {
    await startJob(input, crashAt('created'));
    server.plan = () => ({ kind: 'status', status: 503 });
    const resumed = await resumeStart(input.intentId, deps, { startAgain: true });
    expect(resumed).toMatchObject({ ok: false, error: { code: 'server-error' } });
    server.plan = () => ({ kind: 'ok' });
    expect(server.ledger.jobs).toHaveLength(1);
    expect(await facts()).not.toContain('dismissed');
    const retrieveJob = (): Promise<never> => Promise.reject(new TypeError('a bug'));
    expect(await resumeStart(input.intentId, { ...deps, provider: { ...deps.provider, retrieveJob } })).toMatchObject({
      ok: false,
      error: { code: 'unexpected' },
    });
    const found = await resumeStart(input.intentId, deps);
    expect(found.ok && found.value.duplicates).toEqual([]);
  });

  it('that is made again takes both copies of then', async () => {
    const wanted = withValidation();
    await startJob(wanted, crashAt('creating'));
    await writeFile(wanted.trainingFile, 'changed');
    await writeFile(wanted.validationFile ?? '', 'changed');
    expect((await resumeStart(wanted.intentId, deps, { startAgain: true })).ok).toBe(true);
    const [job] = server.ledger.jobs;
    expect((await server.contentOf(job?.training_file ?? '')).text).toBe(TRAINING);
    expect((await server.contentOf(job?.validation_file ?? '')).text).toBe(OTHER);
  });

  it('can be dismissed before there is a copy, without a provider, and in the middle of an upload', async () => {
    await startJob(input, crashAt('planned'));
    await dismissStart(input.intentId, { folder: storage });
    const second = again();
    await startJob(second, { ...crashAt('part training'), parts: PARTS });
    await dismissStart(second.intentId, { folder: storage });
    expect(await unfinishedStarts(storage)).toEqual([]);
  });

  it('that is dismissed leaves an upload alone that is complete', async () => {
    await startJob(input, { ...crashAt('uploaded training'), parts: PARTS });
    await dismissStart(input.intentId, { folder: storage, provider: deps.provider });
    expect(server.requests.filter(({ path: route }) => route.endsWith('/cancel'))).toEqual([]);
  });
});

describe('a file that is uploaded', () => {
  it.each(['failed', 'error'])('and %s is named, with what to do', async (status) => {
    server.script('POST /files', rewrite({ status, filename: '' }));
    const started = await startJob(input, deps);
    if (started.ok) throw new Error('It was expected to fail.');
    const name = `prices.ft-${input.intentId.slice(-8)}.jsonl`;
    expect(started.error.message).toContain(`the file ${name} but`);
    expect(started.error.action).toMatch(/^Check the dataset for problems .*then start again\.$/);
    server.script('POST /files', rewrite({ status, filename: 'as-it-is-called-there.jsonl' }));
    const other = again({ trainingFile: writeDataset(folder, 'other.jsonl', OTHER) });
    expect(await startJob(other, deps)).toMatchObject({
      error: { message: expect.stringContaining('the file as-it-is-called-there.jsonl but') as string },
    });
  });

  it('is tried three times, after one and two seconds', async () => {
    server.otherwise = (route) => (route === 'POST /files' ? { kind: 'status', status: 503 } : { kind: 'ok' });
    expect((await startJob(input, deps)).ok).toBe(false);
    expect(waits).toEqual([1000, 2000]);
  });

  it('is not looked for after a refusal', async () => {
    server.script('POST /files', message(400, 'No.'));
    await startJob(input, deps);
    expect(server.count('GET /files')).toBe(0);
  });

  it('is found although the provider does not say how large it is', async () => {
    server.script('POST /files', { kind: 'reset', after: true });
    server.script('GET /files', {
      kind: 'rewrite',
      change: (body) => ({
        ...(body as object),
        data: (body as { data: object[] }).data.map((file) => ({ ...file, bytes: null })),
      }),
    });
    expect((await startJob(input, deps)).ok).toBe(true);
    expect(server.ledger.files).toHaveLength(1);
  });

  it('hides no mistake of ours', async () => {
    const provider = { ...deps.provider, uploadFile: () => Promise.reject(new TypeError('a bug')) };
    expect(await startJob(input, { ...deps, provider })).toMatchObject({ ok: false, error: { code: 'unexpected' } });
    await startJob(again(), deps);
    const asking = { ...deps.provider, retrieveFile: () => Promise.reject(new TypeError('a bug')) };
    expect(await startJob(again(), { ...deps, provider: asking })).toMatchObject({
      ok: false,
      error: { code: 'unexpected' },
    });
  });

  it('is empty without a progress that is no number', async () => {
    const shares: number[] = [];
    const empty = writeDataset(folder, 'empty.jsonl', '');
    await startJob(again({ trainingFile: empty }), {
      ...deps,
      onProgress: ({ fraction }) => shares.push(fraction),
    });
    expect(shares.every((share) => Number.isFinite(share))).toBe(true);
  });
});

describe('the same content', () => {
  it('is asked for at most three files, the newest first', async () => {
    const ids: string[] = [];
    server.otherwise = (route) => (route.startsWith('GET /files/') ? message(404, 'No such file.') : { kind: 'ok' });
    for (let count = 0; count < 5; count++) {
      await startJob(again(), deps);
      ids.unshift(server.ledger.files.at(-1)?.id ?? '');
    }
    const before = server.requests.length;
    await startJob(again(), deps);
    const asked = server.requests.slice(before).filter(({ path: route }) => /^\/(v1\/)?files\/./.test(route));
    expect(asked.map(({ path: route }) => route.split('/').at(-1))).toEqual(ids.slice(0, 3));
  });

  it('is used again when one start of several shows that metadata is kept', async () => {
    await startJob(input, deps);
    server.script('POST /fine_tuning/jobs', message(400, 'No.'));
    await startJob(again(), deps);
    await startJob(again(), deps);
    expect(server.ledger.files).toHaveLength(1);
  });

  it('is what counts, not the size', async () => {
    await startJob(input, deps);
    expect(OTHER).toHaveLength(TRAINING.length);
    await startJob(again({ trainingFile: writeDataset(folder, 'other.jsonl', OTHER) }), deps);
    expect(server.ledger.files).toHaveLength(2);
  });

  it('is used again where the provider does not say how large it is', async () => {
    await startJob(input, deps);
    server.otherwise = (route) => (route.startsWith('GET /files/') ? rewrite({ bytes: null }) : { kind: 'ok' });
    await startJob(again(), deps);
    expect(server.ledger.files).toHaveLength(1);
  });
});

describe('an upload in parts', () => {
  const isRoute =
    (end: string, method = 'POST') =>
    (route: string): boolean =>
      route.startsWith(method) && route.endsWith(end);

  it('says what it is', async () => {
    await startJob(input, { ...deps, parts: PARTS });
    const begun = server.requests.find(({ method, path: route }) => method === 'POST' && route.endsWith('/uploads'));
    expect(JSON.parse(String(begun?.body))).toEqual({
      filename: `prices.ft-${input.intentId.slice(-8)}.jsonl`,
      bytes: TRAINING.length,
      purpose: 'fine-tune',
      mime_type: 'text/jsonl',
    });
  });

  it('goes on where nobody said when it expires, and tells the parts that are in', async () => {
    server.plan = (route) => (route === 'POST /uploads' ? rewrite({ expires_at: null }) : { kind: 'ok' });
    let parts = 0;
    await startJob(input, {
      ...deps,
      parts: PARTS,
      failpoint: (name) => {
        if (name === 'part training' && ++parts === 2) throw new Error('the process ends here');
      },
    });
    const shares: number[] = [];
    const resumed = await resumeStart(input.intentId, {
      ...deps,
      parts: PARTS,
      onProgress: ({ stage, fraction }) => {
        if (stage === 'uploading') shares.push(fraction);
      },
    });
    expect(resumed.ok).toBe(true);
    expect(server.count('POST /uploads')).toBe(1);
    expect(shares[0]).toBeCloseTo(300 / TRAINING.length);
  });

  it('begins once more after a part that is refused as unknown there, and not after another refusal', async () => {
    let refused = 0;
    server.plan = (route) =>
      isRoute('/parts')(route) && refused++ === 0 ? message(400, 'The upload is closed.') : { kind: 'ok' };
    expect((await startJob(input, { ...deps, parts: PARTS })).ok).toBe(true);
    expect(server.count('POST /uploads')).toBe(2);
    server.plan = (route) => (isRoute('/parts')(route) ? message(403, 'Not for you.') : { kind: 'ok' });
    const other = again({ trainingFile: writeDataset(folder, 'other.jsonl', OTHER) });
    expect(await startJob(other, { ...deps, parts: PARTS })).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    expect(server.count('POST /uploads')).toBe(3);
  });

  it('says what to do when the provider keeps forgetting it', async () => {
    server.plan = (route) => (isRoute('/parts')(route) ? message(404, 'No such upload.') : { kind: 'ok' });
    expect(await startJob(input, { ...deps, parts: PARTS })).toMatchObject({
      error: { code: 'upload-expired', action: expect.stringMatching(/^Try again .*\.$/) as string },
    });
  });

  it('is joined at most three times, after one and two seconds or as the provider asks', async () => {
    server.plan = (route) => (isRoute('/complete')(route) ? { kind: 'status', status: 503 } : { kind: 'ok' });
    expect(await startJob(input, { ...deps, parts: PARTS })).toMatchObject({
      ok: false,
      error: { code: 'server-error' },
    });
    expect(server.requests.filter(({ path: route }) => route.endsWith('/complete'))).toHaveLength(3);
    expect(waits).toEqual([1000, 2000]);
    waits.length = 0;
    let asked = 0;
    server.plan = (route) =>
      isRoute('/complete')(route) && asked++ === 0
        ? { kind: 'status', status: 429, headers: { 'retry-after': '7' } }
        : { kind: 'ok' };
    const other = again({ trainingFile: writeDataset(folder, 'other.jsonl', OTHER) });
    expect((await startJob(other, { ...deps, parts: PARTS })).ok).toBe(true);
    expect(waits).toEqual([7000]);
  });

  it('is not joined again after a refusal', async () => {
    server.plan = (route) => (isRoute('/complete')(route) ? message(403, 'Not for you.') : { kind: 'ok' });
    expect(await startJob(input, { ...deps, parts: PARTS })).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    expect(server.requests.filter(({ path: route }) => route.endsWith('/complete'))).toHaveLength(1);
  });

  it('hides no mistake of ours', async () => {
    const provider = { ...deps.provider, createUpload: () => Promise.reject(new TypeError('a bug')) };
    expect(await startJob(input, { ...deps, parts: PARTS, provider })).toMatchObject({ error: { code: 'unexpected' } });
  });
});

it('keeps the journal readable to the end', async () => {
  await startJob(input, deps);
  const text = await readFile(path.join(storage, 'intents', `${input.intentId}.jsonl`), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
});
