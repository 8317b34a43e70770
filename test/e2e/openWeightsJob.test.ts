// A small open-weights model through the whole product: set-up, right-click, curve with its verdict, evaluation. It installs 1.4 GB and
// trains for minutes, so it runs only where a model is named (docs/testing.md). What was said lies in test-results, beside the pictures.
import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { testResults } from '../../scripts/lib/paths.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { fineTune, SUMMARY } from '../support/e2e/mainJob.ts';
import type { Theme } from '../support/e2e/window.ts';

/** SmolLM2-135M-Instruct: a folder with safetensors, or a GGUF file. */
const model = process.env['TUNING_FORK_SMOLLM2'];
const data = process.env['TUNING_FORK_DATA_DIR'];
const TRAIN = 'pricer_v1_fine_tune_train_200.jsonl';
const VALIDATION = 'pricer_v1_fine_tune_validation_50.jsonl';
const MINUTES = 60_000;
const THEMES: readonly Theme[] = ['light', 'dark', 'highContrast'];
/** Replies to each row, whose median counts. */
const REPLIES = '15';

describe.skipIf(model === undefined || data === undefined)(
  'an open-weights model (TUNING_FORK_SMOLLM2 and TUNING_FORK_DATA_DIR)',
  () => {
    const smol = model ?? '';
    const isGguf = smol.endsWith('.gguf');
    const name = path.basename(smol).replace(/\.gguf$/i, '');
    const window = useWindow(async () => {
      const workspace = await temporaryWorkspace({});
      for (const file of [TRAIN, VALIDATION])
        await copyFile(path.join(data ?? '', 'lesson', file), path.join(workspace, file));
      return { workspace, size: { width: 1500, height: 1000 } };
    });

    async function pictures(of: string): Promise<void> {
      for (const theme of THEMES) {
        await window().useTheme(theme);
        await window().screenshot(path.join(testResults, `open-weights-${of}-${theme}.png`));
      }
      await window().useTheme('dark');
    }

    it('is set up by the command', { timeout: 20 * MINUTES }, async () => {
      const { quickInput, notifications } = window();
      await quickInput.runCommand('Tuning Fork: Set Up Open-Weights Training…');
      await quickInput.step('Nothing is installed before you choose Start');
      await quickInput.pick(/^\W*Start/);
      await notifications.shown('Open-weights training is set up.', 19 * MINUTES);
    });

    it('is added from the disk', { timeout: 3 * MINUTES }, async () => {
      const { quickInput, notifications, dialog } = window();
      await notifications.press('Open-weights training is set up.', 'Add Model…');
      await quickInput.step('Small models, as of');
      // It is the last of a long list.
      const place = isGguf ? 'GGUF file…' : 'Folder…';
      await quickInput.type(place);
      await quickInput.pick(place);
      await quickInput.step(isGguf ? 'Choose GGUF File' : 'Choose Model Folder');
      await quickInput.enterPath(smol);
      await dialog.shown(`Add ${name}?`);
      expect(await dialog.box.innerText()).toMatch(/Its files stay where they are/);
      await dialog.press('Add');
    });

    it('is trained by right-click, as the linear baseline is', { timeout: 60 * MINUTES }, async () => {
      const { notifications } = window();
      // A description in the lesson's file was decoded twice.
      const atWarnings = async (): Promise<void> => {
        expect((await window().quickInput.texts()).join('\n')).toContain('Line 159');
      };
      await fineTune(window(), {
        file: TRAIN,
        model: name,
        validation: VALIDATION,
        epochs: '1',
        suffix: 'smol',
        atSummary: () => window().screenshot(path.join(testResults, 'open-weights-summary.png')),
        atWarnings,
      });
      await notifications.shown('smol was fine-tuned', 55 * MINUTES);
      await notifications.dismiss('smol was fine-tuned');
      await fineTune(window(), {
        file: TRAIN,
        model: 'local-linear-1',
        validation: VALIDATION,
        suffix: 'linear',
        atWarnings,
      });
      await notifications.shown('linear was fine-tuned', 2 * MINUTES);
      await notifications.dismiss('linear was fine-tuned');
    });

    it('has a curve with its verdict', { timeout: 3 * MINUTES }, async () => {
      const jobs = window().sideBar.view('Jobs');
      await window().sideBar.show('Tuning Fork');
      await jobs.choose(/^\s*smol/, 'Open Charts');
      const panel = await window().editors.webview('smol');
      await panel.locator('[data-points]').first().waitFor();
      const text = await panel.locator('body').innerText();
      await writeFile(path.join(testResults, 'open-weights-job.txt'), text);
      // The verdict of each curve: what can be said of it, or that there is too little to say.
      expect(text).toMatch(/training loss\s+\S.*\./);
      expect(text).toMatch(/full validation loss\s+.*(too few to say|lowest)/);
      await pictures('job');
    });

    it('is evaluated beside its base, the linear baseline and the constant', { timeout: 60 * MINUTES }, async () => {
      const { quickInput } = window();
      const jobs = window().sideBar.view('Jobs');
      await jobs.choose(/^\s*smol/, 'Evaluate Model…');
      await quickInput.step('Choose the file with the questions');
      await quickInput.pick(VALIDATION);
      await quickInput.step(SUMMARY);
      await quickInput.pick(/^\W*Contestants/);
      await quickInput.step('Choose the contestants.');
      for (const rival of [`${name} base`, /^\s*linear/]) {
        const row = quickInput.rows.filter({ hasText: rival }).first();
        const box = row.getByRole('checkbox').first();
        if (!(await box.isChecked())) await row.click();
      }
      await quickInput.box.getByRole('button', { name: 'OK', exact: true }).click();
      await quickInput.step('Which contestant are the others compared with?');
      await quickInput.pick(name);
      await quickInput.step(SUMMARY);
      await quickInput.pick(/^\W*Sampling/);
      await quickInput.step('Choose how the model is asked');
      await quickInput.pick('Set them…');
      await quickInput.step('Temperature, 0');
      await quickInput.enter('1');
      await quickInput.step('Maximum tokens of a reply');
      await quickInput.accept();
      await quickInput.step('Seed, a whole number');
      await quickInput.accept();
      await quickInput.step(SUMMARY);
      await quickInput.pick(/^\W*Replies to a row/);
      await quickInput.step('Replies to each row');
      await quickInput.enter(REPLIES);
      await quickInput.step(SUMMARY);
      await window().screenshot(path.join(testResults, 'open-weights-evaluation-summary.png'));
      await quickInput.pick(/^\W*Start/);
      const panel = await window().editors.webview(new RegExp(VALIDATION));
      await panel.locator('.badge', { hasText: 'finished' }).waitFor({ timeout: 55 * MINUTES });
      const text = await panel.locator('body').innerText();
      await writeFile(path.join(testResults, 'open-weights-evaluation.txt'), text);
      const table = await panel.getByRole('table').first().innerText();
      for (const contestant of ['smol', name, 'linear', 'constant median']) expect(table).toContain(contestant);
      // One sentence that claims something, or says why it cannot.
      expect(await panel.locator('.headline').first().innerText()).toMatch(/\bsmol is (better|worse|equal|not shown)/);
      await pictures('evaluation');
    });
  },
);
