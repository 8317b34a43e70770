// A run that may stop early, checks of the comparison, several replies for each item, and the floors of a row.
import { describe, expect, it } from 'vitest';
import {
  aloneState,
  labelState,
  samplesState,
  stoppingState,
} from '../../../support/webviewHarness/evaluationStates.ts';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import { evaluationState } from '../../../support/webviewHarness/states.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();
let panel: PanelPage;

const looks = () => panel.page.getByRole('region', { name: 'Stopping early' });
const button = (name: string | RegExp) => panel.page.getByRole('button', { name });
const lookRows = async (): Promise<readonly string[]> =>
  (await looks().getByRole('row').allTextContents()).map((text) => text.replaceAll(/\s+/g, ' '));
const headline = () => panel.page.locator('.headline').first();

describe('a run that stopped early', () => {
  it('shows every planned look, why each contestant stopped, and what that saved', async () => {
    panel = await open(stoppingState(100, 60));
    const text = (await looks().textContent()) ?? '';
    expect(text).toContain('pricer was decided after 40 of 100 rows: it is better than gpt-4o-mini.');
    expect(text).toContain(
      'gpt-4.1-nano was decided after 60 of 100 rows: the others would hardly have shown a difference from gpt-4o-mini.',
    );
    // 60 rows of pricer at (180 × 0.3 + 5 × 1.2) $ a million, 40 of gpt-4o-mini at half of that; the price of the third is unknown.
    expect(text).toContain('140 of 300 answers were not asked for, which saved about $0.00480.');
    expect(text).toContain('the verdict stays that of the planned look');
    const rows = await lookRows();
    // Heads, and for each contestant its name and five looks.
    expect(rows).toHaveLength(13);
    expect(rows[2]).toMatch(/^1 of 5206\.\d\d−\d\.\d\d−\d+\.\d\d−\d+\.\d\d … \+?−?\d+\.\d\dwent on$/);
    expect(rows[3]).toMatch(/^2 of 5403\.\d\d−\d+\.\d\d.*stopped: better$/);
    expect(rows[4]).toMatch(/^3 of 5602\.\d\d–––not needed$/);
    expect(rows[10]).toMatch(/^3 of 560.*stopped: a difference would hardly show$/);
    expect(await looks().locator('tr.deciding').count()).toBe(2);
    expect(await button(/^Go On to the End/).isVisible()).toBe(true);
    await expect
      .poll(() => headline().textContent())
      .toMatch(
        /40 of 100 items have answers of both\. pricer is better than gpt-4o-mini.*The answer was in after 40 of 100 rows, as planned; the interval is the one after stopping\./,
      );
  });

  it('names the interval after stopping, and gives no p-value', async () => {
    panel = await open(stoppingState(100, 60));
    const table = panel.page.getByRole('table', { name: 'Comparison' });
    const mean = table.getByRole('row', { name: /^mean error/ });
    expect(await mean.locator('td').nth(1).textContent()).toMatch(/after stopping$/);
    expect(await mean.locator('td').nth(2).textContent()).toBe('–');
    expect(await table.getByText('after stopping').count()).toBe(1);
    // Only the primary metric is tested.
    expect(await table.locator('td.claim').allTextContents()).toEqual([
      'better',
      ...Array<string>(3).fill('not tested'),
    ]);
    expect(await panel.page.locator('.why').isVisible()).toBe(false);
    expect(await panel.page.getByText('claims by the limits of its planned looks').isVisible()).toBe(true);
    expect(await panel.page.locator('.checks').isVisible()).toBe(false);
    // Against a floor there are no looks.
    await panel.page.getByLabel('Compared with').selectOption('constant');
    await expect.poll(() => mean.locator('td').nth(2).textContent()).toMatch(/\d/);
  });

  it('keeps the planned verdict after it went on to the end, and says so', async () => {
    panel = await open(stoppingState(100, 100));
    await expect
      .poll(() => headline().textContent())
      .toContain('All rows were asked after that; the early verdict was the planned one, and stays.');
    expect(await looks().textContent()).toContain(
      'The verdict stays that of the planned look: the rows after it decide nothing.',
    );
    expect(await looks().textContent()).not.toContain('not asked for');
    expect(await button(/Go On|Resume/).count()).toBe(0);
  });

  it('says in its report why it stopped', async () => {
    panel = await open(stoppingState(100, 60));
    await panel.send({ type: 'wantReport' });
    await expect.poll(async () => (await panel.posted()).some(({ type }) => type === 'report')).toBe(true);
    const report = (await panel.posted()).find((message) => message.type === 'report');
    expect(report?.markdown).toContain(
      '## Stopping early\n\n- pricer was decided after 40 of 100 rows: it is better than gpt-4o-mini.\n',
    );
    expect(report?.markdown).toMatch(/\| mean error, \$ \| −53\.20 \| [^|]* \| – \| better \|/);
    expect(report?.markdown).toMatch(/\| RMSLE \| [^|]* \| [^|]* \| – \| not tested \|/);
  });

  it('shows the looks to come with their limits while it runs, and grows by its looks', async () => {
    const state = stoppingState(100, 20, { status: 'running' });
    panel = await open(state);
    expect(await looks().textContent()).toContain('pricer is not decided yet.');
    expect((await lookRows())[3]).toMatch(/^2 of 5403\.4\d–––to come$/);
    const later = stoppingState(100, 60);
    await panel.send({
      type: 'evaluationPatch',
      patch: { rows: later.rows, looks: later.looks, status: 'stopped-early' },
    });
    await expect.poll(async () => (await lookRows())[3]).toMatch(/stopped: better$/);
  });

  it('is absent from a run that asks all rows', async () => {
    panel = await open(evaluationState(30));
    expect(await looks().count()).toBe(0);
  });
});

