import { describe, expect, it } from 'vitest';
import { tableOfPoints } from '../../../../src/core/training/curves/pointTable.ts';
import { judgeCurve } from '../../../../src/core/training/verdict/judge.ts';
import { curveSentence } from '../../../../src/core/training/verdict/sentence.ts';
import { MetricColumns } from '../../../../src/core/training/curves/columns.ts';
import type { CurvePanelState } from '../../../../src/protocol/curvePanel.ts';
import type { JobPanelState } from '../../../../src/protocol/jobPanel.ts';
import { shapedCurve, type CurveShape } from '../../../support/webviewHarness/curveShapes.ts';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import { jobState } from '../../../support/webviewHarness/states.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();
let panel: PanelPage;

function stateOf(shape: CurveShape, until = 600, more: Partial<JobPanelState> = {}): JobPanelState {
  const curve = tableOfPoints(shapedCurve(shape, until));
  return jobState({
    curve,
    curveRows: curve.steps.length,
    step: until,
    totalSteps: 600,
    scale: { epochs: 6, examples: 600, batchSize: 6, trainedTokens: 100_000 },
    checkpoints: [100, 200, 300, 400, 500, 600]
      .filter((step) => step <= until)
      .map((step, index) => ({ step, label: `epoch ${index + 1} · checkpoint` })),
    ...more,
  });
}

const LIVE: Partial<JobPanelState> = { status: 'running', canCancel: true, canEvaluate: false, fineTunedModel: null };

/** Sentence of a series, as the method writes it. */
function expected(shape: CurveShape, series: string): string {
  const { xs, ys } = MetricColumns.of(shapedCurve(shape)).series(series);
  return curveSentence(judgeCurve(xs, ys), { series });
}

const sentence = (label: string) =>
  panel.page.locator('.verdict-list dt', { hasText: new RegExp(`^${label}$`) }).locator('+ dd');

describe('the sentences above the charts', () => {
  it.each(['improving', 'flat', 'worse', 'noisy', 'few'] as const)(
    'are those of the method for curves that are %s, and do not change with the smoothing',
    async (shape) => {
      panel = await open(stateOf(shape));
      await sentence('training loss').waitFor();
      const read = () => panel.page.locator('.verdict-list').innerText();
      const before = await read();
      expect(await sentence('training loss').innerText()).toBe(expected(shape, 'train_loss'));
      expect(await sentence('full validation loss').innerText()).toBe(expected(shape, 'full_valid_loss'));
      if (shape !== 'few') expect(await sentence('validation loss').innerText()).toBe(expected(shape, 'valid_loss'));
      await panel.page.getByRole('slider', { name: 'EMA smoothing' }).fill('0.1');
      expect(await read()).toBe(before);
      expect(panel.complaints).toEqual([]);
    },
  );

  it('have notes where a line is nearly noise', async () => {
    panel = await open(
      stateOf('noisy', 600, { scale: { epochs: 1, examples: 600, batchSize: 1, trainedTokens: null } }),
    );
    await sentence('training loss').getByText('One example a step: this line is nearly noise.').waitFor();
    await sentence('training loss')
      .getByText(/^As fresh as test data/)
      .waitFor();
  });

  it('wait for the first look while it trains, and then say "so far"', async () => {
    panel = await open(stateOf('worse', 20, LIVE));
    await panel.page.getByText('Nothing can be said yet: the first look is at 5% of the run.').waitFor();
    expect(await panel.page.locator('.verdict-list').isVisible()).toBe(false);
    await panel.send({
      type: 'jobPatch',
      patch: { fields: { step: 430 }, curve: tableOfPoints(shapedCurve('worse', 430).slice(20)), events: [] },
    });
    await sentence('validation loss')
      .getByText(/getting worse since step \d+ so far/)
      .waitFor();
    await panel.send({
      type: 'jobPatch',
      patch: {
        fields: { step: 600, status: 'succeeded', canCancel: false, canEvaluate: true },
        curve: tableOfPoints(shapedCurve('worse').slice(430)),
        events: [],
      },
    });
    await expect.poll(() => sentence('validation loss').innerText()).toBe(expected('worse', 'valid_loss'));
  });

  it('are marked on the chart, the lowest full validation at its checkpoint', async () => {
    panel = await open(stateOf('worse', 600, { checkpoints: [{ step: 250, label: 'checkpoint' }] }));
    await sentence('validation loss').waitFor();
    await expect.poll(() => panel.drawn()).toContain('checkpoint · lowest');
    const since = /since step (\d+)/.exec(expected('worse', 'valid_loss'))?.[1] ?? '';
    await expect.poll(() => panel.drawn()).toContain(`worse since ${since}`);
  });

  it('open their numbers and the account of the method', async () => {
    panel = await open(stateOf('worse'));
    await panel.page.getByText('Explain', { exact: true }).click();
    const table = panel.page.getByRole('table', { name: 'Numbers behind the verdicts' });
    await table.getByRole('rowheader', { name: /^Trend, T/ }).waitFor();
    expect(await table.getByRole('columnheader').allInnerTexts()).toEqual([
      'Number',
      'training loss',
      'validation loss',
      'full validation loss',
    ]);
    expect(await table.getByText(/above the limit of/).count()).toBeGreaterThan(3);
    await panel.page.getByRole('button', { name: /^How curves are judged/ }).click();
    expect(await panel.posted()).toContainEqual({ type: 'explainVerdicts' });
  });
});

