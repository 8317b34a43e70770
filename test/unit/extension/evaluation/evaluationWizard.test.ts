// The lines of an evaluation's summary and what they lead to, and the file that runs the same; the user is a script.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunConfig } from '../../../../src/core/evaluation/types.ts';
import { evaluateModel, runEvaluationAgain } from '../../../../src/extension/evaluation/commands/evaluateModel.ts';
import { runEvaluationFile } from '../../../../src/extension/evaluation/files/runEvaluationFile.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { chatRows, questions, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { aJob } from '../../../support/jobBuilders.ts';
import { AS_IT_IS, BACK, CLOSED, uiDouble, UiDouble, type Line } from '../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const BASE = 'gpt-4o-mini-2024-07-18';
const TUNED = `ft:${BASE}:lab:pricer:1`;
const CHECKPOINT = `ft:${BASE}:lab:pricer:1:ckpt-step-50`;
const ITEMS = 10;

let ui: UiDouble;
let extension: ExtensionDouble;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
  extension.server.reply = () => '$1';
  editor.found = [await extension.write('prices.test.jsonl', chatRows(questions(ITEMS)))];
  const training = chatRows(questions(30, 'gadget'));
  const sourcePath = await extension.write('prices.train.jsonl', training);
  const trainingPath = await extension.write('snapshot.jsonl', training);
  await extension.services.jobs.load();
  const job = aJob({ model: BASE, status: 'succeeded', fineTunedModel: TUNED });
  extension.services.jobs.update(extension.lab.id, 'ftjob-1', {
    job,
    local: { name: 'Pricer', sourcePath, trainingPath },
    checkpoints: [{ id: 'ckpt-1', createdAt: 1, model: CHECKPOINT, step: 50, metrics: { step: 50 } as never }],
  });
});
afterEach(async () => {
  await extension.close();
});

const evaluate = (): Promise<void> =>
  evaluateModel(extension.services, [{ connectionId: extension.lab.id, jobId: 'ftjob-1' }]);
const FILE: Line = { pick: /^Choose the file with the questions/, answer: 'prices.test.jsonl' };
const summary = (answer: string | typeof CLOSED, ...reads: readonly (string | RegExp)[]): Line => ({
  pick: 'Start, or choose a line to change it',
  reads,
  answer,
});
const START = '$(play) Start';
const SAVE = '$(save) Save as Evaluation File…';
const pay = (requests: number, answer: string | RegExp | typeof CLOSED = /^Start for at Most /): Line => ({
  modal: `Send ${String(requests)} requests to Lab?`,
  answer,
});
function configs(): readonly RunConfig[] {
  return extension.services.runs.list().map(({ config }) => config);
}

/** Checkpoint, base and another model; baseline, metric, sampling and the rest by hand. */
const RICH: readonly Line[] = [
  FILE,
  summary('Contestants', `Contestants: Pricer, ${BASE}, and free floors`),
  {
    pickMany: /^Choose the contestants/,
    answer: ['Pricer', 'Pricer, step 50', `${BASE} base`, 'Free floors', '$(add) Another Model…'],
  },
  { pick: 'Where does the model answer?', offers: ['Local'], answer: 'Lab' },
  { pick: 'Choose a model of Lab', offers: ['$(edit) Enter a model name…'], answer: 'base-1' },
  { pickMany: /^Choose the contestants/, answer: AS_IT_IS },
  { pick: 'Which contestant are the others compared with?', answer: 'Pricer, step 50' },
  summary('Primary metric', `Contestants: Pricer, ${BASE}, Pricer, step 50, base-1, and free floors`),
  { pick: /^Which metric is the claim about/, answer: 'hits' },
  { input: /^Difference that matters/, refused: [['0', /percent/]], answer: '5' },
  summary('Sampling', 'Primary metric: hits; a difference of 5% matters'),
  { pick: 'Choose how the model is asked', answer: 'Set them…' },
  { input: /^Temperature/, answer: '0.5' },
  { input: /^Maximum tokens/, answer: '24' },
  { input: /^Seed/, refused: [['4294967296', /whole number/]], answer: '7' },
  summary('Replies to a row', 'Sampling: temperature 0.5, at most 24 tokens, seed 7'),
  { input: /^Replies to each row/, refused: [['0', /1 … 100/]], answer: '3' },
  summary('Stop early', 'Replies to a row: 3: their median counts, at 3 times the price'),
  { pick: /^Should the run stop/, answer: 'Stop early' },
];

