// The journal of a job's events: it costs by what is new, and nothing in it is lost.
import { appendFile, cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inProject } from '../../../../scripts/lib/paths.ts';
import { metricSeries } from '../../../../src/core/training/curves/series.ts';
import type { JobEvent } from '../../../../src/core/training/job.ts';
import { withoutEvents } from '../../../../src/jobs/store/earlierEvents.ts';
import { appendEvents, journalOf, readEvents } from '../../../../src/jobs/store/eventJournal.ts';
import { eventsOf, lineOf, linesOf } from '../../../../src/jobs/store/eventLine.ts';
import type { JobChange } from '../../../../src/jobs/store/jobChange.ts';
import type { JobRecord } from '../../../../src/jobs/store/jobRecord.ts';
import { recordFileName } from '../../../../src/jobs/store/recordFile.ts';
import { JobStore } from '../../../../src/jobs/store/store.ts';
import { aJob, aMetric, anEvent } from '../../../support/jobBuilders.ts';

let folder: string;
let stores: JobStore[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.dispose();
  await rm(folder, { recursive: true, force: true });
});

function open(): JobStore {
  const store = new JobStore({ folder, writeEveryMs: 1_000_000 });
  stores.push(store);
  return store;
}

const RECORD = recordFileName('local', 'j1');

function stepEvent(step: number): JobEvent {
  const message = `Step ${String(step)}/1000000: training loss=1.00, validation loss=2.00`;
  return anEvent({
    id: `ftevent-${String(step)}`,
    createdAt: step,
    message,
    metrics: aMetric({ step, totalSteps: 1_000_000, trainLoss: 1 / step, validLoss: 2 / step }),
  });
}

/** Events from `from` up to, but not at, `to`, newest first. */
function stepEvents(from: number, to: number): readonly JobEvent[] {
  return Array.from({ length: to - from }, (_, index) => stepEvent(to - 1 - index));
}

function idsOf(record: JobRecord | undefined): readonly string[] {
  return [...(record?.events ?? [])].map(({ id }) => id);
}

async function sizes(): Promise<{ readonly record: number; readonly journal: number }> {
  const [record, journal] = await Promise.all(
    [RECORD, journalOf(RECORD)].map(async (name) => (await stat(path.join(folder, name))).size),
  );
  return { record: record ?? 0, journal: journal ?? 0 };
}

describe('writing a job', () => {
  it('adds what is new, however long the job is', async () => {
    const store = open();
    store.update('local', 'j1', { job: aJob({ id: 'j1' }), newEvents: stepEvents(1, 101) });
    await store.flush();
    const short = await sizes();
    store.update('local', 'j1', { newEvents: stepEvents(101, 201) });
    await store.flush();
    const page = (await sizes()).journal - short.journal;
    store.update('local', 'j1', { newEvents: stepEvents(201, 20_001) });
    await store.flush();
    const long = await sizes();
    store.update('local', 'j1', { newEvents: stepEvents(20_001, 20_101) });
    await store.flush();
    const after = await sizes();
    expect(after.journal - long.journal).toBeLessThan(page * 1.2);
    // The record is replaced whole, but it does not grow with the events.
    expect(after.record).toBeLessThan(short.record + 20);
    // What was there is not touched.
    const reopened = open();
    await reopened.load();
    expect(reopened.get('local', 'j1')?.curve.length).toBe(20_100);
    expect(idsOf(reopened.get('local', 'j1'))).toEqual(idsOf(store.get('local', 'j1')));
  });

  it('says of a page only what is new in it', () => {
    const store = open();
    const changes: JobChange[] = [];
    store.onDidChange((change) => changes.push(change));
    store.update('local', 'j1', { job: aJob({ id: 'j1' }), newEvents: stepEvents(1, 5001) });
    store.update('local', 'j1', { newEvents: stepEvents(4999, 5003) });
    expect(changes[1]?.newEvents.map(({ id }) => id)).toEqual(['ftevent-5002', 'ftevent-5001']);
    expect([...(changes[1]?.changedSteps ?? [])].sort()).toEqual([5001, 5002]);
  });
});

describe('two windows', () => {
  it('read from each other what was added, and write none of it again', async () => {
    const [here, there] = [open(), open()];
    here.update('local', 'j1', { job: aJob({ id: 'j1' }), newEvents: stepEvents(1, 11) });
    await here.flush();
    await there.load();
    there.update('local', 'j1', { newEvents: stepEvents(11, 21) });
    await there.flush();
    const changes: JobChange[] = [];
    here.onDidChange((change) => changes.push(change));
    here.update('local', 'j1', { newEvents: stepEvents(15, 31) });
    await here.flush();
    await there.refresh();
    for (const store of [here, there]) expect(store.get('local', 'j1')?.curve.length).toBe(30);
    // Those of the other window are told when they are read, before or after the own ones.
    expect(new Set(changes.flatMap(({ newEvents }) => newEvents.map(({ id }) => id))).size).toBe(20);
    const lines = (await readFile(path.join(folder, journalOf(RECORD)), 'utf8')).trim().split('\n');
    const stored = lines.flatMap((line) => eventsOf(JSON.parse(line.slice(9))));
    expect(new Set(stored.map(({ id }) => id)).size).toBe(30);
    // What both read from the provider at the same time may be there twice, and counts once.
    expect(stored.length).toBeLessThanOrEqual(36);
  });
});

