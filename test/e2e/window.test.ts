import { describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';

describe('the window', () => {
  const window = useWindow(async () => ({
    workspace: await temporaryWorkspace({ 'train.jsonl': '{"messages": []}\n', 'notes.txt': 'nothing to train on\n' }),
  }));

  it('offers fine-tuning on a right-click on a dataset, and on nothing else', async () => {
    const { explorer } = window().sideBar;
    await explorer.shows('train.jsonl');
    expect(await explorer.menuOf('train.jsonl')).toContain('Fine-Tune with Dataset…');
    expect(await explorer.menuOf('notes.txt')).not.toContain('Fine-Tune with Dataset…');
  });

  it('says in the empty views what to do', async () => {
    await window().sideBar.show('Tuning Fork');
    await window().sideBar.view('Jobs').welcome.getByText('No fine-tuning jobs yet.').waitFor();
  });

  it('offers its commands in the palette, except those that need an item', async () => {
    const { quickInput } = window();
    expect(await quickInput.offersCommand('Tuning Fork: Add Connection…')).toBe(true);
    expect(await quickInput.offersCommand('Tuning Fork: Delete Model…')).toBe(false);
  });

  it.each(['dark', 'highContrast', 'highContrastLight', 'light'] as const)('follows the %s theme', async (theme) => {
    await window().useTheme(theme);
  });

  it('is the same after a reload, a reopening and a restart', async () => {
    await window().reload();
    await window().reopen();
    await window().restart();
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.shows('train.jsonl');
    expect(window().pageErrors).toEqual([]);
  });
});
