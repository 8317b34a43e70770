// Made-up states of the Jobs table and of compared charts, deterministic, for tests and pictures.
import { jobRow, rowKey, type JobRow, type RowSource } from '../../../src/core/training/compare/jobRow.ts';
import { MetricColumns } from '../../../src/core/training/curves/columns.ts';
import { tableOfPoints } from '../../../src/core/training/curves/pointTable.ts';
import type { ComparedJob, ComparePanelState, ToComparePanel } from '../../../src/protocol/comparePanel.ts';
import type { JobsPanelState } from '../../../src/protocol/jobsPanel.ts';
import { aJob, aMetric } from '../jobBuilders.ts';
import { metrics, randomNumbers } from './states.ts';

const CREATED = Date.UTC(2026, 10, 23, 9, 0, 0) / 1000;
const RATES = [0.5, 1, 2, 4];

export function sourceOf(index: number): RowSource {
  const random = randomNumbers(index + 1);
  const isOver = index % 9 !== 4;
  const epochs = (index % 3) + 1;
  const batchSize = [1, 4, 8][index % 3] ?? 1;
  const rate = RATES[index % 4] ?? 1;
  const loss = 0.6 + Math.abs(Math.log2(rate)) * 0.2 + random() * 0.3;
  return {
    job: aJob({
      id: `ftjob-${String(index)}`,
      createdAt: CREATED + index * 3600,
      finishedAt: isOver ? CREATED + index * 3600 + 700 + 13 * (index % 50) : null,
      status: isOver ? (index % 7 === 5 ? 'failed' : 'succeeded') : 'running',
      model: index % 2 === 0 ? 'gpt-4o-mini-2024-07-18' : 'gpt-4.1-nano-2025-04-14',
      fineTunedModel: isOver ? `ft:gpt-4o-mini:p:pricer:${String(index)}` : null,
      hyperparameters: { n_epochs: epochs, batch_size: batchSize, learning_rate_multiplier: rate },
      trainedTokens: isOver ? 113_200 * epochs : null,
      validationFile: 'file-validation',
    }),
    curve: MetricColumns.of([
      aMetric({ step: 1, trainLoss: 2.4, validLoss: 2.5 }),
      aMetric({ step: 400, trainLoss: loss, validLoss: loss + 0.1 }),
      aMetric({ step: 500, trainLoss: loss + 0.05 * random(), validLoss: loss + 0.12, fullValidLoss: loss + 0.11 }),
    ]),
    connectionName: index % 5 === 0 ? 'Lab' : 'OpenAI',
    cost: isOver ? 0.34 * epochs : null,
    local: {
      name: `pricer ${String(index)}`,
      starred: index % 6 === 1,
      hidden: index % 20 === 19,
      priceEstimate: 0.3 * epochs,
      examples: 500,
      sourceSha256: index % 4 === 0 ? 'ab12cd34ef56ab12cd34ef56' : '99887766554433221100',
      askedHyperparameters: { n_epochs: epochs, batch_size: 'auto', learning_rate_multiplier: rate },
    },
    dataset: index % 4 === 0 ? 'prices.jsonl' : 'prices-more.jsonl',
    validation: 'split off, seed 42',
    evaluation:
      isOver && index % 2 === 0
        ? {
            runId: `run-${String(index)}`,
            metric: 'mae',
            value: 60 + 10 * random(),
            text: 'mean error 64.20 · better than gpt-4o-mini',
          }
        : null,
    stoppedEarly: false,
  };
}

export function jobRowOf(index: number): JobRow {
  return jobRow(sourceOf(index), 'openai');
}

/** Jobs with the newest first, as the extension sends them. */
export function jobsState(count = 40): JobsPanelState {
  const rows = Array.from({ length: count }, (_, index) => jobRowOf(count - 1 - index));
  return { panel: 'jobs', rows, total: count, sweeps: [], shownSweep: null };
}

export function comparedJob(index: number, steps: number): ComparedJob {
  const row = jobRowOf(index);
  return {
    row,
    isLive: row.values['status'] === 'running',
    totalSteps: steps,
    scale: { epochs: 1, examples: 500, batchSize: 1, trainedTokens: 113_200 },
    checkpoints: [{ step: steps, label: 'epoch 1 · checkpoint' }],
    curveRows: steps,
  };
}

/** Jobs of different settings; their curves come after the state, as from the extension. */
export function compareState(count = 3, overrides: Partial<ComparePanelState> = {}): ComparePanelState {
  const jobs = Array.from({ length: count }, (_, index) => comparedJob(index, 200 + 100 * index));
  return {
    panel: 'compare',
    jobs,
    missing: 0,
    changes: jobs.slice(1).map(({ row }) => ({ job: rowKey(row), rows: { added: 120, removed: 3, kept: 377 } })),
    ...overrides,
  };
}

/** Patch with the whole curve of a job. */
export function curvePatch({ row }: ComparedJob, steps: number): ToComparePanel {
  return { type: 'comparePatch', job: rowKey(row), facts: null, curve: tableOfPoints(metrics(steps)) };
}
