import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HubSource } from '../../../../../src/core/dataset/hub/origin.ts';
import { runHubJob } from '../../../../../src/extension/datasets/hub/hubThread.ts';
import type { ImportOrder } from '../../../../../src/protocol/hubWorker.ts';

vi.mock('vscode', async () => (await import('../../../../support/vscodeDouble.ts')).vscodeDouble());

const THREAD = new URL('../../../../../src/worker/hubWorker.ts', import.meta.url);
const FIXTURES = path.join(import.meta.dirname, '../../../../fixtures/hub');
const { signal } = new AbortController();
const source = { split: 'train' } as HubSource;

describe('the thread of an import', { timeout: 60_000 }, () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-hub-thread-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const order = (...files: readonly string[]): ImportOrder => ({
    job: 'import',
    format: 'parquet',
    files: files.map((name) => path.join(FIXTURES, name)),
    mapping: null,
    limit: null,
    target: path.join(folder, 'a.jsonl'),
    mark: '.0123456789ab.tmp',
    source,
  });

  it('refuses rows of another kind than those before them, and the numbers add up', async () => {
    const result = await runHubJob(THREAD, order('messages-zstd.parquet', 'preference.parquet'), { signal });
    expect(result).toMatchObject({ read: 40, converted: 25, skipped: 15 });
    expect(result.reasons).toEqual([
      { line: 26, rows: 15, reason: 'The row is of another kind than the rows before it.' },
    ]);
  });

  it.each(['\n', ''])('counts the rows of several files of JSON on, whatever they end in (%j)', async (ending) => {
    const pair = (answer: string): string => JSON.stringify({ question: 'Q?', answer });
    const files = ['a-0.jsonl', 'a-1.jsonl'].map((name) => path.join(folder, name));
    for (const file of files) await writeFile(file, `${pair('A')}\n${pair('')}${ending}`);
    const result = await runHubJob(THREAD, { ...order(), format: 'json', files }, { signal });
    expect(result).toMatchObject({ read: 4, converted: 2, skipped: 2, reasons: [{ line: 2, rows: 2 }] });
    await writeFile(files[0] ?? '', `${pair('A')}\n${pair('B')}${ending}`);
    const second = await runHubJob(THREAD, { ...order(), format: 'json', files }, { signal });
    expect(second).toMatchObject({ read: 4, converted: 3, reasons: [{ line: 4, rows: 1 }] });
  });

  it('leaves both files as they were where nothing can be converted or a file is damaged', async () => {
    await writeFile(path.join(folder, 'a.jsonl'), 'old');
    await expect(runHubJob(THREAD, order('odd-columns.parquet'), { signal })).rejects.toMatchObject({
      problem: { code: 'nothing-to-convert', action: 'Choose the columns of the questions and of the answers.' },
    });
    await expect(runHubJob(THREAD, order('messages-zstd.parquet', 'make.py'), { signal })).rejects.toMatchObject({
      problem: { code: 'damaged-parquet' },
    });
    expect(await readdir(folder)).toEqual(['a.jsonl']);
    expect(await readFile(path.join(folder, 'a.jsonl'), 'utf8')).toBe('old');
  });

  it('ends with the signal, and with the failure of a read', async () => {
    const abort = new AbortController();
    const look = { job: 'look', format: 'parquet', sizes: [5000] } as const;
    const reason = new Error('Enough');
    const canceled = runHubJob(THREAD, look, {
      signal: abort.signal,
      read: async (_file, _start, _end, until) => {
        abort.abort(reason);
        await new Promise((resolve) => {
          until.addEventListener('abort', resolve);
          if (until.aborted) resolve(null);
        });
        throw new Error('Too late');
      },
    });
    await expect(canceled).rejects.toBe(reason);
    await expect(runHubJob(THREAD, look, { signal: abort.signal })).rejects.toBe(reason);
    const failure = new Error('No network');
    await expect(runHubJob(THREAD, look, { signal, read: () => Promise.reject(failure) })).rejects.toBe(failure);
  });
});