describe('the summary of an evaluation', () => {
  it('takes several contestants, a baseline, a metric, samples and early stopping into the run', async () => {
    ui.expect(...RICH, summary(START, /^Stop early: as soon as the answer is in/), {
      // The price of base-1 is not known.
      ...pay(ITEMS * 4 * 3, 'Start at Unknown Price'),
    });
    await evaluate();
    const [config] = configs();
    expect(config).toMatchObject({
      contestants: [
        { id: 'c1', kind: 'fine-tuned', label: 'Pricer', model: TUNED },
        { id: 'c2', label: BASE, model: BASE },
        { id: 'c3', label: 'Pricer, step 50', model: CHECKPOINT },
        { id: 'c4', label: 'base-1', model: 'base-1' },
        { id: 'constant', constantSource: 'median of 30 training answers' },
        { id: 'nearest' },
        { id: 'bagOfWords' },
      ],
      baseline: 'c3',
      primary: 'hits',
      matters: 0.05,
      sampling: { temperature: 0.5, maxTokens: 24, seed: 7 },
      samples: 3,
      stopEarly: true,
      order: { seed: 7 },
      jobId: 'ftjob-1',
    });
  });

  it('saves a file beside the test file that plans the same run', async () => {
    const target = path.join(extension.folder, 'prices.eval.json');
    ui.expect(
      ...RICH,
      summary(SAVE),
      { saveDialog: 'Save Evaluation', answer: fileUri(target) as never },
      { status: '$(save) prices.eval.json was saved' },
      summary(START),
      pay(ITEMS * 4 * 3, 'Start at Unknown Price'),
    );
    await evaluate();
    expect(JSON.parse(await readFile(target, 'utf8'))).toMatchObject({
      testFile: 'prices.test.jsonl',
      trainingFile: 'prices.train.jsonl',
      baseline: 'Pricer, step 50',
      contestants: [{ label: 'Pricer', model: TUNED, connection: 'Lab' }, {}, {}, {}],
    });
    ui.expect(pay(ITEMS * 4 * 3, 'Start at Unknown Price'));
    await runEvaluationFile(extension.services, fileUri(target));
    const [ofFile, ofWizard, ...others] = configs();
    expect(others).toEqual([]);
    // The file names the dataset, and the wizard its copy of the upload: the same rows.
    const training = configs().map(({ trainingFile }) => readFileSync(trainingFile ?? '', 'utf8'));
    expect(training[0]).toBe(training[1]);
    const plan = ({ id, createdAt, name, trainingFile, ...same }: RunConfig): object => ({
      ...same,
      path: typeof trainingFile,
      told: [typeof id, typeof createdAt, typeof name],
    });
    expect(ofFile && plan(ofFile)).toEqual(ofWizard && plan(ofWizard));
    expect(ofFile?.name).toBe('prices.eval.json');
  });

  it('says so when the file has to name the copy of the training file', async () => {
    await extension.write('prices.train.jsonl', chatRows(questions(31, 'gadget')));
    const target = path.join(extension.folder, 'prices.eval.json');
    ui.expect(
      FILE,
      summary(SAVE),
      { saveDialog: 'Save Evaluation', answer: fileUri(target) as never },
      { status: '$(save) prices.eval.json was saved' },
      {
        notify: 'The training file is no longer as it was, so prices.eval.json names the copy on this machine.',
        kind: 'information',
      },
      summary(CLOSED),
    );
    await expect(evaluate()).rejects.toBeInstanceOf(Cancelled);
    expect(JSON.parse(await readFile(target, 'utf8'))).toMatchObject({
      trainingFile: path.join(extension.folder, 'snapshot.jsonl'),
    });
  });

  it('has early stopping off unless it is chosen, and says for a paid run what it is likely to save', async () => {
    ui.expect(
      FILE,
      summary('Stop early', /^Stop early: off · likely to save \$[\d.]+ to \$[\d.]+ of \$[\d.]+$/),
      { pick: /^Should the run stop/, answer: BACK },
      summary(START),
      pay(2 * ITEMS),
    );
    await evaluate();
    expect(configs()[0]?.stopEarly).toBeUndefined();
  });

  it('offers no early stopping for a metric that is no mean', async () => {
    // A double of its own: the line that it shall choose is not there.
    const asks = new UiDouble([
      FILE,
      summary('Primary metric'),
      { pick: /^Which metric is the claim about/, answer: 'RMSLE' },
      { input: /^Difference that matters/, answer: AS_IT_IS },
      summary('Stop early', 'Primary metric: RMSLE; a difference of 10% matters'),
    ]);
    const services = { ...extension.services, ui: asks };
    const job = { connectionId: extension.lab.id, jobId: 'ftjob-1' };
    await expect(evaluateModel(services, [job])).rejects.toThrow('0 items are “Stop early”');
  });

  it('proposes labels for a few answers that repeat, and takes another grader', async () => {
    const words = ['toys', 'tools', 'food'];
    await extension.write(
      'prices.test.jsonl',
      chatRows(questions(18), (index) => words[index % 3] ?? ''),
    );
    ui.expect(
      FILE,
      summary('Grader', 'Grader: Label', 'Primary metric: accuracy; a difference of 10% matters'),
      {
        pick: /^How is a reply compared/,
        reads: [/^Label: proposed: 3 different answers/],
        answer: 'Regular expression',
      },
      {
        input: /^Regular expression/,
        refused: [
          ['(', /./],
          ['', 'Enter a pattern.'],
        ],
        answer: '^{{answer}}$',
      },
      summary(START, 'Grader: Regular expression · ^{{answer}}$'),
      pay(36),
    );
    await evaluate();
    expect(configs()[0]).toMatchObject({
      grader: 'regex',
      graderOptions: { pattern: '^{{answer}}$' },
      primary: 'accuracy',
    });
  });

  it('warns of several replies at temperature 0', async () => {
    ui.expect(
      FILE,
      summary('Replies to a row'),
      { input: /^Replies to each row/, answer: '2' },
      summary(CLOSED, /^\$\(warning\) Note: At temperature 0 several replies/),
    );
    await expect(evaluate()).rejects.toBeInstanceOf(Cancelled);
  });
});

