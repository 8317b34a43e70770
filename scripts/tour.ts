// `npm run tour`: walks through the main job in a real window and writes the pictures of the README to docs/images.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { answerEvaluation, answerFineTuning } from '../test/support/e2e/mainJob.ts';
import { VsCodeWindow } from '../test/support/e2e/window.ts';
import { inProject, testResults } from './lib/paths.ts';
import { prepare } from './lib/prepare.ts';

const { values } = parseArgs({ options: { themes: { type: 'boolean', default: false } } });
const pictures = inProject('docs/images');

/** Writes `docs/images/<name>.png` of what the window shows now. */
async function picture(window: VsCodeWindow, name: string): Promise<void> {
  await window.screenshot(path.join(pictures, `${name}.png`));
  console.log(`docs/images/${name}.png`);
}

/** With `--themes`: the same in the other themes, for the eyes of whoever changed something. Not in the README. */
async function inOtherThemes(window: VsCodeWindow, name: string): Promise<void> {
  if (!values.themes) return;
  for (const theme of ['light', 'highContrast', 'highContrastLight'] as const) {
    await window.useTheme(theme);
    await window.screenshot(path.join(testResults, 'themes', `${name}-${theme}.png`));
  }
  await window.useTheme('dark');
}

/** What is known of a dataset before it is trained on. */
async function report(window: VsCodeWindow): Promise<void> {
  const name = 'prices.train.jsonl';
  await window.sideBar.explorer.select(name);
  await window.editors.show(name);
  await window.editors.pressLens('Show Dataset Report', `Report: ${name}`);
  const page = await window.editors.webview(`Report: ${name}`);
  await page.getByText('No row of prices.validation.jsonl is in prices.train.jsonl').waitFor();
  await page.locator('[data-bars]').first().waitFor();
  await picture(window, 'report');
  await inOtherThemes(window, 'report');
  await window.editors.close(`Report: ${name}`);
  await window.editors.close(name);
}

/** The steps of the main job, each with its picture. */
async function tour(window: VsCodeWindow): Promise<void> {
  const { explorer } = window.sideBar;
  const jobs = window.sideBar.view('Jobs');
  await window.useTheme('dark');
  await window.sideBar.show('Tuning Fork');
  await jobs.welcome.waitFor();
  await picture(window, 'empty');
  await inOtherThemes(window, 'empty');

  await window.sideBar.show('Explorer');
  await explorer.shows('prices.train.jsonl');
  await report(window);
  await window.contextMenu.openOn(explorer.row('prices.train.jsonl'));
  await window.page.getByRole('menuitem', { name: 'Fine-Tune with Dataset…', exact: true }).hover();
  await picture(window, 'start');
  await window.contextMenu.choose('Fine-Tune with Dataset…');
  await answerFineTuning(window, {
    // Long enough for a picture of a running job.
    epochs: '50',
    suffix: 'prices',
    atSummary: () => picture(window, 'summary'),
  });

  // While it runs: the tree with step and time left, beside the curve as far as it is drawn.
  await jobs.select('prices');
  const job = await window.editors.webview(/^prices$/);
  await job.locator('.badge', { hasText: 'running' }).waitFor();
  await job.locator('[data-points]:not([data-points="0"])').first().waitFor();
  await jobs.shows(/prices\s*step [\d,]+\/[\d,]+ · .* left/);
  await picture(window, 'watch');

  await window.notifications.shown('prices was fine-tuned', 120_000);
  await job.locator('.badge', { hasText: 'succeeded' }).waitFor();
  await jobs.expand('prices');
  await jobs.expand('Fine-tuned model');
  await picture(window, 'curves');
  await window.notifications.dismiss('prices was fine-tuned');
  await inOtherThemes(window, 'curves');

  await jobs.choose(/^\s*prices/, 'Try Model…');
  const ask = await window.editors.webview(/^Try/);
  await ask.getByRole('button', { name: 'Choose Dataset…' }).click();
  await window.quickInput.pick('prices.test.jsonl');
  await ask.getByRole('grid').or(ask.getByRole('listbox')).locator('[aria-rowindex], [role="option"]').nth(2).click();
  await ask.getByRole('button', { name: 'Ask', exact: true }).click();
  await ask.getByText('Price is $').first().waitFor();
  await ask.getByRole('heading', { name: 'Reply' }).waitFor();
  await picture(window, 'ask');
  await inOtherThemes(window, 'ask');

  await jobs.choose(/^\s*prices/, 'Evaluate Model…');
  await answerEvaluation(window, { atSummary: () => picture(window, 'evaluate-summary') });
  const evaluation = await window.editors.webview('prices.test.jsonl');
  await evaluation.locator('.badge', { hasText: 'finished' }).waitFor({ timeout: 60_000 });
  await picture(window, 'evaluation');
  await inOtherThemes(window, 'evaluation');

  await window.quickInput.runCommand('Tuning Fork: Get Started');
  await window.page.getByText('Pick a dataset').first().waitFor();
  // The picture of a step is a page of its own, inside two frames.
  const media = window.page.locator('iframe.webview').filter({ visible: true }).first();
  await media.contentFrame().frameLocator('#active-frame').locator('svg').first().waitFor();
  await picture(window, 'walkthrough');
}

await prepare(['package', 'host', 'browser']);
// A copy, so that nothing the tour does is left in the samples; its name is in the pictures.
const parent = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-tour-'));
const workspace = path.join(parent, 'samples');
await cp(inProject('samples/workspace'), workspace, { recursive: true });
try {
  const window = await VsCodeWindow.open({ workspace, size: { width: 1440, height: 900 } });
  try {
    await tour(window);
  } finally {
    await window.close();
  }
} finally {
  await rm(parent, { recursive: true, force: true });
}
