import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import path from 'node:path';
import { COMMANDS } from '../../../../src/extension/contributions.ts';
import { openCurve } from '../../../../src/extension/curves/openCurve.ts';
import { startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { uiDouble, type UiDouble } from '../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

let ui: UiDouble;
let extension: ExtensionDouble;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
});
afterEach(async () => {
  await extension.close();
});

const opened = (): readonly string[] => extension.opened;

it('opens the file that it was called on, and all that are selected', async () => {
  await openCurve(extension.services, [fileUri('/x/results.csv')]);
  await openCurve(extension.services, [
    fileUri('/x/a.csv'),
    [fileUri('/x/a.csv'), fileUri('/x/b.csv'), fileUri('/x/a.csv')],
  ]);
  expect(opened()).toEqual([
    `curve ${path.resolve('/x/results.csv')}`,
    `curve ${[path.resolve('/x/a.csv'), path.resolve('/x/b.csv')].join(',')}`,
  ]);
});

it('reads curves in the worker: a result file, also as base64, a trainer state, an export of W&B; and says why it cannot', async () => {
  const { datasets } = extension.services;
  const csv = 'step,train_loss,valid_loss\n1,3.5,\n2,3,oops\n3,2.5,2.75\n';
  const plain = await datasets.readCurve(await extension.write('a.csv', csv));
  expect(plain.runs.map(({ table }) => table.series.map(({ name, values }) => [name, values.length]))).toEqual([
    [
      ['train_loss', 3],
      ['valid_loss', 1],
    ],
  ]);
  expect(plain).toMatchObject({ problemCount: 1, problems: [{ line: 3 }] });
  const encoded = await datasets.readCurve(await extension.write('b.csv', Buffer.from(csv).toString('base64')));
  expect(encoded.runs).toEqual(plain.runs);
  const history = [1, 2, 3].map((step) => ({ step, loss: 4 - step, epoch: step / 3 }));
  const state = JSON.stringify({ log_history: history, global_step: 3, num_train_epochs: 1 });
  expect((await datasets.readCurve(await extension.write('trainer_state.json', state))).epochs).toBe(1);
  const wandb = '"Step","sun - train/loss","sea - train/loss"\n"1","2","3"\n"2","1","2"\n';
  const runs = (await datasets.readCurve(await extension.write('wandb.csv', wandb))).runs.map(({ name }) => name);
  expect(runs).toEqual(['sun', 'sea']);
  await expect(datasets.readCurve(await extension.write('empty.csv', ''))).rejects.toMatchObject({
    message: 'empty.csv is empty.',
  });
  await expect(datasets.readCurve(path.join(extension.folder, 'gone.csv'))).rejects.toThrow(/gone\.csv/);
});

it('is a command of the palette', () => {
  expect(COMMANDS.openCurve).toBe('tuningFork.openCurve');
});
