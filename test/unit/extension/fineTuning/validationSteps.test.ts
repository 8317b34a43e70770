// Choice of the validation file, and rows that both files share.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LOCAL_CONNECTION } from '../../../../src/connections/store.ts';
import { DatasetWorkerClient } from '../../../../src/extension/datasets/workerClient.ts';
import { planFor } from '../../../../src/extension/fineTuning/startFineTuning.ts';
import type { StartServices } from '../../../../src/extension/fineTuning/runStart.ts';
import { NO_OVERLAP, type TuningPlan } from '../../../../src/extension/fineTuning/wizard/tuningPlan.ts';
import { askForPlan } from '../../../../src/extension/fineTuning/wizard/tuningSteps.ts';
import { withProposedValidation } from '../../../../src/extension/fineTuning/wizard/validationStep.ts';
import { AS_IT_IS, uiDouble, type Line } from '../../../support/uiDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const datasets = new DatasetWorkerClient(new URL('../../../../src/worker/datasetWorker.ts', import.meta.url));
afterAll(() => datasets.dispose());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'prices-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const row = (n: number): string =>
  JSON.stringify({
    messages: [
      {
        role: 'user',
        content: `How much is thing ${String(n)} ${'abcdefgh'.repeat((n % 7) + 1)} of kind ${String(n * 37)}?`,
      },
      { role: 'assistant', content: `Price is $${String(n)}.00` },
    ],
  });
const rows = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => row(from + n));

function write(name: string, lines: readonly string[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

const START: Line = { pick: /^Start, or choose/, answer: '$(play) Start' };

/** Answers the questions from the summary to *Start*. */
async function answered(training: string, ...lines: readonly Line[]): Promise<TuningPlan> {
  const ui = uiDouble(...lines);
  const services = { datasets, ui } as unknown as StartServices;
  const plan = await planFor(services, training, { connection: LOCAL_CONNECTION, model: 'local-linear-1' });
  const proposed = await withProposedValidation(services, plan);
  return askForPlan(services, 'Fine-Tune', proposed ?? plan, proposed === null ? ['validation'] : []);
}

describe('the file that a model is measured on', () => {
  it('is proposed for the commonest names; the folder names the model', async () => {
    const training = write('fine_tune_train.jsonl', rows(0, 20));
    const validation = write('fine_tune_validation.jsonl', rows(100, 105));
    write('aaa_validation.clean.jsonl', rows(200, 205));
    const plan = await answered(
      training,
      { pick: /^Start, or choose/, reads: [/^Validation: fine_tune_validation\.jsonl/], answer: 'Validation' },
      { pick: /measured on while it learns/, offers: ['aaa_validation.clean.jsonl', 'None'], answer: AS_IT_IS },
      START,
    );
    expect(plan.validation).toEqual({ kind: 'file', path: validation });
    expect(plan.suffix).toMatch(/^prices-/);
  });

  it('is found in the folder beside the one for training', async () => {
    mkdirSync(path.join(folder, 'train'));
    mkdirSync(path.join(folder, 'validation'));
    const training = write('train/data.jsonl', rows(0, 20));
    const validation = write('validation/data.jsonl', rows(100, 105));
    const plan = await answered(training, START);
    expect(plan.validation).toEqual({ kind: 'file', path: validation });
  });

  it('is part of what the automatic epochs are chosen on only where there is one', async () => {
    const training = write('train.jsonl', rows(0, 20));
    write('val.jsonl', rows(100, 105));
    const both = 'automatic, chosen on held-back training examples and the validation file';
    await answered(
      training,
      { pick: /^Start, or/, reads: [`Epochs: ${both}`], answer: 'Validation' },
      { pick: /measured on/, answer: 'None' },
      { ...START, reads: ['Epochs: automatic, chosen on held-back training examples'] },
    );
  });

  it('has the number of its rows, and of those in the training file, in the list', async () => {
    const training = write('train.jsonl', rows(0, 20));
    write('val.jsonl', [...rows(3, 5), row(6).replace('$6.00', '$7.00'), ...rows(100, 103)]);
    write('val.broken.jsonl', ['{']);
    write('val.chat.jsonl', rows(200, 201));
    await answered(
      training,
      { pick: /^Start, or/, answer: 'Validation' },
      {
        pick: /measured on/,
        reads: [
          'val.jsonl: 6 rows · 3 rows also in training (2 word for word and 1 with another answer) · proposed',
          'val.broken.jsonl: 1 row · with errors',
          'val.chat.jsonl: 1 row · no row also in training',
        ],
        answer: 'None',
      },
      START,
    );
  });
});

describe('rows that are in both files', () => {
  const ASKED = /^Review \d+ warnings? before/;

  it('are separated when Enter is pressed: two new files, checked, and the old ones as they were', async () => {
    const training = write('train.jsonl', rows(0, 30));
    const held = write('validation.jsonl', [...rows(0, 4), ...rows(100, 106)]);
    const before = [readFileSync(training, 'utf8'), readFileSync(held, 'utf8')];
    const plan = await answered(
      training,
      START,
      {
        pick: ASKED,
        offers: [/Choose Another Validation File…/, /Continue Anyway/, /4 rows of 10 in the validation file/],
        answer: AS_IT_IS,
      },
      { notify: /^Created train\.clean\.jsonl .* and validation\.clean\.jsonl/, kind: 'information' },
      // The summary of the new files comes before the start.
      { ...START, reads: [/^Training file: train\.clean\.jsonl/, /^Validation: validation\.clean\.jsonl/] },
    );
    expect(plan.training).toBe(path.join(folder, 'train.clean.jsonl'));
    expect(plan.validation).toEqual({ kind: 'file', path: path.join(folder, 'validation.clean.jsonl') });
    expect(plan.overlap).toEqual(NO_OVERLAP);
    const split = [plan.training, path.join(folder, 'validation.clean.jsonl')].map((file) =>
      readFileSync(file, 'utf8').trimEnd().split('\n'),
    );
    expect(split[0]?.filter((line) => split[1]?.includes(line))).toEqual([]);
    expect(plan.trainingSummary.examples).toBe(split[0]?.length);
    expect([readFileSync(training, 'utf8'), readFileSync(held, 'utf8')]).toEqual(before);
  });

  it('lead to another file, or are accepted by a user who says so', async () => {
    const training = write('train.jsonl', rows(0, 20));
    const held = write('validation.jsonl', rows(0, 5));
    const plan = await answered(
      training,
      START,
      { pick: ASKED, answer: /Choose Another Validation File/ },
      { pick: /measured on/, offers: ['None', /Another file/], answer: 'validation.jsonl' },
      START,
      // Choosing a warning does not accept it.
      { pick: ASKED, answer: /5 rows of 5/ },
      { pick: ASKED, answer: /Continue Anyway/ },
    );
    expect(plan).toMatchObject({ training, validation: { kind: 'file', path: held }, overlap: { exact: 5 } });
  });

  it('are the only reason to offer a split: other warnings are continued from', async () => {
    const training = write('train.jsonl', [...rows(0, 20), row(3).replace('$3.00', '$4.00')]);
    const plan = await answered(training, START, { pick: ASKED, answer: AS_IT_IS });
    expect(plan).toMatchObject({ training, contradictions: 1 });
  });
});
