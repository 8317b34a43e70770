// Files that a report compares its dataset with by itself.
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rowLines } from '../../../../src/core/dataset/report/rowLines.ts';
import type { DatasetComparison } from '../../../../src/core/dataset/report/types.ts';
import { Comparisons, MAX_BYTES } from '../../../../src/extension/datasets/report/comparisons.ts';
import type { DatasetWorkerClient } from '../../../../src/extension/datasets/workerClient.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'compared-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const write = (name: string): string => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '{}\n');
  return file;
};

const nothing = { held: rowLines([]), training: rowLines([]) };
const RESULT: DatasetComparison = {
  held: 'against',
  heldRows: 1,
  exact: nothing,
  prompt: nothing,
  near: nothing,
  format: [],
};

/** Comparisons of a file whose worker answers when the test says so. */
function comparing(file: string) {
  const calls: { against: string; signal: AbortSignal; answer: (error?: Error) => void }[] = [];
  const datasets: Pick<DatasetWorkerClient, 'compare'> = {
    compare: (_, against, signal = new AbortController().signal, onProgress) =>
      new Promise((resolve, reject) => {
        onProgress?.(0.5);
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
        calls.push({
          against: path.relative(folder, against),
          signal,
          answer: (error) => {
            if (error === undefined) resolve(RESULT);
            else reject(error);
          },
        });
      }),
  };
  const told: string[] = [];
  const comparisons = new Comparisons(datasets, file, {
    onChange: () => told.push(states(comparisons)),
    onProgress: (fraction) => told.push(String(fraction)),
  });
  return { comparisons, calls, told };
}

const states = ({ files }: Comparisons): string => files.files.map(({ name, state }) => `${name} ${state}`).join(', ');
const called = (calls: readonly { against: string }[], count: number): Promise<void> =>
  vi.waitFor(() => {
    expect(calls).toHaveLength(count);
  });

describe('the files that a report compares with by itself', () => {
  it('are those kept from training for a file to train on, one after the other', async () => {
    const file = write('shop.train.jsonl');
    for (const name of ['shop.test.jsonl', 'shop.validation.jsonl', 'shop.train.clean.jsonl', 'other.test.jsonl'])
      write(name);
    const { comparisons, calls, told } = comparing(file);
    await comparisons.find(null);
    expect(comparisons.files.held).toBe(false);
    const run = comparisons.run();
    await called(calls, 1);
    expect(states(comparisons)).toBe('shop.test.jsonl comparing, shop.validation.jsonl waiting');
    calls[0]?.answer();
    await called(calls, 2);
    calls[1]?.answer();
    await run;
    expect(states(comparisons)).toBe('shop.test.jsonl compared, shop.validation.jsonl compared');
    expect(calls.map(({ against }) => against)).toEqual(['shop.test.jsonl', 'shop.validation.jsonl']);
    expect(told).toContain('0.5');
  });

  it('are those to train on for a file kept from training, also in the folder beside it', async () => {
    write('train/data.jsonl');
    write('test/data.jsonl');
    const { comparisons } = comparing(write('validation/data.jsonl'));
    await comparisons.find(null);
    expect(comparisons.files).toMatchObject({ held: true, files: [{ name: 'train/data.jsonl' }] });
  });

  it('are none when no name fits', async () => {
    write('other.test.jsonl');
    const { comparisons, calls } = comparing(write('shop.jsonl'));
    await comparisons.find(null);
    await comparisons.run();
    expect(comparisons.files).toEqual({ files: [], more: 0, held: false });
    expect(calls).toEqual([]);
  });

  it('are three at most, and the rest is counted', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) write(`shop.${name}.test.jsonl`);
    const chosen = write('elsewhere.jsonl');
    const { comparisons } = comparing(write('shop.jsonl'));
    await comparisons.find(chosen);
    expect(comparisons.files.files).toHaveLength(4);
    expect(comparisons.files.files[0]?.path).toBe(chosen);
    expect(comparisons.files.more).toBe(2);
  });
});

describe('a large file', () => {
  it('is compared only when the user says so', async () => {
    const large = write('shop.test.jsonl');
    truncateSync(large, MAX_BYTES);
    const { comparisons, calls } = comparing(write('shop.train.jsonl'));
    await comparisons.find(null);
    await comparisons.run();
    expect(calls).toEqual([]);
    expect(comparisons.files.files).toMatchObject([{ state: 'too-large', bytes: MAX_BYTES + 3 }]);
    const run = comparisons.again(0);
    await called(calls, 1);
    calls[0]?.answer();
    await run;
    expect(states(comparisons)).toBe('shop.test.jsonl compared');
    await comparisons.find(large);
    expect(states(comparisons)).toBe('shop.test.jsonl waiting');
  });
});

describe('comparisons', () => {
  it('are canceled together, and done again one by one', async () => {
    write('shop.test.jsonl');
    write('shop.validation.jsonl');
    const { comparisons, calls } = comparing(write('shop.train.jsonl'));
    await comparisons.find(null);
    const run = comparisons.run();
    await called(calls, 1);
    comparisons.stop();
    expect(calls[0]?.signal.aborted).toBe(true);
    await run;
    expect(states(comparisons)).toBe('shop.test.jsonl canceled, shop.validation.jsonl canceled');
    const again = comparisons.again(1);
    await called(calls, 2);
    calls[1]?.answer();
    await again;
    expect(states(comparisons)).toBe('shop.test.jsonl canceled, shop.validation.jsonl compared');
  });

  it('that fail say why, and the next goes on', async () => {
    write('shop.test.jsonl');
    write('shop.validation.jsonl');
    const { comparisons, calls } = comparing(write('shop.train.jsonl'));
    await comparisons.find(null);
    const run = comparisons.run();
    await called(calls, 1);
    calls[0]?.answer(new Error('The disk is gone'));
    await called(calls, 2);
    calls[1]?.answer();
    await run;
    expect(comparisons.files.files).toMatchObject([
      { state: 'failed', problem: { message: expect.stringContaining('The disk is gone') as unknown } },
      { state: 'compared' },
    ]);
  });

  it('of an earlier search change nothing any more', async () => {
    write('shop.test.jsonl');
    const { comparisons, calls } = comparing(write('shop.train.jsonl'));
    await comparisons.find(null);
    const first = comparisons.run();
    await called(calls, 1);
    await comparisons.find(null);
    await first;
    expect(states(comparisons)).toBe('shop.test.jsonl waiting');
  });
});
