import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRandom } from '../../src/core/base/random.ts';
import { ConnectionStore } from '../../src/connections/store.ts';
import { updateFile } from '../../src/storage/atomicFile.ts';
import { IntentJournal, newIntentId, readIntent } from '../../src/jobs/start/intentJournal.ts';
import { journalOf } from '../../src/jobs/store/eventJournal.ts';
import { recordFileName } from '../../src/jobs/store/recordFile.ts';
import { JobStore } from '../../src/jobs/store/store.ts';
import { readUnfinished, updateUnfinished } from '../../src/jobs/start/unfinished.ts';
import { aJob, anEvent } from '../support/jobBuilders.ts';
import { bundleScript } from './support/bundle.ts';
import type { StorageTask } from './support/storageChild.ts';

const KILLS = Number(process.env['TUNING_FORK_SEEDS'] ?? 100);
const LANES = 3;

let scripts: string;
let child: string;
let folder: string;

beforeAll(() => {
  scripts = mkdtempSync(path.join(tmpdir(), 'tuning-fork-scripts-'));
  child = bundleScript(path.join(import.meta.dirname, 'support', 'storageChild.ts'), scripts);
});
afterAll(() => {
  rmSync(scripts, { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-store-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A writing process, and the number of its last update that was acknowledged (-1: none yet). */
function write(task: StorageTask): { readonly process: ChildProcess; readonly acknowledged: () => number } {
  const running = spawn(process.execPath, [child], {
    env: { ...process.env, TUNING_FORK_TASK: JSON.stringify(task) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  running.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  const acknowledged = (): number => Number(output.split('\n').at(-2) ?? -1);
  return { process: running, acknowledged };
}

/** Kills it after some of its updates, in the middle of whatever it is doing. */
async function killAfter(task: StorageTask, updates: number): Promise<number> {
  const { process: running, acknowledged } = write({ ...task, updates: null });
  const closed = once(running, 'close');
  running.stdout?.on('data', () => {
    if (acknowledged() >= updates) running.kill('SIGKILL');
  });
  await closed;
  return acknowledged();
}

async function eventsOnDisk(): Promise<readonly string[]> {
  const problems: string[] = [];
  const store = new JobStore({ folder: path.join(folder, 'jobs'), onProblem: ({ code }) => problems.push(code) });
  await store.load();
  expect(problems).toEqual([]);
  const ids = [...(store.get('here', 'ftjob-1')?.events ?? [])].map(({ id }) => id);
  await store.dispose();
  return ids;
}

describe('P5: storage', () => {
  it(
    `is readable after ${String(KILLS)} kills while it was written, and has what was acknowledged`,
    { timeout: 60_000 + KILLS * 1000 },
    async () => {
      const random = createRandom(5);
      const tasks = Array.from({ length: KILLS }, (_, index) => ({ index, updates: random.integer(25) }));
      const root = folder;
      await Promise.all(
        Array.from({ length: LANES }, async () => {
          for (let next = tasks.shift(); next; next = tasks.shift()) {
            const { index, updates } = next;
            const kind = (['store', 'shared', 'journal'] as const)[index % 3] ?? 'store';
            const own = path.join(root, String(index));
            const name = kind === 'journal' ? newIntentId() : 'w';
            const last = await killAfter({ folder: own, kind, name, updates: null }, updates);
            expect(last).toBeGreaterThanOrEqual(updates);
            const found = await countOnDisk(own, kind, name);
            // One more may have reached the disk without its acknowledgement having been heard of.
            expect(found, `${kind} ${String(index)}`).toBeGreaterThanOrEqual(last + 1);
            await rm(own, { recursive: true, force: true });
          }
        }),
      );
    },
  );

  async function countOnDisk(own: string, kind: StorageTask['kind'], name: string): Promise<number> {
    if (kind === 'shared') return (JSON.parse(await readFile(path.join(own, 'shared.json'), 'utf8')) as []).length;
    if (kind === 'journal') return (await readIntent(own, name)).length;
    const problems: string[] = [];
    const store = new JobStore({ folder: path.join(own, 'jobs'), onProblem: ({ code }) => problems.push(code) });
    await store.load();
    expect(problems).toEqual([]);
    const count = store.get('here', 'ftjob-1')?.events.length ?? 0;
    await store.dispose();
    return count;
  }

  it.each([4, 10])('loses none of 200 updates of each of %i processes', { timeout: 120_000 }, async (processes) => {
    const updates = 200;
    const runs = Array.from({ length: processes }, (_, index) =>
      write({ folder, kind: index % 2 === 0 ? 'shared' : 'store', name: `p${String(index)}`, updates }),
    );
    await Promise.all(runs.map(({ process: running }) => once(running, 'close')));
    const shared = JSON.parse(await readFile(path.join(folder, 'shared.json'), 'utf8')) as string[];
    expect(new Set(shared).size).toBe((processes / 2) * updates);
    expect((await eventsOnDisk()).length).toBe((processes / 2) * updates);
  });
});

it(
  'P5: a process that is killed while events of an earlier version move into the journal loses none',
  { timeout: 120_000 },
  async () => {
    const events = Array.from({ length: 5000 }, (_, index) =>
      anEvent({ id: `old-${String(index)}`, createdAt: 9999 - index, message: 'x'.repeat(150) }),
    );
    const job = aJob();
    const record = {
      v: 1,
      fence: 0,
      connectionId: 'here',
      job,
      events,
      checkpoints: [],
      local: {},
      complete: false,
      gone: false,
      seenAt: 0,
    };
    for (let round = 0; round < 8; round++) {
      const own = path.join(folder, String(round));
      const jobs = path.join(own, 'jobs');
      await mkdir(jobs, { recursive: true });
      const file = path.join(jobs, recordFileName('here', job.id));
      await writeFile(file, JSON.stringify(record));
      const { process: running } = write({ folder: own, kind: 'store', name: 'w', updates: null });
      const closed = once(running, 'close');
      // The journal is there before the record without events is: in between the process is killed, each round a bit later.
      const sizeOf = (): Promise<number> =>
        stat(journalOf(file)).then(
          ({ size }) => size,
          () => -1,
        );
      await vi.waitUntil(async () => (await sizeOf()) >= round * 100_000, { timeout: 60_000, interval: 1 });
      running.kill('SIGKILL');
      await closed;
      const problems: string[] = [];
      const store = new JobStore({ folder: jobs, onProblem: ({ code }) => problems.push(code) });
      await store.load();
      const ids = new Set([...(store.get('here', job.id)?.events ?? [])].map(({ id }) => id));
      expect(events.filter(({ id }) => !ids.has(id))).toEqual([]);
      expect(problems).toEqual([]);
      await store.dispose();
    }
  },
);

it('P5: ten processes that add connections at once lose none', { timeout: 120_000 }, async () => {
  const updates = 20;
  const runs = Array.from({ length: 10 }, (_, index) =>
    write({ folder, kind: 'connections', name: `p${String(index)}`, updates }),
  );
  await Promise.all(runs.map(({ process: running }) => once(running, 'close')));
  const names = (await new ConnectionStore(folder).list()).map(({ name }) => name);
  expect(new Set(names).size).toBe(1 + 10 * updates);
});

describe('F36: state that cannot be understood', () => {
  const cut = (text: string): string => text.slice(0, text.length / 2);
  const damages: readonly [string, (text: string) => string][] = [
    ['cut', cut],
    ['empty', () => ''],
    ['zeros', (text) => '\0'.repeat(text.length)],
    ['garbage', () => '\u{fffd}{{{'],
    ['of a later version', (text) => text.replace('"v":1', '"v":99')],
  ];
  it.each(damages)(
    '%s: set aside, told once for all files, rebuilt from journal and provider',
    async (_name, damage) => {
      const jobs = path.join(folder, 'jobs');
      const first = new JobStore({ folder: jobs });
      for (const id of ['a', 'b']) first.update('here', id, { job: aJob({ id }), local: { name: 'mine' } });
      await first.dispose();
      for (const name of await readdir(jobs)) {
        const file = path.join(jobs, name);
        await writeFile(file, damage(await readFile(file, 'utf8')));
      }
      const problems: string[] = [];
      const { recordFileName } = await import('../../src/jobs/store/recordFile.ts');
      const store = new JobStore({
        folder: jobs,
        onProblem: ({ message }) => problems.push(message),
        rebuild: () => Promise.resolve(new Map([[recordFileName('here', 'a'), { name: 'prices', startedHere: true }]])),
      });
      await store.load();
      expect(problems).toEqual([expect.stringContaining(`2 jobs could not be read and was set aside in ${jobs}`)]);
      store.update('here', 'a', { job: aJob({ id: 'a' }) });
      expect(store.get('here', 'a')?.local).toMatchObject({ name: 'prices', startedHere: true });
      await store.dispose();
      expect((await readdir(jobs)).filter((name) => name.endsWith('.corrupt'))).toHaveLength(2);
      const again = new JobStore({ folder: jobs, onProblem: ({ message }) => problems.push(message) });
      await again.load();
      expect(problems).toHaveLength(1);
      expect(again.list()).toHaveLength(1);
      await again.dispose();
    },
  );

  it.each(['', '\0\0\0', '{"v":1', '{"v":9,"connections":["x"]}', '[]'])(
    'the list of what is unfinished, %j, counts as empty and is written anew',
    async (text) => {
      await writeFile(path.join(folder, 'unfinished.json'), text);
      expect(await readUnfinished(folder)).toEqual({ connections: [], starts: [], sweeps: [] });
      await updateUnfinished(folder, ({ connections }) => ({ connections, starts: ['s'] }));
      expect(await readUnfinished(folder)).toEqual({ connections: [], starts: ['s'], sweeps: [] });
    },
  );

  it('a journal that is damaged in the middle keeps its good facts', async () => {
    const id = newIntentId();
    const journal = await IntentJournal.open(folder, id);
    for (const code of ['1', '2', '3']) await journal.append({ fact: 'unknown', code, message: 'm' });
    await journal.close();
    const file = path.join(folder, `${id}.jsonl`);
    const lines = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, [lines[0], lines[1]?.replace('"2"', '"7"'), ...lines.slice(2)].join('\n'));
    expect((await readIntent(folder, id)).map(({ entry }) => 'code' in entry && entry.code)).toEqual(['1', '3']);
  });
});

describe('F40: another version of the extension', () => {
  it('a later one wrote the journal: hands off', async () => {
    const id = newIntentId();
    const journal = await IntentJournal.open(folder, id);
    await journal.append({ fact: 'unknown', code: 'c', message: 'm' });
    await journal.close();
    const { encodeRecord } = await import('../../src/core/journal/lines.ts');
    await appendFile(path.join(folder, `${id}.jsonl`), encodeRecord({ v: 2, intent: id, what: 'else' }));
    expect(await readIntent(folder, id)).toEqual([]);
  });

  it('the first one wrote the record: read, with what it did not know empty', async () => {
    const jobs = path.join(folder, 'jobs');
    const store = new JobStore({ folder: jobs });
    store.update('here', 'a', { job: aJob({ id: 'a' }), newEvents: [anEvent()], local: { name: 'prices' } });
    await store.dispose();
    const [name = ''] = (await readdir(jobs)).filter((entry) => entry.endsWith('.json'));
    const record = JSON.parse(await readFile(path.join(jobs, name), 'utf8')) as {
      fence?: number;
      local: Record<string, unknown>;
      job: Record<string, unknown>;
    };
    delete record.fence;
    for (const key of ['hidden', 'sourcePath', 'sourceSha256', 'deletedFiles', 'adopted']) {
      Reflect.deleteProperty(record.local, key);
    }
    for (const key of ['grader', 'integrations', 'wandb']) Reflect.deleteProperty(record.job, key);
    await writeFile(path.join(jobs, name), JSON.stringify(record));
    const upgraded = new JobStore({ folder: jobs });
    await upgraded.load();
    expect(upgraded.get('here', 'a')).toMatchObject({ local: { name: 'prices', hidden: false }, job: { id: 'a' } });
    await upgraded.dispose();
  });

  it('the first one wrote the list of what is unfinished, and can read ours', async () => {
    await writeFile(path.join(folder, 'unfinished.json'), '{"v":1,"connections":["local"]}\n');
    expect(await readUnfinished(folder)).toEqual({ connections: ['local'], starts: [], sweeps: [] });
    await updateUnfinished(folder, ({ connections }) => ({ connections, starts: ['s'] }));
    expect(JSON.parse(await readFile(path.join(folder, 'unfinished.json'), 'utf8'))).toMatchObject({
      v: 1,
      connections: ['local'],
    });
  });
});

describe('F39: the storage folder is deleted while we run', () => {
  it('is made again with what is known, and listed again', async () => {
    const jobs = path.join(folder, 'jobs');
    const problems: string[] = [];
    const store = new JobStore({ folder: jobs, onProblem: ({ code }) => problems.push(code) });
    store.update('here', 'a', { job: aJob({ id: 'a' }), local: { name: 'prices' } });
    await store.flush();
    await rm(folder, { recursive: true });
    store.update('here', 'a', { job: aJob({ id: 'a', status: 'succeeded' }) });
    await store.flush();
    const reopened = new JobStore({ folder: jobs });
    await reopened.load();
    expect(reopened.get('here', 'a')).toMatchObject({ local: { name: 'prices' }, job: { status: 'succeeded' } });
    expect(problems).toEqual([]);
    await mkdir(folder, { recursive: true });
    await Promise.all([store.dispose(), reopened.dispose()]);
  });
});

describe('two windows', () => {
  it('see what the other writes, and what each says about a job stays', async () => {
    const jobs = path.join(folder, 'jobs');
    const [here, there] = [new JobStore({ folder: jobs }), new JobStore({ folder: jobs })];
    await Promise.all([here.load(), there.load()]);
    here.update('c', 'a', { job: aJob({ id: 'a' }), newEvents: [anEvent({ id: 'e1' })] });
    await here.flush();
    await there.refresh();
    there.update('c', 'a', { local: { hidden: true } });
    here.update('c', 'a', { job: aJob({ id: 'a', status: 'succeeded' }), newEvents: [anEvent({ id: 'e2' })] });
    await Promise.all([here.flush(), there.flush()]);
    await Promise.all([here.refresh(), there.refresh()]);
    for (const store of [here, there]) {
      expect(store.get('c', 'a')).toMatchObject({ job: { status: 'succeeded' }, local: { hidden: true } });
      expect([...(store.get('c', 'a')?.events ?? [])].map(({ id }) => id).sort()).toEqual(['e1', 'e2']);
    }
    await there.remove('c', 'a');
    await here.refresh();
    expect(here.get('c', 'a')).toBeUndefined();
    await Promise.all([here.dispose(), there.dispose()]);
  });

  it('F35: a poller that was replaced cannot write its old news over the new', async () => {
    const jobs = path.join(folder, 'jobs');
    const [stale, fresh] = [new JobStore({ folder: jobs }), new JobStore({ folder: jobs })];
    await Promise.all([stale.load(), fresh.load()]);
    stale.update('c', 'a', { job: aJob({ id: 'a', status: 'queued' }), fence: 1 });
    await stale.flush();
    await fresh.refresh();
    stale.update('c', 'a', { job: aJob({ id: 'a', status: 'running' }), local: { name: 'kept' }, fence: 1 });
    fresh.update('c', 'a', { job: aJob({ id: 'a', status: 'succeeded' }), fence: 2 });
    await fresh.flush();
    await stale.flush();
    // Its own timer may have written before the other did.
    await stale.refresh();
    expect(stale.get('c', 'a')).toMatchObject({ job: { status: 'succeeded' }, local: { name: 'kept' } });
    await fresh.refresh();
    expect(fresh.get('c', 'a')).toMatchObject({ job: { status: 'succeeded' }, local: { name: 'kept' } });
    await Promise.all([stale.dispose(), fresh.dispose()]);
  });
});

it('F39: a lease whose folder was deleted is lost, and can be had again', async () => {
  const { Candidate } = await import('../../src/storage/lease.ts');
  const held = await new Candidate(path.join(folder, 'lease')).tryAcquire();
  expect(held?.token).toBe(1);
  expect(await new Candidate(path.join(folder, 'lease')).tryAcquire()).toBeNull();
  await rm(path.join(folder, 'lease'), { recursive: true });
  expect(await held?.beat()).toBe(false);
  const again = await new Candidate(path.join(folder, 'lease')).tryAcquire();
  expect(again?.token).toBe(1);
  await again?.release();
  expect((await new Candidate(path.join(folder, 'lease')).tryAcquire())?.token).toBe(2);
});

it('one file is changed by many at once in one process too', async () => {
  const file = path.join(folder, 'count.json');
  await Promise.all(Array.from({ length: 30 }, () => updateFile(file, (text) => String(Number(text ?? 0) + 1))));
  expect(await readFile(file, 'utf8')).toBe('30');
});
