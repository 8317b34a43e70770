import { appendFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { askAndStart, planFor } from '../../../../src/extension/fineTuning/startFineTuning.ts';
import type { TuningPlan } from '../../../../src/extension/fineTuning/wizard/tuningPlan.ts';
import { editor } from '../../../support/vscodeDouble.ts';
import { range, startRig, SUMMARY, type StartRig } from './startRig.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

let rig: StartRig;

beforeEach(async () => {
  editor.reset();
  // Price in US dollars per million trained tokens.
  editor.settings.set('tuningFork.cost.prices', { 'base-1': 1000 });
  rig = await startRig();
});
afterEach(async () => {
  rig.ui.done();
  await rig.close();
});

/** Runs a task during the first confirmation of the paid start. */
function whileConfirming(act: () => Promise<unknown>): void {
  const modal = rig.ui.modal.bind(rig.ui);
  let first = true;
  rig.ui.modal = async (...question) => {
    if (first) await act();
    first = false;
    return modal(...question);
  };
}

describe('a dataset that is edited while its start is confirmed', () => {
  it.each([{ kind: 'none' }, { kind: 'split' }] as const)(
    'is checked again, priced again and asked about again before anything is sent ($kind)',
    async (validation) => {
      const { services, ui, server, connection } = rig;
      const file = await rig.write(range(0, 20));
      const given: Partial<TuningPlan> = { connection, model: 'base-1', validation, suffix: '', seed: 7 };
      const plan = await planFor(services, file, given);
      whileConfirming(() => rig.write(range(100, 300)));
      ui.expect(
        { pick: SUMMARY, answer: '$(play) Start' },
        { modal: /^Start a paid job at Lab/, detail: /^20 examples/, answer: /^Start for About/ },
        {
          notify: /^prices\.jsonl was changed since it was checked, so nothing was uploaded\./,
          kind: 'warning',
        },
        { pick: SUMMARY, answer: '$(play) Start' },
        { modal: /^Start a paid job at Lab/, detail: /^200 examples/, answer: /^Start for About/ },
      );
      await askAndStart(services, 'Fine-Tune', plan);
      expect(server.ledger.jobs).toHaveLength(1);
      const { training, validation: measured } = await rig.rowsOf(0);
      expect([...training, ...measured].sort((a, b) => a - b)).toEqual(range(100, 300));
      const [record] = services.jobs.list();
      expect(record?.local.examples).toBe(200);
      const { sha256 } = await services.datasets.inspect({ path: file }, { countTokens: false });
      expect(record?.local.sourceSha256).toBe(sha256);
    },
  );

  it('has its warnings accepted again, also those that were accepted before the change', async () => {
    const { services, ui, server, connection } = rig;
    const file = await rig.write(range(0, 20));
    const other = (price: string): Promise<void> =>
      appendFile(
        file,
        `${JSON.stringify({
          messages: [
            { role: 'user', content: 'How much is thing 3?' },
            { role: 'assistant', content: `Price is $${price}` },
          ],
        })}\n`,
      );
    await other('9.00');
    const plan = await planFor(services, file, { connection, model: 'base-1', suffix: '' });
    whileConfirming(() => other('8.00'));
    const review = { pick: /^Review 1 warning before/, answer: /Continue Anyway/ };
    ui.expect(
      { pick: SUMMARY, answer: '$(play) Start' },
      review,
      { modal: /^Start a paid job at Lab/, detail: /^21 examples/, answer: /^Start for About/ },
      { notify: /was changed since it was checked/, kind: 'warning' },
      { pick: SUMMARY, answer: '$(play) Start' },
      review,
      { modal: /^Start a paid job at Lab/, detail: /^22 examples/, answer: /^Start for About/ },
    );
    await askAndStart(services, 'Fine-Tune', plan);
    expect(server.ledger.jobs).toHaveLength(1);
  });
});
