import type * as fs from 'node:fs/promises';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** The file system as it fails: told before each call that changes something. */
const disk = vi.hoisted(() => ({
  fail: (call: string, file: string): string | null => (call === file ? 'never' : null),
}));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const check = (call: string, file: unknown): void => {
    const code = disk.fail(call, String(file));
    if (code !== null) throw Object.assign(new Error(`${code}: as told, ${call} '${String(file)}'`), { code });
  };
  const wrapped = {
    ...real,
    open: async (file: string, flags?: string, mode?: number) => {
      if (flags !== undefined && flags !== 'r') check('open', file);
      const handle = await real.open(file, flags, mode);
      return new Proxy(handle, {
        get: (target, key) => {
          const value = Reflect.get(target, key) as unknown;
          if (typeof value !== 'function') return value;
          const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
          if (key !== 'write' && key !== 'writeFile' && key !== 'appendFile' && key !== 'sync') return call;
          return async (...args: unknown[]) => {
            check(key, file);
            return await call(...args);
          };
        },
      });
    },
    ...Object.fromEntries(
      (['mkdir', 'rename', 'writeFile', 'truncate', 'utimes'] as const).map((name) => [
        name,
        async (...args: unknown[]) => {
          check(name, args[0]);
          return await (real[name] as (...all: unknown[]) => Promise<unknown>)(...args);
        },
      ]),
    ),
  };
  return { ...wrapped, default: wrapped };
});

vi.mock('node:timers/promises', async (original) => {
  const real = await original<{ setTimeout: (ms: number) => Promise<void> }>();
  // Pauses before another try at the disk: counted, not waited for.
  return { ...real, setTimeout: (ms: number) => (pauses.push(ms), Promise.resolve()) };
});
const pauses = vi.hoisted((): number[] => []);

const { newIntentId } = await import('../../src/jobs/start/intentJournal.ts');
const { intentState } = await import('../../src/jobs/start/intentState.ts');
const { resumeStart, unfinishedStarts } = await import('../../src/jobs/start/recovery.ts');
const { startJob } = await import('../../src/jobs/start/startJob.ts');
const { JobStore } = await import('../../src/jobs/store/store.ts');
const { updateFile, writeFileAtomic } = await import('../../src/storage/atomicFile.ts');
const { takeSnapshot } = await import('../../src/jobs/start/snapshot.ts');
const { noSleep, sagaProvider, startInput, writeDataset } = await import('./support/sagaRig.ts');
const { createFaultServer } = await import('../support/faultServer.ts');
const { aJob } = await import('../support/jobBuilders.ts');
const real = await vi.importActual<typeof fs>('node:fs/promises');

let folder: string;
let storage: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-disk-'));
  storage = path.join(folder, 'storage');
  pauses.length = 0;
  disk.fail = () => null;
});
afterEach(() => {
  disk.fail = () => null;
  rmSync(folder, { recursive: true, force: true });
});

