import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { testResults } from '../../scripts/lib/paths.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { fineTune } from '../support/e2e/mainJob.ts';
import { setUpFakeEnvironment } from '../support/openWeights/fakePython.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const THEMES = ['light', 'highContrast', 'dark'] as const;
const FORMS = 'Form of the export';

/** Trained and exported by a program that stands in for the trainer's Python. */
describe.skipIf(process.platform === 'win32')('a fine-tuned open-weights model', () => {
  let workspace: string;
  const window = useWindow(async () => {
    workspace = await temporaryWorkspace({ 'goods.train.jsonl': toJsonl(priceRows(40, 1000)) });
    await mkdir(path.join(workspace, 'out'));
    return { workspace };
  });
  const out = () => path.join(workspace, 'out');

  it('is exported from the menu of its job, with a card that says what is known of it', async () => {
    await setUpFakeEnvironment(path.join(window().profile.userData, 'User/globalStorage/tuning-fork.tuning-fork'));
    const { quickInput, notifications, sideBar, editors } = window();
    await fineTune(window(), { file: 'goods.train.jsonl', model: 'tiny-good', suffix: 'pricer', seed: '7' });
    await notifications.dismiss('pricer was fine-tuned');
    for (const theme of THEMES) {
      await window().useTheme(theme);
      await sideBar.show('Tuning Fork');
      await sideBar.view('Jobs').choose('pricer', 'Export Model…');
      await quickInput.step(FORMS);
      const text = (await quickInput.texts()).join('\n');
      expect(text).toMatch(/Adapter\s*5 bytes[\s\S]*Merged Model\s*size not known[\s\S]*Ollama Modelfile/);
      await window().screenshot(path.join(testResults, `export-forms-${theme}.png`));
      if (theme !== 'dark') await quickInput.dismiss();
    }
    await quickInput.pick('Adapter');
    await quickInput.enterPath(out(), 'Export Here');
    await notifications.shown('pricer-adapter was written: 2 files');
    await window().screenshot(path.join(testResults, 'export-written.png'));
    await notifications.press('pricer-adapter was written', 'Open Model Card');
    await editors.show('README.md');
    await window().screenshot(path.join(testResults, 'export-card.png'));
    expect(await readdir(out())).toEqual(['pricer-adapter']);
    const card = await readFile(path.join(out(), 'pricer-adapter/README.md'), 'utf8');
    expect(card).toMatch(
      /\| Training file \| goods\.train\.jsonl \|\n\| SHA-256 of the training file \| `[0-9a-f]{64}` \|/,
    );
    expect(card).toContain('| Training examples | 40 |');
    expect(card).toContain('| Seed | 7 |');
    expect(card).toContain('| LoRA rank | 16 |');
    expect(card).toContain('No evaluation of this model was made.');
    expect(card).not.toContain(workspace);
  });

  it('is exported from the Models view and from the palette, each time into a folder of its own', async () => {
    const { quickInput, notifications, sideBar } = window();
    const models = sideBar.view('Models');
    await models.pane.locator('.pane-header').click();
    await models.expand('Local');
    await models.choose('pricer', 'Export Model…');
    await quickInput.step(FORMS);
    await quickInput.pick('Ollama Modelfile');
    await quickInput.enterPath(out(), 'Export Here');
    await notifications.dismiss('pricer-ollama was written: 3 files');
    await quickInput.runCommand('Tuning Fork: Export Model…');
    await quickInput.step('Which model?');
    await quickInput.pick('pricer');
    await quickInput.step(FORMS);
    await quickInput.pick('Ollama Modelfile');
    await quickInput.enterPath(out(), 'Export Here');
    await notifications.dismiss('pricer-ollama-2 was written');
    expect((await readdir(out())).sort()).toEqual(['pricer-adapter', 'pricer-ollama', 'pricer-ollama-2']);
  });

  it('is pushed to the hub after its files were shown, and asked twice before it becomes public', async () => {
    const { quickInput, notifications, dialog, sideBar } = window();
    const untilName = async (): Promise<void> => {
      await sideBar.view('Jobs').choose('pricer', 'Push to the Hub…');
      await quickInput.step(FORMS);
      expect((await quickInput.texts()).join('\n')).not.toContain('Ollama');
      await quickInput.pick('Adapter');
    };
    await untilName();
    await quickInput.step('A push needs a token with the right to write.');
    await quickInput.pick('Enter an access token…');
    await quickInput.enter('hf_wrong');
    await notifications.press('The hub refused the access token.', 'Enter Token…');
    await quickInput.step('The hub refused the last token.');
    await quickInput.pick('Enter an access token…');
    await quickInput.enter('hf_right');
    await quickInput.step(FORMS);
    await quickInput.dismiss();
    for (const theme of THEMES) {
      await window().useTheme(theme);
      await sideBar.show('Tuning Fork');
      await untilName();
      await quickInput.step('Name of the new repository, as owner/name; the token belongs to me');
      await quickInput.enter('team/pricer');
      await quickInput.step('Who can see the repository?');
      await window().screenshot(path.join(testResults, `push-privacy-${theme}.png`));
      await quickInput.pick(theme === 'dark' ? 'Public' : 'Private');
      await dialog.shown(/Push to the (private|public) repository team\/pricer\?/);
      expect(await dialog.box.innerText()).toMatch(
        /Account me at huggingface\.co\.[\s\S]*README\.md · [\d.]+ kB[\s\S]*adapter_model\.safetensors · 7 bytes/,
      );
      await window().screenshot(path.join(testResults, `push-files-${theme}.png`));
      await dialog.press(theme === 'light' ? 'Cancel' : theme === 'dark' ? 'Continue…' : 'Push');
      if (theme === 'highContrast') await notifications.dismiss('team/pricer is at the hub.');
    }
    await dialog.shown('Make team/pricer public?');
    await window().screenshot(path.join(testResults, 'push-public.png'));
    await dialog.press('Make Public');
    await notifications.dismiss('team/pricer is at the hub.');
  });
});
