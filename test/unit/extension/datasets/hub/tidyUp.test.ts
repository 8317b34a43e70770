import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tidyUp } from '../../../../../src/extension/datasets/hub/tidyUp.ts';

const mark = '.0123456789ab.tmp';
const [DATA, ORIGIN] = ['a.jsonl', 'a.origin.json'];

describe('an import that was canceled while it put its files in place', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-tidy-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function left(files: Readonly<Record<string, string>>, isNew: boolean): Promise<Record<string, string>> {
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
    await tidyUp(path.join(folder, DATA), { mark, isNew });
    const names = await readdir(folder);
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')] as const)),
    );
  }

  const before = { [DATA]: 'old', [ORIGIN]: 'old' };
  const after = { [DATA]: 'new', [ORIGIN]: 'new' };
  // In the order of the renames of `inPlace`.
  it.each([
    ['nothing was moved', { ...before, [DATA + mark]: 'new', [ORIGIN + mark]: 'new' }, before],
    [
      'the dataset was moved away',
      { [`${DATA}${mark}.old`]: 'old', [DATA + mark]: 'new', [ORIGIN]: 'old', [ORIGIN + mark]: 'new' },
      before,
    ],
    [
      'the dataset is in place',
      { [`${DATA}${mark}.old`]: 'old', [DATA]: 'new', [ORIGIN]: 'old', [ORIGIN + mark]: 'new' },
      before,
    ],
    [
      'the origin was moved away',
      { [`${DATA}${mark}.old`]: 'old', [DATA]: 'new', [`${ORIGIN}${mark}.old`]: 'old', [ORIGIN + mark]: 'new' },
      before,
    ],
    ['both are in place', { ...after, [`${DATA}${mark}.old`]: 'old', [`${ORIGIN}${mark}.old`]: 'old' }, after],
  ])('leaves both files as they were, or both new, where %s', async (_, files, expected) => {
    expect(await left(files, false)).toEqual(expected);
  });

  it.each([
    ['nothing was moved', { [DATA + mark]: 'new', [ORIGIN + mark]: 'new' }, {}],
    ['the dataset is in place', { [DATA]: 'new', [ORIGIN + mark]: 'new' }, {}],
    ['both are in place', after, after],
    // A user may have made it meanwhile.
    ['another file is there', { [DATA]: 'mine', [DATA + mark]: 'new', [ORIGIN + mark]: 'new' }, { [DATA]: 'mine' }],
  ])('leaves no dataset without its origin where %s', async (_, files, expected) => {
    expect(await left(files, true)).toEqual(expected);
  });
});
