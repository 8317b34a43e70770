// Real wizard of a start, from the file to the job at the provider; a script replaces the user.
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stopsEarly } from '../../../../src/core/training/earlyStop.ts';
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

/** Questions of a start on the Lab that have no proposal. */
function answers(connection = 'Lab'): Line[] {
  return [
    {
      pick: 'Where should it be trained?',
      title: 'Fine-Tune with prices.train.jsonl',
      at: '1/3',
      answer: connection,
    },
    { pick: /Which model/, at: '2/3', answer: /Enter a model name/ },
    { input: /^Name of the base model/, refused: [['', 'Enter a name.']], answer: MODEL },
  ];
}

const SUMMARY = /^Start, or choose a line/;
const START: Line = { pick: SUMMARY, offers: ['Price', 'Advanced…'], answer: '$(play) Start' };
const PAY: Line = {
  modal: /^Start a paid job at Lab for about \$\d+\.\d\d\?$/,
  detail: /^10 examples, about 10 epochs, and .* tokens on gpt-4o-mini-2024-07-18\. .*Lab bills the actual training\.$/,
  answer: /^Start for About \$\d/,
};

/** Expects that nothing was uploaded and no job was created, so that nothing is billed. */
function expectNothingStarted(): void {
  expect(extension.server.ledger).toMatchObject({ files: [], jobs: [] });
}

describe('the summary of a start', () => {
  it('comes first and has everything that is decided, when one connection with one model can train', async () => {
    await extension.services.connections.remove(extension.lab.id);
    const held = questions(30).slice(20);
    await extension.write('prices.validation.jsonl', chatRows([...held, ...questions(1)]));
    ui.expect({
      pick: SUMMARY,
      title: 'Fine-Tune with prices.train.jsonl',
      at: '',
      reads: [
        /^\$\(play\) Start: Free/,
        /^Training file: prices\.train\.jsonl, 10 examples · \d+ tokens$/,
        /^Validation: prices\.validation\.jsonl, 11 examples · 1 row also in training \(1 with another answer\)$/,
        'Method: Supervised, by the form of the rows',
        'Connection: Local',
        'Base model: base-1',
        'Price: free',
        /^Epochs: automatic/,
        'Hyperparameters: automatic',
        'Stop early: off',
        'Suffix: prices',
        'Seed: 42',
      ],
      answer: CLOSED,
    });
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
    expectNothingStarted();
  });

  it('comes after the questions that have no proposal, with numbers that stay', async () => {
    ui.expect(...answers(), {
      pick: SUMMARY,
      at: '3/3',
      reads: [
        'Connection: Lab',
        `Base model: ${MODEL}`,
        'Validation: none: there will be no validation loss',
        /^Price: about \$[\d.]+ per epoch, \$[\d.]+ in total$/,
        'Weights & Biases: none',
      ],
      answer: BACK,
    });
    ui.expect(
      { pick: /Which model/, at: '2/3', answer: BACK },
      { pick: 'Where should it be trained?', at: '1/3', answer: AS_IT_IS },
    );
    ui.expect({ pick: /Which model/, at: '2/3', answer: CLOSED });
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
  });

  it('keeps its number where the connection has one model only', async () => {
    ui.expect(
      { pick: 'Where should it be trained?', at: '1/3', answer: 'Local' },
      { pick: SUMMARY, at: '3/3', reads: ['Base model: base-1'], answer: CLOSED },
    );
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
  });

  it.each<[string, Line]>([
    ['Connection', { pick: 'Where should it be trained?', at: '', answer: BACK }],
    ['Base model', { pick: /Which model/, at: '', answer: BACK }],
    ['Method', { pick: /are chats with their answers$/, at: '', answer: BACK }],
    ['Validation', { pick: /measured on/, at: '', answer: BACK }],
    ['Price', { pick: /Epochs, batch size/, at: '', answer: BACK }],
    ['Epochs', { pick: /Epochs, batch size/, at: '', answer: BACK }],
    ['Hyperparameters', { pick: /Epochs, batch size/, at: '', answer: BACK }],
    ['Suffix', { input: /^Suffix/, answer: BACK }],
    ['Seed', { input: /^Seed/, answer: BACK }],
    ['Weights & Biases', { input: /^Weights & Biases project/, answer: BACK }],
    ['Advanced…', { pick: /Choose a line to change it/, at: '', answer: BACK }],
  ])('leads to the question behind %s, and back to itself unchanged', async (label, question) => {
    ui.expect(...answers(), { pick: SUMMARY, answer: label }, question, {
      pick: SUMMARY,
      at: '3/3',
      reads: ['Connection: Lab', `Base model: ${MODEL}`],
      answer: CLOSED,
    });
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
  });

  it('is as it was when the model of another connection is not chosen', async () => {
    const { connections, keys } = extension.services;
    const { baseUrl, apiKey } = extension.server;
    await keys.set(await connections.add({ kind: 'compatible', name: 'Other', baseUrl }), apiKey);
    ui.expect(
      ...answers(),
      { pick: SUMMARY, answer: 'Connection' },
      { pick: 'Where should it be trained?', answer: 'Other' },
      { pick: /Which model/, at: '', answer: BACK },
      { pick: SUMMARY, reads: ['Connection: Lab', `Base model: ${MODEL}`], answer: CLOSED },
    );
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
  });

  it('asks for the validation file first when the one that fits best has errors', async () => {
    await extension.write('prices.validation.jsonl', '{"messages": []}\n');
    const [connection, ...model] = answers();
    ui.expect(
      { ...connection, at: '1/4' } as Line,
      ...model.map((line) => ('at' in line ? { ...line, at: '2/4' } : line)),
      {
        pick: /measured on/,
        at: '3/4',
        reads: [/^prices\.validation\.jsonl: 1 row · with errors · proposed$/],
        answer: 'None',
      },
      { pick: SUMMARY, at: '4/4', answer: CLOSED },
    );
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
  });
});

