import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { namingBuiltThreads } from '../../../scripts/lib/builtForTests.ts';

describe('threads in tests', () => {
  it('are the built ones, made for this run', () => {
    for (const thread of [
      new URL('../../../src/worker/analysisWorker.ts', import.meta.url),
      new URL('../../../src/worker/datasetWorker.ts', import.meta.url),
      new URL('../../../src/worker/hubWorker.ts', import.meta.url),
      new URL('../../../src/worker/trainingWorker.ts', import.meta.url),
    ]) {
      expect(thread.pathname).toMatch(/\/\.reports\/built\/\w+Worker\.js$/);
      expect(existsSync(thread)).toBe(true);
    }
  });

  it('do not run from their source because one is named in another way', () => {
    // In parts, or this very file could not be read.
    const named = ['new U', 'RL(`${root}/worker/hubWorker.ts`, import.meta.url)'].join('');
    expect(() => namingBuiltThreads(named, 'a.test.ts')).toThrow('a.test.ts names a thread in another form');
    const imported = "import type { Asked } from '../../../src/worker/hubWorker.ts';";
    expect(namingBuiltThreads(imported, 'b.test.ts')).toBe(imported);
  });
});