describe('checks of the comparison', () => {
  const fold = () => panel.page.locator('.checks');

  it('are worked out once the run has ended, and claim nothing', async () => {
    const state = evaluationState(60);
    panel = await open({ ...state, status: 'paused' });
    await panel.page.getByRole('table', { name: 'Comparison' }).waitFor();
    expect(await fold().isVisible()).toBe(false);
    await panel.send({ type: 'evaluationPatch', patch: { rows: [], status: 'finished' } });
    await fold().locator('summary').click();
    const cells = await fold().getByRole('row').allTextContents();
    expect(cells[1]).toMatch(/^sign-flip0\.\d+/);
    expect(cells[2]).toMatch(/^Wilcoxon’s signed ranks0\.\d+/);
    expect(await fold().locator('.claim').count()).toBe(0);
    // Another pair has checks of its own; unfolded stays unfolded.
    await panel.page.getByLabel('Compared with').selectOption('constant');
    await expect.poll(async () => (await fold().getByRole('row').allTextContents())[2]).toMatch(/< 0\.001|0\.00/);
    expect(await fold().getAttribute('open')).not.toBeNull();
  });

  it('are not there for labels, and one contestant has no comparison', async () => {
    panel = await open(labelState(60));
    await panel.page.getByRole('table', { name: 'Comparison' }).waitFor();
    expect(await fold().isVisible()).toBe(false);
    panel = await open(aloneState(30));
    expect(await panel.page.getByRole('region', { name: 'Comparison' }).count()).toBe(0);
  });
});

describe('several replies for each item', () => {
  it('say what another run would change', async () => {
    panel = await open(samplesState(60));
    expect(await panel.page.locator('.facts-of-run').textContent()).toContain(
      '5 replies for each item, whose median counts',
    );
    await expect
      .poll(() => panel.page.locator('.rerun').textContent())
      .toMatch(
        /^Another run over the same items with 5 replies for each would move the mean error by at most about ±\$\d+\.\d\d \(pricer\) and ±\$\d+\.\d\d \(gpt-4o-mini\)\./,
      );
    panel = await open(evaluationState(60));
    await panel.page.locator('.checks').waitFor();
    expect(await panel.page.locator('.rerun').count()).toBe(0);
  });
});

describe('floors', () => {
  it('are apart in the lists of contestants, and answer beside an open row', async () => {
    const state = samplesState(60);
    panel = await open(state);
    const groups = panel.page.getByLabel('Compared with').locator('optgroup');
    expect(await groups.getAttribute('label')).toBe('Floors, which cost nothing');
    expect(await groups.locator('option').allTextContents()).toEqual([
      'constant median',
      'nearest training example',
      'bag of words',
    ]);
    await panel.page.locator('.rows tbody tr[aria-rowindex="3"]').click();
    const table = panel.page.getByRole('table', { name: 'Floors, which cost nothing' });
    const names = await table.locator('tbody th').allTextContents();
    expect(names).toEqual(['constant median', 'nearest training example', 'bag of words']);
    const nearest = state.rows.find(({ contestant, item }) => contestant === 'nearest' && item === 1);
    expect(
      await table
        .getByRole('row', { name: /^nearest/ })
        .locator('td')
        .nth(1)
        .textContent(),
    ).toBe(nearest?.error?.toFixed(2));
    // The models' replies are elsewhere.
    expect(await panel.page.getByText('Other contestants').count()).toBe(0);
  });
});
