import { describe, expect, it } from 'vitest';
import type { JobsPanelState, SweepView } from '../../../../src/protocol/jobsPanel.ts';
import { compareState, curvePatch, jobRowOf, jobsState } from '../../../support/webviewHarness/jobsStates.ts';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();

const names = (panel: PanelPage): Promise<string[]> =>
  panel.page.locator('.jobs-table tbody tr:not(.spacer) td:nth-child(3)').allTextContents();
/** Waits until the first rows are these: they are drawn in the next frame. */
const first = (panel: PanelPage, ...wanted: readonly string[]): Promise<void> =>
  expect.poll(async () => (await names(panel)).slice(0, wanted.length)).toEqual(wanted);
/** Waits until the rows are these. */
const only = (panel: PanelPage, ...wanted: readonly string[]): Promise<void> =>
  expect.poll(() => names(panel)).toEqual(wanted);
const heads = (panel: PanelPage): Promise<string[]> => panel.page.locator('.jobs-table thead th').allTextContents();
const row = (panel: PanelPage, name: string) => panel.page.getByRole('row', { name: new RegExp(`${name}\\b`) });
const press = (panel: PanelPage, name: string) => panel.page.getByRole('button', { name, exact: true }).click();
const check = (panel: PanelPage, name: string) => panel.page.getByRole('checkbox', { name, exact: true }).click();
const last = async (panel: PanelPage): Promise<unknown> => (await panel.posted()).at(-1);

/** State with a sweep of four runs, of which three have a model; the loss of run 2 is the lowest. */
function sweptState(overrides: Partial<SweepView> = {}): JobsPanelState {
  const state = jobsState(8);
  const losses = [1.4, 1.2, 1.3, null];
  const rows = state.rows.map((row, index) =>
    index < 4
      ? { ...row, values: { ...row.values, sweep: 'sweep-1', 'last.model_valid_loss': losses[index] ?? null } }
      : row,
  );
  const sweep: SweepView = {
    id: 'sweep-1',
    name: 'goods',
    at: 1_780_000_000_000,
    state: 'running',
    isHere: true,
    runs: 5,
    over: 4,
    design: '5 of 9 combinations',
    without: [{ run: 3, reason: 'No room.' }],
    ...overrides,
  };
  return { ...state, rows, sweeps: [sweep], shownSweep: 'sweep-1' };
}

describe('the runs of a sweep', () => {
  it('stand alone under what was tried; the lowest loss is marked, and nothing is called best', async () => {
    const panel = await open(sweptState());
    await first(panel, 'pricer 7', 'pricer 6', 'pricer 5', 'pricer 4');
    expect(await names(panel)).toHaveLength(4);
    const section = panel.page.locator('.sweep');
    expect(await section.innerText()).toMatch(
      /Sweep of goods\s+Run 5 of 5 goes on\.\s+Tried: 5 of 9 combinations\.[\s\S]*Run 3 could not be started: No room\.\s+The lowest validation loss is 1\.2\d*, of pricer 6\.\s+That is no claim/,
    );
    expect(await section.innerText()).not.toMatch(/best/i);
    expect(await row(panel, 'pricer 6').innerText()).toContain('(lowest)');
    expect(await panel.page.getByText('(lowest)').count()).toBe(1);
    await press(panel, 'Cancel Sweep');
    expect(await last(panel)).toEqual({ type: 'cancelSweep', id: 'sweep-1' });
    await press(panel, 'Show All Jobs');
    await expect.poll(async () => (await names(panel)).length).toBe(8);
    await panel.page.getByRole('combobox', { name: 'Sweep' }).selectOption('sweep-1');
    await expect.poll(async () => (await names(panel)).length).toBe(4);
  });

  it('offers no cancel where another window runs it or it is over', async () => {
    const panel = await open(sweptState({ isHere: false }));
    await panel.page.getByText('goes on in another window').waitFor();
    expect(await panel.page.getByRole('button', { name: 'Cancel Sweep' }).count()).toBe(0);
    await panel.send({ type: 'sweeps', sweeps: sweptState({ state: 'ended', over: 5 }).sweeps });
    await panel.page.getByText('of 5 runs succeeded.').waitFor();
    expect(await panel.page.getByRole('button', { name: 'Cancel Sweep' }).count()).toBe(0);
  });

  it('says what is not known of a training, and never 0', async () => {
    const { rows, ...state } = jobsState(2);
    const [known, unknown] = rows;
    if (!known || !unknown) throw new Error('There are two rows.');
    const values = { ...known.values, speed: 64.4, device: 'CPU', memory: 1.6e9 };
    const panel = await open({ ...state, rows: [{ ...known, values }, unknown] });
    await first(panel, 'pricer 1', 'pricer 0');
    expect(await row(panel, 'pricer 1').innerText()).toMatch(/64[\s\S]*CPU[\s\S]*1\.6 GB/);
    expect(await panel.page.locator('td[title="Not known"]').allTextContents()).toEqual(['–', '–', '–']);
    expect(await panel.page.locator('th', { hasText: 'Tokens/s' }).getAttribute('title')).toContain('measured');
  });
});

