import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { addCompatibleConnection, answerUntilSummary, beginFineTuning, SUMMARY } from '../support/e2e/mainJob.ts';
import { patience } from '../support/e2e/again.ts';
import { startFaultServer, type FaultServer } from '../support/faultServer.ts';

const rows = (make: (n: number) => unknown, count = 12): string =>
  Array.from({ length: count }, (_, n) => JSON.stringify(make(n))).join('\n');

const pairs = rows((n) => ({
  input: { messages: [{ role: 'user', content: `Question ${String(n)}` }] },
  preferred_output: [{ role: 'assistant', content: `Better ${String(n)}` }],
  non_preferred_output: [{ role: 'assistant', content: `Worse ${String(n)}` }],
}));
const graded = (field: string, first: number): string =>
  rows((n) => ({ messages: [{ role: 'user', content: `Question ${String(first + n)}` }], [field]: String(first + n) }));
const grader = (field: string): string =>
  JSON.stringify({
    type: 'string_check',
    name: 'exact answer',
    input: '{{sample.output_text}}',
    reference: `{{item.${field}}}`,
    operation: 'eq',
  });

/** Preference pairs and rows for a grader, at a provider whose ledger shows what was asked for. */
describe('methods other than supervised', () => {
  let server: FaultServer;
  let workspace = '';
  const window = useWindow(async () => {
    server = await startFaultServer();
    workspace = await temporaryWorkspace({
      'pairs.jsonl': pairs,
      'sums.jsonl': graded('answer', 0),
      'sums.val.jsonl': graded('answer', 100),
      'sums.grader.json': grader('answer'),
      'other.grader.json': grader('solution'),
      'wrong.grader.json': grader('answer').replace('"eq"', '"equals"'),
      'notes.json': '{"type": "string_check"}',
    });
    return { workspace, settings: { 'files.simpleDialog.enable': true } };
  });
  afterAll(() => server.close());

  async function startAtUnknownPrice(name: string): Promise<void> {
    await window().quickInput.pick('Start');
    await window().dialog.shown('Start a paid job at Lab for an unknown amount?');
    await window().dialog.press('Start at Unknown Price');
    await window()
      .sideBar.view('Jobs')
      .shows(new RegExp(`${name}\\s*waiting to start`));
  }

  it('are offered where they can be trained, with the reason where a model is missing', async () => {
    await addCompatibleConnection(window(), { name: 'Lab', baseUrl: server.baseUrl, key: server.apiKey });
    await window().page.locator('.statusbar-item', { hasText: 'Lab is connected' }).first().waitFor();
    await beginFineTuning(window(), 'pairs.jsonl');
    const { quickInput } = window();
    await quickInput.step('Where should it be trained?');
    await quickInput.pick('Local');
    await quickInput.step('Which model should learn');
    expect((await quickInput.texts()).join('\n')).toContain('Preference pairs need an open-weights model');
    await quickInput.back();
    await quickInput.step('Where should it be trained?');
    await quickInput.pick('Lab');
    await quickInput.step('Which model should learn');
    await quickInput.pick('base-1');
    await quickInput.step(SUMMARY);
  });

  it('learn from preference pairs, with a beta of its own', async () => {
    const { quickInput } = window();
    await quickInput.pick(/^\W*Method/);
    await quickInput.step('are pairs of a better and a worse answer');
    await quickInput.accept();
    await quickInput.step(SUMMARY);
    await quickInput.pick(/^\W*Hyperparameters/);
    await quickInput.step('Epochs, batch size');
    await quickInput.pick('Set them');
    await quickInput.step('Number of epochs: how often');
    await quickInput.enter('2');
    await quickInput.step('Batch size');
    await quickInput.accept();
    await quickInput.step('Learning rate multiplier');
    await quickInput.accept();
    await quickInput.step('Beta: ');
    await quickInput.type('2.5');
    await expect.poll(() => quickInput.message()).toContain('at most 2');
    await quickInput.enter('0.3');
    await answerUntilSummary(window(), { suffix: 'liked' });
    expect((await quickInput.texts()).join('\n')).toContain('Preference (DPO)');
    await startAtUnknownPrice('liked');
    expect(server.ledger.jobs.at(-1)).toMatchObject({
      method: { type: 'dpo', dpo: { hyperparameters: { n_epochs: 2, beta: 0.3 } } },
    });
  });

  it('hold a grader against every row before they start', async () => {
    const { quickInput } = window();
    await beginFineTuning(window(), 'sums.jsonl');
    await quickInput.step('Where should it be trained?');
    await quickInput.pick('Lab');
    await quickInput.step('Which model should learn');
    await quickInput.pick('Enter a model name');
    await quickInput.step('Name of the base model');
    await quickInput.enter('o4-mini-2025-04-16');
    await quickInput.step('Which grader scores the answers?');
    const graders = (await quickInput.texts()).join('\n');
    expect(graders).toContain('sums.grader.json');
    // Not a grader: half of it is missing.
    expect(graders).not.toContain('notes.json');
    await quickInput.pick('other.grader.json');
    await window().notifications.shown(/Line 1 of sums\.jsonl: .*solution/);
    await window().notifications.dismiss(/Line 1 of sums\.jsonl/);
    expect(server.ledger.jobs).toHaveLength(1);
  });

  it('send the grader with the job and say what an hour costs', async () => {
    const { quickInput } = window();
    await beginFineTuning(window(), 'sums.jsonl');
    await answerUntilSummary(window(), {
      connection: 'Lab',
      typedModel: 'o4-mini-2025-04-16',
      grader: 'sums.grader.json',
      suffix: 'sums',
    });
    const lines = (await quickInput.texts()).join('\n');
    expect(lines).toContain('Billed by the hour: $100.00 per hour of training');
    expect(lines).toContain('string_check · exact answer');
    expect(lines).toMatch(/Validation\s*sums\.val\.jsonl/);
    await startAtUnknownPrice('sums');
    expect(server.ledger.jobs.at(-1)).toMatchObject({
      method: { type: 'reinforcement', reinforcement: { grader: JSON.parse(grader('answer')) as unknown } },
    });
  });

  it('have graders that the editor checks while they are written', async () => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.select('wrong.grader.json');
    await window().editors.show('wrong.grader.json');
    await window().editors.text.locator('.squiggly-warning, .squiggly-error').first().waitFor();
    await window().sideBar.explorer.select('sums.grader.json');
    await window().editors.show('sums.grader.json');
    await window().editors.text.locator('.squiggly-warning, .squiggly-error').first().waitFor({ state: 'hidden' });
  });

  it('have a new grader written for their rows, which the editor completes and checks', async () => {
    const { quickInput, editors, page } = window();
    await quickInput.runCommand('Tuning Fork: New Grader File…');
    await quickInput.step('How are answers scored?');
    await quickInput.pick('Text similarity');
    await quickInput.step('Save Grader');
    await quickInput.accept();
    await editors.show('new.grader.json');
    const written = JSON.parse(await readFile(path.join(workspace, 'new.grader.json'), 'utf8')) as object;
    expect(written).toMatchObject({ type: 'text_similarity', reference: '{{item.answer}}' });
    // The editor draws spaces as ones that do not break.
    const text = async () => (await editors.text.locator('.view-lines').innerText()).replace(/\u00a0/g, ' ');
    await expect.poll(text).toContain('"text_similarity"');
    const squiggle = editors.text.locator('.squiggly-warning, .squiggly-error');
    await squiggle.first().waitFor({ state: 'hidden' });
    // Another measure: the values that there are stand in a list.
    const measure = editors.text.locator('.view-line', { hasText: '"evaluation_metric"' });
    await measure.click();
    await page.keyboard.press('End');
    for (let n = 0; n < 3; n += 1) await page.keyboard.press('ControlOrMeta+Backspace');
    await page.keyboard.type(' ');
    await page.keyboard.press('ControlOrMeta+Space');
    const list = page.locator('.suggest-widget .monaco-list-row');
    await list.filter({ hasText: 'bleu' }).first().waitFor({ timeout: patience });
    await list.filter({ hasText: 'rouge_1' }).first().waitFor({ timeout: patience });
    await page.keyboard.press('Escape');
    await page.keyboard.type('"nearly');
    await page.keyboard.press('Escape');
    await squiggle.first().waitFor({ timeout: patience });
  });
});
