import { describe, expect, it } from 'vitest';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import { evaluationState, matchState, numberRows, reportOf } from '../../../support/webviewHarness/states.ts';
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
  it('says first what can be claimed, and shows the figures of every contestant with their intervals', async () => {
    panel = await open(evaluationState(250));
    expect(await panel.page.locator('.facts-of-run').textContent()).toContain(
      '250 items · number grader · temperature 0, at most 16 tokens, seed 42',
    );
    const headline = panel.page.locator('.headline').first();
    expect(await headline.textContent()).toMatch(
      /Items without a number: pricer 1, gpt-4o-mini 0; they are not compared\. pricer is not shown to be better or worse than gpt-4o-mini: mean error [+−]\d/,
    );
    // Nothing is claimed, so nothing is bold, green or called best.
    expect(await headline.locator('strong').count()).toBe(0);
    expect(await headline.getAttribute('class')).toBe('headline warning');
    expect(await panel.page.getByText('best', { exact: false }).count()).toBe(0);

    // Item 8 has no answer of the tuned model: no contestant's figures are over it. Item 5 has an answer without a number.
    const errors = numberRows('base', 250, 23).flatMap(({ item, error }) => (item === 8 ? [] : [error ?? NaN]));
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    const [error, median, rmsle, hits, ...classes] = await figures('gpt-4o-mini base');
    expect(error).toMatch(new RegExp(`^${mean.toFixed(2)}\\d+\\.\\d\\d … \\d+\\.\\d\\d$`));
    expect(median).toMatch(/^\d+\.\d\d\d+\.\d\d … \d+\.\d\d$/);
    expect(rmsle).toMatch(/^0\.\d\d0\.\d\d … 0\.\d\d$/);
    expect(hits).toMatch(/^\d\d\.\d%\d\d\.\d% … \d\d\.\d%$/);
    // Only classes that some contestant has are columns.
    expect(classes).toEqual(['0', '0']);
    expect((await figures('fine-tuned')).slice(4)).toEqual(['1', '1']);
    expect(await panel.page.getByRole('columnheader', { name: /refused|cut off|not gradable/ }).count()).toBe(0);
    expect(
      await panel.page
        .getByText('Figures are over the 249 of 250 items that every contestant has answered.')
        .isVisible(),
    ).toBe(true);
    expect(await panel.page.getByRole('rowheader', { name: 'Floors, which cost nothing' }).isVisible()).toBe(true);
    expect(await panel.page.getByText('answers 99.99, median of 500 training answers').isVisible()).toBe(true);
  });

  it('compares partial runs over the rows that both have, and says how many', async () => {
    const state = evaluationState(100, 60);
    // The tuned model is behind: its last 20 rows are missing.
    const rows = state.rows.filter(({ contestant, item }) => contestant !== 'tuned' || item < 40);
    panel = await open({ ...state, rows });
    expect(await panel.page.locator('.headline').first().textContent()).toMatch(
      /^So far 38 of 100 items have answers of both\. /,
    );
    expect(await panel.page.getByText('over the 38 items that both have').isVisible()).toBe(true);
    expect(
      await panel.page
        .getByText('Figures are over the 39 of 100 items that every contestant has answered.')
        .isVisible(),
    ).toBe(true);
  });

  it('is bold and colored once something is claimed, and says why mean and typical item differ', async () => {
    const state = evaluationState(120);
    const rows = state.rows.map((row) => {
      if (row.contestant !== 'tuned' || row.status !== 'graded') return row;
      const base = state.rows.find(({ contestant, item }) => contestant === 'base' && item === row.item);
      // A little better everywhere, and far off once.
      const error = row.item === 3 ? 9000 : (base?.error ?? 0) * 0.8;
      return { ...row, error, guess: Number(row.truth) + error, colour: 'green' as const };
    });
    panel = await open({ ...state, rows });
    const why = panel.page.locator('.why');
    expect(await why.textContent()).toMatch(
      /The mean and the typical item say different things.*Motorcraft YB3125 Fan Clutch \(.*of the spread\)/,
    );
    const typical = panel.page.getByRole('table', { name: 'Comparison' }).getByRole('row', { name: /typical item/ });
    expect(await typical.locator('.claim').textContent()).toBe('better');
    await why.getByRole('button').first().click();
    expect(await panel.posted()).toContainEqual({ type: 'showRow', item: 3 });

    const without = rows.filter(({ item }) => item !== 3);
    panel = await open({ ...state, rows: without, status: 'paused' });
    const headline = panel.page.locator('.headline').first();
    await expect.poll(() => headline.locator('strong').count()).toBe(1);
    expect(await headline.textContent()).toMatch(/pricer is better than gpt-4o-mini: mean error −/);
  });

  it('compares any two contestants, with a sentence of their own', async () => {
    panel = await open(evaluationState(100));
    const region = panel.page.getByRole('region', { name: 'Comparison' });
    expect(await region.locator('.pair-sentence').isVisible()).toBe(false);
    await panel.page.getByLabel('Compared with').selectOption('constant');
    await expect.poll(() => region.locator('.pair-sentence').textContent()).toMatch(/pricer is better than constant/);
    expect(await region.locator('.claim.better').count()).toBeGreaterThan(1);
    // Choosing the other one of the pair swaps them.
    await panel.page.getByLabel('Contestant shown').selectOption('constant');
    await expect.poll(() => region.locator('.pair-sentence').textContent()).toMatch(/constant is worse than pricer/);
  });

  it('calls a fine-tuned model that takes part fine-tuned, whatever it is compared with', async () => {
    const state = evaluationState(20);
    const contestants = state.run.contestants.map((one) =>
      one.id === 'base' ? { ...one, label: 'rival', model: 'ft:local-linear-1:local:rival:x' } : one,
    );
    panel = await open({ ...state, run: { ...state.run, contestants } });
    const heads = await panel.page.getByRole('table', { name: 'Contestants' }).locator('tbody th').allTextContents();
    expect(heads.map((text) => text.replaceAll(/\s+/g, ' '))).toContainEqual(
      expect.stringMatching(/rival ?fine-tuned · ft:local-linear-1/),
    );
  });

  it('sorts the contestants by any figure, and keeps the focus on its head', async () => {
    panel = await open(evaluationState(100));
    const names = () =>
      panel.page.locator('.contestants tbody:first-of-type th.name > span:first-child').allTextContents();
    const head = panel.page.getByRole('columnheader', { name: 'mean error, $' });
    await head.getByRole('button').click();
    await expect.poll(() => head.getAttribute('aria-sort')).toBe('ascending');
    const ascending = await names();
    await panel.page.keyboard.press('Enter');
    await expect.poll(() => head.getAttribute('aria-sort')).toBe('descending');
    expect(await names()).toEqual(ascending.toReversed());
  });

  it('keeps the focus on a head of the contestants while rows come', async () => {
    const state = evaluationState(100, 50);
    panel = await open(state);
    const head = panel.page.getByRole('columnheader', { name: 'mean error, $' });
    await head.getByRole('button').focus();
    const rows = numberRows('tuned', 60, 11).slice(50);
    await panel.send({ type: 'evaluationPatch', patch: { rows } });
    await expect
      .poll(() => head.getByRole('button').evaluate((button) => button === document.activeElement))
      .toBe(true);
    await panel.page.keyboard.press('Enter');
    await expect.poll(() => head.getAttribute('aria-sort')).toBe('ascending');
  });

  it('shows times, tokens and prices where the rows have them', async () => {
    const state = evaluationState(20);
    const rows = state.rows.map((row) =>
      row.contestant === 'constant' ? row : { ...row, ms: 250, usage: { input: 180, output: 20 } },
    );
    panel = await open({ ...state, rows });
    expect((await figures('fine-tuned')).slice(-3)).toEqual(['250', '200,000', '0.08']);
    expect((await figures('answers 99.99')).slice(-3)).toEqual(['–', '–', '–']);
  });

  it('unfolds the lesson’s arithmetic only where it differs', async () => {
    const state = evaluationState(30);
    panel = await open(state);
    await panel.page.getByText('The lesson’s own arithmetic').first().click();
    const table = panel.page.getByRole('table', { name: 'The lesson’s own arithmetic' });
    expect(await table.getByRole('row').nth(1).locator('td').nth(1).textContent()).toBe(
      state.reports[0]?.lessonMeanError?.toFixed(2),
    );
    const same = state.reports.map((report) => ({
      ...report,
      lessonMeanError: report.meanError,
      lessonRmsle: report.rmsle,
    }));
    await panel.send({ type: 'evaluationPatch', patch: { rows: [], reports: same } });
    expect(await table.count()).toBe(0);
  });

  it('keeps names in one piece at 700 px, and tells folded columns under them', async () => {
    panel = await open(evaluationState(100), { width: 700 });
    const name = panel.page.locator('.contestants th.name').nth(1);
    // Columns are folded once their widths are known.
    await expect.poll(() => name.locator('.folded').textContent()).toBe('1 without a number · 1 failed');
    await expect.poll(async () => (await name.boundingBox())?.width ?? 0).toBeGreaterThanOrEqual(170);
    expect(await panel.page.getByRole('columnheader', { name: 'no number' }).count()).toBe(0);
    expect(await panel.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(700);
  });

  it('says how the prompts differ from the training file', async () => {
    const sentence = 'The system message differs from the one of the training file.';
    panel = await open(evaluationState(10, 10, { formats: [sentence] }));
    expect(await panel.page.getByText(sentence).isVisible()).toBe(true);
  });

  it('lists the rows with a mark in each, and its word for screen readers', async () => {
    const rows = numberRows('tuned', 30);
    panel = await open(evaluationState(30));
    const words = { green: 'green', orange: 'orange', red: 'red' } as const;
    for (const row of rows.slice(0, 15)) {
      const cells = await rowAt(row.item).locator('td').allTextContents();
      const word =
        row.status === 'graded' ? words[row.colour ?? 'red'] : row.status === 'error' ? 'failed' : 'no number';
      expect([cells[0], cells[2], cells[3], cells[5]]).toEqual([
        word,
        Number(row.truth).toFixed(2),
        row.guess === null ? '–' : Number(row.guess).toFixed(2),
        row.error === null ? '–' : row.error.toFixed(2),
      ]);
    }
    expect(
      await rowAt(0)
        .locator('.verdict > span')
        .last()
        .evaluate((span) => span.clientWidth),
    ).toBeLessThan(2);
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
      .poll(() => panel.page.locator('.facts-of-run').textContent())
      .toContain('seed 42 · temperature left out: o4-mini does not accept it');
  });

  it('sorts by any column, filters by class and words, and shows another contestant', async () => {
    const rows = numberRows('tuned', 100);
    panel = await open(evaluationState(100));
    const head = panel.page.getByRole('columnheader', { name: 'error', exact: true });
    await head.getByRole('button').click();
    const worst = Math.max(...rows.map((row) => row.error ?? 0));
    await expect.poll(() => rowAt(0).locator('td').nth(5).textContent()).toBe(worst.toFixed(2));
    expect(await head.getAttribute('aria-sort')).toBe('descending');

    await panel.page.getByText(/^No number/).click();
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('2');
    expect(await rowAt(0).locator('td').first().textContent()).toBe('no number');

    await panel.page.getByText(/^All/).click();
    const search = panel.page.getByRole('searchbox', { name: 'Search rows' });
    await search.fill('bookends');
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('15');
    await search.fill('');
    await panel.page.getByLabel('Contestant shown').selectOption('constant');
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
    const title = `pricer Error=$${report?.meanError?.toFixed(2) ?? ''} RMSLE=0.42 Hits=${((report?.hits ?? 0) * 100).toFixed(1)}%`;
    expect(await panel.page.locator('.chart-title').textContent()).toBe(title);
    const caption = await panel.page.locator('.picture .caption').textContent();
    expect(caption).toContain('1 reply without a number is not drawn.');
    // The legend says what the colors mean.
    expect(caption).toMatch(
      /\d+: error below \$40 or 20% of the truth\d+: error below \$80 or 40% of the truth\d+: larger error/,
    );
  });

  it('selects rows by dragging in the picture, opens the one under the pointer, and is left by Escape', async () => {
    panel = await open(evaluationState(250), { height: 1200 });
    const chart = panel.page.locator('.scatter');
    const box = await chart.boundingBox();
    if (!box) throw new Error('The chart has no box.');
    const { mouse } = panel.page;
    await mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.1);
    await mouse.down();
    await mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.6, { steps: 4 });
    await mouse.up();
    const chip = panel.page.getByText(/^\d+ rows are selected in the picture\.$/);
    await chip.waitFor();
    const selected = Number.parseInt((await chip.textContent()) ?? '', 10);
    expect(selected).toBeGreaterThan(3);
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe(String(selected + 1));
    await chart.focus();
    await panel.page.keyboard.press('Escape');
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('251');

    await panel.page.keyboard.press('End');
    expect(await chart.getByRole('status').textContent()).toMatch(
      /truth \d+[\s\S]*pricer \d+[\s\S]*gpt-4o-mini \d+[\s\S]*error \d+/,
    );
    await panel.page.keyboard.press('Enter');
    expect((await panel.posted()).at(-1)).toMatchObject({ type: 'showRow' });
    expect(await panel.page.getByRole('region', { name: 'Row', exact: true }).isVisible()).toBe(true);
    expect(await chart.isVisible()).toBe(false);
  });

  it('draws differences, errors and the running error, each with a table, and a bar shows its rows', async () => {
    panel = await open(evaluationState(250));
    await panel.page.getByText('Differences', { exact: true }).click();
    await expect.poll(() => panel.page.locator('.differences').getAttribute('data-points')).toBe('248');
    await button('Table').click();
    expect(await panel.page.getByRole('grid', { name: 'Differences' }).getAttribute('aria-rowcount')).toBe('249');

    await panel.page.getByText('Errors', { exact: true }).click();
    const counts = panel.page.getByRole('table', { name: 'Errors' }).getByRole('button');
    const numbers = (await counts.allTextContents()).map(Number);
    expect(numbers.reduce((sum, value) => sum + value, 0)).toBe(248);
    await counts.first().click();
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe(String((numbers[0] ?? 0) + 1));
    await button('Show All').click();
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe('251');

    await panel.page.getByText('Running error', { exact: true }).click();
    expect(await panel.page.locator('.picture .caption').textContent()).toMatch(/^Not for stopping by eye\./);
    const last = panel.page.getByRole('table', { name: 'Running figure' }).getByRole('row').last();
    expect(await last.getByRole('rowheader').textContent()).toBe('248');
  });

  it('leaves the currency out when the answers have none', async () => {
    const state = evaluationState(20);
    panel = await open({ ...state, run: { ...state.run, answerPrefix: 'About ' } });
    await expect.poll(() => panel.page.locator('.chart-title').textContent()).toMatch(/^pricer Error=\d/);
    expect(await panel.page.getByRole('columnheader', { name: 'error', exact: true }).count()).toBeGreaterThan(0);
  });
});

