import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findPython } from '../../src/openWeights/python.ts';
import { testResults } from '../../scripts/lib/paths.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';

// Without a Python that can be used there is no summary, and the reason is tested without a window.
const python = await findPython({ setting: '', known: [], env: process.env, hasUv: false });

describe.skipIf(!python.ok)('set-up of open-weights training', () => {
  const window = useWindow(async () => ({ workspace: await temporaryWorkspace({ 'notes.txt': 'nothing' }) }));

  it('says which Python, what, how large and where, and installs nothing before Start', async () => {
    const { quickInput } = window();
    for (const theme of ['light', 'dark', 'highContrast'] as const) {
      await window().useTheme(theme);
      await quickInput.runCommand('Tuning Fork: Set Up Open-Weights Training…');
      await quickInput.step('Nothing is installed before you choose Start');
      const text = (await quickInput.texts()).join('\n');
      expect(text).toContain('Start');
      expect(text).toMatch(/Python 3\.\d+\.\d+/);
      expect(text).toContain('PyTorch, transformers, trl, peft and the trainer');
      expect(text).toMatch(/(About|Between) [\d.]+ GB.* are free/);
      expect(text).toMatch(/In a folder of its own.*open-weights/);
      await window().screenshot(path.join(testResults, `open-weights-set-up-${theme}.png`));
      await quickInput.dismiss();
    }
  });

  it('leads there from Doctor and from adding a model', async () => {
    const { quickInput, notifications } = window();
    const NOT_SET_UP = 'Open-weights training is not set up on this machine.';
    await quickInput.runCommand('Tuning Fork: Run Open-Weights Doctor');
    await notifications.dismiss(NOT_SET_UP);
    await quickInput.runCommand('Tuning Fork: Add Open-Weights Model…');
    await notifications.press(NOT_SET_UP, 'Set Up…');
    await quickInput.step('Nothing is installed before you choose Start');
    await quickInput.dismiss();
  });
});
