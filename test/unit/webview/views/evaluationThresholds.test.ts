// Thresholds of an evaluation file in the panel and its report: the same sentences as on the command line.
import { describe, expect, it } from 'vitest';
import { judge } from '../../../../src/core/evaluation/comparison/judge.ts';
import { checkThresholds } from '../../../../src/core/evaluation/comparison/thresholds.ts';
import type { EvaluationPanelState } from '../../../../src/protocol/evaluationPanel.ts';
import { thresholdState } from '../../../support/webviewHarness/evaluationStates.ts';
import type { PanelPage } from '../../../support/webviewHarness/harness.ts';
import { evaluationState } from '../../../support/webviewHarness/states.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();
let panel: PanelPage;

const thresholds = () => panel.page.getByRole('region', { name: 'Thresholds' });
const lines = async (): Promise<readonly string[]> => thresholds().getByRole('listitem').allTextContents();

/** Lines of the panel by the rows alone, as the command line judges them. */
function expected({ run, question, rows }: EvaluationPanelState): readonly string[] {
  const { contestants, grader } = run;
  const judgment = judge({ contestants, ...question, grader, items: [], clusterOf: (item) => item, rows });
  return checkThresholds(run.pass, judgment, question.primary).map(
    ({ passed, sentence }) => `${passed ? '✓ passed' : '✗ not passed'} ${sentence}`,
  );
}

describe('the thresholds of a run', () => {
  it('are each told with their value, and how many items the comparison would need', async () => {
    const state = thresholdState(100);
    panel = await open(state);
    await expect.poll(lines).toEqual(expected(state));
    expect((await lines()).map((line) => line.replaceAll(/\d[\d.,]*\d/g, 'N'))).toEqual([
      '✓ passed mae is N; allowed is at most N.',
      '✗ not passed hits is N; allowed is at least N.',
      '✗ not passed A loss of N against the baseline is not excluded: about N to N items would be needed.',
    ]);
    expect(await thresholds().getByRole('heading').textContent()).toBe('Thresholds pricer does not pass');
    // The run has the name of its evaluation file; its test file is named as well.
    expect(await panel.page.locator('.facts-of-run').textContent()).toMatch(
      /^prices\.eval\.json · prices\.test\.jsonl · /,
    );
    // The table is over the items that all have answered: one request of the first failed.
    expect(await thresholds().locator('.caption').isVisible()).toBe(false);
    await panel.send({ type: 'wantReport' });
    await expect.poll(async () => (await panel.posted()).some(({ type }) => type === 'report')).toBe(true);
    const report = (await panel.posted()).find((message) => message.type === 'report');
    expect(report?.markdown).toContain('- Test file: prices.test.jsonl, 100 items');
    expect(report?.markdown).toMatch(
      /## Thresholds\n\npricer does not pass\n\n- Passed: mae is \d+\.\d\d; .*\n- Not passed: hits is /,
    );
  });

  it('are not final while rows are missing', async () => {
    const state = thresholdState(100, 40);
    panel = await open(state);
    await expect.poll(lines).toEqual(expected(state));
    expect(await thresholds().getByRole('heading').textContent()).toBe(
      'Thresholds of pricer, so far; they are judged when the run is complete',
    );
  });

  it('say which items they are about where the table is about fewer', async () => {
    const { rows, ...state } = thresholdState(100);
    // Another model has no answer for a fifth of the items.
    panel = await open({ ...state, rows: rows.filter(({ contestant, item }) => contestant !== 'base' || item > 19) });
    await expect
      .poll(() => thresholds().locator('.caption').textContent())
      .toBe('Thresholds are about all 99 items that pricer has answered.');
    expect((await lines())[0]).toBe(expected(thresholdState(100))[0]);
  });

  it('are passed where all are met', async () => {
    const { run, ...state } = thresholdState(100);
    panel = await open({ ...state, run: { ...run, pass: { metrics: { mae: { max: 9000 } }, vsBaseline: null } } });
    await expect.poll(async () => (await lines()).length).toBe(1);
    expect(await thresholds().getByRole('heading').textContent()).toBe('Thresholds pricer passes');
  });

  it('are absent from a run without any', async () => {
    panel = await open(evaluationState(30));
    expect(await thresholds().count()).toBe(0);
  });
});
