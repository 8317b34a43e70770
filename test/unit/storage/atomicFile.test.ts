// A writer that stands still anywhere in a write, and another one that takes its lock over meanwhile: what the first had in its hands never
// comes into the file. Each place has its own defense.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** Holds a call to the disk back until it is let go. */
const disk = vi.hoisted(() => ({ before: null as ((call: string) => Promise<void>) | null }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const watched = {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      await disk.before?.('open');
      return await real.open(...args);
    },
    rename: async (from: string, to: string) => {
      await disk.before?.('rename');
      await real.rename(from, to);
    },
  };
  return { ...watched, default: watched };
});

const { renameWithPatience, writeFileAtomic } = await import('../../../src/storage/atomicFile.ts');
const { Candidate } = await import('../../../src/storage/lease.ts');
type Lease = NonNullable<Awaited<ReturnType<InstanceType<typeof Candidate>['tryAcquire']>>>;

let folder: string;
let file: string;
let lock: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-atomic-'));
  file = path.join(folder, 'record.json');
  lock = `${file}.lock`;
  disk.before = null;
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Takes the lock, from whoever has it. */
async function take(): Promise<Lease> {
  const candidate = new Candidate(lock, { staleMs: 0 });
  await candidate.look();
  const lease = await candidate.tryAcquire();
  if (!lease) throw new Error('The lock is still held.');
  return lease;
}

/** Starts a write that stands still before `call`; resolves once it does. */
async function standingStill(
  call: string,
  write: () => Promise<void>,
): Promise<{ readonly goOn: () => Promise<void> }> {
  let goOn = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    disk.before = async (at) => {
      if (at !== call) return;
      disk.before = null;
      resolve();
      await released;
    };
  });
  const written = write();
  written.catch(() => undefined);
  await reached;
  return {
    goOn: () => {
      goOn();
      return written;
    },
  };
}

const LOST = { name: 'LockLost', code: 'EBUSY', message: 'The lock was taken over by another process.' };

describe('F35: a writer that stood still', () => {
  let held: Lease;
  beforeEach(async () => {
    held = await take();
  });

  it.each([
    ['before its last look at the lock', 'open'],
    ['between its last look at the lock and its renaming', 'rename'],
  ])('%s writes nothing after another took over', async (_where, call) => {
    const late = await standingStill(call, () => writeFileAtomic(file, 'old', held));
    const own = await take();
    await writeFileAtomic(file, 'new', own);
    await expect(late.goOn()).rejects.toMatchObject(LOST);
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['record.json', 'record.json.lock']);
    expect(await readdir(lock)).toEqual(['2']);
  });

  it('has nothing left to rename as soon as another has the lock, before that one has read the file', async () => {
    await writeFile(file, 'before');
    const late = await standingStill('rename', () => writeFileAtomic(file, 'old', held));
    await take();
    await expect(late.goOn()).rejects.toMatchObject(LOST);
    expect(await readFile(file, 'utf8')).toBe('before');
  });
});

describe('a lock', () => {
  it('clears away what its earlier holders had not finished, and nothing of a later one', async () => {
    await take();
    await writeFile(path.join(lock, '1.00aa.tmp'), 'killed');
    await writeFile(path.join(lock, '9.00aa.tmp'), 'later');
    await writeFile(path.join(lock, 'notes'), 'x');
    await take();
    expect((await readdir(lock)).sort()).toEqual(['2', '9.00aa.tmp', 'notes']);
  });
});

describe('renaming', () => {
  it('tells what the system says while the lock is held', async () => {
    await expect(renameWithPatience(path.join(folder, 'none'), file, await take())).rejects.toMatchObject({
      code: 'ENOENT',
    });
    await expect(renameWithPatience(path.join(folder, 'none'), file)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
