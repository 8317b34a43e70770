import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { testResults } from '../../scripts/lib/paths.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { fineTune, SUMMARY } from '../support/e2e/mainJob.ts';
import { patience } from '../support/e2e/again.ts';
import { setUpFakePython } from '../support/openWeights/fakePython.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';
import { startRayDashboard, type RayDashboard } from '../support/rayDashboard.ts';

const THEMES = ['light', 'dark', 'highContrast'] as const;
const TOKEN = 'token-of-the-dashboard';

/** The dashboard and the trainer are stand-ins; trainer/tests/ray trains on a real cluster. */
describe('a Ray cluster', () => {
  let dashboard: RayDashboard;
  const window = useWindow(async () => {
    dashboard = await startRayDashboard({ token: TOKEN });
    return { workspace: await temporaryWorkspace({ 'shop.jsonl': toJsonl(priceRows(40, 100)) }) };
  });
  afterAll(async () => {
    await dashboard.close();
  });
  const jobs = () => window().sideBar.view('Jobs');
  const models = () => window().sideBar.view('Models');

  it('is added as a connection, and looked at', async () => {
    await setUpFakePython(path.join(window().profile.userData, 'User/globalStorage/tuning-fork.tuning-fork/local'));
    const { quickInput } = window();
    await quickInput.runCommand('Tuning Fork: Add Connection…');
    await quickInput.step('Which provider?');
    await quickInput.pick(/^Ray cluster/);
    await quickInput.step("Address of the cluster's dashboard");
    await quickInput.enter(dashboard.address);
    await quickInput.step('Token of the dashboard');
    await quickInput.enter(TOKEN);
    await quickInput.step('Storage that this machine and every node reach');
    await quickInput.enter('/mnt/shared');
    await quickInput.step('Workers of a job');
    await quickInput.accept();
    await quickInput.step('What does each worker compute with?');
    await quickInput.pick(/^Processor cores/);
    await window()
      .page.locator('.statusbar-item', { hasText: 'Ray cluster is connected' })
      .first()
      .waitFor({ timeout: patience });
    await jobs().shows(/^\s*Ray cluster\s*Ray at 127\.0\.0\.1/);
  });

  it('trains a dataset, whose summary says where and that no provider bills it', async () => {
    await fineTune(window(), {
      file: 'shop.jsonl',
      connection: 'Ray cluster',
      model: 'tiny-good',
      validation: 'None',
      suffix: 'spread',
      atSummary: async () => {
        const text = (await window().quickInput.texts()).join('\n');
        expect(text).toContain('No provider bills it');
        expect(text).toMatch(/Price\s*not billed by a provider/);
        expect(text).not.toContain('Time and memory');
        await window().screenshot(path.join(testResults, 'cluster-summary.png'));
      },
    });
    await jobs().shows(/^\s*spread\s*tiny-good/);
    await jobs().expand(/^\s*spread/);
    await window().sideBar.showOnly('Models');
    await models().expand(/^\s*Ray cluster/);
    await models().shows(/^\s*spread/);
    for (const theme of THEMES) {
      await window().useTheme(theme);
      await window().screenshot(path.join(testResults, `cluster-${theme}.png`));
    }
  });

  it('takes a sweep, whose runs are started together', async () => {
    const { quickInput, sideBar, editors, notifications } = window();
    await window().useTheme('light');
    await sideBar.show('Explorer');
    await sideBar.explorer.choose('shop.jsonl', 'Sweep…');
    const model = 'Which model should learn from the dataset?';
    await quickInput.step(model);
    await quickInput.pick('tiny-good');
    await quickInput.step(SUMMARY);
    await quickInput.pick(/^\W*Connection/);
    await quickInput.step('Where should it be trained?');
    await quickInput.pick('Ray cluster');
    // What this machine trains need not be there.
    await quickInput.step(model);
    await quickInput.pick('tiny-good');
    await quickInput.step(SUMMARY);
    expect((await quickInput.texts()).join('\n')).toMatch(
      /4 runs, as many at once as fit; no provider bills them, cost of the cluster not known/,
    );
    await window().screenshot(path.join(testResults, 'cluster-sweep-summary.png'));
    await quickInput.pick(/^\W*Start/);
    const page = await editors.webview('Jobs Table');
    await page.getByRole('heading', { name: 'Sweep of shop' }).waitFor({ timeout: 60_000 });
    await page.getByText('4 of 4 runs succeeded.').waitFor({ timeout: 120_000 });
    await notifications.shown('The sweep of shop has ended; 4 of 4 runs succeeded.');
    for (const theme of THEMES) {
      await window().useTheme(theme);
      await window().screenshot(path.join(testResults, `cluster-sweep-${theme}.png`));
    }
  });

  it('is removed after saying what stays, and its models can be cleared from this machine', async () => {
    const { dialog, quickInput } = window();
    await window().useTheme('dark');
    await window().sideBar.showOnly('Models');
    await models().choose(/^\s*Ray cluster/, 'Remove Connection…');
    await dialog.shown('Remove Ray cluster?');
    const text = await dialog.box.innerText();
    await window().screenshot(path.join(testResults, 'cluster-removed.png'));
    expect(text).toMatch(/models/);
    await dialog.press('Remove');
    await models()
      .row(/^\s*Ray cluster/)
      .waitFor({ state: 'hidden', timeout: patience });
    await quickInput.runCommand('Tuning Fork: Clear Data…');
    await quickInput.rows.first().waitFor({ timeout: patience });
    await window().screenshot(path.join(testResults, 'cluster-clear.png'));
    expect((await quickInput.texts()).join('\n')).toMatch(/Trained models on this machine\s*[\d.]+ (bytes|kB)/);
    await quickInput.dismiss();
  });
});
