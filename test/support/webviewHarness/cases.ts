// Every kind of state that the panels show, with the clicks that lead to it.
import type { PanelState, ToPanel } from '../../../src/protocol/panelMessages.ts';
import { NO_TABLE, tableOfPoints } from '../../../src/core/training/curves/pointTable.ts';
import type { JobPanelState } from '../../../src/protocol/jobPanel.ts';
import { shapedCurve } from './curveShapes.ts';
import type { PanelPage } from './harness.ts';
import { fallingPrices, modelPoints, moreDataState, pointsState, unfitAnswers } from './moreDataStates.ts';
import {
  compared,
  datasetReport,
  openFiles,
  poorReport,
  priceReport,
  reportState,
  suspicions,
  tailedPrices,
} from './reportStates.ts';
import { aloneState, labelState, samplesState, stoppingState, thresholdState } from './evaluationStates.ts';
import { compareState, curvePatch, jobsState } from './jobsStates.ts';
import { leaveState } from './leaveStates.ts';
import { evaluationState, jobState, matchState, metrics, tryDataset, tryResult, tryState } from './states.ts';

/** Language of the page and of its data. */
interface Speech {
  /** An English text of the product in the language of the page. */
  readonly say: (text: string) => string;
  /** A value as the states of the page hold it. */
  readonly data: <T>(value: T) => T;
}

const row: ToPanel = {
  type: 'row',
  item: 1,
  messages: tryResult.sent,
  truth: 'Price is $374.41',
  samples: [
    { contestant: 'tuned', sample: '174.00', message: null },
    { contestant: 'base', sample: null, message: 'The server answered 500.' },
  ],
};

async function openRow(panel: PanelPage, { data }: Speech): Promise<void> {
  await panel.page.getByRole('row').nth(2).click();
  await panel.page.locator('.rows tbody tr[aria-rowindex="3"]').click();
  await panel.send(data(row));
}

export interface Case {
  readonly name: string;
  readonly state: PanelState;
  readonly act?: (panel: PanelPage, speech: Speech) => Promise<void>;
}

/** Job whose validation turns at 40 % of its 600 steps. */
function worse(until: number, more: Partial<JobPanelState>): JobPanelState {
  return jobState({
    curve: tableOfPoints(shapedCurve('worse', until)),
    curveRows: until,
    step: until,
    totalSteps: 600,
    scale: { epochs: 6, examples: 600, batchSize: 1, trainedTokens: null },
    checkpoints: [200, 400].map((step) => ({ step, label: 'checkpoint' })),
    ...more,
  });
}

