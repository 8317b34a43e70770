import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import type { FrameLocator, Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/base/random.ts';
import type { ChatExample } from '../../src/core/dataset/example.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { patience } from '../support/e2e/again.ts';
import { labeledRows } from '../support/labeledRows.ts';
import { answerOf, withAnswer } from '../support/plantedAnswers.ts';

const toText = (examples: readonly ChatExample[]): string =>
  examples.map((example) => JSON.stringify(example)).join('\n');

/** Places (from 0) of the wrong labels. */
const WRONG = [13, 46, 79];
const ROWS = labeledRows(120, WRONG);
const RIGHT = labeledRows(120).map(answerOf);

describe('suspicious answers', () => {
  let workspace = '';
  const window = useWindow(async () => {
    const clean = labeledRows(120);
    const shuffled = createRandom(3).shuffle(RIGHT);
    workspace = await temporaryWorkspace({
      'labels.jsonl': toText(ROWS),
      'many.jsonl': toText(labeledRows(40_000)),
      'ten.jsonl': toText(clean.slice(0, 10)),
      'shuffled.jsonl': toText(clean.map((example, n) => withAnswer(example, shuffled[n] ?? ''))),
      'prose.jsonl': toText(
        clean.map((example, n) =>
          withAnswer(example, `Answer ${String(n)}: ${'we looked at it and wrote back '.repeat(8)}`),
        ),
      ),
    });
    return { workspace };
  });

  const open = async (name: string): Promise<void> => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.shows(name);
    await window().sideBar.explorer.select(name);
    await inFront(name);
  };
  /** Brings the text of a file to the front, and not its report. */
  const inFront = (name: string): Promise<void> => window().editors.show(new RegExp(`^${name.replace('.', '\\.')}`));
  const report = (name = 'labels.jsonl'): Promise<FrameLocator> => window().editors.webview(`Report: ${name}`);
  const section = async (name?: string): Promise<Locator> =>
    (await report(name)).getByRole('region', { name: 'Suspicious answers' });
  const listed = async (): Promise<readonly string[]> =>
    (await section()).getByRole('table').locator('tbody th').allTextContents();
  const problems = (): Locator => window().page.locator('.markers-panel');
  const warnings = (): Locator => problems().locator('.monaco-list-row', { hasText: 'suspicious-answer' });
  const find = 'Tuning Fork: Find Suspicious Answers';

  it('of a file are named first where their labels are wrong, after they were asked for', async () => {
    await open('labels.jsonl');
    await window().quickInput.runCommand('View: Focus Problems (Errors, Warnings, Infos)');
    await problems().getByText('No problems have been detected').waitFor({ timeout: patience });
    await window().quickInput.runCommand(find);
    const found = await section();
    await found.getByText(/^3 of 120 answers are called suspicious/).waitFor({ timeout: 2 * patience });
    expect(
      (await listed())
        .slice(0, 3)
        .map(Number)
        .toSorted((a, b) => a - b),
    ).toEqual(WRONG.map((at) => at + 1));
    const first = found.getByRole('row').nth(1);
    const at = Number((await listed())[0]) - 1;
    expect(await first.getByRole('cell').nth(1).textContent()).toBe(answerOf(ROWS[at] as ChatExample));
    expect(await first.getByRole('cell').nth(2).textContent()).toBe(RIGHT[at]);
    // The list is in view.
    expect((await found.boundingBox())?.y ?? Infinity).toBeLessThan(window().page.viewportSize()?.height ?? 0);
    await expect.poll(() => warnings().count(), { timeout: patience }).toBe(3);
  });

  it('come beside rows that say otherwise, which a click leads to', async () => {
    const similar = (await section()).getByRole('row').nth(1).getByRole('listitem').first();
    const line = await similar.getByRole('button').textContent();
    await similar.getByRole('button').click();
    await inFront('labels.jsonl');
    await window()
      .page.locator('.statusbar-item', { hasText: new RegExp(`Ln ${String(line)},`) })
      .first()
      .waitFor({ timeout: patience });
  });

  it('lead to their line, where the fix is typed, and the row leaves the list', async () => {
    const [line = ''] = await listed();
    const rows = (await listed()).length;
    await (await section()).getByRole('button', { name: line, exact: true }).first().click();
    await inFront('labels.jsonl');
    const { page } = window();
    await page
      .locator('.statusbar-item', { hasText: new RegExp(`Ln ${line},`) })
      .first()
      .waitFor({ timeout: patience });
    await window().editors.text.locator('.view-lines').waitFor();
    await window().quickInput.runCommand('View: Focus Active Editor Group');
    await page.keyboard.press('End');
    // The label is before `"}]}`.
    for (let left = 0; left < 4; left += 1) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Control+Shift+ArrowLeft');
    await page.keyboard.type(RIGHT[Number(line) - 1] ?? '');
    await page.keyboard.press('Escape');
    await expect.poll(() => warnings().count(), { timeout: patience }).toBe(2);
    await window().quickInput.runCommand('File: Save');
    await expect
      .poll(async () => (await readFile(path.join(workspace, 'labels.jsonl'), 'utf8')).split('\n')[Number(line) - 1], {
        timeout: patience,
      })
      .toBe(JSON.stringify(labeledRows(120)[Number(line) - 1]));
    await (await section()).getByText(/^2 of 120 answers are called suspicious/).waitFor({ timeout: patience });
    expect(await listed()).not.toContain(line);
    // A hundred are shown, and the next one comes up where there are more.
    expect((await listed()).length).toBeLessThanOrEqual(rows);
    expect(await warnings().count()).toBe(2);
  });

  it('are exported as CSV beside the dataset', async () => {
    await (await section()).getByRole('button', { name: 'Export Suspicious Answers…' }).click();
    await window().quickInput.step('Export the suspicious answers of labels.jsonl');
    await window().quickInput.accept();
    await window().notifications.shown('Saved labels.suspicious.csv.');
    await window().notifications.dismiss('Saved labels.suspicious.csv.');
    const text = await readFile(path.join(workspace, 'labels.suspicious.csv'), 'utf8');
    const rows = parse(text, { columns: true }) as unknown as Record<string, string>[];
    expect(rows.filter((row) => row['called'] === 'yes').map((row) => row['line'])).toEqual(
      (await listed()).slice(0, 2),
    );
  });

  it('are found again, without the one that was fixed', async () => {
    await (await section()).getByRole('button', { name: 'Find Suspicious Answers Again' }).click();
    await (await section()).getByText(/^2 of 120 answers are called suspicious/).waitFor({ timeout: 2 * patience });
    await expect.poll(() => warnings().count(), { timeout: patience }).toBe(2);
    // The page is closed, and the editor goes on warning.
    await window().editors.close('Report: labels.jsonl');
    expect(await warnings().count()).toBe(2);
  });

  it('of many rows are looked for with progress, until canceled, while the editor goes on checking', async () => {
    await open('many.jsonl');
    await window().quickInput.runCommand('Tuning Fork: Show Dataset Report');
    const button = (await section('many.jsonl')).getByRole('button', { name: 'Find Suspicious Answers' });
    await button.click({ timeout: 4 * patience });
    await (await section('many.jsonl')).getByText(/^training, \d+%$/).waitFor({ timeout: patience });
    await open('labels.jsonl');
    await window().quickInput.runCommand('View: Focus Active Editor Group');
    await window().page.keyboard.press('Control+Home');
    await window().page.keyboard.type('[');
    await window().editors.text.locator('.squiggly-error').first().waitFor({ timeout: patience });
    await window().quickInput.runCommand('File: Revert File');
    await (await section('many.jsonl')).getByRole('button', { name: 'Cancel' }).click();
    await button.waitFor({ timeout: patience });
  });

  it.each([
    ['ten.jsonl', 'there are 10 examples with an answer in text, and at least 50 are needed'],
    ['shuffled.jsonl', 'the prompts do not help to predict the answers'],
    ['prose.jsonl', 'the answers are long or mostly distinct'],
  ])('are not claimed of %s: %s', async (name, why) => {
    await open(name);
    await window().quickInput.runCommand(find);
    const found = await section(name);
    await found.getByText(`Nothing can be said of single answers: ${why}.`).waitFor({ timeout: 2 * patience });
    expect(await found.getByRole('table').count()).toBe(0);
    await window().quickInput.runCommand('View: Focus Problems (Errors, Warnings, Infos)');
    expect(await problems().locator('.monaco-list-row', { hasText: name }).count()).toBe(0);
  });
});
