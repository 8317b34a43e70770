import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeRecords, encodeRecord } from '../../../../src/core/journal/lines.ts';
import type { ListJobsQuery } from '../../../../src/core/provider/api.ts';
import { ProviderFailure } from '../../../../src/core/provider/failure.ts';
import { fail } from '../../../../src/core/base/result.ts';
import type { Job } from '../../../../src/core/training/job.ts';
import {
  type IntentFact,
  IntentJournal,
  intentLease,
  intentsFolder,
  listIntents,
  newIntentId,
  readIntent,
} from '../../../../src/jobs/start/intentJournal.ts';
import { forgetStart, START_SILENT_MS, withIntent } from '../../../../src/jobs/start/intentOwner.ts';
import { intentState, readIntents, replayIntent } from '../../../../src/jobs/start/intentState.ts';
import { BEAT_MS, Candidate } from '../../../../src/storage/lease.ts';
import { reconcile } from '../../../../src/jobs/start/reconcile.ts';
import type { StartJobDeps } from '../../../../src/jobs/start/startContract.ts';
import { readUnfinished, updateUnfinished } from '../../../../src/jobs/start/unfinished.ts';
import { aJob } from '../../../support/jobBuilders.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const planned = (validationPath: string | null = null): IntentFact => ({
  fact: 'planned',
  connectionId: 'c',
  model: 'm',
  trainingPath: '/t.jsonl',
  validationPath,
  params: {},
  paramsHash: 'h',
  priceQuote: null,
});
const uploaded = (role: 'training' | 'validation'): IntentFact => ({
  fact: 'uploaded',
  role,
  fileId: `file-${role}`,
  filename: 'f',
  reused: false,
});
const uploading: IntentFact = { fact: 'uploading', role: 'training', filename: 'f' };
const creating: IntentFact = { fact: 'creating', trainingFile: 'file-training', validationFile: null };
const unknown: IntentFact = { fact: 'unknown', code: 'c', message: 'm' };
const created: IntentFact = { fact: 'created', jobId: 'j', adopted: false, metadataKept: true };

function replay(...entries: IntentFact[]): ReturnType<typeof replayIntent> {
  return replayIntent(
    'intent-1',
    entries.map((entry, seq) => ({ v: 1, intent: 'intent-1', seq, at: 100 + seq, entry })),
  );
}

describe('where a start stands', () => {
  const cases: readonly (readonly [string, readonly IntentFact[]])[] = [
    ['planned', []],
    ['planned', [planned()]],
    ['uploading', [planned(), uploading]],
    ['uploaded', [planned(), uploading, uploaded('training')]],
    ['uploading', [planned('/v.jsonl'), uploading, uploaded('training')]],
    ['uploading', [planned('/v.jsonl'), uploaded('validation')]],
    ['uploaded', [planned('/v.jsonl'), uploaded('training'), uploaded('validation')]],
    ['unknown', [planned(), uploaded('training'), creating]],
    ['unknown', [planned(), creating, unknown]],
    ['created', [planned(), creating, unknown, created]],
    ['failed', [planned(), { fact: 'failed', code: 'c', message: 'm' }]],
    ['cancelled', [planned(), uploading, { fact: 'cancelled' }]],
    ['dismissed', [planned(), creating, unknown, { fact: 'dismissed', replacedBy: null }]],
  ];
  it.each(cases)('%s', (stage, entries) => {
    expect(replay(...entries).stage).toBe(stage);
  });

  it('is told with everything that was written down', () => {
    const snapshot: IntentFact = {
      fact: 'snapshot',
      role: 'training',
      path: '/s',
      sha256: 'a',
      sourceSha256: 'b',
      bytes: 3,
    };
    const state = replay(planned(), snapshot, uploading, uploaded('training'), creating, created);
    expect(state).toEqual({
      intentId: 'intent-1',
      startedAt: 100,
      changedAt: 105,
      stage: 'created',
      planned: planned(),
      snapshots: { training: snapshot },
      sent: { training: 'f' },
      uploads: {},
      files: { training: uploaded('training') },
      creating,
      created,
    });
    expect(replay()).toMatchObject({ startedAt: 0, changedAt: 0, planned: null, creating: null, created: null });
  });

  it('counts the parts of the upload that is open, and of no other', () => {
    const upload = (uploadId: string): IntentFact => ({
      fact: 'upload',
      role: 'training',
      uploadId,
      partBytes: 5,
      expiresAt: null,
    });
    const part = (uploadId: string, index: number): IntentFact => ({
      fact: 'part',
      role: 'training',
      uploadId,
      index,
      partId: `${uploadId}-${String(index)}`,
    });
    const state = replay(
      planned(),
      part('u0', 9),
      upload('u1'),
      part('u1', 0),
      upload('u2'),
      part('u1', 1),
      part('u2', 2),
    );
    expect(state.uploads.training).toMatchObject({ uploadId: 'u2', partBytes: 5 });
    expect([...(state.uploads.training?.parts ?? [])]).toEqual([[2, 'u2-2']]);
    expect(state.stage).toBe('planned');
  });

  it('is read for all starts of a folder, oldest first, without what is none', async () => {
    const intents = intentsFolder(folder);
    expect(intents).toBe(path.join(folder, 'intents'));
    expect(await readIntents(folder)).toEqual([]);
    const ids = [newIntentId(2), newIntentId(1)];
    for (const id of ids) {
      const journal = await IntentJournal.open(intents, id);
      await journal.append(planned());
      await journal.close();
    }
    await writeFile(path.join(intents, `${newIntentId(3)}.jsonl`), 'nothing that can be read');
    await writeFile(path.join(intents, 'notes.txt'), '');
    await writeFile(path.join(intents, `${newIntentId(4)}.jsonl.bak`), '');
    await mkdir(path.join(intents, 'x.jsonl'));
    expect((await readIntents(folder)).map(({ intentId }) => intentId)).toEqual([...ids].reverse());
    expect((await intentState(folder, ids[0] ?? '')).stage).toBe('planned');
    expect((await listIntents(intents)).length).toBe(3);
  });
});

