import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { conversionText, convertDataset } from '../../../../src/extension/datasets/commands/newFiles.ts';
import { DatasetWorkerClient } from '../../../../src/extension/datasets/workerClient.ts';
import { CLOSED, UiDouble, type Line } from '../../../support/uiDouble.ts';
import { fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const datasets = new DatasetWorkerClient(new URL('../../../../src/worker/datasetWorker.ts', import.meta.url));
afterAll(() => datasets.dispose());

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tuning-fork-convert-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function convert(name: string, text: string, ...script: readonly Line[]): Promise<void> {
  writeFileSync(join(folder, name), text);
  await convertDataset({ datasets, ui: new UiDouble(script) }, [fileUri(join(folder, name))]);
}
const told = (notify: string): Line => ({ notify, kind: 'information', answer: CLOSED });
const lines = (...rows: readonly unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');

describe('Convert to Chat JSONL…', () => {
  it('names preference pairs after the training that takes them', async () => {
    await convert(
      'liked.jsonl',
      lines({ prompt: 'q', chosen: 'a', rejected: 'b' }, { prompt: 'r', chosen: 'a', rejected: 'c' }),
      told('Created liked.dpo.jsonl (2 preference pairs).'),
    );
    expect(readdirSync(folder).sort()).toEqual(['liked.dpo.jsonl', 'liked.jsonl']);
    expect(readFileSync(join(folder, 'liked.dpo.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
  });

  it('says how many rows were left out, for which reasons, and which keys', async () => {
    await convert(
      'kto.jsonl',
      lines(
        { prompt: 'q', completion: 'a', label: true, source: 'web' },
        { prompt: 'q', completion: 'I refuse.', label: false },
        { prompt: 'r', completion: 'No.', label: false },
        { prompt: 's', completion: '' },
      ),
      told(
        'Created kto.chat.jsonl (1 example). 3 rows were left out. ' +
          '2 rows, the first on line 2: "label" says that the answer is a bad one. ' +
          '1 row, on line 4: The prompt or the completion is empty. A key was left out: source.',
      ),
    );
  });

  it('reads a table by the hint in its first line', async () => {
    await convert(
      'excel.csv',
      'sep=;\r\nquestion;answer\r\n"a; b";c\r\n',
      { pick: 'Choose the column with the questions (user)', answer: 'question' },
      { pick: 'Choose the column with the answers (assistant)', answer: 'answer' },
      told('Created excel.chat.jsonl (1 example).'),
    );
    expect(readFileSync(join(folder, 'excel.chat.jsonl'), 'utf8')).toBe(
      `${lines({
        messages: [
          { role: 'user', content: 'a; b' },
          { role: 'assistant', content: 'c' },
        ],
      })}\n`,
    );
  });
});

describe('the sentences about a conversion', () => {
  const reason = (rows: number, line: number) => ({ rows, line, reason: `Reason ${String(line)}.` });
  it.each([
    [{ converted: 1, skipped: 0, first: null }, 'Created x (1 example).'],
    [
      { converted: 2, skipped: 1, first: null, reasons: [reason(1, 4)] },
      'Created x (2 examples). 1 row was left out, on line 4: Reason 4.',
    ],
    [
      { converted: 2, skipped: 9, first: null, reasons: [reason(5, 1), reason(2, 2), reason(1, 3), reason(1, 4)] },
      'Created x (2 examples). 9 rows were left out. 5 rows, the first on line 1: Reason 1. 2 rows, the first on line 2: Reason 2. ' +
        '1 row, on line 3: Reason 3. There is 1 more reason.',
    ],
    [
      { converted: 2, skipped: 0, first: null, leftOut: ['a', 'b', 'c', 'd'].map((key) => ({ key, rows: 1 })) },
      'Created x (2 examples). Keys that were left out: a, b, c and 1 more.',
    ],
    [
      { converted: 2, skipped: 0, first: null, leftOut: ['a', 'b'].map((key) => ({ key, rows: 1 })) },
      'Created x (2 examples). Keys that were left out: a and b.',
    ],
  ])('%j', (conversion, text) => {
    expect(conversionText('x', conversion)).toBe(text);
  });
});