describe('an exact-match run', () => {
  it('gives accuracy and F1, and a confusion matrix whose numbers show their rows', async () => {
    const state = matchState(50);
    panel = await open(state);
    const green = state.reports[0]?.green ?? 0;
    const [accuracy, f1] = await figures('fine-tuned');
    expect(accuracy).toMatch(new RegExp(`^${(green * 2).toFixed(1)}%\\d`));
    expect(f1).toMatch(/^0\.\d\d/);
    expect(await panel.page.locator('.scatter').isVisible()).toBe(false);
    const matrix = panel.page.getByRole('table', { name: 'Confusion matrix' });
    const numbers = (await matrix.getByRole('button').allTextContents()).map(Number);
    expect(numbers.reduce((sum, value) => sum + value, 0)).toBe(50);
    const wrong = matrix.locator('td:not(.right)').getByRole('button').first();
    const count = Number(await wrong.textContent());
    await wrong.click();
    await expect.poll(() => grid().getAttribute('aria-rowcount')).toBe(String(count + 1));
    expect(await rowAt(0).locator('td').first().textContent()).toBe('no match');
    expect(await panel.page.getByText(/^Orange/).count()).toBe(0);
  });

  it('lists the most confused answers where there are too many for a matrix', async () => {
    const state = matchState(50);
    const rows = state.rows.map((row) =>
      row.colour === 'green'
        ? { ...row, truth: `${String(row.truth)} ${row.item}`, guess: `${String(row.truth)} ${row.item}` }
        : row,
    );
    panel = await open({ ...state, rows });
    const table = panel.page.getByRole('table', { name: 'Most confused answers' });
    const counts = (await table.locator('td.number').allTextContents()).map(Number);
    expect(counts.length).toBeGreaterThan(1);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  });
});
