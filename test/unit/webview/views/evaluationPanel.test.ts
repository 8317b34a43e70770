import { describe, expect, it } from 'vitest';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import {
  evaluationState,
  matchState,
  numberRows,
  reportOf,
  tryResult,
} from '../../../support/webviewHarness/states.ts';
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

describe('a number run', () => {
  it('shows the run, its sentence and the figures of every contestant, the floor among them', async () => {
    const state = evaluationState(250);
    panel = await open(state);
    expect(await panel.page.locator('header').textContent()).toContain(
      '250 items · number grader · temperature 0, at most 16 tokens, seed 42',
    );
    expect(await panel.page.locator('.headline').first().textContent()).toBe(state.headline.text);
    const report = state.reports[0];
    expect(await figures('fine-tuned')).toEqual([
      report?.meanError?.toFixed(2),
      report?.medianError?.toFixed(2),
      '0.68',
      `${((report?.hits ?? 0) * 100).toFixed(1)}%`,
      '1',
      report?.lessonMeanError?.toFixed(2),
      '0.71',
      '249',
      '1',
    ]);
    expect(await panel.page.getByText('floor: answers 99.99, median of 500 training answers').isVisible()).toBe(true);
    expect(await panel.page.locator('.contestants tr.best th').textContent()).toMatch(/^gpt-4o-mini .*best so far$/);
    expect(await panel.page.getByRole('columnheader', { name: 'error, $' }).count()).toBe(2);
  });

  it('lists the rows with a word beside each colour', async () => {
    const rows = numberRows('tuned', 30);
    panel = await open(evaluationState(30));
    const words = { green: 'green', orange: 'orange', red: 'red' } as const;
    for (const row of rows.slice(0, 15)) {
      const cells = await rowAt(row.item).locator('td').allTextContents();
      const word =
        row.status === 'graded' ? words[row.colour ?? 'red'] : row.status === 'error' ? 'failed' : 'no number';
      expect([cells[0], cells[2], cells[3], cells[4]]).toEqual([
        word,
        Number(row.truth).toFixed(2),
        row.guess === null ? '–' : Number(row.guess).toFixed(2),
        row.error === null ? '–' : row.error.toFixed(2),
      ]);
    }
  });

  it('keeps rows that cannot be graded in a class of their own, and nobody retries them', async () => {
    const state = evaluationState(10);
    const rows = state.rows.map((row) =>
      row.item === 3 || row.item === 8
        ? { ...row, status: 'ungradable' as const, guess: null, truth: 'unknown', error: null, colour: null }
        : row,
    );
    panel = await open({
      ...state,
      rows,
      reports: state.run.contestants.map(({ id }) =>
        reportOf(
          id,
          rows.filter(({ contestant }) => contestant === id),
        ),
      ),
    });
    expect(await rowAt(3).locator('td').first().textContent()).toBe('not gradable');
    expect(await button(/Retry|Resume/).count()).toBe(0);
    await panel.page.getByText('Not gradable 2', { exact: true }).click();
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('3');
  });

  it('warns in red, with an icon, of items that the model was trained on, and names what was not sent', async () => {
    const state = evaluationState(10);
    panel = await open({
      ...state,
      run: { ...state.run, trainedOn: { same: 4, near: 0 } },
    });
    const warning = panel.page.getByRole('alert');
    expect(await warning.textContent()).toBe(
      "⚠ 4 of 10 items are in the model's training file. These figures do not tell how the model does on new items.",
    );
    const red = await panel.page.evaluate(() =>
      getComputedStyle(document.documentElement).getPropertyValue('--vscode-errorForeground'),
    );
    expect(red).not.toBe('');
    expect(await warning.evaluate((element) => getComputedStyle(element).color)).toBe(
      await panel.page.evaluate((colour) => {
        const probe = document.createElement('p');
        probe.style.color = colour;
        document.body.append(probe);
        return getComputedStyle(probe).color;
      }, red),
    );
    const contestants = state.run.contestants.map((contestant) =>
      contestant.id === 'base' ? { ...contestant, model: 'o4-mini', leftOut: ['temperature' as const] } : contestant,
    );
    await panel.send({ type: 'evaluationPatch', patch: { rows: [], contestants } });
    await expect
      .poll(() => panel.page.locator('header').textContent())
      .toContain('seed 42 · temperature left out: o4-mini does not accept it');
  });

  it('sorts by error, filters by class and shows another contestant', async () => {
    const rows = numberRows('tuned', 100);
    panel = await open(evaluationState(100));
    await panel.page.getByText('Worst first').click();
    const worst = Math.max(...rows.map((row) => row.error ?? 0));
    await expect.poll(() => rowAt(0).locator('td').last().textContent()).toBe(worst.toFixed(2));

    await panel.page.getByText(/^No number/).click();
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('2');
    expect(await rowAt(0).locator('td').first().textContent()).toBe('no number');

    await panel.page.getByText(/^All/).click();
    await panel.page.getByText('constant', { exact: true }).first().click();
    await expect.poll(() => rowAt(0).locator('td').nth(3).textContent()).toBe('99.99');
    await expect.poll(() => panel.page.locator('.chart-title').textContent()).toMatch(/^constant Error=\$/);
  });

  it('draws truth against estimate from 0 to the largest value, under the title of the lesson', async () => {
    const rows = numberRows('tuned', 250);
    const state = evaluationState(250);
    panel = await open(state);
    const chart = panel.page.locator('.scatter');
    const largest = Math.max(
      ...rows.flatMap((row) => (row.status === 'graded' ? [Number(row.truth), Number(row.guess)] : [])),
    );
    expect(await chart.evaluate((element: HTMLElement) => Object.assign({}, element.dataset))).toEqual({
      points: '248',
      xMin: '0',
      yMin: '0',
      xMax: String(largest),
      yMax: String(largest),
    });
    const report = state.reports[0];
    const title = `pricer Error=$${report?.meanError?.toFixed(2) ?? ''} RMSLE=0.68 Hits=${((report?.hits ?? 0) * 100).toFixed(1)}%`;
    expect(await panel.page.locator('.chart-title').textContent()).toBe(title);
    expect(await panel.page.locator('.caption').textContent()).toContain('1 reply without a number not drawn');
  });

  it('leaves the currency out when the answers have none', async () => {
    const state = evaluationState(20);
    panel = await open({ ...state, run: { ...state.run, answerPrefix: 'About ' } });
    expect(await panel.page.locator('.chart-title').textContent()).toMatch(/^pricer Error=\d/);
    expect(await panel.page.getByRole('columnheader', { name: 'error', exact: true }).count()).toBeGreaterThan(0);
  });
});

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
    for (const part of ['How much does this cost?', 'Price is $374.41', '174.00', 'The server answered 500.']) {
      expect(text).toContain(part);
    }
    await button('Go to line 3').click();
    expect(await panel.posted()).toContainEqual({ type: 'openLine', item: 2 });
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
    expect(await grid().getAttribute('aria-rowcount')).toBe('5001');
    const made = await panel.page.evaluate(() => (globalThis as unknown as { made: { rows: number } }).made.rows);
    expect(made).toBeLessThan(500);
  });
});

