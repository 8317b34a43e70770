// Starts on Local by every method: which model is asked for, the way to an open-weights model, graders, and the trainer's settings.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LOCAL_CONNECTION } from '../../../../src/connections/store.ts';
import { COMMANDS } from '../../../../src/extension/contributions.ts';
import { goOnWithStart } from '../../../../src/extension/fineTuning/interruptedStarts.ts';
import { startAgain } from '../../../../src/extension/fineTuning/startAgain.ts';
import { startFineTuning } from '../../../../src/extension/fineTuning/startFineTuning.ts';
import { graderNow } from '../../../../src/extension/fineTuning/wizard/methodSteps.ts';
import type { TuningPlan } from '../../../../src/extension/fineTuning/wizard/tuningPlan.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { newIntentId } from '../../../../src/jobs/start/intentJournal.ts';
import { startJob } from '../../../../src/jobs/start/startJob.ts';
import { markOf, placesIn, pythonOf } from '../../../../src/openWeights/places.ts';
import { updateRegistry } from '../../../../src/openWeights/registry.ts';
import { crashingAt, startInput, TRAINING } from '../../../faults/support/sagaRig.ts';
import { chatRows, questions, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { aJob } from '../../../support/jobBuilders.ts';
import { AS_IT_IS, CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

let ui: UiDouble;
let extension: ExtensionDouble;
let emptyPath: string;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
  // No GPU, whatever this machine has.
  emptyPath = await mkdtemp(path.join(tmpdir(), 'tuning-fork-path-'));
  vi.stubEnv('PATH', emptyPath);
  await extension.services.connections.remove(extension.lab.id);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await extension.close();
  await rm(emptyPath, { recursive: true });
});

/** Base models that the server lists. */
function models(...ids: readonly string[]): void {
  extension.server.otherwise = (route) =>
    route === 'GET /models'
      ? { kind: 'json', value: { object: 'list', data: ids.map((id) => ({ id, object: 'model', created: 1 })) } }
      : { kind: 'ok' };
}

const rows = (make: (n: number) => unknown, first = 0): string =>
  Array.from({ length: 12 }, (_, n) => `${JSON.stringify(make(first + n))}\n`).join('');
const PAIRS = rows((n) => ({
  input: { messages: [{ role: 'user', content: `Question ${String(n)}` }] },
  preferred_output: [{ role: 'assistant', content: `Better ${String(n)}` }],
  non_preferred_output: [{ role: 'assistant', content: `Worse ${String(n)}` }],
}));
const graded = (first: number): string =>
  rows((n) => ({ messages: [{ role: 'user', content: `What is ${String(n)}?` }], answer: String(n) }), first);
const CHECK = {
  type: 'string_check',
  name: 'exact',
  input: '{{sample.output_text}}',
  reference: '{{item.answer}}',
  operation: 'eq',
};
const CODE = { type: 'python', name: 'code', source: 'def grade(sample, item):\n    return 1.0\n' };

const SUMMARY = /^Start, or choose a line/;
const START: Line = { pick: SUMMARY, answer: '$(play) Start' };
const QUESTION = 'Which model should learn from the dataset?';
const NO_PAIRS = 'Preference pairs need an open-weights model; local-linear-1 learns from chats only.';

async function start(text: string, name = 'prices.train.jsonl'): Promise<void> {
  await startFineTuning(extension.services, [fileUri(await extension.write(name, text))]);
}
const jobs = () => extension.server.ledger.jobs;
const expectNothingStarted = (): void => {
  expect(extension.server.ledger).toMatchObject({ files: [], jobs: [] });
};
const ran = (): readonly unknown[] => editor.ran.map(([id]) => id);

/** The environment, as the set-up leaves it. */
async function setUp(): Promise<void> {
  const { venv } = placesIn(extension.folder);
  await mkdir(path.dirname(pythonOf(venv)), { recursive: true });
  await writeFile(pythonOf(venv), '');
  await writeFile(markOf(venv), '{}');
}

async function add(id: string, addedAt = new Date().toISOString()): Promise<void> {
  const model = { id, source: `owner/${id}`, revision: null, licence: null, parameters: null, addedAt };
  await updateRegistry(placesIn(extension.folder).server, ({ models: others }) => ({
    python: null,
    models: [...others.filter((other) => other.id !== id), model],
  }));
}