describe('a start', () => {
  /** Answers of a start on this machine, with validation rows where there are some. */
  const local = (...changes: Line[]): void => {
    ui.expect({ pick: 'Where should it be trained?', at: '1/3', answer: 'Local' }, ...changes, {
      pick: SUMMARY,
      answer: '$(play) Start',
    });
  };
  const opened = (): readonly string[] => extension.opened.filter((page) => page.startsWith('job '));

  it('opens the charts of the new job, unless the setting is off', async () => {
    local();
    await start();
    const [job] = extension.server.ledger.jobs;
    expect(opened()).toEqual([expect.stringMatching(/^job local /)]);
    expect(job).toBeDefined();
    editor.settings.set(SETTINGS.openOnStart, false);
    local();
    await start();
    expect(extension.server.ledger.jobs).toHaveLength(2);
    expect(opened()).toHaveLength(1);
  });

  it('asks the local engine to stop early only when that is chosen', async () => {
    await extension.write('prices.validation.jsonl', chatRows(questions(30).slice(20)));
    local();
    await start();
    local(
      { pick: SUMMARY, reads: ['Stop early: off'], answer: 'Stop early' },
      { pick: 'Stop the job early?', answer: 'When validation gets worse' },
    );
    await start();
    const metadata = extension.server.ledger.jobs.map((job) => stopsEarly(job.metadata as Record<string, string>));
    expect(metadata).toEqual([false, true]);
  });

  it('cannot stop early without validation rows, and says so', async () => {
    ui.expect(
      { pick: 'Where should it be trained?', at: '1/3', answer: 'Local' },
      { pick: SUMMARY, reads: ['Stop early: off: it needs a validation file'], answer: CLOSED },
    );
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
  });

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
      { pick: SUMMARY, reads: ['Epochs: 2'], answer: 'Suffix' },
      { input: /^Suffix/, refused: [['so long a suffix that no provider takes it', /./]], answer: '' },
      { pick: SUMMARY, reads: ['Suffix: none'], answer: 'Seed' },
      { input: /^Seed/, refused: [['x', /./]], answer: '' },
      { pick: SUMMARY, reads: ['Seed: chosen by the provider'], answer: 'Weights & Biases' },
      { input: /^Weights & Biases project/, answer: AS_IT_IS },
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
    ui.expect({ pick: /Where/, answer: 'Local' }, { pick: SUMMARY, answer: '$(play) Start' });
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

describe('preference pairs at a provider that bills', () => {
  const pairs = questions(10)
    .map((question) =>
      JSON.stringify({
        input: { messages: [{ role: 'user', content: question }] },
        preferred_output: [{ role: 'assistant', content: 'Price is $12.50' }],
        non_preferred_output: [{ role: 'assistant', content: 'I cannot say.' }],
      }),
    )
    .join('\n');
  const price = {
    pick: SUMMARY,
    reads: [/^Training file: .*10 examples · [1-9]\d+ tokens$/, /^Price: about \$0\.\d\d per epoch, \$[1-9]/],
  };

  it('have a price, about which somebody is asked', async () => {
    await extension.write('prices.train.jsonl', pairs);
    ui.expect(...answers(), { ...price, answer: '$(play) Start' }, { ...PAY, answer: CLOSED });
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
    expectNothingStarted();
  });

  it('are held by the cap', async () => {
    editor.settings.set(SETTINGS.costCap, 0.000001);
    await extension.write('prices.train.jsonl', pairs);
    ui.expect(...answers(), START);
    await expect(start()).rejects.toMatchObject({ problem: { code: 'above-price-cap' } });
    expectNothingStarted();
  });
});

describe('rows of the validation file that are in the training file', () => {
  const [first = '', second = ''] = questions(10);

  const REVIEW: Line = {
    pick: /^Review \d+ warnings? before/,
    offers: [/^\$\(warning\) 2 rows of 3 in the validation file are also in the training file/],
    answer: /Continue Anyway/,
  };
  const shared = (): Promise<string> =>
    extension.write('prices.validation.jsonl', chatRows([first, 'How far is the moon?', second]));

  it('stand in the summary, and are asked about before anything is started', async () => {
    await shared();
    ui.expect(
      ...answers(),
      {
        ...START,
        reads: [/^\$\(warning\) Warnings: \d: 2 rows of 3/, /^Validation: .*2 rows also in training/],
      },
      { ...REVIEW, answer: CLOSED },
    );
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
    expectNothingStarted();
  });

  it('are accepted once, and the money is asked about after that', async () => {
    await shared();
    ui.expect(...answers(), START, REVIEW, { ...PAY, answer: 'Back to Summary' }, START, PAY);
    await start();
    expect(extension.server.ledger.jobs).toHaveLength(1);
  });

  it('are not a way to a start from their line in the summary', async () => {
    await shared();
    ui.expect(...answers(), { pick: SUMMARY, answer: '$(warning) Warnings' }, REVIEW, {
      pick: SUMMARY,
      reads: [/^\$\(warning\) Warnings: accepted: 2 rows/],
      answer: CLOSED,
    });
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
    expectNothingStarted();
  });

  it('are asked about again when another file has others', async () => {
    await shared();
    await extension.write('prices.old.validation.jsonl', chatRows([first]));
    ui.expect(
      ...answers(),
      { pick: SUMMARY, answer: '$(warning) Warnings' },
      REVIEW,
      { pick: SUMMARY, answer: 'Validation' },
      {
        pick: /measured on/,
        reads: [
          /^prices\.validation\.jsonl: 3 rows · 2 rows also in training \(1 word for word and 1 with another answer\) · proposed$/,
          /^prices\.old\.validation\.jsonl: 1 row · 1 row also in training \(1 word for word\)$/,
        ],
        answer: 'prices.old.validation.jsonl',
      },
      START,
      { pick: /^Review \d+ warnings? before/, answer: CLOSED },
    );
    await expect(start()).rejects.toBeInstanceOf(Cancelled);
    expectNothingStarted();
  });

  it('are not told of when there are none', async () => {
    await extension.write(
      'prices.validation.jsonl',
      chatRows(['How far is the moon?', 'Who wrote Faust?'], (index) => `Price is $${String(index + 5)}`),
    );
    ui.expect(
      ...answers(),
      {
        ...START,
        reads: ['Validation: prices.validation.jsonl, 2 examples · no row also in training'],
      },
      PAY,
    );
    await start();
    expect(extension.server.ledger.jobs).toHaveLength(1);
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
