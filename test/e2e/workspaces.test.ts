import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { patience } from '../support/e2e/again.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const good = toJsonl(priceRows(30, 100)).trimEnd().split('\n');

describe('a workspace of two folders in Restricted Mode', () => {
  let folder = '';
  const window = useWindow(async () => {
    folder = await temporaryWorkspace({
      'one/prices.train.jsonl': good.join('\n'),
      'two/prices.test.jsonl': [...good.slice(0, 2), good[0]?.replace('"}]', '",}]')].join('\n'),
      'both.code-workspace': JSON.stringify({ folders: [{ path: 'one' }, { path: 'two' }] }),
    });
    return { workspace: path.join(folder, 'both.code-workspace'), trusted: false };
  });

  it('shows what is wrong with a dataset, and its figures', async () => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.expand('two');
    await window().sideBar.explorer.select('prices.test.jsonl');
    await window().editors.show('prices.test.jsonl');
    await window().editors.text.locator('.squiggly-error').first().waitFor({ timeout: patience });
    await window().editors.text.getByText('3 examples', { exact: true }).waitFor({ timeout: patience });
  });

  it('offers the files of both folders, named with their folder, and compares across them', async () => {
    const { quickInput } = window();
    await quickInput.runCommand('Tuning Fork: Find Leakage Between Files…');
    await quickInput.step('Choose the file to compare prices.test.jsonl with');
    expect((await quickInput.texts()).join('\n')).toMatch(/prices\.train\.jsonl\s*one\/prices\.train\.jsonl/);
    await quickInput.pick('prices.train.jsonl');
    await window().notifications.shown('2 rows of prices.test.jsonl are also in prices.train.jsonl: 2 word for word.');
  });

  it('writes a new file beside the one it comes from', async () => {
    const { quickInput } = window();
    await quickInput.runCommand('Tuning Fork: Sample or Shuffle Dataset…');
    await quickInput.pick('All lines, shuffled');
    await quickInput.step('Seed');
    await quickInput.accept();
    await window().notifications.shown('Created prices.test.shuffled.jsonl (3 lines).');
    const lines = (await readFile(path.join(folder, 'two/prices.test.shuffled.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(3);
  });

  it('starts nothing', async () => {
    await window().quickInput.runCommand('Tuning Fork: Fine-Tune with Dataset…');
    await window().notifications.shown(/are off in Restricted Mode/);
  });
});