describe('the Jobs table', () => {
  it('has a row a job, the newest first, without hidden ones', async () => {
    const panel = await open(jobsState());
    await first(panel, 'pricer 38', 'pricer 37', 'pricer 36');
    expect(await panel.page.locator('header [role=status]').textContent()).toBe('38 of 40 jobs');
    await check(panel, 'Hidden jobs too');
    await first(panel, 'pricer 39', 'pricer 38');
  });

  it('sorts by a head, and the other way by the same head', async () => {
    const panel = await open(jobsState());
    await press(panel, 'Job');
    await first(panel, 'pricer 0', 'pricer 1', 'pricer 2');
    await press(panel, 'Job');
    await first(panel, 'pricer 38', 'pricer 37');
    await press(panel, 'Star');
    await first(panel, 'pricer 37', 'pricer 31');
  });

  it('searches, filters by status and star, and clears the filter', async () => {
    const panel = await open(jobsState());
    await panel.page.getByRole('searchbox', { name: 'Search jobs' }).fill('PRICER 35 lab');
    await only(panel, 'pricer 35');
    await panel.page.getByRole('searchbox', { name: 'Search jobs' }).fill('');
    await panel.page.getByRole('combobox', { name: 'Status' }).selectOption('running');
    await only(panel, 'pricer 31', 'pricer 22', 'pricer 13', 'pricer 4');
    await check(panel, 'Starred only');
    await only(panel, 'pricer 31', 'pricer 13');
    await panel.page.getByRole('searchbox', { name: 'Search jobs' }).fill('nothing like this');
    await panel.page.getByText('No job matches the filter.').waitFor();
    await press(panel, 'Clear Filter');
    await first(panel, 'pricer 38', 'pricer 37');
  });

  it('stars a job at once, by the button and by a key, and tells the extension', async () => {
    const panel = await open(jobsState());
    await panel.page.getByRole('button', { name: 'Star pricer 38' }).click();
    // Drawn in the next frame.
    await expect
      .poll(() => panel.page.getByRole('button', { name: 'Star pricer 38' }).getAttribute('aria-pressed'))
      .toBe('true');
    const job = { connectionId: 'openai', jobId: 'ftjob-38' };
    expect(await last(panel)).toEqual({ type: 'starJob', job, starred: true });
    await row(panel, 'pricer 38').focus();
    await panel.page.keyboard.press('s');
    expect(await last(panel)).toEqual({ type: 'starJob', job, starred: false });
    // The row was made again and has the focus still.
    await panel.page.keyboard.press('Enter');
    expect(await last(panel)).toEqual({ type: 'openJobRow', job });
  });

  it('selects by the space key and the check boxes, and opens the selected charts', async () => {
    const panel = await open(jobsState());
    const compare = panel.page.locator('vscode-button', { hasText: 'Compare Charts' });
    expect(await compare.getAttribute('disabled')).not.toBeNull();
    await row(panel, 'pricer 38').focus();
    await panel.page.keyboard.press(' ');
    await panel.page.keyboard.press('ArrowDown');
    await panel.page.keyboard.press('ArrowDown');
    await panel.page.keyboard.press(' ');
    await panel.page.getByRole('checkbox', { name: 'Select pricer 37' }).click();
    expect(await row(panel, 'pricer 37').getAttribute('aria-selected')).toBe('true');
    expect(await panel.page.getByRole('checkbox', { name: 'Select pricer 36' }).isChecked()).toBe(true);
    await panel.page.getByText('38 of 40 jobs · 3 selected').waitFor();
    await press(panel, 'Compare Charts');
    const ids = ['ftjob-38', 'ftjob-36', 'ftjob-37'];
    expect(await last(panel)).toEqual({
      type: 'compareJobCharts',
      jobs: ids.map((jobId) => ({ connectionId: 'openai', jobId })),
    });
    await press(panel, 'Clear Selection');
    expect(await panel.page.getByRole('checkbox', { name: 'Select pricer 36' }).isChecked()).toBe(false);
  });

  it('opens the newest evaluation by its link and by a key', async () => {
    const panel = await open(jobsState());
    await row(panel, 'pricer 38').getByRole('button', { name: 'mean error' }).click();
    expect(await last(panel)).toEqual({ type: 'openJobRun', runId: 'run-38' });
    await row(panel, 'pricer 36').focus();
    await panel.page.keyboard.press('e');
    expect(await last(panel)).toEqual({ type: 'openJobRun', runId: 'run-36' });
  });

  it('shows the columns that were chosen, and only what differs', async () => {
    const panel = await open(jobsState());
    expect(await heads(panel)).toContain('Batch size');
    await press(panel, 'Columns');
    await check(panel, 'Batch size');
    await check(panel, 'Seed');
    await panel.page.keyboard.press('Escape');
    expect(await heads(panel)).not.toContain('Batch size');
    expect(await heads(panel)).toContain('Seed');
    await check(panel, 'Only what differs');
    // All have the same seed.
    expect(await heads(panel)).not.toContain('Seed');
    expect(await heads(panel)).toContain('Epochs');
    // Of the selected ones alone: 38 and 35 have the same number of epochs.
    await panel.page.getByRole('checkbox', { name: 'Select pricer 38' }).click();
    await panel.page.getByRole('checkbox', { name: 'Select pricer 35' }).click();
    await expect.poll(() => heads(panel)).not.toContain('Epochs');
    expect(await heads(panel)).toContain('Base model');
  });

  it('writes what is shown as CSV', async () => {
    const panel = await open(jobsState());
    await panel.page.getByRole('searchbox', { name: 'Search jobs' }).fill('pricer 38');
    await press(panel, 'Save as CSV…');
    const message = await last(panel);
    expect(message).toMatchObject({ type: 'exportJobs' });
    const lines = (message as { readonly data: string }).data.split('\r\n');
    expect(lines[0]).toMatch(/^id,starred,name,status,last\.train_loss,/);
    expect(lines[1]).toMatch(/^ftjob-38,0,pricer 38,succeeded,/);
    expect(lines).toHaveLength(3);
  });

  it('keeps columns, order, filter and selection over a reload', async () => {
    const panel = await open(jobsState());
    await press(panel, 'Duration');
    await panel.page.getByRole('searchbox', { name: 'Search jobs' }).fill('openai');
    await check(panel, 'Starred only');
    await panel.page.getByRole('checkbox', { name: 'Select pricer 37' }).click();
    await first(panel, 'pricer 1', 'pricer 7');
    const before = [await names(panel), await heads(panel)];
    await panel.reload(jobsState());
    await expect.poll(async () => [await names(panel), await heads(panel)]).toEqual(before);
    expect(await panel.page.getByRole('checkbox', { name: 'Select pricer 37' }).isChecked()).toBe(true);
    expect(await panel.page.getByRole('searchbox', { name: 'Search jobs' }).inputValue()).toBe('openai');
  });

  it('places jobs by two numbers, as a chart and as a table', async () => {
    const panel = await open(jobsState());
    await press(panel, 'Scatter Chart');
    await panel.page.getByText('38 of 38 jobs have both figures.').waitFor();
    const chart = panel.page.getByRole('application', { name: /Full validation loss, best against/ });
    await expect.poll(() => chart.getAttribute('data-points')).toBe('38');
    await panel.page.getByRole('combobox', { name: 'Horizontal axis' }).selectOption('set.n_epochs');
    const twin = panel.page.getByRole('region', { name: 'Figures of the scatter chart' });
    expect(await twin.locator('thead th').allTextContents()).toEqual(['Job', 'Epochs', 'Full validation loss, best']);
    expect(await twin.locator('tbody tr:not(.spacer)').first().textContent()).toMatch(/^pricer \d+1\d\.\d+$/);
    await check(panel, 'Logarithmic horizontal axis');
    await chart.focus();
    await panel.page.keyboard.press('Home');
    expect(await chart.getByRole('status').textContent()).toMatch(
      /^pricer \d+\nFull validation loss, best: .*\nEpochs: 1$/,
    );
    await panel.page.keyboard.press('Enter');
    expect(await last(panel)).toMatchObject({ type: 'openJobRow' });
  });

  it('takes new, changed and removed rows', async () => {
    const panel = await open(jobsState(3));
    const changed = jobRowOf(1);
    await panel.send({
      type: 'jobRows',
      rows: [jobRowOf(5), { ...changed, values: { ...changed.values, name: 'renamed' } }],
      removed: [],
    });
    await expect.poll(() => names(panel)).toEqual(['pricer 5', 'pricer 2', 'renamed', 'pricer 0']);
    await panel.send({ type: 'jobRows', rows: [], removed: ['openai ftjob-5'] });
    await expect.poll(() => names(panel)).toEqual(['pricer 2', 'renamed', 'pricer 0']);
  });

  it('says that there are no jobs, and how to start one', async () => {
    const panel = await open(jobsState(0));
    await panel.page.getByText('No jobs yet.').waitFor();
    expect(await panel.page.getByRole('searchbox').count()).toBe(0);
    await press(panel, 'Start Fine-Tuning…');
    expect(await last(panel)).toEqual({ type: 'startJob' });
  });
});

