import { describe, expect, it } from 'vitest';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import { evaluationState, numberRows, reportOf, tryResult } from '../../../support/webviewHarness/states.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();
let panel: PanelPage;

const grid = () => panel.page.getByRole('grid', { name: 'Rows' });
const rowAt = (index: number) => grid().locator(`tr[aria-rowindex="${index + 2}"]`);
const button = (name: string | RegExp) => panel.page.getByRole('button', { name });
const figures = async (contestant: string): Promise<readonly string[]> =>
  panel.page
    .getByRole('table', { name: 'Contestants' })
    .getByRole('row')
    .filter({ hasText: contestant })
    .locator('td')
    .allTextContents();

describe('a row', () => {
  const answer = {
    type: 'row',
    item: 2,
    messages: tryResult.sent,
    truth: 'Price is $374.41',
    samples: [
      { contestant: 'tuned', sample: '174.00', message: null },
      { contestant: 'base', sample: null, message: 'The server answered 500.' },
      { contestant: 'constant', sample: '99.99', message: null },
    ],
  } as const;

  it('is asked for by a click and shows what was sent, what came back and where it stands', async () => {
    panel = await open(evaluationState(50));
    await rowAt(2).click();
    expect(await panel.posted()).toContainEqual({ type: 'showRow', item: 2 });
    const detail = panel.page.getByRole('region', { name: 'Row', exact: true });
    expect(await detail.getByRole('heading', { level: 2 }).textContent()).toContain('Dorman 603-159');
    await panel.send(answer);
    const text = (await detail.textContent()) ?? '';
    for (const part of ['How much does this cost?', 'Price is $374.41', 'pricer', '403.13', '514.42']) {
      expect(text).toContain(part);
    }
    // The words in which the two answers differ are marked.
    expect(await detail.locator('.answers mark').allTextContents()).toEqual(['403.13', '514.42']);
    await button('Go to line 3').click();
    expect(await panel.posted()).toContainEqual({ type: 'openLine', item: 2 });
    await panel.send({
      type: 'neighbors',
      item: 2,
      problem: null,
      neighbors: [{ line: 112, question: 'Dorman 603-160 Reservoir', answer: 'Price is $70.00', similarity: 0.82 }],
    });
    await button('112').click();
    expect(await panel.posted()).toContainEqual({ type: 'openTrainingLine', line: 112 });
  });

  it('opens beside the rows, is left by Escape, and gives the focus back', async () => {
    panel = await open(evaluationState(50));
    await rowAt(1).click();
    await panel.page.keyboard.press('ArrowDown');
    await panel.page.keyboard.press('Enter');
    const detail = panel.page.getByRole('region', { name: 'Row', exact: true });
    const [left, right] = [await grid().boundingBox(), await detail.boundingBox()];
    expect(right?.x).toBeGreaterThan((left?.x ?? 0) + (left?.width ?? 0) - 1);
    expect(await panel.page.locator('.scatter').isVisible()).toBe(false);
    await panel.page.keyboard.press('Escape');
    expect(await detail.isVisible()).toBe(false);
    expect(await panel.page.locator('.scatter').isVisible()).toBe(true);
    expect(await panel.page.evaluate(() => document.activeElement?.getAttribute('aria-rowindex'))).toBe('4');
  });

  it('is asked again without being counted, and opened where one model is tried', async () => {
    const state = evaluationState(50);
    panel = await open(state);
    await rowAt(2).click();
    await button('Ask Again').first().click();
    expect(await panel.posted()).toContainEqual({ type: 'askAgain', item: 2, contestant: 'tuned' });
    expect(await button('Asking…').isVisible()).toBe(true);
    const before = await figures('fine-tuned');
    const row = {
      ...numberRows('tuned', 3)[2],
      contestant: 'tuned',
      item: 2,
      sample: '688.00',
      guess: 688,
      error: 0.26,
    };
    await panel.send({ type: 'askedAgain', row: row as NonNullable<(typeof state.rows)[number]> });
    expect(await panel.page.getByText('Asked again; not counted').isVisible()).toBe(true);
    expect(await panel.page.getByText('688.00').isVisible()).toBe(true);
    expect(await figures('fine-tuned')).toEqual(before);
    await button('Open in Try').nth(1).click();
    expect(await panel.posted()).toContainEqual({ type: 'openInTry', item: 2, contestant: 'base' });
  });

  it('ignores the answer for a row that is no longer open', async () => {
    panel = await open(evaluationState(50));
    await rowAt(2).click();
    await rowAt(3).click();
    await panel.send(answer);
    expect(await panel.page.getByText('Reading the row…').isVisible()).toBe(true);
  });

  it('opens by keyboard, and the arrows reach rows that were not drawn', async () => {
    panel = await open(evaluationState(500));
    await rowAt(0).focus();
    await panel.page.keyboard.press('ArrowDown');
    await panel.page.keyboard.press('Enter');
    expect(await panel.posted()).toContainEqual({ type: 'showRow', item: 1 });
    await panel.page.keyboard.press('End');
    await panel.page.keyboard.press('Enter');
    expect(await panel.posted()).toContainEqual({ type: 'showRow', item: 499 });
    expect(await rowAt(499).getAttribute('aria-selected')).toBe('true');
    // Really in view, not only in the document.
    const [row, scroller] = await Promise.all([rowAt(499).boundingBox(), panel.page.locator('.rows').boundingBox()]);
    expect((row?.y ?? 0) + (row?.height ?? 0)).toBeLessThanOrEqual((scroller?.y ?? 0) + (scroller?.height ?? 0) + 1);
    await panel.page.keyboard.press('PageUp');
    await panel.page.keyboard.press('Home');
    await panel.page.keyboard.press(' ');
    expect((await panel.posted()).at(-1)).toEqual({ type: 'showRow', item: 0 });
  });

  it('opens by a click on its point', async () => {
    panel = await open(evaluationState(1));
    // The only point is green (#89d185 in this theme): its first pixel is its top.
    const found = await panel.page.locator('.scatter canvas').evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const context = canvas.getContext('2d');
      if (!context) return null;
      const { data, width } = context.getImageData(0, 0, canvas.width, canvas.height);
      for (let i = 0; i < data.length; i += 4) {
        const [red = 0, green = 0, blue = 0] = data.slice(i, i + 3);
        if (green > 180 && red < green - 40 && blue < green - 40) {
          return { x: ((i / 4) % width) + 1, y: Math.floor(i / 4 / width) + 3 };
        }
      }
      return null;
    });
    if (!found) throw new Error('There is no green point.');
    await panel.page.locator('.scatter canvas').click({ position: found });
    expect(await panel.posted()).toContainEqual({ type: 'showRow', item: 0 });
  });
});

