import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

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
});
