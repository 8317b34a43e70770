import path from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { testResults } from '../../scripts/lib/paths.ts';
import { placesIn } from '../../src/openWeights/places.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { patience } from '../support/e2e/again.ts';
import { setUpFakePython } from '../support/openWeights/fakePython.ts';

const WORDS = {
  payment: ['card', 'charge', 'invoice', 'refund', 'bill', 'fee', 'receipt', 'price'],
  delivery: ['parcel', 'courier', 'door', 'tracking', 'address', 'box', 'depot', 'mail'],
} as const;
/** Row with the answer of the other kind, which is the hardest one. */
const ODD_LINE = 42;

const tickets = Array.from({ length: 120 }, (_, n) => {
  const kind = n % 2 === 0 ? 'payment' : 'delivery';
  const words = WORDS[kind];
  const question = `Ticket ${String(n)} about the ${words[n % 8] ?? ''} and the ${words[(n * 3 + 1) % 8] ?? ''} of my order`;
  const answer = n === ODD_LINE - 1 ? 'payment' : kind;
  return JSON.stringify({
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  });
});

describe('whether more data would help, in the report of a dataset', () => {
  const window = useWindow(async () => ({
    workspace: await temporaryWorkspace({
      'tickets.train.jsonl': tickets.join('\n'),
      'few.jsonl': tickets.slice(0, 12).join('\n'),
    }),
  }));

  const open = async (name: string): Promise<FrameLocator> => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.select(name);
    await window().editors.show(name);
    await window().editors.pressLens('Show Dataset Report', `Report: ${name}`);
    return window().editors.webview(`Report: ${name}`);
  };

  it('is measured by its button: a curve, its table, and the hardest rows, which lead to their lines', async () => {
    const page = await open('tickets.train.jsonl');
    const section = page.getByRole('region', { name: 'Would more data help?' });
    await section.getByText('Trains the linear baseline of this machine').waitFor({ timeout: patience });
    await section.getByRole('button', { name: 'Measure', exact: true }).click();
    const table = section.getByRole('table', { name: 'Error by rows trained on' });
    await table.waitFor({ timeout: 4 * patience });
    await section.locator('[data-points="5"]').waitFor({ timeout: patience });
    expect(await table.getByRole('rowheader').allTextContents()).toEqual([
      '12',
      '24',
      '48',
      '72',
      '96',
      '192 expected',
    ]);
    const hardest = section.getByRole('table', { name: 'Hardest rows' });
    const first = hardest.getByRole('row').nth(1);
    expect(await first.textContent()).toMatch(/^42Ticket 41 .*paymentdelivery/);
    await first.getByRole('button', { name: String(ODD_LINE), exact: true }).click();
    await window().editors.show('tickets.train.jsonl');
    await window()
      .page.locator('.statusbar-item', { hasText: new RegExp(`Ln ${String(ODD_LINE)},`) })
      .first()
      .waitFor({ timeout: patience });
  });

  it('has points of an open-weights model beside its curve, trained and asked by the local server', async () => {
    // A program that stands in for Python: it trains nothing, and answers what it was asked.
    const storage = path.join(window().profile.userData, 'User/globalStorage/tuning-fork.tuning-fork');
    await setUpFakePython(placesIn(storage).server);
    await window().editors.show('Report: tickets.train.jsonl');
    const page = await window().editors.webview('Report: tickets.train.jsonl');
    const section = page.getByRole('region', { name: 'Would more data help?' });
    await section
      .getByRole('button', { name: 'Add Points of an Open-Weights Model…', exact: true })
      .click({ timeout: patience });
    const { quickInput, dialog } = window();
    await quickInput.step('Which model should be trained on parts of the rows?');
    expect((await quickInput.texts()).join('\n')).not.toContain('local-linear-1');
    await quickInput.pick(/^\W*tiny-good/);
    await dialog.shown('Train tiny-good on parts of tickets.train.jsonl?');
    expect(await dialog.box.innerText()).toContain('one after the other, on 24, 48 and 96 rows');
    await dialog.press('Start');
    await section.locator('[data-model-points="3"]').waitFor({ timeout: 4 * patience });
    // One notification for all, which may come hours later.
    const { notifications } = window();
    await notifications.dismiss('The points of tiny-good are in the report of tickets.train.jsonl.');
    expect(await notifications.with('was fine-tuned').count()).toBe(0);
    const rows = section.getByRole('table', { name: 'Error by rows trained on' }).getByRole('row');
    expect((await rows.allTextContents()).slice(-3)).toEqual([
      expect.stringMatching(/^24 ■ tiny-good100\.0%/),
      expect.stringMatching(/^48 ■ tiny-good100\.0%/),
      expect.stringMatching(/^96 ■ tiny-good100\.0%/),
    ]);
    await section
      .getByText('tiny-good is another model, trained once on each part of the rows and tested on 24 rows')
      .waitFor();
    for (const theme of ['light', 'dark', 'highContrast'] as const) {
      await window().useTheme(theme);
      await section.getByText('Points: measured errors').scrollIntoViewIfNeeded();
      await window().screenshot(path.join(testResults, `model-points-${theme}.png`));
    }
    // The jobs are as any other.
    await window().sideBar.show('Tuning Fork');
    const jobs = window().sideBar.view('Jobs');
    for (const share of ['25 %', '50 %', '100 %']) await jobs.shows(`tickets ${share}`);
  });

  it('is not said of a dozen rows', async () => {
    const page = await open('few.jsonl');
    const section = page.getByRole('region', { name: 'Would more data help?' });
    await section.getByRole('button', { name: 'Measure', exact: true }).click();
    await section
      .getByText('There are 12 examples with an answer in text, and at least 50 are needed.')
      .waitFor({ timeout: 2 * patience });
    expect(await section.getByRole('table').count()).toBe(0);
  });
});
