import { mkdtemp, readdir, readFile, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Problem } from '../../../../src/core/base/result.ts';
import type { JobEvent, MetricPoint } from '../../../../src/core/training/job.ts';
import { writeFileAtomic } from '../../../../src/storage/atomicFile.ts';
import type { JobChange } from '../../../../src/jobs/store/jobChange.ts';
import type { JobRecord } from '../../../../src/jobs/store/jobRecord.ts';
import { JobStore } from '../../../../src/jobs/store/store.ts';
import { aJob, aMetric, anEvent } from '../../../support/jobBuilders.ts';

let folder: string;
let store: JobStore;
let changes: JobChange[];
let problems: Problem[];

function open(): JobStore {
  problems = [];
  changes = [];
  const opened = new JobStore({ folder, onProblem: (problem) => problems.push(problem), writeEveryMs: 5 });
  opened.onDidChange((change) => changes.push(change));
  return opened;
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  store = open();
});
afterEach(async () => {
  await store.dispose();
  await rm(folder, { recursive: true, force: true });
});

function metricEvent(step: number, point: Partial<MetricPoint>): JobEvent {
  return anEvent({ id: `e${String(step)}`, createdAt: step, metrics: aMetric({ step, ...point }) });
}

function idsOf(record: JobRecord | undefined): readonly string[] {
  return [...(record?.events ?? [])].map(({ id }) => id);
}

/** The record with its events and points as values, which can be compared. */
function whole(record: JobRecord | undefined) {
  return record && { ...record, events: [...record.events], curve: record.curve.points() };
}

