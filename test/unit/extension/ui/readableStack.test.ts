import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readableStack } from '../../../../src/extension/ui/readableStack.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-stack-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const SOURCE = `
function divideCarefully(value) {
  throw new Error('It went wrong');
}
export function compute(value) {
  return divideCarefully(value) + 1;
}
`;

/** Stack of an error thrown in minified code, as in a bundle. */
function thrown(name: string, withMap: boolean): string {
  const { code, map } = esbuild.transformSync(SOURCE, {
    format: 'cjs',
    minify: true,
    sourcemap: 'external',
    sourcefile: '../src/core/compute.ts',
  });
  const file = path.join(folder, name);
  writeFileSync(file, code);
  if (withMap) writeFileSync(`${file}.map`, map);
  try {
    (createRequire(import.meta.url)(file) as { compute(value: number): number }).compute(1);
  } catch (error) {
    if (error instanceof Error) return error.stack ?? '';
  }
  throw new Error('Nothing was thrown');
}

describe('the stack of an error in the log', () => {
  it('names the lines of the sources, with the words of the error', () => {
    const stack = readableStack(thrown('extension-K3XZ.cjs', true));
    expect(stack).toContain('It went wrong');
    expect(stack).toMatch(/src\/core\/compute\.ts:3:\d+/);
    expect(stack).toMatch(/src\/core\/compute\.ts:6:\d+/);
    expect(stack).not.toContain('extension-K3XZ.cjs');
  });

  it('stays as it is where there is no map, or the file is not ours', () => {
    const bare = thrown('extension.cjs', false);
    expect(readableStack(bare)).toBe(bare);
    const other = thrown('other.cjs', true);
    expect(readableStack(other)).toBe(other);
    expect(readableStack('Error: no stack')).toBe('Error: no stack');
  });

  it('is read from addresses, from folders with blanks, and without a function', () => {
    const stack = thrown('extension-A.cjs', true);
    const file = path.join(folder, 'extension-A.cjs');
    const [, at = ''] = /extension-A\.cjs(:\d+:\d+)/.exec(stack) ?? [];
    const blank = path.join(folder, 'My Name');
    mkdirSync(blank);
    for (const ending of ['', '.map']) copyFileSync(`${file}${ending}`, path.join(blank, `extension-A.cjs${ending}`));
    for (const place of [pathToFileURL(file).href, path.join(blank, 'extension-A.cjs')]) {
      for (const frame of [
        `at x (${place}${at})`,
        `at ${place}${at}`,
        `at async ${place}${at}`,
        `at async x (${place}${at})`,
      ])
        expect(readableStack(`Error: a\n    ${frame}`), frame).toMatch(/src\/core\/compute\.ts:3:\d+/);
    }
  });
});
