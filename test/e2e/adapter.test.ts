// An adapter that was trained elsewhere comes home, and a notebook goes out; the programs of the trainer are stand-ins.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { testResults } from '../../scripts/lib/paths.ts';
import { placesIn } from '../../src/openWeights/places.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { codeOf, notebookCells } from '../support/notebooks.ts';
import { adapterFiles, CONFIG, zipOf } from '../support/openWeights/adapterFiles.ts';
import { setUpFakePython } from '../support/openWeights/fakePython.ts';

const THEMES = ['light', 'dark', 'highContrast'] as const;
const chats = Array.from({ length: 12 }, (_, n) =>
  JSON.stringify({
    messages: [
      { role: 'user', content: `What does thing ${String(n)} cost?` },
      { role: 'assistant', content: `It costs ${String(n)} dollars.` },
    ],
  }),
).join('\n');

describe.skipIf(process.platform === 'win32')('an adapter that was trained elsewhere', () => {
  let workspace = '';
  const window = useWindow(async () => {
    workspace = await temporaryWorkspace({ 'shop.train.jsonl': chats, 'shop.validation.jsonl': chats });
    return { workspace, settings: { 'files.simpleDialog.enable': true }, size: { width: 1400, height: 900 } };
  });

  async function importZip(name: string, zip: Buffer): Promise<void> {
    const file = path.join(workspace, name);
    writeFileSync(file, zip);
    const { quickInput } = window();
    await quickInput.runCommand('Tuning Fork: Import Adapter…');
    await quickInput.step('A LoRA adapter of PEFT that was trained elsewhere');
    await quickInput.pick('Zip file…');
    await quickInput.step('Choose Zip File of Adapter');
    await quickInput.enterPath(file);
  }

  it('is refused where its base is not on this machine, with the way to add it', async () => {
    const storage = path.join(window().profile.userData, 'User/globalStorage/tuning-fork.tuning-fork');
    const { server } = placesIn(storage);
    mkdirSync(server, { recursive: true });
    await setUpFakePython(server);
    const config = JSON.stringify({ ...CONFIG, base_model_name_or_path: 'somewhere/else' });
    await importZip('other.zip', zipOf(adapterFiles({ 'adapter_config.json': config })));
    const { notifications } = window();
    await notifications.shown('The adapter was trained on somewhere/else, which is not on this machine.');
    await window().screenshot(path.join(testResults, 'adapter-refused.png'));
    await notifications.dismiss('The adapter was trained on somewhere/else');
  });

  it('becomes a job with its curve, which says that it was imported, and a model', async () => {
    const { quickInput, notifications } = window();
    await importZip('colab.zip', zipOf(adapterFiles()));
    await quickInput.step('Name of the model (tiny-good, rank 2');
    await window().screenshot(path.join(testResults, 'adapter-name.png'));
    await quickInput.enter('colab');
    await notifications.press('The adapter was imported as a model of this machine', 'Open Charts');
    const panel = await window().editors.webview('colab');
    await panel.locator('[data-points]').first().waitFor();
    const text = await panel.locator('body').innerText();
    expect(text).toContain('Imported: an adapter that was trained elsewhere.');
    expect(text).toMatch(/training loss/);
    expect(text).toMatch(/full validation loss/);
    await window().sideBar.show('Tuning Fork');
    await window()
      .sideBar.view('Jobs')
      .shows(/colab\s*tiny-good · imported/);
    for (const theme of THEMES) {
      await window().useTheme(theme);
      await window().screenshot(path.join(testResults, `adapter-imported-${theme}.png`));
    }
    await window().useTheme('dark');
  });

  it('goes out as a notebook with its data beside it', async () => {
    const { quickInput, notifications } = window();
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.open('shop.train.jsonl', 'shop.train.jsonl');
    await quickInput.runCommand('Tuning Fork: Export as Notebook…');
    await quickInput.step('Which open-weights model should the notebook train?');
    await window().screenshot(path.join(testResults, 'notebook-base.png'));
    await quickInput.pick('Qwen/Qwen3-0.6B');
    await quickInput.step('Export as Notebook');
    const target = path.join(workspace, 'shop.ipynb');
    await quickInput.enterPath(target);
    await notifications.shown('shop.ipynb is written, with its training and validation files beside it.');
    const settings = codeOf(notebookCells(readFileSync(target, 'utf8')), 'settings');
    expect(settings).toContain('TRAINING_FILE = "shop.train.jsonl"');
    expect(settings).toContain('BASE_MODEL = "Qwen/Qwen3-0.6B"');
  });
});
