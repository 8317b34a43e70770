// The writer of a run alone, with a disk whose calls are seen and can fail: what is on it when, who may write, and what is left behind.
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type * as fs from 'node:fs';
import type * as fsPromises from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeRecords } from '../../../src/core/journal/lines.ts';
import type { RowResult, RunConfig, TestItem } from '../../../src/core/evaluation/types.ts';
import type { RunJournal as Journal } from '../../../src/evals/journal.ts';
import { Candidate, type Lease } from '../../../src/storage/lease.ts';

/** Calls that reach the disk, in order, and what becomes of them. */
const disk = vi.hoisted(() => ({
  calls: [] as string[],
  fail: null as ((call: string) => string | null) | null,
  /** Most bytes that one write takes. */
  most: Infinity,
  /** Holds an asynchronous call back. */
  wait: null as ((call: string) => Promise<void>) | null,
  /** Called after a folder was read. */
  listed: null as ((folder: string) => Promise<void>) | null,
}));
const failed = vi.hoisted(() => (code: string) => Object.assign(new Error(code), { code }));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const seen = (call: string): void => {
    disk.calls.push(call);
    const code = disk.fail?.(call) ?? null;
    if (code !== null) throw failed(code);
  };
  const watched = {
    ...real,
    openSync: (...args: Parameters<typeof real.openSync>) => {
      seen('openSync');
      return real.openSync(...args);
    },
    closeSync: (fd: number) => {
      seen('closeSync');
      real.closeSync(fd);
    },
    writeSync: (fd: number, bytes: Uint8Array, offset: number) => {
      seen('writeSync');
      return real.writeSync(fd, bytes, offset, Math.min(disk.most, bytes.length - offset));
    },
    fdatasync: (fd: number, done: (error: Error | null) => void) => {
      disk.calls.push('fdatasync');
      const code = disk.fail?.('fdatasync') ?? null;
      if (code !== null) done(failed(code));
      else real.fdatasync(fd, done);
    },
  };
  return { ...watched, default: watched };
});

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fsPromises>();
  const seen = async (call: string): Promise<void> => {
    disk.calls.push(call);
    const code = disk.fail?.(call) ?? null;
    if (code !== null) await Promise.reject(failed(code));
    await disk.wait?.(call);
  };
  const watched = {
    ...real,
    open: async (file: string, flags?: string, mode?: number) => {
      const handle = await real.open(file, flags, mode);
      return new Proxy(handle, {
        get: (target, key) => {
          const value = Reflect.get(target, key) as unknown;
          if (typeof value !== 'function') return value;
          const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
          return async (...args: unknown[]) => {
            await seen(String(key));
            return await call(...args);
          };
        },
      });
    },
    readdir: async (of: string) => {
      const names = await real.readdir(of);
      await disk.listed?.(of);
      return names;
    },
    rename: async (from: string, to: string) => {
      await seen('rename');
      await real.rename(from, to);
    },
    stat: async (file: string) => {
      await seen(`stat ${path.basename(file)}`);
      return await real.stat(file);
    },
  };
  return { ...watched, default: watched };
});

const { RunJournal, TakenOver, onlyOurs } = await import('../../../src/evals/journal.ts');

const never = (): void => undefined;
const ROW = { status: 'graded', sample: '1', guess: 1, truth: 1, error: 0, colour: 'green' } as const;
const row = (item: number): RowResult => ({ ...ROW, contestant: 'tuned', item });

let folder: string;
let lock: string;
let file: string;
let open: Journal[];

beforeEach(async () => {
  // Not there yet, nor the folder it is in.
  folder = path.join(await mkdtemp(path.join(tmpdir(), 'tuning-fork-journal-')), 'storage', 'evaluations');
  lock = path.join(folder, 'run-1.lock');
  file = path.join(folder, 'run-1.jsonl');
  open = [];
  reset();
});
afterEach(async () => {
  vi.useRealTimers();
  reset();
  for (const journal of open) await journal.close().catch(never);
  await rm(path.join(folder, '..', '..'), { recursive: true });
});