describe('thousands of rows', () => {
  it('are in the table while it holds elements for those in view only', async () => {
    panel = await open(evaluationState(5000));
    expect(await grid().getAttribute('aria-rowcount')).toBe('5001');
    expect(await grid().locator('tr').count()).toBeLessThan(200);
    const scroller = panel.page.locator('.rows');
    await scroller.evaluate((element) => {
      element.scrollTop = element.scrollHeight;
    });
    await rowAt(4999).waitFor();
    const last = numberRows('tuned', 5000)[4999];
    expect(await rowAt(4999).locator('td').nth(2).textContent()).toBe(Number(last?.truth).toFixed(2));
    expect(await grid().locator('tr').count()).toBeLessThan(200);
    await scroller.evaluate((element) => {
      element.scrollTop = 0;
    });
    await rowAt(0).waitFor();
  });

  it('stream in while elements are made for those in view only', async () => {
    const ids = ['tuned', 'base', 'constant'];
    const all = ids.map((id) => numberRows(id, 5000));
    panel = await open(evaluationState(5000, 0));
    expect(await panel.page.getByText('Asking the model.').isVisible()).toBe(true);
    await panel.page.locator('.rows-section').evaluate((section) => {
      const made = { rows: 0 };
      (globalThis as unknown as { made: typeof made }).made = made;
      new MutationObserver((records) => {
        for (const record of records)
          made.rows += [...record.addedNodes].filter((node) => node.nodeName === 'TR').length;
      }).observe(section, { childList: true, subtree: true });
    });
    for (let from = 0; from < 5000; from += 250) {
      const rows = all.flatMap((ofContestant) => ofContestant.slice(from, from + 250));
      const reports = all.map((list, index) => reportOf(ids[index] ?? '', list.slice(0, from + 250)));
      await panel.send({ type: 'evaluationPatch', patch: { rows, reports } });
    }
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('5001');
    const made = await panel.page.evaluate(() => (globalThis as unknown as { made: { rows: number } }).made.rows);
    expect(made).toBeLessThan(500);
  });
});

