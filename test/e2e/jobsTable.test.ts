import type { FrameLocator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { fineTune } from '../support/e2e/mainJob.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const JOBS = [
  { suffix: 'alpha', epochs: '2', file: 'shop.train.jsonl' },
  { suffix: 'beta', epochs: '3', file: 'shop.train.jsonl' },
  { suffix: 'gamma', epochs: '3', file: 'more.train.jsonl' },
];

describe('jobs on this machine beside each other', () => {
  const rows = priceRows(200, 1000);
  const window = useWindow(async () => ({
    workspace: await temporaryWorkspace({
      'shop.train.jsonl': toJsonl(rows),
      'shop.val.jsonl': toJsonl(priceRows(40, 5000)),
      // 20 rows less, 30 more.
      'more.train.jsonl': toJsonl([...rows.slice(20), ...priceRows(30, 9000)]),
      'more.val.jsonl': toJsonl(priceRows(40, 5000)),
    }),
  }));
  const jobs = () => window().sideBar.view('Jobs');
  const table = () => window().editors.webview('Jobs Table');
  const names = (page: FrameLocator) =>
    page.locator('.jobs-table tbody tr:not(.spacer) td:nth-child(3)').allTextContents();

  it('are all in the table of Compare Jobs…', async () => {
    for (const { suffix, epochs, file } of JOBS) {
      await fineTune(window(), { file, epochs, suffix });
      await window().notifications.shown(`${suffix} was fine-tuned`);
      await window().notifications.dismiss(`${suffix} was fine-tuned`);
    }
    await window().quickInput.runCommand('Tuning Fork: Compare Jobs…');
    const page = await table();
    await expect.poll(() => names(page), { timeout: 30_000 }).toEqual(['gamma', 'beta', 'alpha']);
    const alpha = page.getByRole('row', { name: /alpha/ });
    expect(await alpha.innerText()).toMatch(/succeeded[\s\S]*free[\s\S]*local-linear-1[\s\S]*shop\.train\.jsonl/);
  });

  it('are sorted and starred, and only what differs is shown', async () => {
    const page = await table();
    await page.getByRole('button', { name: 'Job', exact: true }).click();
    await expect.poll(() => names(page)).toEqual(['alpha', 'beta', 'gamma']);
    await page.getByRole('button', { name: 'Star beta' }).click();
    await page.getByRole('checkbox', { name: 'Only what differs' }).click();
    const heads = () => page.locator('.jobs-table thead th').allTextContents();
    await expect.poll(heads).not.toContain('Base model');
    expect(await heads()).toEqual(expect.arrayContaining(['Job▴', 'Epochs', 'Dataset', 'Trained tokens']));
  });

  it('open in one chart, under the settings that differ', async () => {
    const page = await table();
    for (const name of ['alpha', 'beta', 'gamma']) await page.getByRole('checkbox', { name: `Select ${name}` }).click();
    await page.getByText('3 jobs · 3 selected').waitFor();
    await page.getByRole('button', { name: 'Compare Charts', exact: true }).click();
    const compared = await window().editors.webview('Compare Charts');
    const settings = compared.getByRole('table', { name: 'Settings that differ' });
    await settings.getByText('30 rows added · 20 removed · 180 the same').waitFor({ timeout: 30_000 });
    const lines = (await settings.locator('tr').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
    expect(lines).toContain('Epochs 2 3 3');
    expect(lines.some((line) => /^Dataset shop\.train\.jsonl shop\.train\.jsonl more\.train\.jsonl$/.test(line))).toBe(
      true,
    );
    const chart = compared.locator('[data-points]').first();
    await expect.poll(async () => Number(await chart.getAttribute('data-points'))).toBeGreaterThan(12);
    for (const { suffix } of JOBS) await compared.locator('.legend').first().getByText(suffix).first().waitFor();
    await compared.getByRole('button', { name: 'Table', exact: true }).click();
  });

  it('are where they were after a reload: star, order, view, selection and compared charts', async () => {
    await window().persisted(/"differing\\*":true/);
    await window().persisted(/"panel\\*":\\*"compare/);
    await window().persisted(/"table\\*":true/);
    await window().reload();
    const page = await table();
    await expect.poll(() => names(page), { timeout: 30_000 }).toEqual(['alpha', 'beta', 'gamma']);
    expect(await page.getByRole('button', { name: 'Star beta' }).getAttribute('aria-pressed')).toBe('true');
    expect(await page.getByRole('button', { name: 'Star alpha' }).getAttribute('aria-pressed')).toBe('false');
    expect(await page.locator('.jobs-table thead th').allTextContents()).not.toContain('Base model');
    await page.getByText('3 jobs · 3 selected').waitFor();
    await page.getByRole('checkbox', { name: 'Starred only' }).click();
    await expect.poll(() => names(page)).toEqual(['beta']);
    const compared = await window().editors.webview('Compare Charts');
    const chart = compared.locator('[data-points]').first();
    await expect.poll(async () => Number(await chart.getAttribute('data-points'))).toBeGreaterThan(12);
    await expect
      .poll(() => compared.locator('vscode-button', { hasText: 'Table' }).getAttribute('aria-pressed'))
      .toBe('true');
  });

  it('are compared from the selection of the Jobs view', async () => {
    await window().editors.close('Compare Charts');
    await window().sideBar.show('Tuning Fork');
    await jobs().select(/^\s*alpha/);
    await jobs().addToSelection(/^\s*gamma/);
    const menu = await jobs().menuOf(/^\s*gamma/);
    expect(menu).toContain('Compare Charts');
    expect(menu).not.toContain('Rename Job…');
    await jobs().choose(/^\s*gamma/, 'Compare Charts');
    const compared = await window().editors.webview('Compare Charts');
    await compared.getByText('2 jobs', { exact: true }).waitFor();
    expect(window().pageErrors).toEqual([]);
  });
});