describe('the base model on Local', () => {
  it('is the baseline where there is no other, and the summary says that it is one', async () => {
    models('local-linear-1');
    ui.expect({
      pick: SUMMARY,
      reads: ['Base model: local-linear-1, a linear baseline, not a language model'],
      answer: CLOSED,
    });
    await expect(start(chatRows(questions(10)))).rejects.toBeInstanceOf(Cancelled);
  });

  it('is asked for where an open-weights model is there too, and Enter takes that one', async () => {
    models('local-linear-1', 'tiny');
    ui.expect(
      {
        pick: QUESTION,
        offers: ['local-linear-1', 'tiny', '$(desktop-download) Set Up Open-Weights Training…'],
        answer: AS_IT_IS,
      },
      { pick: SUMMARY, reads: ['Base model: tiny'], answer: CLOSED },
    );
    await expect(start(chatRows(questions(10)))).rejects.toBeInstanceOf(Cancelled);
  });

  it('is the open-weights model for preference pairs, without a question where there is one', async () => {
    models('local-linear-1', 'tiny');
    ui.expect({ ...START, reads: ['Base model: tiny', 'Method: Preference (DPO), by the form of the rows'] });
    await start(PAIRS);
    expect(jobs()).toMatchObject([{ model: 'tiny', method: { type: 'dpo' } }]);
  });
});

describe('the way to an open-weights model', () => {
  beforeEach(() => {
    models('local-linear-1');
  });
  const WAY: Line = {
    pick: QUESTION,
    details: [NO_PAIRS],
    reads: ['$(desktop-download) Set Up Open-Weights Training…: on this machine; it needs Python'],
    answer: /Set Up/,
  };

  it('sets training up, adds a model, and takes it', async () => {
    editor.commands.set(COMMANDS.setUpOpenWeights, setUp);
    editor.commands.set(COMMANDS.addOpenWeightsModel, () => add('tiny'));
    ui.expect(WAY, { ...START, reads: ['Base model: tiny'] });
    await start(PAIRS);
    expect(ran().slice(0, 2)).toEqual([COMMANDS.setUpOpenWeights, COMMANDS.addOpenWeightsModel]);
    expect(editor.ran[0]).toEqual([COMMANDS.setUpOpenWeights, 'quietly']);
    expect(jobs()).toMatchObject([{ model: 'tiny' }]);
  });

  it.each<[string, boolean]>([
    ['the set-up', false],
    ['the model', true],
  ])('ends the wizard when %s is canceled, and asks nothing again', async (_what, isSetUp) => {
    if (isSetUp) editor.commands.set(COMMANDS.setUpOpenWeights, setUp);
    ui.expect(WAY);
    await expect(start(PAIRS)).rejects.toBeInstanceOf(Cancelled);
    expect(ran()).toEqual([COMMANDS.setUpOpenWeights, ...(isSetUp ? [COMMANDS.addOpenWeightsModel] : [])]);
    expectNothingStarted();
  });

  it('leads back to the summary as it was, when it was taken from there and canceled', async () => {
    ui.expect(
      { pick: SUMMARY, answer: 'Base model' },
      { pick: /^Which model/, offers: ['local-linear-1'], answer: '$(desktop-download) Use a real language model…' },
      { pick: SUMMARY, reads: [/^Base model: local-linear-1/], answer: CLOSED },
    );
    await expect(start(chatRows(questions(10)))).rejects.toBeInstanceOf(Cancelled);
    expect(ran()).toEqual([COMMANDS.setUpOpenWeights]);
  });

  it('only adds a model where training is set up, also one that is in the list', async () => {
    await setUp();
    await add('tiny', '2026-01-01T00:00:00Z');
    await add('other', '2026-01-01T00:00:00Z');
    editor.commands.set(COMMANDS.addOpenWeightsModel, () => add('tiny'));
    models('local-linear-1', 'other', 'tiny');
    ui.expect(
      { pick: QUESTION, offers: ['other', 'tiny'], details: [NO_PAIRS], answer: '$(add) Add Open-Weights Model…' },
      { pick: SUMMARY, reads: ['Base model: tiny'], answer: CLOSED },
    );
    await expect(start(PAIRS)).rejects.toBeInstanceOf(Cancelled);
    expect(ran()).toEqual([COMMANDS.addOpenWeightsModel]);
  });
});