describe('an evaluation that is run again', () => {
  it('has the contestants, the baseline, the metric and the sampling of the earlier one', async () => {
    ui.expect(...RICH, summary(START), pay(ITEMS * 4 * 3, 'Start at Unknown Price'));
    await evaluate();
    const [before] = configs();
    ui.expect(summary(START, /^Stop early: as soon as/), pay(ITEMS * 4 * 3, 'Start at Unknown Price'));
    await runEvaluationAgain(extension.services, { runId: before?.id });
    const [again] = configs();
    expect(again?.id).not.toBe(before?.id);
    expect(again?.fingerprint).toBe(before?.fingerprint);
  });

  it('keeps the thresholds of its evaluation file, and drops those that another grader has no figure for', async () => {
    const pass = { metrics: { mae: { max: 80 } }, vsBaseline: 'not worse' } as const;
    ui.expect(FILE, summary(START), pay(ITEMS * 2));
    await evaluate();
    const [first] = configs();
    if (first === undefined) throw new Error('There is no run.');
    const run = await extension.services.runs.create(
      { ...first, id: 'with-pass', createdAt: first.createdAt + 1, pass },
      [],
    );
    extension.services.runs.close(run);
    const again = (): Promise<void> => runEvaluationAgain(extension.services, { runId: 'with-pass' });
    ui.expect(summary(START), pay(ITEMS * 2));
    await again();
    expect(configs()[0]?.pass).toEqual(pass);
    ui.expect(
      summary('Grader'),
      { pick: 'How is a reply compared with the true answer?', answer: 'Exact match' },
      summary('Replies to a row', /^Grader: Exact match/),
      { input: /^Replies to each row/, answer: '3' },
      summary(START, 'Replies to a row: 3: their majority counts, at 3 times the price'),
      pay(ITEMS * 2 * 3),
    );
    await again();
    expect(configs()[0]?.pass).toEqual({ metrics: {}, vsBaseline: 'not worse' });
  });
});