describe('while it runs and when it stands still', () => {
  it('fills the bar, shows rows as they come and cancels', async () => {
    panel = await open(evaluationState(100, 0));
    expect(await panel.page.locator('.scatter').isVisible()).toBe(false);
    await panel.send({ type: 'evaluationPatch', patch: { rows: numberRows('tuned', 100).slice(0, 3) } });
    await expect.poll(() => panel.page.getByRole('progressbar').getAttribute('value')).toBe('3');
    expect(await panel.page.getByRole('progressbar').getAttribute('max')).toBe('200');
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('4');
    await button('Cancel').click();
    expect(await panel.posted()).toContainEqual({ type: 'cancelRun' });
    expect(await button(/Resume/).isVisible()).toBe(false);
  });

  it.each(['cancelled', 'interrupted', 'paused'] as const)(
    'keeps the rows of a %s run and resumes it',
    async (status) => {
      panel = await open(evaluationState(100, 40, { status, notice: 'The key was refused. Set another key.' }));
      expect(await grid().getAttribute('aria-rowcount')).toBe('41');
      expect(await panel.page.getByText('The key was refused. Set another key.').isVisible()).toBe(true);
      expect(await button('Cancel').isVisible()).toBe(false);
      // 2 models × 100 rows, 40 each answered, one of them failed.
      await button('Resume (121 left)').click();
      expect(await panel.posted()).toContainEqual({ type: 'resumeRun' });
      await panel.send({ type: 'evaluationPatch', patch: { status: 'running', notice: null, rows: [] } });
      expect(await button(/Resume/).isVisible()).toBe(false);
      expect(await panel.page.getByText('The key was refused.').isVisible()).toBe(false);
    },
  );

  it('says which other window runs it and offers nothing, then to take it over', async () => {
    const elsewhere = { isRunning: true, text: 'Running in another window (process 4242).' };
    panel = await open(evaluationState(100, 40, { status: 'running', elsewhere }));
    expect(await panel.page.getByText(elsewhere.text).isVisible()).toBe(true);
    expect(await button(/Cancel|Resume|Take Over/).count()).toBe(0);
    const text = 'Another window (process 4242) ended while this evaluation was running.';
    await panel.send({
      type: 'evaluationPatch',
      patch: { status: 'interrupted', elsewhere: { isRunning: false, text }, rows: [] },
    });
    expect(await panel.page.getByText(text).isVisible()).toBe(true);
    await button('Take Over (121 left)').click();
    expect(await panel.posted()).toContainEqual({ type: 'resumeRun' });
    await panel.send({ type: 'evaluationPatch', patch: { status: 'running', elsewhere: null, rows: [] } });
    expect(await panel.page.getByText(text).isVisible()).toBe(false);
    expect(await button('Cancel').isVisible()).toBe(true);
  });

  it('replaces a failed row by the answer that came later', async () => {
    const state = evaluationState(20);
    panel = await open(state);
    expect(await rowAt(8).locator('td').first().textContent()).toBe('failed');
    const retried = numberRows('base', 20)[8];
    if (!retried) throw new Error('There is no such row.');
    await panel.send({ type: 'evaluationPatch', patch: { rows: [{ ...retried, contestant: 'tuned' }] } });
    await expect.poll(() => rowAt(8).locator('td').first().textContent()).not.toBe('failed');
    expect(await button(/Retry/).isVisible()).toBe(false);
  });

  it('keeps contestant, filter and order over a reload', async () => {
    const state = evaluationState(60);
    panel = await open(state);
    await panel.page.getByLabel('Contestant shown').selectOption('base');
    await panel.page.getByRole('columnheader', { name: 'error', exact: true }).getByRole('button').click();
    await panel.page.getByText(/^Red \d/).click();
    const before = await rowAt(0).textContent();
    await panel.reload(state);
    expect(await rowAt(0).textContent()).toBe(before);
    expect(await panel.page.locator('.chart-title').textContent()).toMatch(/^gpt-4o-mini /);
  });
});

describe('another run beside this one', () => {
  it('takes part in figures, comparison and rows until it is removed', async () => {
    const state = evaluationState(60);
    panel = await open(state);
    await button('Compare with Another Run…').click();
    expect(await panel.posted()).toContainEqual({ type: 'compareRuns' });
    const guests = {
      from: 'Nov 25, 2026, 9:00 AM',
      shared: 60,
      contestants: [{ id: 'other tuned', kind: 'fine-tuned' as const, label: 'pricer (Nov 25)', model: 'ft:x' }],
      rows: numberRows('tuned', 60, 99).map((row) => ({ ...row, contestant: 'other tuned' })),
    };
    await panel.send({ type: 'guests', guests });
    expect(await panel.page.getByLabel('Compared with').inputValue()).toBe('other tuned');
    await expect
      .poll(() => panel.page.locator('.pair-sentence').textContent())
      .toMatch(/pricer is .* than pricer \(Nov 25\)/);
    expect(await panel.page.getByRole('rowheader', { name: 'From the run of Nov 25, 2026, 9:00 AM' }).isVisible()).toBe(
      true,
    );
    await button('Remove the Other Run').click();
    expect(await panel.posted()).toContainEqual({ type: 'dismissGuests' });
    await panel.send({ type: 'guests', guests: null });
    expect(await panel.page.getByLabel('Compared with').inputValue()).toBe('base');
  });
});

describe('the report', () => {
  it('is Markdown with the pictures of the page, in which names are no markup', async () => {
    const state = evaluationState(60);
    const testFile = { ...state.run.testFile, path: '/tests/a|b [c](d).jsonl' };
    panel = await open({ ...state, run: { ...state.run, testFile } });
    await panel.send({ type: 'wantReport' });
    await expect.poll(async () => (await panel.posted()).some(({ type }) => type === 'report')).toBe(true);
    const report = (await panel.posted()).find((message) => message.type === 'report');
    expect(report?.markdown).toContain('# pricer against gpt-4o-mini');
    expect(report?.markdown).toContain('a\\|b \\[c\\](d).jsonl');
    expect(report?.markdown).toContain('![Truth and estimate](scatter.png)');
    expect(report?.pictures.map(({ name }) => name)).toEqual([
      'scatter.png',
      'differences.png',
      'errors.png',
      'running.png',
    ]);
    for (const { png } of report?.pictures ?? []) {
      const bytes = Buffer.from(png, 'base64');
      expect(bytes.subarray(1, 4).toString()).toBe('PNG');
      // An empty picture of this size takes some hundred bytes.
      expect(bytes.length).toBeGreaterThan(4000);
    }
  });
});
