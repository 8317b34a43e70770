import { appendFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import type { FrameLocator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { patience } from '../support/e2e/again.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const good = toJsonl(priceRows(30, 100)).trimEnd().split('\n');
const other = toJsonl(priceRows(10, 900)).trimEnd().split('\n');

describe('the report of a dataset', () => {
  let workspace = '';
  const window = useWindow(async () => {
    workspace = await temporaryWorkspace({
      'prices.train.jsonl': [...good, good[6]].join('\n'),
      'prices.validation.jsonl': [...other, ...good.slice(0, 3)].join('\n'),
      'tidy.train.jsonl': toJsonl(priceRows(40, 2000)),
      'tidy.test.jsonl': toJsonl(priceRows(12, 3000)),
      'alone.jsonl': toJsonl(priceRows(20, 4000)),
    });
    return { workspace };
  });

  const report = (): Promise<FrameLocator> => window().editors.webview(/^Report: prices\.train\.jsonl/);
  const atLine = async (line: number): Promise<void> => {
    await window()
      .page.locator('.statusbar-item', { hasText: new RegExp(`Ln ${String(line)},`) })
      .first()
      .waitFor({ timeout: patience });
  };

  it('opens from the first line of the file and begins with the answer', async () => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.select('prices.train.jsonl');
    await window().editors.show('prices.train.jsonl');
    await window().editors.pressLens('Show Dataset Report', /^Report: prices\.train\.jsonl/);
    const page = await report();
    // The file beside it is compared without being asked for, and the answer begins with what it has in common.
    await page
      .getByText('3 of 13 rows of prices.validation.jsonl are also in prices.train.jsonl: 3 word for word.')
      .waitFor({ timeout: patience });
    await page.getByText('1 of 31 rows repeats an earlier one word for word.').waitFor({ timeout: patience });
    await page.locator('section[aria-label="Tokens per example"] [data-bars]').waitFor({ timeout: patience });
    await page
      .getByRole('row', { name: /gpt-4o-mini-2024-07-18/ })
      .getByText('$')
      .first()
      .waitFor();
    await page.getByText('With automatic settings a server chooses 4 epochs for this file').waitFor();
  });

  it('leads from a number to its line, and from many to a list of them', async () => {
    const relations = (await report()).getByRole('table', { name: 'Duplicates and contradictions' });
    await relations
      .getByRole('row', { name: /^The same example again/ })
      .getByRole('button')
      .click();
    await window().editors.show('prices.train.jsonl');
    await atLine(31);

    const roles = (await report()).getByRole('table', { name: 'Roles' });
    await roles
      .getByRole('row', { name: /^assistant/ })
      .getByRole('button')
      .first()
      .click();
    await window().quickInput.step('31 rows of prices.train.jsonl');
    await expect.poll(async () => (await window().quickInput.texts()).join('\n')).toMatch(/Line 4[\s\S]*Price is \$/);
    await window().quickInput.pick(/^Line 4(?!\d)/);
    await window().editors.show('prices.train.jsonl');
    await atLine(4);
    // A job is started from the file, and not from the lines that are taken out of it.
    const start = window().page.locator('.editor-actions .action-label[aria-label^="Fine-Tune with Dataset"]');
    await start.waitFor({ timeout: patience });

    await (await report()).getByRole('table', { name: 'Roles' }).getByRole('button').first().click();
    await window().quickInput.pick('Show these 31 lines together');
    await window().editors.show('31 lines of prices.train.jsonl');
    await window().editors.text.getByText('// Line 1', { exact: true }).waitFor({ timeout: patience });
    await start.waitFor({ state: 'hidden', timeout: patience });
  });

  it('draws the answers, which are prices, with a table beside the chart', async () => {
    const numbers = (await report()).getByRole('region', { name: 'Answers as numbers' });
    await numbers.locator('[data-bars]').waitFor({ timeout: patience });
    const cells = await numbers.getByRole('table').locator('td').allTextContents();
    expect(cells.reduce((sum, text) => sum + Number(text), 0)).toBe(31);
    await numbers.getByText('Freedman–Diaconis').waitFor();
  });

  it('leads to the rows that leak', async () => {
    const page = await report();
    const leaks = page.getByRole('table', {
      name: 'Rows of prices.validation.jsonl that are also in prices.train.jsonl',
    });
    await leaks
      .getByRole('row', { name: /^Word for word/ })
      .getByRole('button')
      .first()
      .click();
    await window().quickInput.step('3 rows of prices.validation.jsonl');
    await window().quickInput.pick(/^Line 12(?!\d)/);
    await window().editors.show('prices.validation.jsonl');
    await atLine(12);
  });

  it('is exported as CSV beside the dataset', async () => {
    await (await report()).getByRole('button', { name: 'Export CSV…' }).click();
    await window().quickInput.step('Export the report of prices.train.jsonl');
    await expect.poll(() => window().quickInput.field.inputValue()).toMatch(/prices\.train\.report\.csv$/);
    await window().quickInput.accept();
    await window().notifications.shown('Saved prices.train.report.csv.');
    await window().notifications.dismiss('Saved prices.train.report.csv.');
    const text = await readFile(path.join(workspace, 'prices.train.report.csv'), 'utf8');
    const rows = parse(text, { columns: true }) as unknown as Record<string, string>[];
    const of = (section: string, item: string, figure: string) =>
      rows.find((row) => row['section'] === section && row['item'] === item && row['figure'] === figure);
    expect(of('duplicates', 'word for word', 'rows')).toMatchObject({ value: '1', lines: '31' });
    expect(of('comparison', 'prices.validation.jsonl', 'Word for word')).toMatchObject({
      value: '3',
      lines: '11 12 13',
    });
    expect(of('comparison', 'prices.train.jsonl', 'Word for word')).toMatchObject({ value: '3', lines: '1 2 3' });
    expect(of('cost', 'automatic settings', 'epochs')).toMatchObject({ value: '4' });
  });

  it('says when the file has changed since, and reads it again', async () => {
    await report();
    await appendFile(path.join(workspace, 'prices.train.jsonl'), `\n${other.slice(0, 2).join('\n')}`);
    const page = await report();
    await page.getByText('The file has changed since it was read.').waitFor({ timeout: patience });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('5 of 13 rows of prices.validation.jsonl').waitFor({ timeout: patience });
    await page.getByText('The file has changed since it was read.').waitFor({ state: 'hidden', timeout: patience });
  });

  it('says clean only after a comparison with the file beside it', async () => {
    const open = async (name: string): Promise<FrameLocator> => {
      await window().sideBar.show('Explorer');
      await window().sideBar.explorer.select(name);
      await window().editors.show(name);
      await window().editors.pressLens('Show Dataset Report', `Report: ${name}`);
      return window().editors.webview(`Report: ${name}`);
    };
    await (
      await open('tidy.train.jsonl')
    )
      .getByText('No row of tidy.test.jsonl is in tidy.train.jsonl, exactly or nearly.')
      .waitFor({ timeout: patience });
    const page = await window().editors.webview('Report: tidy.train.jsonl');
    expect(await page.locator('.headline.good').textContent()).toMatch(/^Clean: 40 examples/);
    await window().editors.close('Report: tidy.train.jsonl');
    const alone = await open('alone.jsonl');
    await alone.getByText('Leakage was not looked at').waitFor({ timeout: patience });
    expect(await alone.locator('.headline.neutral').textContent()).toMatch(/^Clean so far: 20 examples/);
    await window().editors.close('Report: alone.jsonl');
  });

  it('comes back after a reload of the window, compared again', async () => {
    await report();
    await window().persisted(/prices\.train\.jsonl/);
    await window().reload();
    const page = await report();
    await page.getByText('5 of 13 rows of prices.validation.jsonl').waitFor({ timeout: 2 * patience });
    // Without the other file it says so, and everything about this one.
    await rm(path.join(workspace, 'prices.validation.jsonl'));
    await page.getByRole('button', { name: 'Refresh' }).click({ timeout: patience });
    await page
      .getByText('No validation or test file with a matching name is in its folder.')
      .waitFor({ timeout: patience });
    await page.getByRole('table', { name: 'Roles' }).waitFor();
  });
});

describe('the report of a file that the editor does not open for extensions, in Restricted Mode', () => {
  const window = useWindow(async () => {
    // Above 50 MB: 540 rows of 100 kB.
    const text = 'a row of a large file, '.repeat(4500);
    const rows = Array.from({ length: 540 }, (_, n) =>
      JSON.stringify({
        messages: [
          { role: 'user', content: `Number ${String(n)}: ${text}` },
          { role: 'assistant', content: `answer ${String(n % 539)}` },
        ],
      }),
    );
    return { workspace: await temporaryWorkspace({ 'big.ndjson': rows.join('\n') }), trusted: false };
  });

  it('opens from the Explorer, and its numbers open the lines by themselves', async () => {
    await window().sideBar.show('Explorer');
    const { explorer } = window().sideBar;
    await explorer.shows('big.ndjson');
    await explorer.choose('big.ndjson', 'Show Dataset Report', 'Dataset');
    const page = await window().editors.webview('Report: big.ndjson');
    await page.getByRole('table', { name: 'Roles' }).waitFor({ timeout: 4 * patience });
    expect(await page.locator('header').textContent()).toContain('540 examples');
    const answers = page.getByRole('table', { name: 'Most frequent answers' });
    await answers
      .getByRole('row', { name: /^answer 0/ })
      .getByRole('button')
      .click();
    await window().quickInput.step('2 rows of big.ndjson');
    await window().quickInput.pick(/^Line 540(?!\d)/);
    await window().editors.show('line 540 of big.ndjson', 2 * patience);
    await window().editors.text.getByText('Number 539').first().waitFor({ timeout: patience });
  });
});
