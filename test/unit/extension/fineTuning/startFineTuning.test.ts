// Real wizard of a start, from the file to the job at the provider; a script replaces the user.
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SETTINGS } from '../../../../src/extension/contributions.ts';
import { startFineTuning } from '../../../../src/extension/fineTuning/startFineTuning.ts';
import type { ProblemError } from '../../../../src/extension/ui/errors.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { chatRows, questions, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { AS_IT_IS, BACK, CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const MODEL = 'gpt-4o-mini-2024-07-18';

let ui: UiDouble;
let extension: ExtensionDouble;
let training: string;

beforeEach(async () => {
  editor.reset();
  // At this price ten rows cost dollars.
  editor.settings.set(SETTINGS.prices, { [MODEL]: 1000 });
  ui = uiDouble();
  extension = await startExtension(ui);
  training = await extension.write('prices.train.jsonl', chatRows(questions(10)));
});
afterEach(async () => {
  await extension.close();
});

const start = (): Promise<void> => startFineTuning(extension.services, [fileUri(training)]);

const WANDB: Line = { input: /^Weights & Biases project/, answer: AS_IT_IS };

/** Questions of a start on the Lab, each answered with its proposal. */
function answers(
  more: { readonly connection?: string; readonly validation?: string; readonly warnings?: readonly Line[] } = {},
): Line[] {
  return [
    {
      pick: 'Where should it be trained?',
      title: 'Fine-Tune with prices.train.jsonl',
      answer: more.connection ?? 'Lab',
    },
    { pick: /Which model/, answer: /Enter a model name/ },
    { input: /^Name of the base model/, refused: [['', 'Enter a name.']], answer: MODEL },
    { pick: /measured on/, answer: more.validation ?? 'None' },
    { pick: /Epochs, batch size/, answer: 'Automatic' },
    { input: /^Suffix/, refused: [['so long a suffix that no provider takes it', /./]], answer: AS_IT_IS },
    { input: /^Seed/, answer: AS_IT_IS },
    WANDB,
    ...(more.warnings ?? []),
  ];
}

const START: Line = { pick: /^Start, or choose a line/, offers: ['Price', 'Advanced…'], answer: /Start/ };
const PAY: Line = {
  modal: /^Start a paid job at Lab for about \$\d+\.\d\d\?$/,
  detail: /^10 examples, about 10 epochs, and .* tokens on gpt-4o-mini-2024-07-18\. .*Lab bills the actual training\.$/,
  answer: /^Start for About \$\d/,
};

/** Expects that nothing was uploaded and no job was created, so that nothing is billed. */
function expectNothingStarted(): void {
  expect(extension.server.ledger).toMatchObject({ files: [], jobs: [] });
}

describe('a start', () => {
  it('counts tool definitions in the price it asks for, and says that they are an estimate', async () => {
    const tools = [{ type: 'function', function: { name: 'lookUp', description: 'Looks up the price of a thing' } }];
    const rows = chatRows(questions(10))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.stringify({ ...(JSON.parse(line) as object), tools }));
    await extension.write('prices.train.jsonl', `${rows.join('\n')}\n`);
    ui.expect(...answers(), START, {
      ...PAY,
      detail:
        /tokens on gpt-4o-mini.* This includes [\d,]+ tokens of tool definitions and calls, an estimate until a bill confirms it\. This is an estimate; Lab bills/,
    });
    await start();
    expect(extension.server.ledger.jobs).toHaveLength(1);
  });

  it('asks before it spends, then uploads the file as it is and makes one job', async () => {
    ui.expect(...answers(), START, PAY);
    await start();
    const { files, jobs } = extension.server.ledger;
    expect(files.map(({ content }) => content)).toEqual([chatRows(questions(10))]);
    expect(jobs).toMatchObject([{ model: MODEL, training_file: files[0]?.id, seed: 42, suffix: 'prices' }]);
    expect(extension.looked).toEqual([extension.lab.id]);
    const [record] = extension.services.jobs.list(extension.lab.id);
    expect(record?.local).toMatchObject({
      startedHere: true,
      examples: 10,
      answerPrefix: 'Price is $',
      sourcePath: training,
    });
    expect(record?.local.priceEstimate).toBeGreaterThan(1);
  });

  it.each<[string, unknown]>([
    ['the question about the money is closed', CLOSED],
    ['the summary is closed', null],
  ])('spends nothing when %s', async (_when, answer) => {
    ui.expect(
      ...answers(),
      ...(answer === null ? [{ ...START, answer: CLOSED } as Line] : [START, { ...PAY, answer: CLOSED } as Line]),
    );
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
    expectNothingStarted();
  });

  it('leads from the question about the money back to the summary, and from there to any question', async () => {
    ui.expect(
      ...answers(),
      START,
      { ...PAY, answer: 'Back to Summary' },
      { pick: /^Start, or/, answer: 'Epochs' },
      { pick: /Epochs, batch size/, answer: 'Set them…' },
      {
        input: /^Number of epochs/,
        refused: [
          ['0', /./],
          ['x', /./],
        ],
        answer: '2',
      },
      { input: /^Batch size/, answer: BACK },
      { input: /^Number of epochs/, answer: AS_IT_IS },
      { input: /^Batch size/, answer: AS_IT_IS },
      { input: /^Learning rate/, answer: AS_IT_IS },
      { input: /^Suffix/, answer: '' },
      { input: /^Seed/, answer: '' },
      WANDB,
      START,
      { ...PAY, detail: /^10 examples, 2 epochs/ },
    );
    await start();
    expect(extension.server.ledger.jobs).toMatchObject([
      {
        method: { supervised: { hyperparameters: { n_epochs: 2 } } },
        training_file: extension.server.ledger.files[0]?.id,
      },
    ]);
  });

  it('asks no question about money when it is free', async () => {
    ui.expect(
      { pick: /Where/, answer: 'Local' },
      { pick: /Which model/, answer: 'base-1' },
      ...answers().slice(3, -1),
      { pick: /^Start, or/, answer: /Start/ },
    );
    await start();
    expect(extension.server.ledger.jobs).toMatchObject([{ model: 'base-1' }]);
  });
});

