// *Start Again…*: choice between two files when the dataset has changed since the start.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SETTINGS } from '../../../../src/extension/contributions.ts';
import { startAgain } from '../../../../src/extension/fineTuning/startAgain.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { chatRows, questions, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { aJob } from '../../../support/jobBuilders.ts';
import { CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const MODEL = 'gpt-4o-mini-2024-07-18';
const THEN = chatRows(questions(10, 'old'));
const NOW = chatRows(questions(11, 'new'));
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

let ui: UiDouble;
let extension: ExtensionDouble;
let source: string;
let ref: { readonly connectionId: string; readonly jobId: string };

beforeEach(async () => {
  editor.reset();
  editor.settings.set(SETTINGS.prices, { [MODEL]: 1000 });
  ui = uiDouble();
  extension = await startExtension(ui);
  ref = { connectionId: extension.lab.id, jobId: 'ftjob-1' };
  source = await extension.write('prices.jsonl', NOW);
  await startedWith(await extension.write('copy.jsonl', THEN));
});
afterEach(async () => {
  await extension.close();
});

/** Record of a job that was started here with the original rows. */
async function startedWith(trainingPath: string | null, sourcePath: string | null = source): Promise<void> {
  await extension.services.jobs.load();
  extension.services.jobs.update(ref.connectionId, ref.jobId, {
    job: aJob({
      model: MODEL,
      status: 'succeeded',
      seed: 7,
      suffix: 'pricer',
      hyperparameters: { n_epochs: 2, batch_size: 'auto', learning_rate_multiplier: 'auto' },
    }),
    local: { name: 'Pricer', trainingPath, sourcePath, sourceSha256: sha256(THEN), startedHere: true },
  });
}

const WHICH: Line = {
  pick: 'prices.jsonl has changed since it was uploaded. Which version?',
  title: 'Start Pricer Again',
  answer: 'As uploaded',
};
const start = (examples: number): Line[] => [
  { pick: /^Start, or/, answer: /Start/ },
  {
    modal: /^Start a paid job at Lab/,
    detail: new RegExp(`^${String(examples)} examples, 2 epochs`),
    answer: /^Start for About/,
  },
];
const uploaded = (): readonly string[] => extension.server.ledger.files.map(({ content }) => content);
const newest = (): { sourcePath: string | null; sourceSha256: string | null; name: string | null } | undefined =>
  extension.services.jobs.list(extension.lab.id).find(({ job }) => job.id !== ref.jobId)?.local;

describe('a dataset that has changed since the job was started', () => {
  it('is uploaded as it was then, when that is chosen', async () => {
    ui.expect(WHICH, ...start(10));
    await startAgain(extension.services, ref);
    expect(uploaded()).toEqual([THEN]);
    expect(extension.server.ledger.jobs).toMatchObject([{ model: MODEL, seed: 7, suffix: 'pricer' }]);
    expect(newest()).toMatchObject({ sourcePath: source, sourceSha256: sha256(THEN), name: 'Pricer' });
  });

  it('is trained for the epochs that a hint proposes, where it does', async () => {
    ui.expect(
      WHICH,
      { pick: /^Start, or/, reads: ['Epochs: 1', /^Hyperparameters: 1 epoch · /], answer: /Start/ },
      { modal: /^Start a paid job at Lab/, detail: /^10 examples, 1 epoch/, answer: /^Start for About/ },
    );
    await startAgain(extension.services, ref, { epochs: 1 });
    expect(extension.server.ledger.jobs).toHaveLength(1);
    ui.expect(WHICH, ...start(10));
    await startAgain(extension.services, ref, { epochs: 'many' });
  });

  it('is uploaded as it is now, when that is chosen', async () => {
    ui.expect({ ...WHICH, answer: 'As it is now' }, ...start(11));
    await startAgain(extension.services, ref);
    expect(uploaded()).toEqual([NOW]);
    expect(newest()).toMatchObject({ sourcePath: source, sourceSha256: sha256(NOW) });
  });

  it('is not uploaded at all when the question is closed', async () => {
    ui.expect({ ...WHICH, answer: CLOSED });
    await expect(startAgain(extension.services, ref)).rejects.toBeInstanceOf(Cancelled);
    expect(uploaded()).toEqual([]);
  });
});

describe('the dataset of a job that is started again', () => {
  it('is the copy without a question when it is what it was', async () => {
    await extension.write('prices.jsonl', THEN);
    ui.expect(...start(10));
    await startAgain(extension.services, ref);
    expect(uploaded()).toEqual([THEN]);
  });

  it('is the copy without a question when the file is gone', async () => {
    await startedWith(await extension.write('copy.jsonl', THEN), `${extension.folder}/gone.jsonl`);
    ui.expect(...start(10));
    await startAgain(extension.services, ref);
    expect(uploaded()).toEqual([THEN]);
  });

  it('is the file when the copy is gone, and the one that is chosen when both are', async () => {
    await startedWith(`${extension.folder}/cleared.jsonl`);
    ui.expect(...start(11));
    await startAgain(extension.services, ref);
    await startedWith(null, null);
    ui.expect(
      { openDialog: 'Choose the training file to start Pricer again', answer: [fileUri(source) as never] },
      { pick: /measured on/, answer: 'None' },
      ...start(11),
    );
    await startAgain(extension.services, ref);
    expect(uploaded()).toEqual([NOW, NOW]);
  });
});