describe('the job store', () => {
  it('keeps figures by name through a restart, and tells when one changed', async () => {
    store.update('local', 'j1', { job: aJob({ id: 'j1' }) });
    store.update('local', 'j1', { newEvents: [metricEvent(1, { others: { train_reward_mean: -0.5 } })] });
    const later = anEvent({
      id: 'late',
      createdAt: 2,
      metrics: aMetric({ step: 1, others: { train_reward_mean: 0.5 } }),
    });
    store.update('local', 'j1', { newEvents: [later] });
    expect(changes.map(({ changedSteps }) => [...changedSteps])).toEqual([[], [1], [1]]);
    await store.flush();
    const reopened = open();
    await reopened.load();
    expect(whole(reopened.get('local', 'j1'))).toEqual(whole(store.get('local', 'j1')));
    expect(reopened.get('local', 'j1')?.curve.pointAt(0).others).toEqual({ train_reward_mean: 0.5 });
  });

  it('keeps the settings of open-weights training through a restart, and opens records without them', async () => {
    const advanced = {
      lora_rank: 8,
      lora_alpha: 0.5,
      target_modules: ['q_proj'],
      load_in_4bit: false,
      gradient_accumulation: 'auto',
      max_length: 512,
      packing: true,
      group_by_length: true,
      validation_every: 4,
      validation_sample: 32,
    } as const;
    const local = { askedAdvanced: { lora_rank: 8, target_modules: ['q_proj'] } };
    store.update('local', 'new', { job: aJob({ id: 'new', advanced }), local });
    store.update('local', 'old', { job: aJob({ id: 'old' }) });
    await store.flush();
    for (const name of (await readdir(folder)).filter((one) => one.endsWith('.json'))) {
      const file = path.join(folder, name);
      const written = JSON.parse(await readFile(file, 'utf8')) as { job: { id: string }; local: object };
      // As earlier versions wrote them.
      if (written.job.id === 'old') {
        const local = Object.fromEntries(Object.entries(written.local).filter(([key]) => key !== 'askedAdvanced'));
        await writeFile(file, JSON.stringify({ ...written, local }));
      }
    }
    const reopened = open();
    await reopened.load();
    expect(problems).toEqual([]);
    expect(reopened.get('local', 'new')).toMatchObject({ job: { advanced }, local });
    expect(reopened.get('local', 'old')).toMatchObject({ job: { id: 'old' }, local: { askedAdvanced: null } });
    expect(reopened.get('local', 'old')?.job).not.toHaveProperty('advanced');
    await reopened.dispose();
  });

  it('keeps jobs, curves and local facts through a restart', async () => {
    store.update('local', 'j1', { job: aJob({ id: 'j1' }), local: { name: 'prices', startedHere: true } });
    store.update('local', 'j1', {
      newEvents: [metricEvent(2, { trainLoss: 2 }), metricEvent(1, { trainLoss: 3 })],
      checkpoints: [{ id: 'c', createdAt: 1, model: 'm', step: 2, metrics: aMetric({ step: 2 }) }],
      complete: true,
    });
    store.update('other', 'j1', { job: aJob({ id: 'j1', status: 'failed' }) });
    await store.flush();
    const reopened = open();
    await reopened.load();
    const record = reopened.get('local', 'j1');
    expect(whole(record)).toEqual(whole(store.get('local', 'j1')));
    expect(record?.curve.points().map(({ step, trainLoss }) => [step, trainLoss])).toEqual([
      [1, 3],
      [2, 2],
    ]);
    expect(reopened.get('other', 'j1')?.job.status).toBe('failed');
    expect(reopened.list('local')).toHaveLength(1);
    expect(reopened.list()).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  it('tells what changed, and nothing when nothing did', () => {
    const job = aJob({ id: 'j1' });
    store.update('local', 'j1', { job });
    expect(changes.map(({ added }) => added)).toEqual([true]);
    store.update('local', 'j1', { job: { ...job } });
    expect(changes).toHaveLength(1);
    const events = [metricEvent(2, { trainLoss: 2 }), metricEvent(1, { trainLoss: 3 })];
    store.update('local', 'j1', { newEvents: events });
    store.update('local', 'j1', { newEvents: events });
    expect(changes).toHaveLength(2);
    store.update('local', 'j1', {
      newEvents: [anEvent({ id: 'late', createdAt: 2, metrics: aMetric({ step: 2, fullValidLoss: 1.1 }) })],
    });
    expect(changes[2]?.newEvents.map(({ id }) => id)).toEqual(['late']);
    expect([...(changes[2]?.changedSteps ?? [])]).toEqual([2]);
    expect(store.get('local', 'j1')?.curve.pointAt(1)).toEqual(aMetric({ step: 2, trainLoss: 2, fullValidLoss: 1.1 }));
  });

  it('keeps each event once, newest first, and those of one second in the provider’s order (F26)', () => {
    const at = (id: string, createdAt: number): JobEvent => anEvent({ id, createdAt });
    store.update('local', 'j1', { job: aJob({ id: 'j1' }), newEvents: [at('b', 5), at('a', 5), at('z', 1)] });
    store.update('local', 'j1', { newEvents: [at('d', 6), at('c', 5), at('b', 5)] });
    expect(idsOf(store.get('local', 'j1'))).toEqual(['d', 'c', 'b', 'a', 'z']);
  });

  it('ignores an update of a job it has never seen', () => {
    expect(store.update('local', 'nope', { local: { notified: true } })).toBeUndefined();
    expect(changes).toEqual([]);
  });

  it.each([
    ['cut in the middle', (text: string) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['full of zeros', (text: string) => '\0'.repeat(text.length)],
    ['garbage', () => 'hello'],
    ['of another version', (text: string) => text.replace('"v":1', '"v":99')],
    ['of another shape', () => '{"v":1,"job":[]}'],
  ])('sets a file aside that is %s and keeps the others (F36)', async (_name, damage) => {
    store.update('local', 'j1', { job: aJob({ id: 'j1' }) });
    await store.flush();
    const [first = ''] = await readdir(folder);
    store.update('local', 'j2', { job: aJob({ id: 'j2' }) });
    await store.flush();
    const file = path.join(folder, first);
    await writeFile(file, damage(await readFile(file, 'utf8')));
    const reopened = open();
    await reopened.load();
    expect(reopened.list().map(({ job }) => job.id)).toEqual(['j2']);
    expect(problems.map(({ code }) => code)).toEqual(['record-corrupt']);
    expect((await readdir(folder)).filter((name) => name.endsWith('.corrupt'))).toHaveLength(1);
    reopened.update('local', 'j1', { job: aJob({ id: 'j1' }) });
    await reopened.flush();
    expect((await readdir(folder)).filter((name) => name.endsWith('.json'))).toHaveLength(2);
  });

  it('takes no notice of temporary files that a killed process left', async () => {
    store.update('local', 'j1', { job: aJob({ id: 'j1' }) });
    await store.flush();
    await writeFile(path.join(folder, 'abc.json.0011.tmp'), '{"v":1');
    const reopened = open();
    await reopened.load();
    expect(reopened.list()).toHaveLength(1);
    expect(problems).toEqual([]);
  });

  it('merges what came before the folder was read with what the folder knows', async () => {
    store.update('local', 'j1', {
      job: aJob({ id: 'j1' }),
      newEvents: [metricEvent(1, { trainLoss: 3 })],
      local: { name: 'prices' },
    });
    await store.flush();
    const reopened = open();
    reopened.update('local', 'j1', { job: aJob({ id: 'j1', status: 'succeeded' }), newEvents: [metricEvent(2, {})] });
    await reopened.load();
    const record = reopened.get('local', 'j1');
    expect(record?.job.status).toBe('succeeded');
    expect(idsOf(record)).toEqual(['e2', 'e1']);
    expect(record?.local.name).toBe('prices');
    await reopened.dispose();
  });

  it('forgets a removed job on the disk too', async () => {
    store.update('local', 'j1', { job: aJob({ id: 'j1' }) });
    await store.flush();
    await store.remove('local', 'j1');
    expect(await readdir(folder)).toEqual([]);
    expect(changes.at(-1)?.record).toBeUndefined();
  });

  it('uses no id as a path', async () => {
    store.update('../x', '../../../etc/passwd', { job: aJob({ id: '../../../etc/passwd' }) });
    await store.flush();
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{40}\.json$/)]);
  });

  it('says once that it cannot save, and saves when it can again', async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, 'a file where the folder should be');
    for (const status of ['queued', 'running', 'failed']) {
      store.update('local', 'j1', { job: aJob({ id: 'j1', status }) });
      await store.flush();
    }
    expect(problems.map(({ code }) => code)).toEqual(['storage-unwritable']);
    await rm(folder);
    await store.flush();
    expect(await readdir(folder)).toHaveLength(1);
  });
});

describe('an atomic write', () => {
  it('leaves the old file whole and nothing else when it fails', async () => {
    const file = path.join(folder, 'a.json');
    await writeFileAtomic(file, 'old');
    await expect(writeFileAtomic(path.join(folder, 'missing', 'a.json'), 'new')).rejects.toMatchObject({
      code: 'ENOENT',
    });
    await writeFileAtomic(file, 'new');
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['a.json']);
    await chmod(file, 0o600);
  });
});
