import type { FrameLocator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { SUMMARY } from '../support/e2e/mainJob.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

describe('a sweep on this machine', () => {
  const window = useWindow(async () => ({
    workspace: await temporaryWorkspace({
      'shop.train.jsonl': toJsonl(priceRows(200, 1000)),
      'shop.val.jsonl': toJsonl(priceRows(40, 5000)),
    }),
  }));
  const table = () => window().editors.webview('Jobs Table');
  const names = (page: FrameLocator) =>
    page.locator('.jobs-table tbody tr:not(.spacer) td:nth-child(3)').allTextContents();
  const heads = (page: FrameLocator) => page.locator('.jobs-table thead th').allTextContents();

  it('is planned by a right-click and opens the Jobs table with its runs', async () => {
    const { explorer } = window().sideBar;
    await window().sideBar.show('Explorer');
    await explorer.shows('shop.train.jsonl');
    await explorer.choose('shop.train.jsonl', 'Sweep…');
    await window().quickInput.step(SUMMARY);
    await window().quickInput.pick(/^\W*Start/);
    const page = await table();
    await page.getByRole('heading', { name: 'Sweep of shop' }).waitFor({ timeout: 60_000 });
    await page.getByText('Tried: 4 of 9 combinations').waitFor();
  });

  it('goes on after a reload of the window and ends with four runs', async () => {
    await window().persisted(/"sweep\\*":\\*"/);
    await window().reload();
    const page = await table();
    await page.getByRole('heading', { name: 'Sweep of shop' }).waitFor({ timeout: 60_000 });
    await page.getByText('4 of 4 runs succeeded.').waitFor({ timeout: 120_000 });
    await window().notifications.shown('The sweep of shop has ended; 4 of 4 runs succeeded.');
    await window().notifications.dismiss('The sweep of shop has ended');
    await expect
      .poll(async () => (await names(page)).toSorted(), { timeout: 30_000 })
      .toEqual([1, 2, 3, 4].map((run) => `shop, run ${String(run)} of 4`));
    expect(await heads(page)).toEqual(
      expect.arrayContaining([
        'Validation loss of the model',
        'Epochs',
        'Learning rate multiplier',
        'Tokens/s',
        'Device',
      ]),
    );
  });

  it('marks the lowest loss, and says that it is no claim', async () => {
    const page = await table();
    await expect.poll(() => page.locator('.jobs-table tbody').getByText('(lowest)').count()).toBe(1);
    await page.getByText(/The lowest validation loss is \d\.\d+, of shop, run \d of 4\./).waitFor();
    await page.getByText(/That is no claim that its settings are better/).waitFor();
  });

  it('is left for all jobs, and found again', async () => {
    const page = await table();
    await page.getByRole('button', { name: 'Show All Jobs' }).click();
    await expect.poll(() => heads(page)).toContain('Base model');
    await page.getByRole('combobox', { name: 'Sweep' }).selectOption({ index: 1 });
    await page.getByRole('heading', { name: 'Sweep of shop' }).waitFor();
  });
});