describe('hints', () => {
  const hints = () => panel.page.getByRole('list', { name: 'What the curves suggest' });

  it('lead to both models and to fewer epochs where validation gets worse', async () => {
    panel = await open(stateOf('worse'));
    await hints()
      .getByText(/the checkpoint at step 200 may be the better model/)
      .waitFor();
    await hints().getByRole('button', { name: 'Evaluate Both…' }).click();
    await hints().getByRole('button', { name: 'Start Job Again…' }).click();
    expect(await panel.posted()).toEqual(
      expect.arrayContaining([
        { type: 'evaluateBoth', step: 200 },
        { type: 'startAgain', epochs: 3 },
      ]),
    );
    await hints()
      .getByText(/other rows may\.$/)
      .waitFor();
  });

  it('are not there without evidence', async () => {
    panel = await open(stateOf('noisy'));
    await sentence('training loss').waitFor();
    expect(await hints().count()).toBe(0);
  });

  it('offer to cancel only where the checkpoints outlive it', async () => {
    panel = await open(stateOf('worse', 430, LIVE));
    await sentence('validation loss').waitFor();
    expect(await hints().count()).toBe(0);
    await panel.send({
      type: 'jobPatch',
      patch: { fields: { stopOffer: { usd: 9 } }, curve: tableOfPoints([]), events: [] },
    });
    await hints()
      .getByText(/seen twice: cancel the job and keep the checkpoint at step 200\? That saves about \$2\.55\./)
      .waitFor();
    await hints().getByRole('button', { name: 'Cancel Job…' }).click();
    expect(await panel.posted()).toContainEqual({ type: 'cancelJob' });
  });
});

describe('curves of files', () => {
  const curve = tableOfPoints(shapedCurve('worse'));
  const state: CurvePanelState = {
    panel: 'curve',
    paths: ['/x/results.csv', '/x/broken.csv'],
    title: 'results.csv and 1 more',
    files: [
      {
        name: 'results.csv',
        failure: null,
        problems: [{ line: 7, reason: '“<b>oops” in train_loss is no number.' }],
        problemCount: 3,
        leftOut: ['note'],
      },
      {
        name: 'broken.csv',
        failure: 'broken.csv is empty. Choose another file.',
        problems: [],
        problemCount: 0,
        leftOut: [],
      },
    ],
    runs: [{ id: 'a', name: 'results.csv', rows: 600, epochs: null }],
  };

  it('have the same charts and sentences, with what could not be read', async () => {
    panel = await open(state);
    await panel.page.getByText('The curves are being read.').waitFor();
    await panel.send({ type: 'curvePart', run: 'a', curve });
    await expect.poll(() => sentence('validation loss').innerText()).toBe(expected('worse', 'valid_loss'));
    await panel.page.getByRole('region', { name: 'Loss', exact: true }).locator('.chart').waitFor();
    await panel.page.getByText('broken.csv is empty. Choose another file.').waitFor();
    await panel.page.getByText('results.csv: 3 places could not be read').click();
    await panel.page.getByText('Line 7: “<b>oops” in train_loss is no number.').waitFor();
    await panel.page.getByText('results.csv: 1 column is no curve: note').waitFor();
    // No job: nothing to evaluate, cancel or start again.
    expect(await panel.page.getByRole('list', { name: 'What the curves suggest' }).count()).toBe(0);
  });

  it('of several trainings are named by them, and share a chart', async () => {
    panel = await open({
      ...state,
      files: state.files.slice(0, 1),
      runs: [
        { id: 'a', name: 'sun', rows: 600, epochs: null },
        { id: 'b', name: 'sea', rows: 600, epochs: null },
      ],
    });
    await panel.send({ type: 'curvePart', run: 'a', curve });
    await panel.send({ type: 'curvePart', run: 'b', curve: tableOfPoints(shapedCurve('improving')) });
    await sentence('sea: validation loss')
      .getByText(/^Clearly improving/)
      .waitFor();
    await sentence('sun: validation loss')
      .getByText(/getting worse/)
      .waitFor();
  });
});
