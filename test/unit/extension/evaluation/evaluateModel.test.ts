// The wizard of an evaluation as it is, from the model to the last answer; the person is a script.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SETTINGS } from '../../../../src/extension/contributions.ts';
import { evaluateModel } from '../../../../src/extension/evaluation/commands/evaluateModel.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { chatRows, questions, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { aJob, aMetric } from '../../../support/jobBuilders.ts';
import { CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const BASE = 'gpt-4o-mini-2024-07-18';
const TUNED = `ft:${BASE}:lab:pricer:1`;

let ui: UiDouble;
let extension: ExtensionDouble;
let test: string;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
  extension.server.reply = () => '$1';
  test = await extension.write('prices.test.jsonl', chatRows(questions(3)));
  editor.found = [test];
  await extension.services.jobs.load();
  extension.services.jobs.update(extension.lab.id, 'ftjob-1', {
    job: aJob({ model: BASE, status: 'succeeded', fineTunedModel: TUNED }),
    local: { name: 'Pricer' },
  });
});
afterEach(async () => {
  await extension.close();
});

const evaluate = (): Promise<void> =>
  evaluateModel(extension.services, [{ connectionId: extension.lab.id, jobId: 'ftjob-1' }]);
const asked = (): readonly string[] => extension.server.ledger.chats.map(({ model }) => model);

const QUESTIONS: readonly Line[] = [
  { pick: /^Choose the file with the questions/, title: 'Evaluate Pricer', answer: 'prices.test.jsonl' },
  {
    pick: /^Start, or/,
    offers: ['Contestants', 'Sampling'],
    reads: ['Answer prefix: “Price is $”', 'Primary metric: mean error; a difference of 10% matters', 'Grader: Number'],
    answer: /Start/,
  },
];
const PAY: Line = {
  modal: 'Send 6 requests to Lab?',
  detail: /^At most about .*\(prices of /,
  answer: /^Start for at Most /,
};

describe('an evaluation', () => {
  it('asks before it spends, then every contestant every question', async () => {
    ui.expect(...QUESTIONS, PAY);
    await evaluate();
    expect([...asked()].sort()).toEqual([TUNED, TUNED, TUNED, BASE, BASE, BASE].sort());
    const [run] = extension.services.runs.list();
    expect(run).toMatchObject({
      status: 'finished',
      config: {
        grader: 'number',
        answerPrefix: 'Price is $',
        jobId: 'ftjob-1',
        numberReader: { version: 2, decimalMark: 'point' },
      },
    });
    expect(extension.opened).toEqual([`run ${run?.config.id ?? ''}`]);
  });

  it('asks no model when the question about the money is closed', async () => {
    ui.expect(...QUESTIONS, { ...PAY, answer: CLOSED });
    await expect(evaluate()).rejects.toBeInstanceOf(Cancelled);
    expect(asked()).toEqual([]);
    expect(extension.services.runs.list()).toEqual([]);
  });

  it('leads back to the summary, where fewer contestants can be chosen', async () => {
    ui.expect(
      ...QUESTIONS,
      { ...PAY, answer: 'Back to Summary' },
      { pick: /^Start, or/, answer: 'Contestants' },
      { pickMany: /^Choose the contestants/, answer: ['Pricer', 'Free floors'] },
      ...QUESTIONS.slice(1),
      { ...PAY, modal: 'Send 3 requests to Lab?' },
    );
    await evaluate();
    expect(asked()).toEqual([TUNED, TUNED, TUNED]);
  });

  it('compares a checkpoint with the final model when the command was told to, and with the base as well', async () => {
    const checkpoint = `${TUNED}:ckpt-step-200`;
    extension.services.jobs.update(extension.lab.id, 'ftjob-1', {
      checkpoints: [{ id: 'c', step: 200, model: checkpoint, createdAt: 1, metrics: aMetric({ step: 200 }) }],
    });
    ui.expect({ ...QUESTIONS[0], title: /^Evaluate / } as Line, ...QUESTIONS.slice(1), {
      ...PAY,
      modal: 'Send 9 requests to Lab?',
    });
    await evaluateModel(extension.services, [
      { connectionId: extension.lab.id, model: checkpoint },
      { against: TUNED },
    ]);
    expect([...new Set(asked())].sort()).toEqual([BASE, TUNED, checkpoint].sort());
    const [run] = extension.services.runs.list();
    const baseline = run?.config.contestants.find(({ id }) => id === run.config.baseline);
    expect(baseline).toMatchObject({ model: TUNED });
  });

  it('says that a price is not known instead of asking nobody', async () => {
    await extension.services.jobs.load();
    extension.services.jobs.update(extension.lab.id, 'ftjob-1', {
      job: aJob({ model: 'base-1', status: 'succeeded', fineTunedModel: 'ft:base-1:lab::1' }),
    });
    ui.expect(...QUESTIONS, {
      ...PAY,
      detail: /^Price unknown for ft:base-1/,
      answer: 'Start at Unknown Price',
    });
    await evaluate();
    expect(asked()).toHaveLength(6);
  });

  it('costs nothing on this machine, so nobody is asked about money', async () => {
    extension.services.jobs.update('local', 'ftjob-2', {
      job: aJob({
        id: 'ftjob-2',
        model: 'local-linear-1',
        status: 'succeeded',
        fineTunedModel: 'ft:local-linear-1::1',
      }),
      local: { name: 'Here' },
    });
    ui.expect({ ...QUESTIONS[0], title: 'Evaluate Here' } as Line, ...QUESTIONS.slice(1));
    await evaluateModel(extension.services, [{ connectionId: 'local', jobId: 'ftjob-2' }]);
    expect(asked()).toHaveLength(3);
  });
});

describe('the cap on a price', () => {
  it('refuses an evaluation before anybody is asked', async () => {
    editor.settings.set(SETTINGS.costCap, 0);
    ui.expect(...QUESTIONS);
    await expect(evaluate()).rejects.toMatchObject({ problem: { code: 'above-price-cap' } });
    expect(asked()).toEqual([]);
  });
});

describe('a test file with unsaved changes', () => {
  it('is saved before it is read', async () => {
    editor.documents = [
      {
        uri: fileUri(test),
        isDirty: true,
        save: async () => {
          await extension.write('prices.test.jsonl', chatRows(questions(2)));
          return true;
        },
      },
    ];
    ui.expect(
      { modal: /^prices\.test\.jsonl has unsaved changes/, answer: 'Save and Continue' },
      { pick: 'Choose a model', answer: 'Pricer' },
      ...QUESTIONS.slice(1),
      { ...PAY, modal: 'Send 4 requests to Lab?' },
    );
    await evaluateModel(extension.services, [fileUri(test)]);
    expect(asked()).toHaveLength(4);
  });
});
