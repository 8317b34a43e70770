import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeRecord } from '../../../src/core/journal/lines.ts';

/** What handles of the journal are told to do, and what they did. */
const disk = vi.hoisted(() => ({
  calls: [] as string[],
  before: null as ((call: string) => Promise<void>) | null,
}));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const watched = {
    ...real,
    readFile: async (...args: Parameters<typeof real.readFile>) => {
      await disk.before?.('readFile');
      return await real.readFile(...args);
    },
    open: async (file: string, flags?: string, mode?: number) => {
      const handle = await real.open(file, flags, mode);
      return new Proxy(handle, {
        get: (target, key) => {
          const value = Reflect.get(target, key) as unknown;
          if (typeof value !== 'function') return value;
          const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
          if (key !== 'appendFile' && key !== 'sync') return call;
          return async (...args: unknown[]) => {
            disk.calls.push(key);
            await disk.before?.(key);
            return await call(...args);
          };
        },
      });
    },
  };
  return { ...watched, default: watched };
});

const { AppendJournal, readJournal } = await import('../../../src/storage/appendJournal.ts');

const HELD = { check: () => Promise.resolve(true) };
const LOST = { check: () => Promise.resolve(false) };

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-append-'));
  file = path.join(folder, 'deeper', 'journal.jsonl');
  disk.calls.length = 0;
  disk.before = null;
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

async function recordsOf(): Promise<readonly unknown[]> {
  return (await readJournal(file))?.records ?? [];
}
const failing = (code: string) => (): Promise<void> => Promise.reject(Object.assign(new Error(code), { code }));

describe('a journal that is appended to', () => {
  it('is made with its folder, for its owner only, and goes on behind what is there', async () => {
    expect(await readJournal(file)).toBeNull();
    const first = await AppendJournal.open(file);
    expect(first.opened).toBe(0);
    await first.append({ n: 1 }, { n: 2 });
    await first.close();
    const second = await AppendJournal.open(file);
    expect(second.opened).toBe(2);
    await second.append({ n: 3 });
    await second.close();
    expect(await readFile(file, 'utf8')).toBe([1, 2, 3].map((n) => encodeRecord({ n })).join(''));
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('writes what came during a write together, in order', async () => {
    const journal = await AppendJournal.open(file);
    const all = Array.from({ length: 500 }, (_, n) => ({ n }));
    await Promise.all(all.map((record) => journal.append(record)));
    expect(await recordsOf()).toEqual(all);
    expect(disk.calls.length).toBeLessThanOrEqual(2);
    await journal.close();
  });

  it('tells each caller that its record was not written, and spoils no later one', async () => {
    const journal = await AppendJournal.open(file);
    disk.before = failing('ENOSPC');
    const [one, two] = await Promise.allSettled([journal.append({ n: 1 }), journal.append({ n: 2 })]);
    expect([one.status, two.status]).toEqual(['rejected', 'rejected']);
    disk.before = null;
    // The half line that the full disk took.
    await appendFile(file, encodeRecord({ n: 1 }).slice(0, 12));
    await journal.append({ n: 3 });
    await journal.close();
    expect(await recordsOf()).toEqual([{ n: 3 }]);
  });

  it('is on the disk when sync resolves: once for all who wait, and again after a failure', async () => {
    const journal = await AppendJournal.open(file);
    await journal.append({ n: 1 });
    await Promise.all([journal.sync(), journal.sync(), journal.sync()]);
    await journal.sync();
    expect(disk.calls).toEqual(['appendFile', 'sync']);
    await journal.append({ n: 2 });
    disk.before = failing('EIO');
    await expect(journal.sync()).rejects.toMatchObject({ code: 'EIO' });
    disk.before = null;
    await journal.sync();
    expect(disk.calls.slice(2)).toEqual(['appendFile', 'sync', 'sync']);
    await journal.close();
  });

  it('syncs a record that comes while another is being synced', async () => {
    const journal = await AppendJournal.open(file);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await journal.append({ n: 1 });
    disk.before = (call) => (call === 'sync' ? released : Promise.resolve());
    const first = journal.sync();
    await journal.append({ n: 2 });
    const second = journal.sync();
    release();
    await Promise.all([first, second]);
    expect(disk.calls).toEqual(['appendFile', 'sync', 'appendFile', 'sync']);
    await journal.close();
  });

  it('closes after the writes under way', async () => {
    const journal = await AppendJournal.open(file);
    const written = journal.append({ n: 1 });
    await journal.close();
    await written;
    expect(await recordsOf()).toEqual([{ n: 1 }]);
    await expect(journal.append({ n: 2 })).rejects.toMatchObject({ code: 'EBADF' });
  });

  it('that cannot be read is told, and not taken for an empty one', async () => {
    disk.before = (call) => (call === 'readFile' ? failing('EIO')() : Promise.resolve());
    await expect(AppendJournal.open(file)).rejects.toMatchObject({ code: 'EIO' });
    await expect(readJournal(file)).rejects.toMatchObject({ code: 'EIO' });
  });
});

describe('a torn last line', () => {
  const good = encodeRecord({ n: 1 });
  const torn = '12345678 {"n":2,"to';

  beforeEach(async () => {
    await (await AppendJournal.open(file)).close();
    await writeFile(file, good + torn);
  });

  it('is never touched by a reader', async () => {
    expect(await readJournal(file)).toMatchObject({ records: [{ n: 1 }], validBytes: good.length });
    expect(await readFile(file, 'utf8')).toBe(good + torn);
  });

  it('is cut off by the holder of the lease, and only that', async () => {
    const journal = await AppendJournal.open(file, { lease: HELD });
    expect(await readFile(file, 'utf8')).toBe(good);
    await journal.append({ n: 3 });
    await journal.close();
    expect(await readFile(file, 'utf8')).toBe(good + encodeRecord({ n: 3 }));
  });

  it('is what the lease is asked for, and nothing else', async () => {
    const lease = { check: vi.fn(HELD.check) };
    await writeFile(file, good);
    await (await AppendJournal.open(file, { lease })).close();
    expect(lease.check).not.toHaveBeenCalled();
    await writeFile(file, good + torn);
    await (await AppendJournal.open(file, { lease })).close();
    expect(lease.check).toHaveBeenCalledTimes(1);
  });

  it('that is damaged and yet whole needs no line break before the next', async () => {
    await writeFile(file, `${good}${torn}\n`);
    const journal = await AppendJournal.open(file, { lease: LOST });
    await journal.append({ n: 3 });
    await journal.close();
    expect(await readFile(file, 'utf8')).toBe(`${good}${torn}\n${encodeRecord({ n: 3 })}`);
  });

  it.each([
    ['nobody asked for the lease', {}],
    ['the lease was lost', { lease: LOST }],
  ])('stays where %s: it may be a line that another process is writing', async (_name, options) => {
    const journal = await AppendJournal.open(file, options);
    expect(await readFile(file, 'utf8')).toBe(good + torn);
    await journal.append({ n: 3 });
    await journal.append({ n: 4 });
    await journal.close();
    expect(await readFile(file, 'utf8')).toBe(`${good}${torn}\n${encodeRecord({ n: 3 })}${encodeRecord({ n: 4 })}`);
    expect(await recordsOf()).toEqual([{ n: 1 }, { n: 3 }, { n: 4 }]);
  });
});