describe('while it runs and when it stands still', () => {
  it('fills the bar, shows rows as they come and cancels', async () => {
    panel = await open(evaluationState(100, 0));
    expect(await panel.page.locator('.scatter').isVisible()).toBe(false);
    await panel.send({ type: 'evaluationPatch', patch: { rows: numberRows('tuned', 100).slice(0, 3) } });
    expect(await panel.page.getByRole('progressbar').getAttribute('value')).toBe('3');
    expect(await panel.page.getByRole('progressbar').getAttribute('max')).toBe('200');
    expect(await grid().getAttribute('aria-rowcount')).toBe('4');
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
    expect(await rowAt(8).locator('td').first().textContent()).not.toBe('failed');
    expect(await button(/Retry/).isVisible()).toBe(false);
  });

  it('keeps contestant, filter and order over a reload', async () => {
    const state = evaluationState(60);
    panel = await open(state);
    await panel.page.getByText('gpt-4o-mini', { exact: true }).last().click();
    await panel.page.getByText('Worst first').click();
    await panel.page.getByText(/^Red \d/).click();
    const before = await rowAt(0).textContent();
    await panel.reload(state);
    expect(await rowAt(0).textContent()).toBe(before);
    expect(await panel.page.locator('.chart-title').textContent()).toMatch(/^gpt-4o-mini /);
  });
});

describe('an exact-match run', () => {
  it('counts matches and lists the most confused answers instead of a scatter', async () => {
    const state = matchState(50);
    panel = await open(state);
    const green = state.reports[0]?.green ?? 0;
    expect(await figures('fine-tuned')).toEqual([`${(green * 2).toFixed(1)}%`, `${green} / 50`, '0']);
    expect(await panel.page.locator('.scatter').isVisible()).toBe(false);
    const table = panel.page.getByRole('table', { name: 'Most confused answers' });
    const counts = (await table.locator('td.number').allTextContents()).map(Number);
    expect(counts.reduce((sum, value) => sum + value, 0)).toBe(50 - green);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    expect(await panel.page.getByText(/^Orange/).count()).toBe(0);
    expect(await rowAt(0).locator('td').first().textContent()).toMatch(/match/);
  });
});