describe('damage', () => {
  async function aJobOnDisk(): Promise<string> {
    const store = open();
    store.update('local', 'j1', { job: aJob({ id: 'j1' }), newEvents: stepEvents(1, 11), complete: true });
    await store.flush();
    store.update('local', 'j1', { newEvents: stepEvents(11, 21) });
    await store.flush();
    return path.join(folder, journalOf(RECORD));
  }

  it('a last line that a crash tore stays, ended by the next writer, and is not read', async () => {
    const journal = await aJobOnDisk();
    const whole = await readFile(journal, 'utf8');
    await appendFile(journal, whole.slice(0, 50));
    const reopened = open();
    await reopened.load();
    expect(reopened.get('local', 'j1')?.events.length).toBe(20);
    expect((await readFile(journal, 'utf8')).length).toBe(whole.length + 50);
    reopened.update('local', 'j1', { newEvents: stepEvents(21, 23) });
    await reopened.flush();
    const text = await readFile(journal, 'utf8');
    expect(text.startsWith(`${whole}${whole.slice(0, 50)}\n`)).toBe(true);
    expect(text.trim().split('\n')).toHaveLength(4);
    const again = open();
    await again.load();
    expect(idsOf(again.get('local', 'j1'))).toEqual(idsOf(reopened.get('local', 'j1')));
    expect(again.get('local', 'j1')?.events.length).toBe(22);
  });

  it('a writer that stood still behind a torn line takes nothing of the one that wrote meanwhile', async () => {
    const file = path.join(folder, 'stood-still.events.jsonl');
    const whole = { holds: () => Promise.resolve(true) };
    const place = await appendEvents(file, null, stepEvents(1, 3), whole, () => undefined);
    await appendFile(file, '{"torn');
    let looks = 0;
    const meanwhile = {
      holds: async () => {
        looks += 1;
        if (looks === 1) await appendEvents(file, place, stepEvents(3, 6), whole, () => undefined);
        return true;
      },
    };
    await appendEvents(file, place, stepEvents(6, 8), meanwhile, () => undefined);
    const found: string[] = [];
    await readEvents(file, null, (events) => found.push(...events.map(({ id }) => id)));
    expect(new Set(found)).toEqual(new Set(stepEvents(1, 8).map(({ id }) => id)));
  });

  it.each([
    ['deleted', (journal: string) => rm(journal)],
    ['emptied', (journal: string) => truncate(journal, 0)],
    ['cut in the middle of a line', async (journal: string) => truncate(journal, (await stat(journal)).size - 9)],
  ])('a journal that was %s is written again by a window that knows the job', async (_, damage) => {
    const journal = await aJobOnDisk();
    const knowing = open();
    await knowing.load();
    await damage(journal);
    knowing.update('local', 'j1', { newEvents: [stepEvent(21)] });
    await knowing.flush();
    const reopened = open();
    await reopened.load();
    expect(idsOf(reopened.get('local', 'j1'))).toEqual(idsOf(knowing.get('local', 'j1')));
    expect(reopened.get('local', 'j1')?.events.length).toBe(21);
  });

  it('a job whose journal lost events is not complete: they are read again from the provider', async () => {
    const journal = await aJobOnDisk();
    await rm(journal);
    const reopened = open();
    await reopened.load();
    expect(reopened.get('local', 'j1')).toMatchObject({ complete: false, events: { length: 0 } });
  });

  it('a damaged line loses its own events only', async () => {
    const journal = await aJobOnDisk();
    await writeFile(journal, (await readFile(journal, 'utf8')).replace('Step 3/', 'Step 4/'));
    const reopened = open();
    await reopened.load();
    expect(reopened.get('local', 'j1')?.events.length).toBe(10);
  });

  it('a full disk keeps what could not be written for the next try', async () => {
    const file = path.join(folder, 'x.events.jsonl');
    let held = false;
    const lock = { holds: () => Promise.resolve(held) };
    await expect(appendEvents(file, null, stepEvents(1, 3), lock, () => undefined)).rejects.toMatchObject({
      code: 'EBUSY',
    });
    held = true;
    let written = 0;
    const place = await appendEvents(file, null, stepEvents(1, 1001), lock, (count) => (written += count));
    expect(written).toBe(1000);
    const found: JobEvent[] = [];
    expect(await readEvents(file, null, (events) => found.push(...events))).toEqual(place);
    expect(found).toEqual(stepEvents(1, 1001));
  });
});

