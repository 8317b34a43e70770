import type * as fs from 'node:fs/promises';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { problemOf } from '../../../src/core/provider/failure.ts';
import type { Problem } from '../../../src/core/base/result.ts';

/** The code that a call to the file system fails with, null: it works. */
const disk = vi.hoisted(() => ({
  fail: null as ((call: string, file: string) => string | null) | null,
  /** Files that were read to their end. */
  read: [] as string[],
}));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const failing = Object.fromEntries(
    (['readFile', 'rename', 'open'] as const).map((name) => [
      name,
      async (...args: unknown[]) => {
        const code = disk.fail?.(name, String(args[0])) ?? null;
        if (code !== null) throw Object.assign(new Error(`${code}: as told`), { code });
        const result = await (real[name] as (...all: unknown[]) => Promise<unknown>)(...args);
        if (name === 'readFile') disk.read.push(String(args[0]));
        return result;
      },
    ]),
  );
  const wrapped = { ...real, ...failing };
  return { ...wrapped, default: wrapped };
});

const { ConnectionStore } = await import('../../../src/connections/store.ts');
const { withLock } = await import('../../../src/storage/lease.ts');

const LAB = { kind: 'compatible', name: 'Lab', baseUrl: 'http://127.0.0.1:4000/v1' } as const;

let folder: string;
let file: string;
let told: Problem[];
const stores: InstanceType<typeof ConnectionStore>[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  file = path.join(folder, 'connections.json');
  told = [];
});
afterEach(async () => {
  disk.fail = null;
  for (const store of stores.splice(0)) store.dispose();
  await rm(folder, { recursive: true });
});

function open(): InstanceType<typeof ConnectionStore> {
  const store = new ConnectionStore(folder, { onProblem: (problem) => told.push(problem) });
  stores.push(store);
  return store;
}
async function names(store: InstanceType<typeof ConnectionStore>): Promise<readonly string[]> {
  return (await store.list()).map(({ name }) => name);
}
async function rejection(call: Promise<unknown>): Promise<Problem> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  return problemOf(error);
}

describe('a file of connections that cannot be read for the moment', () => {
  it.each(['EACCES', 'EMFILE', 'EIO'])(
    '%s: is not written over, and no connection nor its id is lost',
    async (code) => {
      const store = open();
      const { id: removed } = await store.add({ ...LAB, baseUrl: 'http://127.0.0.1:4001/v1' });
      await store.remove(removed);
      const { id } = await store.add(LAB);
      const before = await readFile(file, 'utf8');
      disk.fail = (call, of) => (call === 'readFile' && of === file ? code : null);
      for (const call of [store.update(id, { name: 'Attic' }), store.add(LAB), store.remove(id)]) {
        const problem = await rejection(call);
        expect(problem).toMatchObject({ code: 'storage-unreadable' });
        expect(problem.message).toContain(file);
        expect(problem.message).toContain(code);
      }
      disk.fail = null;
      expect(await readFile(file, 'utf8')).toBe(before);
      await store.update(id, { name: 'Attic' });
      expect(await names(open())).toEqual(['Local', 'Attic']);
      expect((await store.add({ ...LAB, baseUrl: 'http://127.0.0.1:4001/v1' })).id).toBe(removed);
      expect((await readdir(folder)).filter((name) => name.endsWith('.unreadable'))).toEqual([]);
    },
  );

  it('leaves Local, says so once, and shows the others as soon as it can be read', async () => {
    await open().add(LAB);
    const store = open();
    disk.fail = (call, of) => (call === 'readFile' && of === file ? 'EACCES' : null);
    expect(await names(store)).toEqual(['Local']);
    expect(await names(store)).toEqual(['Local']);
    expect(told.map(({ code }) => code)).toEqual(['storage-unreadable']);
    disk.fail = null;
    expect(await names(store)).toEqual(['Local', 'Lab']);
  });

  it('keeps on showing what this window knew', async () => {
    const store = open();
    await store.add(LAB);
    disk.fail = (call, of) => (call === 'readFile' && of === file ? 'EACCES' : null);
    await rejection(store.add(LAB));
    expect(await names(store)).toEqual(['Local', 'Lab']);
  });
});

it.each(['ENOSPC', 'EROFS'])('%s while writing is told with the folder, and what was there stays', async (code) => {
  const store = open();
  await store.add(LAB);
  disk.fail = (call, of) => (call === 'open' && of.startsWith(`${file}.`) && of.endsWith('.tmp') ? code : null);
  const problem = await rejection(store.add({ ...LAB, name: 'Two' }));
  expect(problem).toMatchObject({ code: 'storage-unwritable' });
  expect(problem.message).toContain(folder);
  disk.fail = null;
  expect(await names(open())).toEqual(['Local', 'Lab']);
});

describe('a damaged file of connections', () => {
  it('is set aside, told once, and no earlier one is written over', async () => {
    for (const text of ['{"v":1,"connections":[{"id":', 'second']) {
      await writeFile(file, text);
      const store = open();
      expect(await names(store)).toEqual(['Local']);
      expect(await names(store)).toEqual(['Local']);
    }
    expect(told.map(({ code }) => code)).toEqual(['connections-damaged', 'connections-damaged']);
    const aside = ['connections.json.unreadable', 'connections.json.2.unreadable'];
    expect((await readdir(folder)).filter((name) => name.endsWith('.unreadable')).sort()).toEqual([...aside].sort());
    for (const [index, name] of aside.entries()) expect(told[index]?.message).toContain(name);
    expect(await Promise.all(aside.map((name) => readFile(path.join(folder, name), 'utf8')))).toEqual([
      '{"v":1,"connections":[{"id":',
      'second',
    ]);
  });

  it('that cannot be set aside is not written over', async () => {
    await writeFile(file, 'mine');
    disk.fail = (call, of) => (call === 'rename' && of === file ? 'EACCES' : null);
    expect(await rejection(open().add(LAB))).toMatchObject({ code: 'storage-unwritable' });
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  it('that another window has mended meanwhile stays', async () => {
    await writeFile(file, 'damaged');
    const good = JSON.stringify({ v: 1, connections: [{ ...LAB, id: 'a' }] });
    const store = open();
    disk.read.length = 0;
    let listed: Promise<unknown> = Promise.resolve();
    // Between this window's look and its turn with the lock.
    await withLock(`${file}.lock`, async () => {
      listed = store.list();
      await vi.waitUntil(() => disk.read.includes(file), { timeout: 15_000 });
      await writeFile(file, good);
    });
    await listed;
    expect(await readFile(file, 'utf8')).toBe(good);
    expect(await names(store)).toEqual(['Local', 'Lab']);
  });
});
