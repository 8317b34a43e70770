import type * as fs from 'node:fs';
import type * as fsPromises from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Contestant, RowResult, RunConfig, TestItem } from '../../src/core/evaluation/types.ts';
import { ProviderFailure } from '../../src/core/provider/failure.ts';
import type { RunChange } from '../../src/evals/runner.ts';

/** The disk as it fails: told before each write; `half`: so much of it was written before. */
const disk = vi.hoisted(() => ({ fail: (): { readonly code: string; readonly half: boolean } | null => null }));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const failure = (code: string): Error => Object.assign(new Error(`${code}: as told`), { code });
  const wrapped = {
    ...real,
    writeSync: (fd: number, bytes: Uint8Array, offset = 0): number => {
      const fault = disk.fail();
      if (fault === null) return real.writeSync(fd, bytes, offset);
      if (fault.half) real.writeSync(fd, bytes, offset, Math.ceil((bytes.length - offset) / 2));
      throw failure(fault.code);
    },
    fdatasync: (fd: number, done: (error: Error | null) => void): void => {
      const fault = disk.fail();
      if (fault === null) real.fdatasync(fd, done);
      else setImmediate(done, failure(fault.code));
    },
  };
  return { ...wrapped, default: wrapped };
});

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fsPromises>();
  const check = (): void => {
    const fault = disk.fail();
    if (fault !== null) throw Object.assign(new Error(`${fault.code}: as told`), { code: fault.code });
  };
  const wrapped = {
    ...real,
    copyFile: async (...args: Parameters<typeof real.copyFile>) => {
      check();
      await real.copyFile(...args);
    },
    open: async (file: string, flags?: string, mode?: number) => {
      const handle = await real.open(file, flags, mode);
      return new Proxy(handle, {
        get: (target, key) => {
          const value = Reflect.get(target, key) as unknown;
          if (typeof value !== 'function') return value;
          const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
          if (key !== 'write' && key !== 'writeFile' && key !== 'sync') return call;
          return async (...args: unknown[]) => {
            check();
            return await call(...args);
          };
        },
      });
    },
  };
  return { ...wrapped, default: wrapped };
});

const { EvaluationRun } = await import('../../src/evals/runner.ts');

const SHA = 'a'.repeat(64);
const tuned: Contestant = { id: 'tuned', kind: 'fine-tuned', label: 'm', connectionId: 'c', model: 'm' };
const constant: Contestant = { id: 'constant', kind: 'constant', label: 'constant', constant: '5' };
/** One of them cannot be graded, one always fails. */
const items: readonly TestItem[] = ['5', '6', 'unknown', '7', '8', '9'].map((truth, index) => ({
  index,
  line: index + 1,
  title: `Item ${String(index)}`,
  messages: [{ role: 'user', content: `Item ${String(index)}?` }],
  truth,
}));
const FAILING = 4;
const config: RunConfig = {
  v: 1,
  id: 'run-1',
  createdAt: 1,
  name: 'a.jsonl',
  testFile: { path: '/a.jsonl', sha256: SHA, items: items.length },
  contestants: [tuned, constant],
  grader: 'number',
  sampling: { temperature: 0, maxTokens: 7, seed: 42 },
  answerPrefix: null,
  concurrency: 2,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-disk-'));
});
afterEach(() => {
  disk.fail = () => null;
  rmSync(folder, { recursive: true, force: true });
});

const sorted = (rows: readonly RowResult[]): RowResult[] =>
  rows.toSorted((a, b) => a.item - b.item || a.contestant.localeCompare(b.contestant));

interface FullDisk {
  readonly code: string;
  /** The write that fails, from 0. */
  readonly failing: number;
  /** Half of it gets there. */
  readonly half: boolean;
  /** All later calls fail as well, until there is room. */
  readonly forGood: boolean;
}

/** A run on such a disk, resumed once there is room, in the same window or after it was opened again; answers how many writes there were. */
async function runWith({ code, failing, half, forGood }: FullDisk, reopened: boolean): Promise<number> {
  const storage = path.join(folder, [code, failing, half, forGood, reopened].join('-'));
  let writes = 0;
  disk.fail = () => {
    const index = writes++;
    return index === failing || (forGood && index > failing) ? { code, half } : null;
  };
  const asked: number[] = [];
  const ask = (_contestant: Contestant, item: TestItem) => {
    asked.push(item.index);
    return new Promise<{ text: string; finishReason: string }>((resolve, reject) => {
      setImmediate(() => {
        if (item.index !== FAILING) resolve({ text: '5', finishReason: 'stop' });
        else
          reject(
            new ProviderFailure(
              { code: 'moderated', message: 'No.', action: 'No.' },
              { outcome: 'refused', advice: 'never', status: 400, serverCode: null, retryAfterMs: null },
            ),
          );
      });
    });
  };
  const made = await EvaluationRun.create(storage, config, items).catch((error: unknown) => {
    expect(error).toMatchObject({ code });
    return null;
  });
  if (!made) return writes;
  let run = made;
  const changes: RunChange[] = [];
  run.onDidChange((change) => changes.push(change));
  const ended = await run.start(SHA, { ask });
  const counted = writes;
  const where = `${code} at write ${String(failing)}, half of it: ${String(half)}, for good: ${String(forGood)}`;
  if (counted > failing) {
    expect(ended, where).toMatchObject({ ok: false, error: { code: 'storage-unwritable' } });
    // The panel's last notice is the reason why the run stopped.
    expect(changes.at(-1), where).toMatchObject({ status: 'paused', notice: { code: 'storage-unwritable' } });
    expect([run.status, run.notice?.code], where).toEqual(['paused', 'storage-unwritable']);
    expect(run.notice?.message, where).toContain(storage);
  }
  // Rows that are shown as answered are on the disk, and are not asked again.
  const shown = run.rows;
  expect(
    changes.flatMap(({ rows }) => rows),
    where,
  ).toEqual(shown);
  const open = new Set(run.openItems('tuned').map(({ index }) => index));
  disk.fail = () => null;
  const onDisk = await EvaluationRun.open(storage, 'run-1');
  if (!onDisk.ok) throw new Error(onDisk.error.message);
  expect(sorted(onDisk.value.rows), where).toEqual(sorted(shown));
  if (counted > failing && !forGood) expect(onDisk.value.status, where).toBe('paused');
  if (reopened) {
    await run.dispose();
    run = onDisk.value;
  } else {
    await onDisk.value.dispose();
  }
  asked.length = 0;
  expect(await run.start(SHA, { ask }), where).toEqual({ ok: true, value: 'finished' });
  expect(
    asked.toSorted((a, b) => a - b),
    where,
  ).toEqual([...open].sort((a, b) => a - b));
  expect(run.notice, where).toBeNull();
  expect(run.rows, where).toHaveLength(items.length * 2);
  await run.dispose();
  const again = await EvaluationRun.open(storage, 'run-1');
  if (!again.ok) throw new Error(again.error.message);
  expect(sorted(again.value.rows), where).toEqual(sorted(run.rows));
  await again.value.dispose();
  return counted;
}

describe('F37: an evaluation on a disk that fills up', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])(
    '%s at any of its writes pauses it, says so last, and loses nothing',
    async (code) => {
      const writes = await runWith({ code, failing: Infinity, half: false, forGood: true }, false);
      expect(writes).toBeGreaterThan(items.length);
      for (let failing = 0; failing < writes; failing++) {
        for (const half of [false, true]) {
          for (const forGood of [false, true]) await runWith({ code, failing, half, forGood }, failing % 2 === 0);
        }
      }
    },
  );
});
