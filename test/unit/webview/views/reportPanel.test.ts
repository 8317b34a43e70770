import { describe, expect, it } from 'vitest';
import type { FromPanel } from '../../../../src/protocol/panelMessages.ts';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import {
  apart,
  compared,
  datasetReport,
  openFiles,
  poorReport,
  priceReport,
  reportState,
  suspicions,
  tailedPrices,
} from '../../../support/webviewHarness/reportStates.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();
let panel: PanelPage;

const button = (name: string | RegExp) => panel.page.getByRole('button', { name, exact: true });
const last = async (): Promise<FromPanel | undefined> => (await panel.posted()).at(-1);
const bars = () => panel.page.locator('section[aria-label="Tokens per example"] [data-bars]');

describe('the report', () => {
  it('opens with its answer', async () => {
    panel = await open(reportState());
    expect(await panel.page.locator('.headline.good').textContent()).toBe(
      'Clean: 500 examples without problems, duplicates, or contradictions. No row of intents.validation.jsonl is in intents.train.jsonl, exactly or nearly.',
    );
    expect(await panel.page.getByRole('heading', { level: 1 }).textContent()).toBe('intents.train.jsonl');
  });

  it('leads from each number to its lines', async () => {
    panel = await open(reportState(poorReport(497), {}, compared()));
    const problems = panel.page.getByRole('table', { name: 'Problems by rule' });
    await problems
      .getByRole('row', { name: /json-syntax/ })
      .getByRole('button')
      .click();
    expect(await last()).toEqual({ type: 'showFigure', figure: 'problem.json-syntax' });
    const leaks = panel.page.getByRole('table', { name: /^Rows of .* that are also in/ });
    await leaks
      .getByRole('row', { name: /Word for word/ })
      .getByRole('button')
      .first()
      .click();
    expect(await last()).toEqual({ type: 'showFigure', figure: 'leak.0.exact.held' });
    await panel.page.locator('header').getByRole('button', { name: '3 rows with errors' }).click();
    expect(await last()).toEqual({ type: 'showFigure', figure: 'wrong' });
    // What nobody has leads nowhere.
    expect(
      await leaks
        .getByRole('row', { name: /Nearly the same/ })
        .getByRole('button')
        .count(),
    ).toBe(0);
    // Numbers in tables, marks and facts are links; sums of money are about all rows.
    const tables = panel.page.locator('table:not([aria-label="Cost by model"]) td.number');
    for (const cell of await tables.filter({ visible: true }).all()) {
      const text = (await cell.textContent()) ?? '';
      if (text !== '0' && /^[\d,]+$/.test(text))
        expect([text, await cell.getByRole('button').count()]).toEqual([text, 1]);
    }
  });

  it('draws the lengths, and says the same as a table', async () => {
    panel = await open(reportState());
    await bars().waitFor();
    const canvas = panel.page.getByRole('img', { name: /^Histogram of tokens per example: 500 examples, Shortest 84/ });
    const box = await canvas.boundingBox();
    if (box === null) throw new Error('The chart is not drawn');
    const position = { x: box.width * 0.3, y: box.height / 2 };
    await canvas.hover({ position });
    const note = panel.page.getByText(/^\d+ to \d+ tokens: \d+ examples$/);
    const [, range = '', count = ''] =
      /^(\d+ to \d+) tokens: (\d+) examples$/.exec((await note.textContent()) ?? '') ?? [];
    expect(Number(count)).toBeGreaterThan(50);
    await canvas.click({ position });
    const shown = await last();
    expect(shown).toMatchObject({ type: 'showFigure', figure: expect.stringMatching(/^tokens\.bar\.\d+$/) as string });

    await button('Tokens per example: show as a table').click();
    const rows = panel.page.getByRole('table', { name: 'Tokens per example' }).getByRole('row');
    const counts = await rows.locator('td').allTextContents();
    expect(counts.reduce((sum, text) => sum + Number(text), 0)).toBe(500);
    const same = rows.filter({ hasText: range });
    expect(await same.locator('td').textContent()).toBe(count);
    await same.getByRole('button').click();
    expect(await last()).toEqual(shown);
    // The choice is kept over a reload of the window.
    await panel.reload(reportState());
    expect(await panel.page.getByRole('table', { name: 'Tokens per example' }).isVisible()).toBe(true);
    expect(await panel.page.getByRole('table', { name: 'Tokens per answer' }).count()).toBe(0);
  });

  it('shows what a job costs on each model, with what is known of the model', async () => {
    panel = await open(reportState());
    const row = (name: string) => panel.page.getByRole('table', { name: 'Cost by model' }).getByRole('row', { name });
    expect(await row('gpt-4.1-mini').textContent()).toMatch(
      /^gpt-4\.1-mini-2025-04-14 \(your price\)5\.00\$0\.66\$1\.970Retires on Jan 14, 2027/,
    );
    expect(await row('gpt-4.1-nano').textContent()).toContain('Retired on Oct 23, 2026');
    expect(await row('local-linear-1').textContent()).toContain('free');
    expect(await panel.page.getByText('3 epochs for this file: 394,524 trained tokens.').isVisible()).toBe(true);
  });

  it('has one column for the cost of one epoch where a server chooses one', async () => {
    const state = reportState();
    const { view } = state;
    const cost = view?.cost ?? null;
    if (view === null || cost === null) throw new Error('The report has no costs');
    panel = await open({ ...state, view: { ...view, cost: { ...cost, epochs: 1 } } });
    const table = panel.page.getByRole('table', { name: 'Cost by model' });
    expect((await table.getByRole('columnheader').allTextContents()).filter((title) => /epoch/.test(title))).toEqual([
      'one epoch',
    ]);
    const cells = await table.getByRole('row').nth(1).getByRole('cell').count();
    // The model's name is a row header.
    expect(cells + 1).toBe(await table.getByRole('columnheader').count());
  });

  it('has the answer, leakage, duplicates, lengths and costs in this order', async () => {
    panel = await open(reportState(priceReport(tailedPrices(200)), {}, compared()));
    const headings = await panel.page.getByRole('heading', { level: 2 }).allTextContents();
    expect(
      headings
        .filter((text) => text !== '')
        .map((text) => text.replace(/ ?(?:Table|Split Cleanly…|Measure|\d.*)$/, '')),
    ).toEqual([
      'Leakage',
      'Duplicates and contradictions',
      'Problems by rule',
      'Tokens per example',
      'Tokens per answer',
      'Answers as numbers',
      'Suspicious answers',
      'Would more data help?',
      'Cost of a job',
      'Most frequent answers',
      'Roles',
    ]);
  });

  it('compares with every likely file, tells how far it is, and stops when told to', async () => {
    panel = await open(reportState(undefined, {}, openFiles()));
    expect(await panel.page.locator('.headline.neutral').textContent()).toMatch(/^Clean so far: .*Comparing with/);
    const part = (name: string) => panel.page.getByRole('group', { name, exact: true });
    const running = part('intents.validation.jsonl');
    expect(await running.getByText('reading, 30%').isVisible()).toBe(true);
    await panel.send({ type: 'reportProgress', of: 'comparing', fraction: 0.8 });
    expect(await running.getByText('reading, 80%').isVisible()).toBe(true);
    await running.getByRole('button', { name: 'Cancel' }).click();
    expect(await last()).toEqual({ type: 'stopComparing' });
    expect(await part('intents.test.jsonl').textContent()).toBe('intents.test.jsonl: not compared yet');
    await part('intents.old.test.jsonl').getByRole('button').click();
    expect(await last()).toEqual({ type: 'compareAgain', place: 2 });
    expect(await part('intents.large.test.jsonl').textContent()).toContain('both files together have');
    await button('Compare with intents.large.test.jsonl').click();
    expect(await last()).toEqual({ type: 'compareAgain', place: 3 });
    expect(await part('gone.test.jsonl').textContent()).toContain('gone.test.jsonl does not exist. Choose another.');
    expect(await panel.page.getByText('2 more files with matching names were not compared.').isVisible()).toBe(true);
    await button('Compare with…').click();
    expect(await last()).toEqual({ type: 'compareReport' });
    await panel.send({ type: 'state', state: reportState(undefined, {}, compared()) });
    await button('Split Cleanly…').click();
    expect(await last()).toEqual({ type: 'reportAction', action: 'findLeakage' });
    await panel.send({ type: 'state', state: reportState(undefined, {}, apart()) });
    expect(await button('Split Cleanly…').count()).toBe(0);
    expect(await part('intents.validation.jsonl').textContent()).toBe(
      'None of the 50 rows of intents.validation.jsonl is in intents.train.jsonl, exactly or nearly.',
    );
  });

  it('draws answers that are numbers, on a logarithmic axis when they are skewed, with the table beside it', async () => {
    panel = await open(reportState(priceReport(tailedPrices(400))));
    const section = panel.page.getByRole('region', { name: 'Answers as numbers' });
    await section.locator('[data-bars]').waitFor();
    const canvas = section.getByRole('img', {
      name: /^Histogram of the numbers in the answers: 400 examples, Smallest /,
    });
    const box = await canvas.boundingBox();
    if (box === null) throw new Error('The chart is not drawn');
    const position = { x: box.width * 0.3, y: box.height / 2 };
    await canvas.hover({ position });
    const note = (await section.getByText(/^[\d.,]+ to below [\d.,]+: \d+ examples$/).textContent()) ?? '';
    const [, range = '', count = ''] = /^(.*): (\d+) examples$/.exec(note) ?? [];
    await canvas.click({ position });
    const shown = await last();
    expect(shown).toMatchObject({ type: 'showFigure', figure: expect.stringMatching(/^numbers\.bar\.\d+$/) as string });
    const rows = section.getByRole('table', { name: 'Answers as numbers' }).getByRole('row');
    const same = rows.filter({ has: panel.page.getByRole('rowheader', { name: range, exact: true }) });
    expect(await same.locator('td').textContent()).toBe(count);
    await same.getByRole('button').focus();
    await panel.page.keyboard.press('Enter');
    expect(await last()).toEqual(shown);
    expect(await panel.page.getByText(/Freedman–Diaconis rule, on a logarithmic axis because/).isVisible()).toBe(true);
    await panel.send({ type: 'state', state: reportState() });
    expect(await section.isVisible()).toBe(false);
  });

  const suspicious = () => panel.page.getByRole('region', { name: 'Suspicious answers' });

  it('offers to look for suspicious answers, tells how far it is, and stops when told to', async () => {
    panel = await open(reportState());
    expect(
      await suspicious().getByText('Takes about 6 s for this file; nothing leaves this machine.').isVisible(),
    ).toBe(true);
    await suspicious().getByRole('button', { name: 'Find Suspicious Answers' }).click();
    expect(await last()).toEqual({ type: 'findSuspicious' });
    await panel.send({ type: 'suspicious', suspicious: { state: 'running', share: 0 } });
    await panel.send({ type: 'reportProgress', of: 'suspicious', fraction: 0.37 });
    expect(await suspicious().getByText('training, 37%').isVisible()).toBe(true);
    expect(await suspicious().getByRole('progressbar', { name: 'Judging answers' }).isVisible()).toBe(true);
    await suspicious().getByRole('button', { name: 'Cancel' }).click();
    expect(await last()).toEqual({ type: 'cancelSuspicious' });
    const note = 'The file has changed since its answers were judged.';
    await panel.send({ type: 'suspicious', suspicious: { state: 'unasked', text: 'Takes 6 s.', note } });
    expect(await suspicious().getByRole('status').textContent()).toBe(note);
    expect(await suspicious().getByRole('button', { name: 'Find Suspicious Answers' }).isVisible()).toBe(true);
  });

  it('leads from suspicious answers to their lines, and to those of similar rows', async () => {
    panel = await open(reportState(undefined, { suspicious: suspicions(4) }));
    const rows = suspicious().getByRole('table').getByRole('row');
    expect(
      await suspicious()
        .getByText(/^2 of 500 answers are called suspicious/)
        .isVisible(),
    ).toBe(true);
    // The first row is the head.
    expect(await rows.count()).toBe(5);
    const cells = (at: number) => rows.nth(at).getByRole('cell').allTextContents();
    expect((await cells(2)).slice(1, 4)).toEqual([
      'lost or stolen card',
      'exchange rate',
      expect.stringMatching(/^0\.\d{3}$/),
    ]);
    expect(await rows.getByRole('img', { name: 'called suspicious' }).count()).toBe(2);
    await rows.nth(2).getByRole('button', { name: '20', exact: true }).click();
    expect(await last()).toEqual({ type: 'showFigure', figure: 'suspicious.1' });
    const other = rows.nth(4).getByRole('listitem').nth(2);
    expect(await other.textContent()).toBe('61 refund not showing up');
    await other.getByRole('button').click();
    expect(await last()).toEqual({ type: 'showFigure', figure: 'suspicious.3.2' });
    await suspicious().getByRole('button', { name: 'Export Suspicious Answers…' }).click();
    expect(await last()).toEqual({ type: 'exportSuspicious' });
    await suspicious().getByRole('button', { name: 'Find Suspicious Answers Again' }).click();
    expect(await last()).toEqual({ type: 'findSuspicious' });
  });

  it('keeps the focus in the list of suspicious answers while nothing in it changes', async () => {
    panel = await open(reportState(undefined, { suspicious: suspicions(4) }));
    const link = suspicious().getByRole('table').getByRole('button').first();
    await link.focus();
    await panel.send({ type: 'suspicious', suspicious: suspicions(4) });
    await panel.send({
      type: 'state',
      state: reportState(undefined, { notice: 'Changed.', suspicious: suspicions(4) }),
    });
    expect(await link.evaluate((element) => element === document.activeElement)).toBe(true);
    await panel.send({ type: 'suspicious', suspicious: suspicions(3) });
    expect(await suspicious().getByRole('row').count()).toBe(4);
  });

  it('says why no answer can be called suspicious, and ranks none', async () => {
    const text = 'Nothing can be said of single answers: the answers are long or mostly distinct.';
    panel = await open(reportState(undefined, { suspicious: { state: 'unjudged', text } }));
    expect(await suspicious().getByRole('status').textContent()).toBe(text);
    expect(await suspicious().getByRole('table').count()).toBe(0);
    await panel.send({ type: 'suspicious', suspicious: suspicions(0) });
    expect(
      await suspicious()
        .getByText(/^500 answers were judged .* none is called suspicious\./)
        .isVisible(),
    ).toBe(true);
    expect(await suspicious().getByRole('table').count()).toBe(0);
  });

  it('shows the suspicious answers when they were asked for, also while the file is still being read', async () => {
    panel = await open(reportState(null, { suspicious: { state: 'running', share: 0 } }));
    await panel.page.setViewportSize({ width: 900, height: 400 });
    await panel.send({ type: 'showSuspicious' });
    const top = () => suspicious().evaluate((element) => element.getBoundingClientRect().top);
    await panel.send({ type: 'state', state: reportState(undefined, { suspicious: { state: 'running', share: 0 } }) });
    expect(await top()).toBeLessThan(100);
    await panel.page.evaluate(() => {
      scrollTo(0, 0);
    });
    expect(await top()).toBeGreaterThan(400);
    // Once is enough.
    await panel.send({ type: 'state', state: reportState(undefined, { notice: 'Changed.' }) });
    expect(await top()).toBeGreaterThan(400);
    await panel.send({ type: 'showSuspicious' });
    expect(await top()).toBeLessThan(100);
  });

  it('tells how far it is, and stops when told to', async () => {
    panel = await open(reportState(null));
    expect(await panel.page.getByText('reading, 42%').isVisible()).toBe(true);
    await panel.send({ type: 'reportProgress', of: 'reading', fraction: 0.73 });
    expect(await panel.page.getByText('reading, 73%').isVisible()).toBe(true);
    await panel.send({ type: 'reportProgress', of: 'reading', fraction: 1 });
    expect(await panel.page.getByText('comparing rows that look alike').isVisible()).toBe(true);
    await button('Cancel').click();
    expect(await last()).toEqual({ type: 'cancelReport' });
    await panel.send({ type: 'state', state: reportState(null, { status: 'cancelled' }) });
    await button('Read the File').click();
    expect(await last()).toEqual({ type: 'refreshReport' });
  });

  it('keeps its figures and the focus when it says that the file has changed', async () => {
    panel = await open(reportState());
    const link = panel.page.locator('header').getByRole('button', { name: 'Compare with…' });
    const mark = panel.page.getByRole('table', { name: 'Roles' }).getByRole('button').first();
    await mark.focus();
    await panel.send({
      type: 'state',
      state: reportState(undefined, { notice: 'The file has changed since it was read.' }),
    });
    expect(await mark.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await link.isVisible()).toBe(true);
    await button('Refresh').click();
    expect(await last()).toEqual({ type: 'refreshReport' });
  });

  it('of a file that cannot be read says so and what to do', async () => {
    const problem = { message: 'The file does not exist.', action: 'Choose another file.' };
    panel = await open(reportState(null, { status: 'failed', problem }));
    expect(await panel.page.getByRole('alert').textContent()).toContain(
      'The file does not exist. Choose another file.',
    );
    expect(await panel.page.getByRole('progressbar').count()).toBe(0);
    expect(await panel.page.getByRole('table').count()).toBe(0);
  });

  it('of nothing has a word for each place', async () => {
    panel = await open(reportState(datasetReport(0)));
    for (const text of [
      'No example could be counted.',
      'There is nothing to train on.',
      'There are no messages to count.',
    ])
      expect(await panel.page.getByText(text).isVisible()).toBe(true);
    expect(await button('Fine-Tune…').isVisible()).toBe(false);
  });

  it('is exported by a button', async () => {
    panel = await open(reportState());
    await button('Export CSV…').click();
    expect(await last()).toEqual({ type: 'exportReport' });
    await button('Fine-Tune…').click();
    expect(await last()).toEqual({ type: 'reportAction', action: 'fineTune' });
  });
});
