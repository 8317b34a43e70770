import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { patience } from '../support/e2e/menus.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const good = toJsonl(priceRows(30, 100)).trimEnd().split('\n');
const other = toJsonl(priceRows(10, 900)).trimEnd().split('\n');
const broken = good.map((line, index) => (index === 0 ? line.replace('"}]', '",}]') : line)).join('\n');

describe('a dataset in the editor', () => {
  let workspace = '';
  const window = useWindow(async () => {
    workspace = await temporaryWorkspace({
      'prices.jsonl': broken,
      'leaky.train.jsonl': good.join('\n'),
      'leaky.test.jsonl': [...other, ...good.slice(0, 3)].join('\n'),
    });
    return { workspace };
  });

  it('shows a squiggle, whose quick fix makes the file clean', async () => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.select('prices.jsonl');
    await window().editors.show('prices.jsonl');
    const { text } = window().editors;
    await text.locator('.squiggly-error').first().waitFor({ timeout: patience });
    await text.getByText('1 problem', { exact: true }).waitFor({ timeout: patience });
    // The line is long: its problem is reached as one reaches it with the keyboard.
    await text.locator('.view-line').first().click();
    await window().quickInput.runCommand('Go to Next Problem (Error, Warning, Info)');
    await window().page.keyboard.press('Escape');
    await window().page.keyboard.press('Control+.');
    const fix = window().page.locator('.action-widget .action-item, .action-widget .monaco-list-row');
    await fix.filter({ hasText: 'Remove the comma' }).first().click({ timeout: patience });
    await text.getByText('no problems', { exact: true }).waitFor({ timeout: patience });
    await text.locator('.squiggly-error').first().waitFor({ state: 'detached', timeout: patience });
    await window().quickInput.runCommand('File: Save');
    await expect
      .poll(() => readFile(path.join(workspace, 'prices.jsonl'), 'utf8'), { timeout: patience })
      .toBe(good.join('\n'));
  });

  it('finds a leaky pair and splits it cleanly', async () => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.select('leaky.test.jsonl');
    await window().editors.show('leaky.test.jsonl');
    await window().quickInput.runCommand('Tuning Fork: Find Leakage Between Files…');
    await window().quickInput.step('The file to compare leaky.test.jsonl with');
    await window().quickInput.pick(/^leaky\.train\.jsonl/);
    await window().notifications.shown('3 rows of leaky.test.jsonl are in leaky.train.jsonl too: 3 word for word.');
    await window().notifications.press('3 rows of leaky.test.jsonl', 'Make a Clean Split');
    await window().notifications.shown(/Written: leaky\.train\.clean\.jsonl .* and leaky\.test\.clean\.jsonl/);
    expect((await readdir(workspace)).filter((name) => name.includes('clean')).sort()).toEqual([
      'leaky.test.clean.jsonl',
      'leaky.train.clean.jsonl',
    ]);
    const rows = async (name: string): Promise<string[]> =>
      (await readFile(path.join(workspace, name), 'utf8')).trimEnd().split('\n');
    const [train, test] = [await rows('leaky.train.clean.jsonl'), await rows('leaky.test.clean.jsonl')];
    expect([...train, ...test].sort()).toEqual([...good, ...other].sort());
    expect(test.length).toBeGreaterThan(5);
    expect(train.filter((line) => test.includes(line))).toEqual([]);
  });
});
