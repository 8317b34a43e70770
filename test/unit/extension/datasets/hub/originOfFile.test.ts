import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { originOfFile } from '../../../../../src/extension/datasets/hub/originOfFile.ts';

const { signal } = new AbortController();

describe('the origin of a dataset in its report', () => {
  let folder: string;
  let file: string;
  const text = '{"messages":[]}\n';

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-origin-'));
    file = path.join(folder, 'a.train.jsonl');
    await writeFile(file, text);
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const record = (changes: object = {}): Promise<void> =>
    writeFile(
      path.join(folder, 'a.train.origin.json'),
      JSON.stringify({
        format: 1,
        dataset: 'o/n',
        revision: 'abcdef0123456789',
        config: 'default',
        split: 'train',
        license: 'mit',
        importedAt: '2026-11-27T12:00:00Z',
        file: { bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') },
        ...changes,
      }),
    );

  it('names dataset, part, commit, license and day', async () => {
    await record();
    expect(await originOfFile(file, signal)).toBe(
      'imported from the Hub: o/n, default · train, commit abcdef0123, license mit, on 2026-11-27',
    );
  });

  it('says that the file has changed since, also where its length has not', async () => {
    await record();
    await writeFile(file, text.replace('[]', '{}'));
    expect(await originOfFile(file, signal)).toMatch(/; changed since$/);
    await appendFile(file, 'x');
    expect(await originOfFile(file, signal)).toMatch(/; changed since$/);
  });

  it('is nothing without a record, and where the record is none', async () => {
    expect(await originOfFile(file, signal)).toBeNull();
    await writeFile(path.join(folder, 'a.train.origin.json'), 'x'.repeat(2_000_000));
    expect(await originOfFile(file, signal)).toBeNull();
  });

  it('keeps what others wrote into the record on one line', async () => {
    await record({ license: 'mit\n\u202eevil', config: null });
    expect(await originOfFile(file, signal)).toContain('o/n, train, commit abcdef0123, license mit evil, on');
  });
});