describe('the cap on a price', () => {
  it('refuses before anybody is asked, and leads to the setting', async () => {
    editor.settings.set(SETTINGS.costCap, 0.5);
    ui.expect(...answers(), START);
    const refusal = (await start().catch((error: unknown) => error)) as ProblemError;
    expect(refusal.problem).toMatchObject({
      code: 'above-price-cap',
      message: expect.stringMatching(/your cap is \$0\.50\.$/) as unknown,
    });
    expect(refusal.remedies).toMatchObject([{ command: 'workbench.action.openSettings', args: [SETTINGS.costCap] }]);
    expectNothingStarted();
  });

  it('lets pass what is below it', async () => {
    editor.settings.set(SETTINGS.costCap, 500);
    ui.expect(...answers(), START, PAY);
    await start();
    expect(extension.server.ledger.jobs).toHaveLength(1);
  });
});

describe('rows of the validation file that are in the training file', () => {
  const [first = '', second = ''] = questions(10);

  it('are told before anything is started, with their number', async () => {
    await extension.write('prices.validation.jsonl', chatRows([first, 'How far is the moon?', second]));
    ui.expect(
      ...answers({
        validation: 'prices.validation.jsonl',
        warnings: [
          {
            pick: /^Review \d+ warnings? before/,
            offers: [/^\$\(warning\) 2 rows of 3 in the validation file are also in the training file/],
            answer: /Continue Anyway/,
          },
        ],
      }),
      { ...START, offers: ['$(warning) Warnings'], answer: CLOSED },
    );
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
    expectNothingStarted();
  });

  it('are not told of when there are none', async () => {
    await extension.write(
      'prices.validation.jsonl',
      chatRows(['How far is the moon?', 'Who wrote Faust?'], (index) => `Price is $${String(index + 5)}`),
    );
    ui.expect(...answers({ validation: 'prices.validation.jsonl' }), { ...START, answer: CLOSED });
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
  });
});

describe('a dataset with unsaved changes', () => {
  const question: Line = { modal: /^prices\.train\.jsonl has unsaved changes/, answer: 'Save and Continue' };
  let saves: number;
  function open(save: () => Promise<boolean>): void {
    saves = 0;
    editor.documents = [
      {
        uri: fileUri(training),
        isDirty: true,
        save: () => {
          saves += 1;
          return save();
        },
      },
    ];
  }

  it('is saved before it is read', async () => {
    const changed = chatRows(questions(12));
    open(async () => {
      await extension.write(path.basename(training), changed);
      return true;
    });
    ui.expect(question, ...answers(), START, { ...PAY, detail: /^12 examples/ });
    await start();
    expect(saves).toBe(1);
    expect(extension.server.ledger.files.map(({ content }) => content)).toEqual([changed]);
  });

  it('is not used as it is on disk when the user does not want it saved', async () => {
    open(() => Promise.resolve(true));
    ui.expect({ ...question, answer: CLOSED });
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
    expect(saves).toBe(0);
    expectNothingStarted();
  });

  it('is not used when it cannot be saved', async () => {
    open(() => Promise.resolve(false));
    ui.expect(question);
    await expect(start()).rejects.toMatchObject({ problem: { code: 'not-saved' } });
    expectNothingStarted();
  });
});