describe('a job in one file, as earlier versions wrote it', () => {
  const LONG = recordFileName('lab', 'ftjob-long');

  async function contents(): Promise<ReadonlyMap<string, string>> {
    const names = (await readdir(folder)).sort();
    return new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')] as const)),
    );
  }

  beforeEach(async () => {
    await cp(inProject('test/fixtures/jobs-in-one-file/jobs'), folder, { recursive: true });
  });

  it('opens with its events and curves, and reading changes nothing', async () => {
    const before = await contents();
    const store = open();
    await store.load();
    await store.refresh();
    await store.flush();
    for (const [name, jobId] of [
      [LONG, 'ftjob-long'],
      [recordFileName('lab', 'ftjob-short'), 'ftjob-short'],
    ] as const) {
      const { events, checkpoints } = JSON.parse(before.get(name) ?? '') as Pick<JobRecord, 'checkpoints'> & {
        events: JobEvent[];
      };
      const record = store.get('lab', jobId);
      expect([...(record?.events ?? [])]).toEqual(events);
      expect(record?.curve.points()).toEqual(metricSeries(events));
      expect(record?.checkpoints).toEqual(checkpoints);
    }
    expect(store.get('lab', 'ftjob-long')).toMatchObject({ complete: true, local: { name: 'prices', examples: 150 } });
    expect(store.get('lab', 'ftjob-long')?.curve.series('grad_norm').length).toBe(30);
    expect(await contents()).toEqual(before);
  });

  it('gets a journal when it is written, and keeps every event', async () => {
    const store = open();
    await store.load();
    const before = idsOf(store.get('lab', 'ftjob-long'));
    store.update('lab', 'ftjob-long', { local: { name: 'renamed' } });
    await store.flush();
    expect((await stat(path.join(folder, LONG))).size).toBeLessThan(2000);
    const reopened = open();
    await reopened.load();
    expect(idsOf(reopened.get('lab', 'ftjob-long'))).toEqual(before);
    expect(reopened.get('lab', 'ftjob-long')).toMatchObject({ complete: true, local: { name: 'renamed' } });
  });

  it('may be written again by an earlier version meanwhile: what that one adds is kept', async () => {
    const store = open();
    await store.load();
    store.update('lab', 'ftjob-long', { local: { name: 'renamed' } });
    await store.flush();
    const file = path.join(folder, LONG);
    const record = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    delete record['eventCount'];
    await writeFile(file, JSON.stringify({ ...record, events: [anEvent({ id: 'theirs', createdAt: 2e9 })] }));
    const reopened = open();
    await reopened.load();
    expect(reopened.get('lab', 'ftjob-long')?.events.length).toBe(303);
    reopened.update('lab', 'ftjob-long', { local: { name: 'again' } });
    await reopened.flush();
    const last = open();
    await last.load();
    expect(idsOf(last.get('lab', 'ftjob-long'))[0]).toBe('theirs');
    expect(last.get('lab', 'ftjob-long')?.events.length).toBe(303);
  });

  it('is taken apart where its events are, whatever is in them', async () => {
    const text = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'é', 'a', '"events":[') });
    const entry = fc.record({ id: text, more: fc.array(fc.oneof(text, fc.record({ events: fc.array(text) }))) });
    await fc.assert(
      fc.asyncProperty(fc.array(entry), text, fc.boolean(), async (events, title, isLast) => {
        const filler = 'x'.repeat(70_000);
        const record = { v: 1, job: { title, events: ['in here'] }, events, ...(isLast ? {} : { filler }) };
        const whole = isLast ? { ...record, job: { ...record.job, filler } } : record;
        const bytes = Buffer.from(JSON.stringify(whole));
        const { json, parts } = await withoutEvents(bytes);
        expect(JSON.parse(json)).toEqual({ ...whole, events: [] });
        expect(parts.flatMap((part) => JSON.parse(part) as unknown[])).toEqual(events);
      }),
      { numRuns: 50 },
    );
  });
});

it('a line has all of its events', () => {
  const figure = fc.oneof(fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true }));
  const event = fc.record({
    id: fc.string(),
    createdAt: fc.nat(),
    level: fc.string(),
    message: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('x'.repeat(60_000))),
    type: fc.string(),
    metrics: fc.oneof(
      fc.constant(null),
      fc.record({ step: fc.nat(), totalSteps: fc.oneof(fc.constant(null), fc.nat()), trainLoss: figure }).map(aMetric),
      fc
        .dictionary(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), { minKeys: 1 })
        .filter((others) => !Object.keys(others).some((name) => /loss|accuracy/.test(name)))
        .map((others) => aMetric({ others: { ...others } })),
    ),
    moderation: fc.oneof(fc.constant(null), fc.constant({ categories: 2, flagged: ['a'] })),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 500 }), (events) => {
      const lines = [...linesOf(events)];
      const read = lines.flatMap((some) => eventsOf(JSON.parse(JSON.stringify(lineOf(some)))));
      // -0 is written as 0.
      expect(read).toEqual(JSON.parse(JSON.stringify(events)));
      for (const some of lines.slice(0, -1)) expect(some.length).toBeGreaterThan(0);
    }),
    { numRuns: 30 },
  );
  expect(eventsOf({ v: 2 })).toEqual([]);
  expect(eventsOf(null)).toEqual([]);
});
