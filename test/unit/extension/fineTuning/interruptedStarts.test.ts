// Starts left by an earlier window: the price is confirmed once more, with the amount.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { COMMANDS, SETTINGS } from '../../../../src/extension/contributions.ts';
import {
  forgetInterrupted,
  goOnWithStart,
  offerInterrupted,
} from '../../../../src/extension/fineTuning/interruptedStarts.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { newIntentId } from '../../../../src/jobs/start/intentJournal.ts';
import { startJob } from '../../../../src/jobs/start/startJob.ts';
import { crashingAt, startInput, TRAINING } from '../../../faults/support/sagaRig.ts';
import { startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

let ui: UiDouble;
let extension: ExtensionDouble;
let intentId: string;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
  intentId = newIntentId();
  const { folder, lab, services } = extension;
  const input = {
    ...startInput(intentId, await extension.write('prices.jsonl', TRAINING), null),
    connectionId: lab.id,
  };
  const provider = await services.providers.get(lab.id);
  // The window was closed after the upload: the user had agreed to $1.25, and nothing was billed.
  await startJob(input, crashingAt({ provider, folder, jobs: services.jobs }, 'uploaded training'));
});
afterEach(async () => {
  await extension.close();
});

const jobs = (): readonly unknown[] => extension.server.ledger.jobs;
const PAY: Line = {
  modal: 'Resume the start of prices at Lab for about $1.25?',
  detail: / trains base-1 .*nothing has been billed yet/,
  answer: 'Resume for About $1.25',
};

describe('going on with an interrupted start', () => {
  it('asks with the amount, and makes one job of the file that is there', async () => {
    ui.expect(PAY);
    await goOnWithStart(extension.services, intentId);
    expect(jobs()).toMatchObject([{ model: 'base-1', training_file: extension.server.ledger.files[0]?.id }]);
    expect(extension.server.ledger.files).toHaveLength(1);
    expect(extension.services.starts.list()).toEqual([]);
  });

  it.each<[string, typeof CLOSED | string]>([
    ['closed', CLOSED],
    ['answered with Not Now', 'Not Now'],
  ])('makes no job when the question is %s, and can be gone on with later', async (_how, answer) => {
    ui.expect({ ...PAY, answer });
    await expect(goOnWithStart(extension.services, { intentId })).rejects.toBeInstanceOf(Cancelled);
    expect(jobs()).toEqual([]);
    ui.expect({ pick: 'Which start?', answer: 'prices' }, PAY);
    // Called from the palette, the command lists the starts.
    await goOnWithStart(extension.services, undefined);
    expect(jobs()).toHaveLength(1);
  });

  it('is refused above the cap, before any question', async () => {
    editor.settings.set(SETTINGS.costCap, 1);
    await expect(goOnWithStart(extension.services, intentId)).rejects.toMatchObject({
      problem: { code: 'above-price-cap' },
    });
    expect(jobs()).toEqual([]);
  });
});

describe('an interrupted start', () => {
  it('is offered after start-up, and leads to the command', async () => {
    ui.expect({ notify: /^The start of prices was interrupted /, kind: 'warning', answer: 'Resume…' });
    await offerInterrupted(extension.services);
    expect(editor.ran).toEqual([[COMMANDS.resumeStart, intentId]]);
  });

  it('is discarded after a question that says what stays', async () => {
    ui.expect({
      modal: 'Discard the start of prices?',
      detail: /1 uploaded file stays at the provider/,
      answer: CLOSED,
    });
    await expect(forgetInterrupted(extension.services, intentId)).rejects.toBeInstanceOf(Cancelled);
    expect(await extension.services.starts.refresh()).toHaveLength(1);
    ui.expect({ modal: 'Discard the start of prices?', answer: 'Discard' });
    await forgetInterrupted(extension.services, intentId);
    expect(await extension.services.starts.refresh()).toEqual([]);
    expect(jobs()).toEqual([]);
  });
});
