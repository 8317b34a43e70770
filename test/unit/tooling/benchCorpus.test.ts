import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageFiles, proseWords } from '../../../bench/corpus.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

it('takes the words of the installed packages, not of the peers that a benchmark installed', async () => {
  for (const [name, text] of [
    ['b/README.md', 'second words'],
    ['@a/b/README.md', 'first words'],
    ['b/CHANGELOG.md', 'changes'],
    ['.cache/peer/node_modules/c/README.md', 'sk-of-a-peer'],
  ] as const) {
    await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  expect(proseWords(folder)).toEqual(['first', 'words', 'second', 'words']);
  expect(packageFiles(folder).some((name) => name.includes('peer'))).toBe(false);
});