describe('graders on Local', () => {
  const GRADER = 'Which grader scores the answers?';
  const WHY =
    'A python grader runs code from the grader file, and training on this machine runs no code that comes with data.';
  const CHOOSE = 'Use a grader of the type string_check, text_similarity or multi.';

  beforeEach(async () => {
    models('local-linear-1', 'tiny');
    editor.found = [
      await extension.write('code.grader.json', JSON.stringify(CODE)),
      await extension.write('check.grader.json', JSON.stringify(CHECK)),
    ];
    await extension.write('sums.validation.jsonl', graded(100));
  });
  const startGraded = (): Promise<void> => start(graded(0), 'sums.train.jsonl');

  it('are refused with the reason when they run code, before anything is uploaded', async () => {
    ui.expect(
      { pick: GRADER, answer: 'code.grader.json' },
      { notify: `code.grader.json: ${WHY} ${CHOOSE}`, kind: 'error', actions: ['Open Grader'] },
    );
    await expect(startGraded()).rejects.toBeInstanceOf(Cancelled);
    expectNothingStarted();
  });

  it('are sent when they are computed from the answer', async () => {
    ui.expect({ pick: GRADER, answer: 'check.grader.json' }, START);
    await startGraded();
    expect(jobs()).toMatchObject([
      { model: 'tiny', method: { type: 'reinforcement', reinforcement: { grader: CHECK } } },
    ]);
  });

  it('are asked for again when the connection becomes Local, which does not take the one of before', async () => {
    const lab = await extension.services.connections.add({
      kind: 'compatible',
      name: 'Lab 2',
      baseUrl: extension.server.baseUrl,
    });
    await extension.services.keys.set(lab, extension.server.apiKey);
    ui.expect(
      { pick: 'Where should it be trained?', answer: 'Lab 2' },
      { pick: /^Which model/, answer: 'tiny' },
      { pick: GRADER, answer: 'code.grader.json' },
      { pick: SUMMARY, reads: ['Grader: python · code'], answer: 'Connection' },
      { pick: 'Where should it be trained?', answer: 'Local' },
      { pick: GRADER, answer: 'check.grader.json' },
      { pick: SUMMARY, reads: ['Connection: Local', 'Grader: string_check · exact'], answer: CLOSED },
    );
    await expect(startGraded()).rejects.toBeInstanceOf(Cancelled);
  });

  it('are read again right before the start, from the file or from another job', async () => {
    const plan = (value: unknown, file: string | null): TuningPlan =>
      ({
        connection: LOCAL_CONNECTION,
        method: 'reinforcement',
        training: path.join(extension.folder, 'sums.validation.jsonl'),
        grader: { type: 'string_check', name: 'exact', value, path: file },
      }) as unknown as TuningPlan;
    const file = await extension.write('changed.grader.json', JSON.stringify(CHECK));
    expect(await graderNow(extension.services, plan(CHECK, file))).toEqual(CHECK);
    await extension.write('changed.grader.json', JSON.stringify(CODE));
    const refused = { problem: { code: 'grader-not-computed', message: WHY, action: CHOOSE } };
    await expect(graderNow(extension.services, plan(CHECK, file))).rejects.toMatchObject(refused);
    await expect(graderNow(extension.services, plan(CODE, null))).rejects.toMatchObject(refused);
  });
});