const failed = { tone: 'bad', text: 'The job failed at step 60. Line 17 has no assistant message.' } as const;
export const CASES: readonly Case[] = [
  { name: 'a finished job', state: jobState() },
  {
    name: 'the table of jobs with selected ones and a scatter chart',
    state: jobsState(),
    act: async (panel, { say }) => {
      await panel.page.locator('.jobs-table tbody input').nth(1).click();
      await panel.page.locator('.jobs-table tbody input').nth(2).click();
      await panel.page.getByRole('button', { name: say('Scatter Chart'), exact: true }).click();
      await panel.page.getByRole('button', { name: say('Columns'), exact: true }).click();
    },
  },
  { name: 'the table without a job', state: jobsState(0) },
  { name: 'a provider that is left', state: leaveState() },
  {
    name: 'a provider whose files are being downloaded',
    state: leaveState({
      taken: null,
      busy: { text: 'goods.train.jsonl', done: 6, of: 19 },
      hasDocument: false,
      problems: ['OpenAI did not list its models.'],
    }),
  },
  {
    name: 'a provider of which nothing is known',
    state: leaveState({ models: [], folder: null, taken: null, jobs: 0, files: null, hasDocument: false }),
  },
  {
    name: 'compared charts',
    state: compareState(3, { missing: 1 }),
    act: async (panel) => {
      for (const [index, job] of compareState().jobs.entries()) await panel.send(curvePatch(job, 200 + 100 * index));
      await panel.page.locator('.settings summary').click();
    },
  },
  {
    name: 'a running job',
    state: jobState({
      status: 'running',
      canCancel: true,
      canEvaluate: false,
      fineTunedModel: null,
      curve: tableOfPoints(metrics(60)),
    }),
  },
  {
    name: 'a queued job',
    state: jobState({
      status: 'queued',
      curve: NO_TABLE,
      events: [],
      checkpoints: [],
      fineTunedModel: null,
      step: null,
    }),
  },
  { name: 'a failed job', state: jobState({ status: 'failed', headline: failed, curve: tableOfPoints(metrics(60)) }) },
  {
    name: 'a job with its table',
    state: jobState(),
    act: async ({ page }, { say }) => {
      await page.getByRole('button', { name: say('Table') }).click();
    },
  },
  {
    name: 'a job whose validation gets worse, explained',
    state: worse(600, { status: 'succeeded' }),
    act: async ({ page }, { say }) => {
      await page.getByText(say('Explain'), { exact: true }).click();
      await page.locator('.explained').waitFor();
    },
  },
  {
    name: 'a job that is offered to be canceled',
    state: worse(430, {
      status: 'running',
      canCancel: true,
      canEvaluate: false,
      fineTunedModel: null,
      stopOffer: { usd: 9 },
    }),
    act: async ({ page }) => {
      await page.locator('.hints button').waitFor();
    },
  },
  {
    name: 'curves of files',
    state: {
      panel: 'curve',
      paths: ['/x/results.csv', '/x/broken.csv'],
      title: 'results.csv',
      files: [
        {
          name: 'results.csv',
          failure: null,
          problems: [{ line: 7, reason: 'oops' }],
          problemCount: 2,
          leftOut: ['note'],
        },
        { name: 'broken.csv', failure: 'broken.csv', problems: [], problemCount: 0, leftOut: [] },
      ],
      runs: [
        { id: '1', name: 'results.csv', rows: 600, epochs: null },
        { id: '2', name: 'broken.csv', rows: 600, epochs: null },
      ],
    },
    act: async (panel) => {
      await panel.send({ type: 'curvePart', run: '1', curve: tableOfPoints(shapedCurve('worse')) });
      await panel.send({ type: 'curvePart', run: '2', curve: tableOfPoints(shapedCurve('noisy')) });
      await panel.page.locator('.verdict-list dt').first().waitFor();
      await panel.page.locator('.curve-problems summary').click();
    },
  },
  { name: 'a finished run', state: evaluationState(100) },
  { name: 'a running run', state: evaluationState(100, 30) },
  { name: 'a run before its first row', state: evaluationState(100, 0) },
  { name: 'a paused run', state: evaluationState(100, 30, { status: 'paused', notice: 'The server refuses. Wait.' }) },
  { name: 'a run with an open row', state: evaluationState(100), act: openRow },
  { name: 'an exact-match run', state: matchState(50) },
  { name: 'a run that stopped early', state: stoppingState(100, 60) },
  { name: 'a run that may stop early', state: stoppingState(100, 20, { status: 'running' }) },
  {
    name: 'a run with several replies for each item',
    state: samplesState(60),
    act: async ({ page }) => {
      await page.locator('.checks > summary').click();
      await page.locator('.rows tbody tr[aria-rowindex="3"]').click();
    },
  },
  { name: 'a run with thresholds', state: thresholdState(100) },
  { name: 'a run of labels', state: labelState(60) },
  { name: 'a run of one contestant', state: aloneState(40) },
  { name: 'a clean report', state: reportState() },
  { name: 'a report of much that is wrong', state: reportState(poorReport(497), {}, compared()) },
  { name: 'a report of prices', state: reportState(priceReport(tailedPrices(400))) },
  { name: 'a report that is being compared', state: reportState(priceReport([5, 5, 5, 7]), {}, openFiles()) },
  { name: 'a report with suspicious answers', state: reportState(undefined, { suspicious: suspicions(100) }) },
  {
    name: 'a report whose answers are being judged',
    state: reportState(undefined, { suspicious: { state: 'running', share: 0.4 } }),
  },
  {
    name: 'a report whose answers cannot be judged',
    state: reportState(undefined, {
      suspicious: {
        state: 'unjudged',
        text: 'Nothing can be said of single answers: the answers are long or mostly distinct. Compare them by hand.',
      },
    }),
  },
  {
    name: 'a report with a data curve',
    state: reportState(undefined, { moreData: moreDataState({ moreData: fallingPrices() }) }),
  },
  {
    name: 'a report with points of two models',
    state: reportState(undefined, {
      moreData: moreDataState({
        moreData: fallingPrices(),
        points: pointsState({ models: modelPoints('SmolLM2-135M-Instruct', 'Qwen/Qwen2.5-0.5B-Instruct') }),
      }),
    }),
  },
  {
    name: 'a report that measures points of a model',
    state: reportState(undefined, {
      moreData: moreDataState({
        moreData: fallingPrices(),
        points: pointsState({
          status: 'measuring',
          progress: { text: 'training 2 of 3, on 50 % of the rows', fraction: 0.3 },
        }),
      }),
    }),
  },
  {
    name: 'a report that measures a data curve',
    state: reportState(undefined, { moreData: moreDataState({ status: 'measuring', progress: 0.4, seconds: 90 }) }),
  },
  {
    name: 'a report whose answers have no data curve',
    state: reportState(undefined, { moreData: moreDataState({ moreData: unfitAnswers() }) }),
  },
  { name: 'a report being read', state: reportState(null) },
  { name: 'a report of nothing', state: reportState(datasetReport(0), { notice: 'The file has changed.' }) },
  {
    name: 'a report with its tables',
    state: reportState(),
    act: async ({ page }, { say }) => {
      await page.getByRole('button', { name: say('Tokens per example: show as a table') }).click();
    },
  },
  { name: 'a question without a dataset', state: tryState() },
  {
    name: 'a question with its answer',
    state: tryState({ dataset: tryDataset(50), result: tryResult }),
    act: async ({ page }) => {
      await page.locator('.rows tbody tr[aria-rowindex="3"]').click();
    },
  },
  {
    name: 'a typed prompt with a problem',
    state: tryState({ problem: { message: 'The model does not exist.', action: 'Wait a minute.' } }),
    act: async ({ page }, { say }) => {
      await page.getByText(say('Typed prompt')).click();
      await page.getByRole('textbox', { name: say('Temperature') }).fill('9');
      await page.keyboard.press('Tab');
    },
  },
];
