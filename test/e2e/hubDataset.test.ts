import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { testResults } from '../../scripts/lib/paths.ts';
import { FakeDatasetHub } from '../support/fakeDatasetHub.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { patience } from '../support/e2e/again.ts';

const THEMES = ['light', 'dark', 'highContrast'] as const;
const SUMMARY = 'Nothing is downloaded before you choose Import';
const fixture = (name: string): Promise<Buffer> => readFile(path.join(import.meta.dirname, '../fixtures/hub', name));

describe('a dataset of the hub', () => {
  let hub: FakeDatasetHub | undefined;
  let workspace = '';
  const window = useWindow(async () => {
    const train = [await fixture('messages-snappy.parquet'), await fixture('messages-zstd.parquet')];
    hub = await FakeDatasetHub.start({
      'owner/sums': { parquet: { default: { train, test: [await fixture('messages-zstd.parquet')] } } },
      'owner/closed': { gated: true, token: 'hf_token_of_the_test', parquet: { default: { train } } },
    });
    workspace = await temporaryWorkspace({ 'data/notes.txt': 'nothing' });
    return { workspace, env: { HF_ENDPOINT: hub.url, HF_TOKEN: '', HF_HUB_OFFLINE: '' } };
  });
  afterAll(() => hub?.close());

  it('is imported into a folder of the Explorer after its summary, is clean, and its report names where it is from', async () => {
    const { quickInput, sideBar, editors, notifications } = window();
    await sideBar.show('Explorer');
    for (const theme of THEMES) {
      await window().useTheme(theme);
      await sideBar.explorer.choose('data', 'Import Dataset from the Hub…');
      await quickInput.step('or the address of its page');
      await quickInput.enter('owner/sums');
      await quickInput.step('Choose the configuration and split of owner/sums');
      await quickInput.pick('train');
      await quickInput.step(SUMMARY);
      const text = (await quickInput.texts()).join('\n');
      for (const line of [
        /Import\s*downloads 9 kB from 127\.0\.0\.1/,
        /Rows\s*all: 65 rows/,
        /License\s*cc-by-4\.0/,
        /Access\s*open to everybody/,
        /Columns\s*chat examples · 39 of the first 40 rows become examples · without source and score/,
        /File\s*data\/sums\.train\.jsonl/,
      ])
        expect(text).toMatch(line);
      await window().screenshot(path.join(testResults, `hub-import-${theme}.png`));
      if (theme !== 'highContrast') await quickInput.dismiss();
    }
    expect(hub?.requests.filter((request) => request === 'files GET')).toEqual([]);
    await quickInput.pick(/^\W*Import/);
    await editors.show('sums.train.jsonl');
    // The notice goes after a while.
    await notifications.press(
      /Imported sums\.train\.jsonl \(64 examples\)\. 1 row was left out\./,
      'Show Dataset Report',
    );
    const report = await editors.webview(/^Report: sums\.train\.jsonl/);
    await report.getByText(/Clean so far: 64 examples without problems/).waitFor({ timeout: patience });
    await report
      .getByText(/imported from the Hub: owner\/sums, default · train, commit d{10}, license cc-by-4\.0, on \d{4}/)
      .waitFor({ timeout: patience });
    await window().screenshot(path.join(testResults, 'hub-import-report.png'));
    await sideBar.explorer.select('sums.train.jsonl');
    await editors.show('sums.train.jsonl');
    await quickInput.runCommand('Tuning Fork: Check Dataset');
    await notifications.dismiss('sums.train.jsonl: 64 examples, no problems.');
    const lines = (await readFile(path.join(workspace, 'data/sums.train.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(64);
  });

  it('asks for a token where it is gated', async () => {
    const { quickInput } = window();
    await quickInput.runCommand('Tuning Fork: Import Dataset from the Hub…');
    await quickInput.step('or the address of its page');
    await quickInput.enter('owner/closed');
    await quickInput.step('owner/closed is only for accounts that accepted its terms.');
    await quickInput.pick('Enter an access token…');
    await quickInput.step('Token for 127.0.0.1');
    await quickInput.enter('hf_token_of_the_test');
    await quickInput.step(SUMMARY);
    expect((await quickInput.texts()).join('\n')).toMatch(/Access\s*gated: for accounts that accepted its terms/);
    await quickInput.dismiss();
    expect([...(hub?.tokens.files ?? [])]).toEqual([]);
  });
});