describe('settings of the open-weights trainer', () => {
  const LIST = 'Choose a line to change it';
  const CHAT = chatRows(questions(10));
  const DONE: Line = { pick: LIST, answer: '$(check) Done' };
  const RANK: Line[] = [
    { pick: SUMMARY, reads: ['Advanced…: LoRA, memory and batches, metadata'], answer: 'Advanced…' },
    {
      pick: LIST,
      reads: [
        'LoRA rank: 16',
        '4-bit weights: not available: it needs an NVIDIA GPU with CUDA, and none was found',
        'Packing: off',
      ],
      answer: 'LoRA rank',
    },
    { input: 'LoRA rank (empty: 16)', answer: '8' },
  ];
  const theJob = (index = 0) => jobs()[index] as unknown as { readonly id: string };
  const recordOf = (id: string) => extension.services.jobs.get(LOCAL_CONNECTION.id, id);

  beforeEach(() => {
    models('tiny');
  });

  it('are sent with the job, and kept in its record and over a restart of its start', async () => {
    ui.expect(...RANK, { ...DONE, reads: ['LoRA rank: 8'] }, { ...START, reads: ['Advanced…: LoRA rank 8'] });
    await start(CHAT);
    expect(jobs()).toMatchObject([{ method: { type: 'supervised', supervised: { advanced: { lora_rank: 8 } } } }]);
    expect(recordOf(theJob().id)).toMatchObject({
      job: { advanced: { lora_rank: 8 } },
      local: { askedAdvanced: { lora_rank: 8 } },
    });
  });

  it('are those of the job in Start Job Again with Same Settings…', async () => {
    ui.expect(...RANK, DONE, START);
    await start(CHAT);
    const ref = { connectionId: LOCAL_CONNECTION.id, jobId: theJob().id };
    // The provider tells what became of the others.
    const job = aJob({ id: ref.jobId, model: 'tiny', advanced: { lora_rank: 8, max_length: 512, packing: false } });
    extension.services.jobs.update(ref.connectionId, ref.jobId, { job });
    ui.expect({ ...START, reads: ['Advanced…: LoRA rank 8'] });
    await startAgain(extension.services, ref);
    expect(jobs()[1]).toMatchObject({ method: { supervised: { advanced: { lora_rank: 8 } } } });
    expect(JSON.stringify(jobs()[1])).not.toContain('max_length');
  });

  it('are none again where the start asked for none, as in journals of earlier versions', async () => {
    ui.expect(START);
    await start(CHAT);
    expect(JSON.stringify(jobs())).not.toContain('advanced');
    const ref = { connectionId: LOCAL_CONNECTION.id, jobId: theJob().id };
    const job = aJob({ id: ref.jobId, model: 'tiny', advanced: { lora_rank: 16, max_length: 512 } });
    extension.services.jobs.update(ref.connectionId, ref.jobId, { job });
    ui.expect({ pick: SUMMARY, reads: ['Advanced…: LoRA, memory and batches, metadata'], answer: CLOSED });
    await expect(startAgain(extension.services, ref)).rejects.toBeInstanceOf(Cancelled);
  });

  it('are those that were used, where another tool started the job', async () => {
    const trainingPath = await extension.write('copy.jsonl', CHAT);
    const ref = { connectionId: LOCAL_CONNECTION.id, jobId: 'ftjob-9' };
    await extension.services.jobs.load();
    extension.services.jobs.update(ref.connectionId, ref.jobId, {
      job: aJob({ id: ref.jobId, model: 'tiny', status: 'succeeded', advanced: { lora_rank: 4 } }),
      local: { trainingPath, startedHere: true },
    });
    ui.expect({ pick: SUMMARY, reads: ['Advanced…: LoRA rank 4'], answer: CLOSED });
    await expect(startAgain(extension.services, ref)).rejects.toBeInstanceOf(Cancelled);
  });

  it('are refused before anything is uploaded when the batch size was changed after them', async () => {
    ui.expect(
      { pick: SUMMARY, answer: 'Advanced…' },
      { pick: LIST, answer: 'Gradient accumulation' },
      { input: /^Gradient accumulation/, answer: '4' },
      DONE,
      { pick: SUMMARY, answer: 'Hyperparameters' },
      { pick: /^Epochs, batch size/, answer: 'Set them…' },
      { input: /^Number of epochs/, answer: AS_IT_IS },
      { input: /^Batch size/, answer: '6' },
      { input: /^Learning rate/, answer: AS_IT_IS },
      START,
    );
    await expect(start(CHAT)).rejects.toMatchObject({
      problem: { code: 'bad-setting', message: 'A batch of 6 cannot be divided into 4 equal parts.' },
    });
    expectNothingStarted();
  });

  it.each<[string, object]>([
    ['with them', { lora_rank: 8, packing: true }],
    ['of an earlier version, without them', {}],
  ])('are in a start %s that was interrupted', async (_which, advanced) => {
    const intentId = newIntentId();
    const { folder, services } = extension;
    const input = startInput(intentId, await extension.write('prices.jsonl', TRAINING), null);
    const method = { ...input.method, ...(Object.keys(advanced).length > 0 ? { advanced } : {}) };
    const provider = await services.providers.get(LOCAL_CONNECTION.id);
    const local = { ...input.local, priceEstimate: 0 };
    const order = { ...input, connectionId: LOCAL_CONNECTION.id, model: 'tiny', method, local };
    await startJob(order, crashingAt({ provider, folder, jobs: services.jobs }, 'uploaded training'));
    expectNoJob();
    await goOnWithStart(services, intentId);
    const { supervised } = (jobs()[0] as unknown as { method: { supervised: { advanced?: object } } }).method;
    expect(supervised.advanced ?? {}).toEqual(advanced);
  });
  const expectNoJob = (): void => {
    expect(jobs()).toEqual([]);
  };
});