describe('F37: a start on a disk that fails', () => {
  /** Starts with the n-th call failing, heals the disk, goes on; answers how many calls there were. */
  async function startWith(code: string, failing: number, forGood: boolean): Promise<number> {
    const server = await createFaultServer({ engine: 'endless' });
    try {
      const input = startInput(newIntentId(), writeDataset(folder), null);
      const deps = { provider: sagaProvider(server), folder: storage, sleep: noSleep, reconcileDelaysMs: [0] };
      const jobs = new JobStore({ folder: path.join(storage, 'jobs') });
      let calls = 0;
      disk.fail = (_call, file) => {
        if (!file.startsWith(storage)) return null;
        const index = calls++;
        return index === failing || (forGood && index > failing) ? code : null;
      };
      const started = await startJob(input, { ...deps, jobs });
      disk.fail = () => null;
      const counted = calls;
      if (!started.ok) {
        expect(started.error.message, `${code} at call ${String(failing)}`).toContain(storage);
        expect(started.error.action).not.toBe('');
        // The disk failed before the request, so nothing was asked for.
        expect(server.count('POST /fine_tuning/jobs')).toBe(0);
      }
      for (const { intentId } of await unfinishedStarts(storage)) await resumeStart(intentId, { ...deps, jobs });
      const { planned, stage } = await intentState(storage, input.intentId);
      // Ended with the reason, resumed, or (the last fact is there, its fsync failed) a question for the user.
      if (planned) expect(['created', 'failed', 'unknown']).toContain(stage);
      expect(server.ledger.jobs).toHaveLength(planned && stage === 'created' ? 1 : 0);
      expect(server.count('POST /fine_tuning/jobs')).toBeLessThanOrEqual(1);
      expect((await unfinishedStarts(storage)).map((start) => start.stage)).toEqual(
        stage === 'unknown' ? ['unknown'] : [],
      );
      const problems: string[] = [];
      const reopened = new JobStore({ folder: path.join(storage, 'jobs'), onProblem: (p) => problems.push(p.code) });
      await reopened.load();
      expect(problems).toEqual([]);
      await Promise.all([jobs.dispose(), reopened.dispose()]);
      return counted;
    } finally {
      await server.close();
      rmSync(storage, { recursive: true, force: true });
    }
  }

  it.each([
    ['ENOSPC', false],
    ['ENOSPC', true],
    ['EACCES', true],
    ['EMFILE', false],
    ['EROFS', true],
    ['EIO', false],
  ] as const)(
    '%s (from then on: %s) at each of its writes ends without a second job, a lost one, or a corrupt file',
    { timeout: 120_000 },
    async (code, forGood) => {
      const calls = await startWith(code, Infinity, false);
      expect(calls).toBeGreaterThan(20);
      // Every write with a full disk; with the others every third, each time another third.
      const stride = code === 'ENOSPC' && !forGood ? 1 : 3;
      for (let failing = code.length % stride; failing < calls; failing += stride) {
        await startWith(code, failing, forGood);
      }
    },
  );

  it('names the folder and what to do', async () => {
    const expected: readonly (readonly [string, RegExp, RegExp])[] = [
      ['ENOSPC', /the disk is full/, /Make room/],
      ['EACCES', /not permitted/, /permissions/],
      ['EROFS', /read-only/, /writable/],
      ['EMFILE', /too many files are open/, /Close some/],
    ];
    for (const [code, message, action] of expected) {
      const seen: { message: string; action: string }[] = [];
      const store = new JobStore({ folder: path.join(storage, 'jobs'), onProblem: (problem) => seen.push(problem) });
      disk.fail = (_call, file) => (file.startsWith(storage) ? code : null);
      store.update('c', 'j', { job: aJob() });
      await store.flush();
      store.update('c', 'j', { job: aJob({ status: 'queued' }) });
      await store.flush();
      disk.fail = () => null;
      expect(seen.map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
      expect(seen[0]?.message).toContain(path.join(storage, 'jobs'));
      expect(seen[0]?.action).toMatch(action);
      await store.flush();
      expect(readdirSync(path.join(storage, 'jobs'))).toEqual([expect.stringMatching(/^[0-9a-f]{40}\.json$/)]);
      await store.dispose();
      rmSync(storage, { recursive: true, force: true });
    }
  });

  it('tells a full disk from a dataset that cannot be read', async () => {
    const source = writeDataset(folder);
    disk.fail = (call) => (call === 'write' ? 'ENOSPC' : null);
    expect(await takeSnapshot(source, path.join(storage, 'snapshots', 'i', 'training.jsonl'))).toMatchObject({
      error: { code: 'storage-unwritable', message: expect.stringContaining('the disk is full') as string },
    });
    disk.fail = () => null;
    const missing = await takeSnapshot(path.join(folder, 'no.jsonl'), path.join(storage, 's', 'i', 'training.jsonl'));
    expect(missing).toMatchObject({ error: { code: 'file-missing' } });
  });
});

describe('F38: a file that a virus scanner holds', () => {
  it.each(['EPERM', 'EBUSY', 'EACCES'])('%s at renaming is tried again until it lets go', async (code) => {
    const file = path.join(folder, 'a.json');
    let held = 5;
    disk.fail = (call) => (call === 'rename' && held-- > 0 ? code : null);
    await writeFileAtomic(file, 'new');
    expect(await real.readFile(file, 'utf8')).toBe('new');
    expect(pauses).toEqual([10, 20, 40, 80, 160]);
  });

  it('for longer than 5 s is an error, and nothing is left behind', async () => {
    disk.fail = (call) => (call === 'rename' ? 'EPERM' : null);
    await expect(writeFileAtomic(path.join(folder, 'a.json'), 'new')).rejects.toMatchObject({ code: 'EPERM' });
    const waited = pauses.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThanOrEqual(5000);
    expect(waited).toBeLessThan(6000);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is no reason to lose what another process wrote', async () => {
    const file = path.join(folder, 'a.json');
    await updateFile(file, () => '[1]');
    let held = 3;
    disk.fail = (call) => (call === 'rename' && held-- > 0 ? 'EBUSY' : null);
    await updateFile(file, (text) => JSON.stringify([...(JSON.parse(text ?? '[]') as number[]), 2]));
    expect(await real.readFile(file, 'utf8')).toBe('[1,2]');
  });
});
