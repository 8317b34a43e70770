import { describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { answerFineTuning, SUMMARY } from '../support/e2e/mainJob.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

describe('the ways into the main job', () => {
  const window = useWindow(async () => ({
    workspace: await temporaryWorkspace({
      // Long enough to be cancelled while it trains, on a fast machine too: with 2,000 rows it was over once before the menu was open.
      'big.train.jsonl': toJsonl(priceRows(8000, 10_000)),
      'big.checks.jsonl': toJsonl(priceRows(30, 90_000)),
    }),
  }));
  const jobs = () => window().sideBar.view('Jobs');

  it('takes two selected files as training and validation file', async () => {
    const { explorer } = window().sideBar;
    await window().sideBar.show('Explorer');
    await explorer.shows('big.train.jsonl');
    await explorer.select('big.train.jsonl');
    // Opening the file selects it once more.
    await window().editors.show('big.train.jsonl');
    await window().editors.text.waitFor();
    await explorer.addToSelection('big.checks.jsonl');
    await explorer.choose('big.train.jsonl', 'Fine-Tune with Dataset…');
    await answerFineTuning(window(), {
      epochs: '50',
      suffix: 'long',
      atSummary: async () => {
        const lines = (await window().quickInput.texts()).join('\n');
        expect(lines).toMatch(/Training file[\s\S]*big\.train\.jsonl, 8,000 examples/);
        expect(lines).toMatch(/Validation[\s\S]*big\.checks\.jsonl, 30 examples/);
      },
    });
  });

  it('shows the step, the total and the time left while it runs, and cancels at once', async () => {
    await jobs().shows(/long\s*step [\d,]+\/[\d,]+.* left/, 60_000);
    await jobs().choose(/^\s*long/, 'Cancel Job');
    await jobs().shows(/long\s*canceled · step [\d,]+\/[\d,]+/);
    await jobs().expand('long');
    await jobs().expand('Events');
    await jobs().shows(/canceled/);
  });

  it('is in the title and the context menu of the editor', async () => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.select('big.checks.jsonl');
    await window().editors.show('big.checks.jsonl');
    await window().page.locator('.editor-actions .action-label[aria-label^="Fine-Tune with Dataset"]').waitFor();
    await window().contextMenu.openOn(window().editors.text);
    expect(await window().contextMenu.titles()).toContain('Fine-Tune with Dataset…');
    await window().contextMenu.dismiss();
    await window().page.locator('.editor-actions .action-label[aria-label^="Fine-Tune with Dataset"]').click();
    // Local is the only connection: the summary comes first.
    await window().quickInput.step(SUMMARY);
    await window().quickInput.dismiss();
  });

  it('shows the walkthrough and the log', async () => {
    await window().quickInput.runCommand('Tuning Fork: Get Started');
    await window().page.getByText('Find out whether it helped').first().waitFor();
    await window().quickInput.runCommand('Tuning Fork: Show Log');
    const log = window().page.locator('.part.panel .view-lines');
    await log.filter({ hasText: /Job\sftjob-\w+\swas\screated\sat\sLocal/ }).waitFor();
  });
});