function reset(): void {
  Object.assign(disk, { calls: [], fail: null, most: Infinity, wait: null, listed: null });
}

function items(count: number, text = 'What does it cost?'): TestItem[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    line: index + 1,
    title: `Item ${String(index)}`,
    messages: [{ role: 'user' as const, content: text }],
    truth: `$${String(index)}`,
  }));
}

const config: RunConfig = {
  v: 1,
  id: 'run-1',
  createdAt: 1,
  name: 'prices.test.jsonl',
  testFile: { path: '/tmp/prices.test.jsonl', sha256: 'a'.repeat(64), items: 2 },
  contestants: [{ id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'here', model: 'ft:x' }],
  grader: 'number',
  sampling: { temperature: 0, maxTokens: 7, seed: 42 },
  answerPrefix: null,
  concurrency: 4,
};

async function created(onTakenOver = never, candidate = new Candidate(lock), list = items(2)): Promise<Journal> {
  const journal = await RunJournal.create(folder, { config, items: list, rows: [] }, candidate, onTakenOver);
  open.push(journal);
  return journal;
}

/** A lease that is as the test says. */
function aLease(overrides: Partial<Pick<Lease, 'isFresh' | 'beat' | 'check' | 'release'>> = {}) {
  const yes = (): Promise<boolean> => Promise.resolve(true);
  return {
    isFresh: true,
    check: vi.fn(overrides.check ?? yes),
    beat: vi.fn(overrides.beat ?? yes),
    release: vi.fn(overrides.release ?? (() => Promise.resolve())),
    temporaryName: () => path.join(lock, '8.00aa.tmp'),
    ...('isFresh' in overrides ? { isFresh: overrides.isFresh } : {}),
  };
}
const asCandidate = (lease: ReturnType<typeof aLease>): Candidate =>
  ({ tryAcquire: () => Promise.resolve(lease) }) as unknown as Candidate;

const kinds = async (): Promise<unknown[]> =>
  decodeRecords(await readFile(file)).records.map((record) => {
    const { k, row: of } = record as { k: string; row?: RowResult };
    return of === undefined ? k : `${k} ${String(of.item)}`;
  });

/** As a process that is not there any more would have left it. */
async function leaveBehind(id: string, token = '7', pid = 2 ** 30): Promise<void> {
  await mkdir(path.join(folder, `${id}.lock`), { recursive: true });
  await writeFile(path.join(folder, `${id}.lock`, token), JSON.stringify({ pid, host: hostname() }));
}

