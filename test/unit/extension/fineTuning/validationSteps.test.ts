// Choice of the validation file, and rows that both files share.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LOCAL_CONNECTION } from '../../../../src/connections/store.ts';
import { DatasetWorkerClient } from '../../../../src/extension/datasets/workerClient.ts';
import { planFor } from '../../../../src/extension/fineTuning/startFineTuning.ts';
import type { StartServices } from '../../../../src/extension/fineTuning/runStart.ts';
import type { TuningPlan } from '../../../../src/extension/fineTuning/wizard/tuningPlan.ts';
import { tuningSteps } from '../../../../src/extension/fineTuning/wizard/tuningSteps.ts';
import { runSteps } from '../../../../src/extension/ui/multiStep.ts';
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

const AUTOMATIC: readonly Line[] = [
  { pick: /^Epochs, batch size/, answer: 'Automatic' },
  { input: /^Suffix/, answer: AS_IT_IS },
  { input: /^Seed/, answer: AS_IT_IS },
];

/** Answers the questions from validation to *Start* in the summary. */
async function answered(training: string, ...lines: readonly Line[]): Promise<TuningPlan> {
  const ui = uiDouble(...lines);
  const services = { datasets, ui } as unknown as StartServices;
  const plan = await planFor(services, training, { connection: LOCAL_CONNECTION, model: 'local-linear-1' });
  return runSteps(ui, 'Fine-Tune', plan, tuningSteps(services), 'validation');
}

describe('the file that a model is measured on', () => {
  it('is proposed for the commonest names, so that Enter takes it; the folder names the model', async () => {
    const training = write('fine_tune_train.jsonl', rows(0, 20));
    const validation = write('fine_tune_validation.jsonl', rows(100, 105));
    write('aaa_validation.clean.jsonl', rows(200, 205));
    const plan = await answered(
      training,
      { pick: /measured on while it learns/, offers: ['aaa_validation.clean.jsonl', 'None'], answer: AS_IT_IS },
      ...AUTOMATIC,
      { pick: /^Start, or choose/, offers: ['Validation'], answer: '$(play) Start' },
    );
    expect(plan.validation).toEqual({ kind: 'file', path: validation });
    expect(plan.suffix).toMatch(/^prices-/);
  });

  it('is found in the folder beside the one for training', async () => {
    mkdirSync(path.join(folder, 'train'));
    mkdirSync(path.join(folder, 'validation'));
    const training = write('train/data.jsonl', rows(0, 20));
    const validation = write('validation/data.jsonl', rows(100, 105));
    const plan = await answered(training, { pick: /measured on while it learns/, answer: AS_IT_IS }, ...AUTOMATIC, {
      pick: /^Start, or choose/,
      answer: '$(play) Start',
    });
    expect(plan.validation).toEqual({ kind: 'file', path: validation });
  });

  it('is part of what the automatic epochs are chosen on only where there is one', async () => {
    const training = write('train.jsonl', rows(0, 20));
    write('val.jsonl', rows(100, 105));
    const told: string[] = [];
    for (const answer of ['None', AS_IT_IS] as const) {
      const ui = uiDouble({ pick: /measured on/, answer }, ...AUTOMATIC, { pick: /^Start,/, answer: '$(play) Start' });
      const pick = ui.pick.bind(ui);
      ui.pick = (items, options) => {
        told.push(...items.filter(({ label }) => label === 'Epochs').map(({ description }) => description ?? ''));
        return pick(items, options);
      };
      const services = { datasets, ui } as unknown as StartServices;
      const plan = await planFor(services, training, { model: 'local-linear-1' });
      await runSteps(ui, 'Fine-Tune', plan, tuningSteps(services), 'validation');
    }
    expect(told).toEqual([
      'automatic, chosen on held-back training examples',
      'automatic, chosen on held-back training examples and the validation file',
    ]);
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
      { pick: /measured on/, answer: AS_IT_IS },
      ...AUTOMATIC,
      {
        pick: ASKED,
        offers: [/Choose Another Validation File…/, /Continue Anyway/, /4 rows of 10 in the validation file/],
        answer: AS_IT_IS,
      },
      { notify: /^Created train\.clean\.jsonl .* and validation\.clean\.jsonl/, kind: 'information' },
      { pick: /^Start, or choose/, answer: '$(play) Start' },
    );
    expect(plan.training).toBe(path.join(folder, 'train.clean.jsonl'));
    expect(plan.validation).toEqual({ kind: 'file', path: path.join(folder, 'validation.clean.jsonl') });
    expect(plan.leaked).toBe(0);
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
      { pick: /measured on/, answer: 'validation.jsonl' },
      ...AUTOMATIC,
      { pick: ASKED, answer: /Choose Another Validation File/ },
      { pick: /measured on/, offers: ['None', /Another file/], answer: 'validation.jsonl' },
      ...AUTOMATIC,
      // Choosing a warning does not accept it.
      { pick: ASKED, answer: /5 rows of 5/ },
      { pick: ASKED, answer: /Continue Anyway/ },
      { pick: /^Start, or choose/, answer: '$(play) Start' },
    );
    expect(plan).toMatchObject({ training, validation: { kind: 'file', path: held }, leaked: 5 });
  });

  it('are the only reason to offer a split: other warnings are continued from', async () => {
    const training = write('train.jsonl', [...rows(0, 20), row(3).replace('$3.00', '$4.00')]);
    const plan = await answered(
      training,
      { pick: /measured on/, answer: 'None' },
      ...AUTOMATIC,
      { pick: ASKED, answer: AS_IT_IS },
      { pick: /^Start, or choose/, answer: '$(play) Start' },
    );
    expect(plan).toMatchObject({ training, contradictions: 1 });
  });
});
