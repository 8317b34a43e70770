// Rows for a grader with a system message: not every provider takes them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import { DatasetWorkerClient } from '../../../../src/extension/datasets/workerClient.ts';
import { planFor } from '../../../../src/extension/fineTuning/startFineTuning.ts';
import type { StartServices } from '../../../../src/extension/fineTuning/runStart.ts';
import { warningsOf } from '../../../../src/extension/fineTuning/wizard/tuningPlan.ts';
import { uiDouble } from '../../../support/uiDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const datasets = new DatasetWorkerClient(new URL('../../../../src/worker/datasetWorker.ts', import.meta.url));
afterAll(() => datasets.dispose());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'graded-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function warnings(kind: Connection['kind'], withSystem: number): Promise<readonly string[]> {
  const lines = Array.from({ length: 12 }, (_, n) =>
    JSON.stringify({
      messages: [
        ...(n < withSystem ? [{ role: 'system', content: 'Be brief.' }] : []),
        { role: 'user', content: `question ${String(n)}` },
      ],
      answer: String(n),
    }),
  );
  const file = path.join(folder, 'questions.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const connection: Connection = { id: 'c', kind, name: 'Mine', baseUrl: 'https://r.openai.azure.com/openai/v1' };
  const services = { datasets, ui: uiDouble() } as unknown as StartServices;
  return warningsOf(await planFor(services, file, { connection, model: 'o4-mini' }));
}

describe('rows for a grader with a system message', () => {
  it.each([
    ['azure', 12, /^12 rows have a system message, which Mine does not take/],
    ['azure', 1, /^1 row has a system message, which Mine does not take/],
  ] as const)('at %s, %d of them, are a warning before a start', async (kind, rows, sentence) => {
    expect(await warnings(kind, rows)).toContainEqual(expect.stringMatching(sentence));
  });

  it.each([
    ['azure', 0],
    ['openai', 12],
  ] as const)('at %s, %d of them, are none', async (kind, rows) => {
    expect((await warnings(kind, rows)).filter((warning) => warning.includes('does not take'))).toEqual([]);
  });
});