describe('a new run', () => {
  it('is made with its folder, for its owner only, on the disk before it has its name', async () => {
    const journal = await created();
    expect(disk.calls.filter((call) => ['sync', 'rename', 'openSync'].includes(call))).toEqual([
      'sync',
      'rename',
      'openSync',
    ]);
    expect(await kinds()).toEqual(['run', 'item', 'item']);
    const { size, mode } = await stat(file);
    expect(journal.bytes).toBe(size);
    if (process.platform !== 'win32') expect(mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(['run-1.jsonl', 'run-1.lock']);
  });

  it('has all its items, written a slice at a time', async () => {
    // Six items of a third of a slice.
    await created(never, new Candidate(lock), items(6, 'x'.repeat(22_000)));
    const { records, damaged } = decodeRecords(await readFile(file));
    expect([damaged, records.length]).toEqual([0, 7]);
    expect(records.slice(1).map((record) => (record as { item: TestItem }).item.index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(disk.calls.filter((call) => call === 'writeFile')).toHaveLength(2);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['there already', async () => (await created()).close()],
    ['made by another process at the moment', () => leaveBehind('run-1', '1', process.ppid)],
  ])('is refused when it is %s, and changes nothing there', async (_name, before) => {
    await before();
    const lease = await readdir(lock);
    const text = await readFile(file, 'utf8').catch(() => null);
    await expect(created()).rejects.toMatchObject({ code: 'EEXIST', message: 'There is a run run-1 already.' });
    // Its numbers go on.
    expect((await readdir(lock)).every((token) => Number(token) >= Number(lease[0]))).toBe(true);
    expect(await readFile(file, 'utf8').catch(() => null)).toBe(text);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each(['writeFile', 'sync', 'close', 'rename', 'openSync'])(
    'leaves no draft behind when %s fails',
    async (call) => {
      const lease = aLease();
      await mkdir(lock, { recursive: true });
      disk.fail = (of) => (of === call ? 'ENOSPC' : null);
      await expect(created(never, asCandidate(lease))).rejects.toMatchObject({ code: 'ENOSPC' });
      // A journal that has its name stays, with the lease that goes with it.
      expect(await readdir(folder)).toEqual(call === 'openSync' ? ['run-1.jsonl', 'run-1.lock'] : []);
      expect(lease.release).toHaveBeenCalledTimes(1);
    },
  );

  it('is not made where nobody can tell whether it is there', async () => {
    const lease = aLease();
    await mkdir(lock, { recursive: true });
    disk.fail = (call) => (call === 'stat run-1.jsonl' ? 'EIO' : null);
    await expect(created(never, asCandidate(lease))).rejects.toMatchObject({ code: 'EIO' });
    expect(await readdir(folder)).toEqual(['run-1.lock']);
  });

  it('clears away what processes that died left of others, and nothing else', async () => {
    await leaveBehind('dead');
    await leaveBehind('copied');
    await leaveBehind('living', '1', process.ppid);
    for (const id of ['dead', 'copied', 'living']) await writeFile(path.join(folder, `${id}.jsonl.tmp`), 'x');
    await writeFile(path.join(folder, 'copied.jsonl'), 'its journal');
    await writeFile(path.join(folder, 'notes.txt.tmp'), 'x');
    await (await created()).close();
    expect((await readdir(folder)).sort()).toEqual(
      [
        'copied.jsonl',
        'copied.lock',
        'living.jsonl.tmp',
        'living.lock',
        'notes.txt.tmp',
        'run-1.jsonl',
        'run-1.lock',
      ].sort(),
    );
    // The lease of the one that goes on is free again at once.
    const next = await new Candidate(path.join(folder, 'copied.lock')).tryAcquire();
    expect(next?.token).toBe(9);
    await next?.release();
  });
});

describe('the draft of another run', () => {
  it('may be gone before it is cleared away', async () => {
    await leaveBehind('dead');
    const draft = path.join(folder, 'dead.jsonl.tmp');
    await writeFile(draft, 'x');
    disk.listed = async (of) => {
      if (of === folder) await rm(draft, { force: true });
    };
    await created();
    expect((await readdir(folder)).sort()).toEqual(['run-1.jsonl', 'run-1.lock']);
  });
});

describe('a run that is continued', () => {
  let head: number;
  beforeEach(async () => {
    const first = await created();
    head = first.bytes;
    first.append([row(0)]);
    await first.close();
    reset();
  });

  it('goes on behind its last good line, on the disk before the copy has its name', async () => {
    const journal = await RunJournal.continue(folder, 'run-1', head, aLease() as unknown as Lease, never);
    open.push(journal);
    expect(disk.calls.filter((call) => !call.startsWith('stat'))).toEqual([
      'truncate',
      'sync',
      'close',
      'rename',
      'openSync',
    ]);
    expect(journal.bytes).toBe(head);
    journal.append([row(1)]);
    expect(await kinds()).toEqual(['run', 'item', 'item', 'row 1']);
    expect(journal.bytes).toBe((await stat(file)).size);
  });

  it.each(['truncate', 'sync', 'rename'])(
    'is as it was when %s fails, without a draft, and its lease is not given up',
    async (call) => {
      const before = await readFile(file, 'utf8');
      const lease = aLease();
      disk.fail = (of) => (of === call ? 'ENOSPC' : null);
      const continued = RunJournal.continue(folder, 'run-1', head, lease as unknown as Lease, never);
      await expect(continued).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(await readFile(file, 'utf8')).toBe(before);
      expect((await readdir(folder)).sort()).toEqual(['run-1.jsonl', 'run-1.lock']);
      // Whatever happened, the copy is closed.
      if (call !== 'rename') expect(disk.calls.at(-1)).toBe('close');
      expect(lease.release).not.toHaveBeenCalled();
    },
  );

  it('is as it was when another process took it over meanwhile', async () => {
    const before = await readFile(file, 'utf8');
    const lease = aLease({ check: () => Promise.resolve(false) });
    const continued = RunJournal.continue(folder, 'run-1', head, lease as unknown as Lease, never);
    await expect(continued).rejects.toMatchObject({ name: 'LockLost' });
    expect(await readFile(file, 'utf8')).toBe(before);
    expect((await readdir(folder)).sort()).toEqual(['run-1.jsonl', 'run-1.lock']);
  });
});

describe('F35: a process that stood still before it renamed its copy', () => {
  it('neither puts the unfinished copy of the next one into its place nor its own', async () => {
    const first = await created();
    const head = first.bytes;
    first.append([row(0)]);
    await first.close();
    const [before, letGo] = [new Map<string, () => void>(), new Map<string, () => void>()];
    const standing = (call: string): Promise<void> =>
      new Promise((reached) => {
        before.set(call, reached);
      });
    disk.wait = async (call) => {
      const reached = before.get(call);
      before.delete(call);
      if (!reached) return;
      reached();
      await new Promise<void>((resolve) => letGo.set(call, resolve));
    };
    const lease = async (): Promise<Lease> => {
      const candidate = new Candidate(lock, { staleMs: 0 });
      await candidate.look();
      const taken = await candidate.tryAcquire();
      if (!taken) throw new Error('The lease is still held.');
      return taken;
    };
    let standsStill = standing('rename');
    const old = RunJournal.continue(folder, 'run-1', head, await lease(), never);
    old.catch(never);
    await standsStill;
    standsStill = standing('truncate');
    const next = RunJournal.continue(folder, 'run-1', head, await lease(), never);
    await standsStill;
    letGo.get('rename')?.();
    await expect(old).rejects.toMatchObject({ name: 'LockLost' });
    expect(await kinds()).toEqual(['run', 'item', 'item', 'row 0']);
    letGo.get('truncate')?.();
    open.push(await next);
    expect(await kinds()).toEqual(['run', 'item', 'item']);
  });
});

describe('a row', () => {
  it('is with the system at once, and on the disk a fifth of a second later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const journal = await created();
    reset();
    journal.append([row(0), row(1)]);
    expect(await kinds()).toEqual(['run', 'item', 'item', 'row 0', 'row 1']);
    await vi.advanceTimersByTimeAsync(199);
    expect(disk.calls).toEqual(['writeSync']);
    await vi.advanceTimersByTimeAsync(1);
    expect(disk.calls).toEqual(['writeSync', 'fdatasync']);
  });

  it('is written whole, however little the system takes at a time', async () => {
    const journal = await created();
    disk.most = 10;
    journal.append([row(0)]);
    expect(decodeRecords(await readFile(file)).damaged).toBe(0);
    expect(await kinds()).toEqual(['run', 'item', 'item', 'row 0']);
    expect(journal.bytes).toBe((await stat(file)).size);
  });

  it('of which a full disk took a part only leaves nothing behind', async () => {
    const journal = await created();
    journal.append([row(0)]);
    const before = journal.bytes;
    reset();
    disk.most = 10;
    disk.fail = (call) => (call === 'writeSync' && disk.calls.length > 2 ? 'ENOSPC' : null);
    expect(() => {
      journal.append([row(1)]);
    }).toThrow('ENOSPC');
    expect([journal.bytes, (await stat(file)).size]).toEqual([before, before]);
    reset();
    journal.append([row(1)]);
    expect(await kinds()).toEqual(['run', 'item', 'item', 'row 0', 'row 1']);
  });

  it('stands beside looks, samples and parameters that were left out', async () => {
    const journal = await created();
    const look = {
      look: 1,
      rows: 10,
      estimate: { value: 1, low: 0, high: 2 },
      t: 1,
      limit: 2,
      verdict: 'continue',
    } as const;
    journal.leaveOut('tuned', ['seed']);
    journal.addSample('tuned', 1, ROW);
    journal.addLook('tuned', look);
    expect(decodeRecords(await readFile(file)).records.slice(3)).toEqual([
      { k: 'leftOut', contestant: 'tuned', parameters: ['seed'] },
      { k: 'sample', contestant: 'tuned', item: 1, sample: ROW },
      { k: 'look', contestant: 'tuned', look },
    ]);
  });
});

describe('a status', () => {
  it('is on the disk when it is told', async () => {
    const journal = await created();
    reset();
    const notice = { code: 'cost-limit', message: 'Enough.', action: 'Stop.' };
    await journal.mark('paused', notice, 2);
    expect(disk.calls).toEqual(['writeSync', 'fdatasync']);
    expect(decodeRecords(await readFile(file)).records.at(-1)).toEqual({
      k: 'status',
      status: 'paused',
      notice,
      answered: 2,
    });
  });

  it('is not written by a process whose run was taken over', async () => {
    const lease = aLease({ isFresh: false, beat: () => Promise.resolve(false) });
    const journal = await created(never, asCandidate(lease));
    reset();
    await expect(journal.mark('finished', null, 2)).rejects.toBeInstanceOf(TakenOver);
    expect(disk.calls).toEqual([]);
  });
});

describe('the holder', () => {
  it('gives a sign of life every two seconds, until it closes', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lease = aLease();
    const journal = await created(never, asCandidate(lease));
    await vi.advanceTimersByTimeAsync(1999);
    expect(lease.beat).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(4001);
    expect(lease.beat).toHaveBeenCalledTimes(3);
    await journal.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps no process alive', async () => {
    const timers = vi.spyOn(globalThis, 'setInterval');
    await created();
    expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
    timers.mockRestore();
  });

  it('goes on when the disk cannot be asked for a sign of life', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lost = vi.fn();
    const lease = aLease({ beat: () => Promise.reject(failed('EIO')) });
    const journal = await created(lost, asCandidate(lease));
    await vi.advanceTimersByTimeAsync(4000);
    expect(lease.beat).toHaveBeenCalledTimes(2);
    expect(lost).not.toHaveBeenCalled();
    journal.append([row(0)]);
    expect(await kinds()).toContain('row 0');
  });

  it('tells once that it lost the run, and then writes and sends nothing', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lost = vi.fn();
    const lease = aLease({ beat: () => Promise.resolve(false) });
    const journal = await created(lost, asCandidate(lease));
    await vi.advanceTimersByTimeAsync(6000);
    expect(lost).toHaveBeenCalledTimes(1);
    expect(lease.beat).toHaveBeenCalledTimes(1);
    reset();
    journal.append([row(0)]);
    // However fresh its last sign of life was.
    await expect(journal.ensureOurs()).rejects.toThrow('The run was taken over by another process.');
    await expect(journal.ensureOurs()).rejects.toMatchObject({ name: 'TakenOver' });
    expect(disk.calls).toEqual([]);
    expect(await kinds()).toEqual(['run', 'item', 'item']);
  });

  it('asks the disk only when its last sign of life is old', async () => {
    const fresh = aLease();
    await (await created(never, asCandidate(fresh))).ensureOurs();
    expect(fresh.beat).not.toHaveBeenCalled();
    const old = aLease({ isFresh: false });
    await mkdir(lock, { recursive: true });
    const journal = await RunJournal.continue(folder, 'run-1', open[0]?.bytes ?? 0, old as unknown as Lease, never);
    open.push(journal);
    await journal.ensureOurs();
    expect(old.beat).toHaveBeenCalledTimes(1);
    old.beat.mockRejectedValueOnce(failed('EIO'));
    await expect(journal.ensureOurs()).rejects.toMatchObject({ code: 'EIO' });
  });

  it('whose sign of life fails while the loss is already known is not told again', async () => {
    const lost = vi.fn();
    const answers: ((held: boolean) => void)[] = [];
    const beat = (): Promise<boolean> => new Promise((resolve) => void answers.push(resolve));
    const journal = await created(lost, asCandidate(aLease({ isFresh: false, beat })));
    const both = [journal.ensureOurs(), journal.ensureOurs()];
    answers[0]?.(false);
    answers[1]?.(true);
    for (const one of await Promise.allSettled(both)) expect(one.status).toBe('rejected');
    expect(lost).toHaveBeenCalledTimes(1);
  });
});

describe('closing', () => {
  it('brings the last rows to the disk and lets the next one have the run, once', async () => {
    const lease = aLease();
    const journal = await created(never, asCandidate(lease));
    journal.append([row(0)]);
    reset();
    await journal.close();
    await journal.close();
    expect(disk.calls).toEqual(['fdatasync', 'closeSync']);
    expect(lease.release).toHaveBeenCalledTimes(1);
    journal.append([row(1)]);
    expect(await kinds()).toEqual(['run', 'item', 'item', 'row 0']);
  });

  it('lets the next one have it on a full disk too', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const lease = aLease();
    const journal = await created(never, asCandidate(lease));
    journal.append([row(0)]);
    disk.fail = (call) => (call === 'fdatasync' ? 'ENOSPC' : null);
    await expect(journal.close()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(lease.release).toHaveBeenCalledTimes(1);
    expect(disk.calls.at(-1)).toBe('closeSync');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('writes nothing to the disk for a run that another process has, and asks nothing after', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const lease = aLease({ isFresh: false, beat: () => Promise.resolve(false) });
    const journal = await created(never, asCandidate(lease));
    journal.append([row(0)]);
    await expect(journal.ensureOurs()).rejects.toBeInstanceOf(TakenOver);
    reset();
    await journal.close();
    expect(disk.calls).toEqual(['closeSync']);
    // The last row's own sync must not come to a file that is closed.
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks no disk for a run that is closed', async () => {
    const lost = vi.fn();
    const lease = aLease({ isFresh: false, beat: () => Promise.resolve(false) });
    const journal = await created(lost, asCandidate(lease));
    await journal.close();
    await journal.ensureOurs();
    expect(lease.beat).not.toHaveBeenCalled();
    expect(lost).not.toHaveBeenCalled();
  });
});

describe('a request', () => {
  const reply = { text: '$1', finishReason: 'stop' } as const;
  const [item] = items(1) as [TestItem];
  const [contestant] = config.contestants as unknown as [(typeof config.contestants)[number]];
  const { signal } = new AbortController();

  it('is sent, and its reply counts, while the run is ours', async () => {
    const ask = vi.fn(() => Promise.resolve(reply));
    const ours = onlyOurs(await created(), ask);
    expect(await ours(contestant, item, signal, 2)).toEqual(reply);
    expect(ask).toHaveBeenCalledWith(contestant, item, signal, 2);
  });

  it('is not sent when the run was taken over', async () => {
    const ask = vi.fn(() => Promise.resolve(reply));
    const lease = aLease({ isFresh: false, beat: () => Promise.resolve(false) });
    await expect(
      onlyOurs(await created(never, asCandidate(lease)), ask)(contestant, item, signal, 0),
    ).rejects.toBeInstanceOf(TakenOver);
    expect(ask).not.toHaveBeenCalled();
  });

  it.each(['a reply', 'an error'])(
    'whose answer is %s does not count when the run was taken over meanwhile',
    async (answer) => {
      const lease = aLease({ isFresh: false });
      const ask = vi.fn(() => {
        lease.beat.mockResolvedValue(false);
        return answer === 'a reply' ? Promise.resolve(reply) : Promise.reject(new Error('refused'));
      });
      await expect(
        onlyOurs(await created(never, asCandidate(lease)), ask)(contestant, item, signal, 0),
      ).rejects.toBeInstanceOf(TakenOver);
      expect(ask).toHaveBeenCalledTimes(1);
    },
  );
});
