import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { placesIn } from '../../src/openWeights/places.ts';
import { findPython } from '../../src/openWeights/python.ts';
import { updateRegistry } from '../../src/openWeights/registry.ts';
import { testResults } from '../../scripts/lib/paths.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { beginFineTuning, SUMMARY } from '../support/e2e/mainJob.ts';

// Without a Python that can be used there is no summary, and the reason is tested without a window.
const python = await findPython({ setting: '', known: [], env: process.env, hasUv: false });

const THEMES = ['light', 'dark', 'highContrast'] as const;

describe.skipIf(!python.ok)('set-up of open-weights training', () => {
  const window = useWindow(async () => ({ workspace: await temporaryWorkspace({ 'notes.txt': 'nothing' }) }));

  it('says which Python, what, how large and where, and installs nothing before Start', async () => {
    const { quickInput } = window();
    for (const theme of THEMES) {
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

const rows = (make: (n: number) => unknown): string =>
  Array.from({ length: 12 }, (_, n) => JSON.stringify(make(n))).join('\n');

/** No Python is needed before the start: the list of models is a file. */
describe('a dataset on Local', () => {
  const MODEL = 'HuggingFaceTB/SmolLM2-135M-Instruct';
  const QUESTION = 'Which model should learn from the dataset?';
  /** From its beginning: the question of the summary ends alike. */
  const ADVANCED = /^Choose a line to change it/;
  const window = useWindow(async () => ({
    workspace: await temporaryWorkspace({
      'pairs.jsonl': rows((n) => ({
        input: { messages: [{ role: 'user', content: `Question ${String(n)}` }] },
        preferred_output: [{ role: 'assistant', content: `Better ${String(n)}` }],
        non_preferred_output: [{ role: 'assistant', content: `Worse ${String(n)}` }],
      })),
      'shop.jsonl': rows((n) => ({
        messages: [
          { role: 'user', content: `What does thing ${String(n)} cost?` },
          { role: 'assistant', content: `It costs ${String(n)} dollars.` },
        ],
      })),
    }),
  }));

  /** Does the same in each theme; a change of theme closes a list that is open. */
  async function inThemes(name: string, open: () => Promise<void>): Promise<void> {
    for (const theme of THEMES) {
      await window().useTheme(theme);
      await open();
      await window().screenshot(path.join(testResults, `open-weights-${name}-${theme}.png`));
      await window().quickInput.dismiss();
    }
  }
  const texts = async (): Promise<string> => (await window().quickInput.texts()).join('\n');

  it('of preference pairs says that it needs an open-weights model, and leads to one', async () => {
    const { quickInput } = window();
    await inThemes('none', async () => {
      await beginFineTuning(window(), 'pairs.jsonl');
      await quickInput.step(QUESTION);
      const text = await texts();
      expect(text).toContain('Set Up Open-Weights Training…');
      expect(text).toContain('Preference pairs need an open-weights model; local-linear-1 learns from chats only.');
      expect(await quickInput.rows.count()).toBe(1);
    });
  });

  it('of chats is trained by the baseline, which the summary calls one, where there is no other', async () => {
    const { quickInput } = window();
    await beginFineTuning(window(), 'shop.jsonl');
    await quickInput.step(SUMMARY);
    expect(await texts()).toMatch(/Base model\s*local-linear-1, a linear baseline, not a language model/);
    await quickInput.pick(/^\W*Base model/);
    await quickInput.step(QUESTION);
    expect(await texts()).toContain('Use a real language model…');
    await quickInput.dismiss();
  });

  it('of preference pairs gets an open-weights model that was added', async () => {
    const storage = path.join(window().profile.userData, 'User/globalStorage/tuning-fork.tuning-fork');
    await updateRegistry(placesIn(storage).server, () => ({
      python: null,
      models: [
        {
          id: MODEL,
          source: MODEL,
          revision: null,
          licence: 'apache-2.0',
          parameters: 134_515_008,
          addedAt: new Date().toISOString(),
        },
      ],
    }));
    const { quickInput } = window();
    await beginFineTuning(window(), 'pairs.jsonl');
    await quickInput.step(SUMMARY);
    expect(await texts()).toContain(MODEL);
    await quickInput.pick(/^\W*Base model/);
    await quickInput.step(QUESTION);
    expect(await quickInput.rows.count()).toBe(2);
    expect(await texts()).toContain('An open-weights language model, fine-tuned on this machine with an adapter');
    await quickInput.back();
    await quickInput.step(SUMMARY);
    await quickInput.pick(/^\W*Advanced/);
    await quickInput.step(ADVANCED);
    const lines = await texts();
    for (const line of [/LoRA rank\s*16/, /Target modules\s*all linear layers/, /4-bit weights/, /Validation sample/])
      expect(lines).toMatch(line);
    expect(lines).not.toContain('Packing');
    await quickInput.dismiss();
  });

  it('of chats is asked for its model, the real one first, and has the settings of its training', async () => {
    const { quickInput } = window();
    await inThemes('models', async () => {
      await beginFineTuning(window(), 'shop.jsonl');
      await quickInput.step(QUESTION);
      expect((await quickInput.texts())[0]).toContain(MODEL);
      expect((await quickInput.texts())[1]).toContain('A linear baseline, not a language model');
    });
    await inThemes('advanced', async () => {
      await beginFineTuning(window(), 'shop.jsonl');
      await quickInput.step(QUESTION);
      await quickInput.accept();
      await quickInput.step(SUMMARY);
      await quickInput.pick(/^\W*Advanced/);
      await quickInput.step(ADVANCED);
      await quickInput.pick('LoRA rank');
      await quickInput.step('LoRA rank (empty: 16)');
      await quickInput.type('0');
      await expect.poll(() => quickInput.message()).toContain('LoRA rank must be a whole number (1 … 1,024).');
      await quickInput.enter('8');
      await quickInput.step(ADVANCED);
      expect(await texts()).toMatch(/LoRA rank\s*8\n[\s\S]*Packing\s*off/);
    });
  });
});