describe('a journal', () => {
  it('numbers its facts, dates them, and goes on behind them', async () => {
    const id = newIntentId();
    let now = 7;
    for (const entries of [[planned(), uploading], [creating]]) {
      const journal = await IntentJournal.open(folder, id, { now: () => now++ });
      expect(journal.intentId).toBe(id);
      for (const entry of entries) await journal.append(entry);
      await journal.close();
    }
    expect(await readIntent(folder, id)).toEqual([
      { v: 1, intent: id, seq: 0, at: 7, entry: planned() },
      { v: 1, intent: id, seq: 1, at: 8, entry: uploading },
      { v: 1, intent: id, seq: 2, at: 9, entry: creating },
    ]);
    const mode = (await stat(path.join(folder, `${id}.jsonl`))).mode & 0o777;
    if (process.platform !== 'win32') expect(mode).toBe(0o600);
  });

  it('cuts off a torn end before it goes on, and only that', async () => {
    const id = newIntentId();
    const lease = { check: () => Promise.resolve(true) };
    const file = path.join(folder, `${id}.jsonl`);
    const good = encodeRecord({ v: 1, intent: id, seq: 0, at: 1, entry: planned() });
    await writeFile(file, `${good}12345678 {"v":1,"torn`);
    await (await IntentJournal.open(folder, id, { lease })).close();
    expect(await readFile(file, 'utf8')).toBe(good);
    await (await IntentJournal.open(folder, id, { lease })).close();
    expect(await readFile(file, 'utf8')).toBe(good);
  });

  it('leaves out what is no fact, and does not touch what a later version wrote', async () => {
    const id = newIntentId();
    const file = path.join(folder, `${id}.jsonl`);
    const good = { v: 1, intent: id, seq: 0, at: 1, entry: { fact: 'cancelled' } };
    const others = [null, 7, { v: 1 }, { ...good, v: 0 }, { ...good, v: '2' }, { ...good, entry: {} }];
    await writeFile(file, [...others, good].map(encodeRecord).join(''));
    expect(await readIntent(folder, id)).toEqual([good]);
    await writeFile(file, [good, { v: 2 }].map(encodeRecord).join(''));
    expect(await readIntent(folder, id)).toEqual([]);
  });

  it('that is not there is empty; one that cannot be read is an error', async () => {
    expect(await readIntent(folder, newIntentId())).toEqual([]);
    expect(await listIntents(path.join(folder, 'none'))).toEqual([]);
    const id = newIntentId();
    await mkdir(path.join(folder, `${id}.jsonl`));
    await expect(readIntent(folder, id)).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(IntentJournal.open(folder, id)).rejects.toMatchObject({ code: 'EISDIR' });
    const notAFolder = path.join(folder, 'a-file');
    await writeFile(notAFolder, '');
    await expect(listIntents(notAFolder)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('has a name made of an id and nothing else', async () => {
    for (const id of ['', 'short-7', 'x'.repeat(65), 'a/b-long-enough', 'with.dots.in', 'intent id', '../intents-x']) {
      await expect(readIntent(folder, id), id).rejects.toThrow('Not an intent id.');
    }
    for (const id of ['exactly8', 'x'.repeat(64), 'With_-09']) expect(await readIntent(folder, id)).toEqual([]);
    expect(intentLease(folder, 'exactly8')).toBe(path.join(folder, 'exactly8.lock'));
  });

  it('has ids that sort by time and are all different', () => {
    const ids = Array.from({ length: 200 }, (_, index) => newIntentId(1_700_000_000_000 + index * 1000));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(Array.from({ length: 500 }, () => newIntentId(5).slice(9))).size).toBe(500);
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{25}$/);
    expect(newIntentId(5)).toMatch(/^000000005/);
  });
});

describe('looking for a lost job', () => {
  const mark = { intentId: 'i1', trainingFile: 'file-1', ownFile: true };
  const refused = new ProviderFailure(
    { code: 'x', message: 'No.', action: 'No.' },
    { outcome: 'refused', advice: 'never', status: 400, serverCode: null, retryAfterMs: null },
  );

  async function look(
    answer: (query: ListJobsQuery, call: number) => { jobs: Job[]; next: string | null },
    wanted = mark,
    delays?: number[],
  ) {
    const queries: ListJobsQuery[] = [];
    const waits: number[] = [];
    const progress: number[] = [];
    const provider = {
      listJobs: (query: ListJobsQuery = {}) => {
        queries.push(query);
        try {
          return Promise.resolve(answer(query, queries.length));
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is one
          return Promise.reject(error);
        }
      },
    } as unknown as StartJobDeps['provider'];
    const found = await reconcile(wanted, {
      provider,
      sleep: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
      onProgress: ({ stage, fraction }) => {
        if (stage === 'reconciling') progress.push(fraction);
      },
      ...(delays ? { reconcileDelaysMs: delays } : {}),
    });
    return { ids: found.map(({ id }) => id), queries, waits, progress };
  }
  const none = { jobs: [], next: null };
  const ours = (id: string, createdAt: number): Job => aJob({ id, createdAt, metadata: { tuning_fork_intent: 'i1' } });

  it('asks at once and after 2, 5, 15 and 60 s, by metadata and then all, and says how far it is', async () => {
    const { ids, queries, waits, progress } = await look(() => none);
    expect(ids).toEqual([]);
    expect(waits).toEqual([2000, 5000, 15_000, 60_000]);
    expect(progress).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
    expect(queries).toHaveLength(10);
    expect(queries.slice(0, 2)).toEqual([{ metadata: { tuning_fork_intent: 'i1' } }, {}]);
  });

  it('takes all that are its own, oldest first, and stops', async () => {
    const { ids, queries } = await look(() => ({ jobs: [ours('b', 2), aJob({ id: 'x' }), ours('a', 1)], next: null }));
    // The third has the file of this intent and no mark of another one.
    expect(ids).toEqual(['a', 'b', 'x'].sort((one, two) => Number(one === 'x') - Number(two === 'x')));
    expect(queries).toHaveLength(1);
  });

  it('believes a foreign mark more than the file, and the file only when it is its own', async () => {
    const foreign = aJob({ id: 'f', metadata: { tuning_fork_intent: 'i2' } });
    const unmarked = aJob({ id: 'u' });
    const answer = (): { jobs: Job[]; next: null } => ({ jobs: [foreign, unmarked], next: null });
    expect((await look(answer, mark, [0])).ids).toEqual(['u']);
    expect((await look(answer, { ...mark, ownFile: false }, [0])).ids).toEqual([]);
    expect((await look(answer, { ...mark, trainingFile: 'file-2' }, [0])).ids).toEqual([]);
  });

  it('goes through the pages, five at most, and not in circles', async () => {
    const paged = await look(
      ({ after, metadata }) =>
        metadata
          ? none
          : after === 'p2'
            ? { jobs: [ours('j', 1)], next: null }
            : { jobs: [], next: after ? 'p2' : 'p1' },
      mark,
      [0],
    );
    expect(paged.ids).toEqual(['j']);
    expect(paged.queries.slice(1)).toEqual([{}, { after: 'p1' }, { after: 'p2' }]);
    const endless = await look(
      ({ metadata }, call) => (metadata ? none : { jobs: [], next: `p${String(call)}` }),
      mark,
      [0],
    );
    expect(endless.queries).toHaveLength(1 + 5);
    const circle = await look(({ metadata }) => (metadata ? none : { jobs: [], next: 'same' }), mark, [0]);
    expect(circle.queries).toHaveLength(1 + 2);
  });

  it('survives a refused filter and a list that fails, and no mistake of ours', async () => {
    const filterRefused = await look(
      ({ metadata }) => {
        if (metadata) throw refused;
        return { jobs: [ours('j', 1)], next: null };
      },
      mark,
      [0],
    );
    expect(filterRefused.ids).toEqual(['j']);
    const dead = (): never => {
      throw refused;
    };
    expect((await look(dead, mark, [0, 0])).queries).toHaveLength(4);
    const bug = (): never => {
      throw new TypeError('a bug');
    };
    await expect(look(bug, mark, [0])).rejects.toThrow('a bug');
    await expect(
      look(
        ({ metadata }) => {
          if (metadata) return none;
          throw new TypeError('another bug');
        },
        mark,
        [0],
      ),
    ).rejects.toThrow('another bug');
  });
});

describe('the owner of an intent', () => {
  const id = newIntentId();
  const deps = (signal?: AbortSignal): StartJobDeps =>
    ({ folder, ...(signal ? { signal } : {}) }) as unknown as StartJobDeps;
  const problem = { code: 'p', message: 'P.', action: 'P.' };

  it('is alone, and lets go in the end, however it ended', async () => {
    const result = await withIntent(id, deps(), async ({ journal }) => {
      expect(await withIntent(id, deps(), () => Promise.resolve(fail(problem)))).toMatchObject({
        ok: false,
        error: {
          code: 'start-elsewhere',
          message: 'This start is in progress in another window.',
          action: 'Follow it there, or wait a minute and try again.',
        },
      });
      await journal.append(planned());
      return fail(problem);
    });
    expect(result).toEqual({ ok: false, error: problem });
    for (const error of [new Error('a bug'), Object.assign(new Error('full'), { code: 'ENOSPC' })]) {
      const thrown = await withIntent(id, deps(), () => Promise.reject(error));
      expect(thrown).toMatchObject({
        ok: false,
        error: { code: 'code' in error ? 'storage-unwritable' : 'unexpected' },
      });
    }
    const lease = await new Candidate(intentLease(intentsFolder(folder), id)).tryAcquire();
    expect(lease).not.toBeNull();
  });

  it('gives signs of life while it works, so that no other window goes on with its start, and none later', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const long = START_SILENT_MS * 10;
      await withIntent(id, deps(), async ({ lease }) => {
        const [name = ''] = await readdir(lease.folder);
        const file = path.join(lease.folder, name);
        // A request that has taken ten times as long as an owner may be silent.
        const before = new Date(Date.now() - long);
        await utimes(file, before, before);
        vi.advanceTimersByTime(BEAT_MS);
        await vi.waitUntil(async () => (await stat(file)).mtimeMs > Date.now() - long / 2);
        return fail(problem);
      });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('writes down a cancelled start and takes it off the list, unless the job was asked for', async () => {
    await updateUnfinished(folder, () => ({ connections: ['c'], starts: [id, 'other'] }));
    const abort = new AbortController();
    abort.abort();
    const asked = await withIntent(id, deps(abort.signal), (saga) => {
      saga.posted = true;
      return Promise.reject(new Error('a bug'));
    });
    expect(asked).toMatchObject({ ok: false, error: { code: 'unexpected' } });
    expect((await readUnfinished(folder)).starts).toEqual([id, 'other']);
    const cancelled = await withIntent(id, deps(abort.signal), () => Promise.reject(new Error('aborted')));
    expect(cancelled).toEqual({
      ok: false,
      error: {
        code: 'cancelled',
        message: 'The start was canceled before a job was created.',
        action: 'Start again when you want to.',
      },
    });
    expect(await readUnfinished(folder)).toEqual({ connections: ['c'], starts: ['other'], sweeps: [] });
    const journal = await readFile(path.join(intentsFolder(folder), `${id}.jsonl`));
    expect(decodeRecords(journal).records).toMatchObject([{ entry: { fact: 'cancelled' } }]);
    const running = await withIntent(id, deps(new AbortController().signal), () => Promise.reject(new Error('a bug')));
    expect(running).toMatchObject({ error: { code: 'unexpected' } });
  });

  it('forgets one start and leaves the rest of the list', async () => {
    await updateUnfinished(folder, () => ({ connections: ['c'], starts: ['a', 'b'], sweeps: ['s'] }));
    await forgetStart(folder, 'a');
    expect(await readUnfinished(folder)).toEqual({ connections: ['c'], starts: ['b'], sweeps: ['s'] });
    expect((await readdir(folder)).sort()).toEqual(['unfinished.json', 'unfinished.json.lock']);
  });
});