describe('compared charts', () => {
  async function opened(): Promise<PanelPage> {
    const state = compareState();
    const panel = await open(state);
    for (const [index, job] of state.jobs.entries()) await panel.send(curvePatch(job, 200 + 100 * index));
    return panel;
  }

  it('draw all curves once they are there, under the settings that differ', async () => {
    const state = compareState();
    const panel = await open(state);
    await panel.page.getByText('Reading the curves.').waitFor();
    for (const [index, job] of state.jobs.entries()) await panel.send(curvePatch(job, 200 + 100 * index));
    const loss = panel.page.getByRole('region', { name: 'Loss', exact: true });
    await expect.poll(() => loss.locator('.chart').getAttribute('data-x-max')).toBe('400');
    expect(await panel.page.locator('.legend').first().textContent()).toContain('pricer 2');
    const settings = panel.page.getByRole('table', { name: 'Settings that differ' });
    const texts = await settings.locator('tr').allTextContents();
    expect(texts).toContain('Batch size1 (auto)4 (auto)8 (auto)');
    expect(texts).toContain('Learning rate multiplier0.512');
    expect(texts).toContain(
      'Rows of the datasetcompared with120 rows added · 3 removed · 377 the same120 rows added · 3 removed · 377 the same',
    );
    expect(texts.join('\n')).not.toContain('Method');
    const shared = panel.page.getByText('settings that all share');
    await shared.click();
    expect(await panel.page.getByRole('table', { name: 'Settings that all share' }).textContent()).toContain('Method');
  });

  it('follow a running job', async () => {
    const panel = await opened();
    const [job] = compareState().jobs;
    if (!job) throw new Error('There are three.');
    await panel.send({
      ...curvePatch(job, 600),
      facts: { ...job, totalSteps: 600, isLive: true, curveRows: 700 },
    } as never);
    const loss = panel.page.getByRole('region', { name: 'Loss', exact: true });
    await expect.poll(() => loss.locator('.chart').getAttribute('data-x-max')).toBe('600');
  });

  it('keep their view over a reload, open a job and write their charts', async () => {
    const panel = await opened();
    await press(panel, 'Table');
    await panel.page.getByRole('button', { name: 'pricer 1', exact: true }).first().click();
    expect(await last(panel)).toEqual({ type: 'openJobRow', job: { connectionId: 'openai', jobId: 'ftjob-1' } });
    await panel.reload(compareState());
    for (const [index, job] of compareState().jobs.entries()) await panel.send(curvePatch(job, 200 + 100 * index));
    await expect
      .poll(() => panel.page.locator('vscode-button', { hasText: 'Table' }).getAttribute('aria-pressed'))
      .toBe('true');
    await press(panel, 'Export');
    await press(panel, 'Save as CSV…');
    expect(await last(panel)).toMatchObject({ type: 'exportCharts', format: 'csv' });
  });

  it('say what is missing and what is not there yet', async () => {
    const jobs = compareState().jobs.map((job) => ({ ...job, curveRows: 0 }));
    const panel = await open(compareState(3, { jobs, missing: 2, changes: [] }));
    await panel.page.getByText('2 of the jobs are no longer known on this machine.').waitFor();
    await panel.page.getByText('None of these jobs has reported a metric yet.').waitFor();
  });
});
