// Made-up states of the three panels, deterministic, for tests and pictures.
import { tableOfPoints } from '../../../src/core/training/curves/pointTable.ts';
import { questionOf } from '../../../src/core/evaluation/comparison/question.ts';
import type { ContestantReport, RowResult, RunConfig } from '../../../src/core/evaluation/types.ts';
import type { MetricPoint } from '../../../src/core/training/job.ts';
import type { EvaluationPanelState } from '../../../src/protocol/evaluationPanel.ts';
import type { JobPanelState } from '../../../src/protocol/jobPanel.ts';
import type { TryPanelState } from '../../../src/protocol/tryPanel.ts';

/** A linear congruential generator (Numerical Recipes): the same numbers in every run. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

export function metricPoint(step: number, values: Partial<MetricPoint> = {}): MetricPoint {
  return {
    step,
    totalSteps: 500,
    trainLoss: null,
    trainAccuracy: null,
    validLoss: null,
    validAccuracy: null,
    fullValidLoss: null,
    fullValidAccuracy: null,
    ...values,
  };
}

/** A noisy fall from about 2.4 to 1; validation every 5 steps, full validation at the end of each of `epochs`. */
export function metrics(steps: number, epochs = 1): MetricPoint[] {
  const random = randomNumbers(7);
  const noise = (): number => random() + random() + random() - 1.5;
  const epoch = Math.floor(steps / epochs);
  return Array.from({ length: steps }, (_, index) => {
    const step = index + 1;
    const base = 1 + 1.4 * Math.exp(-step / (steps / 5));
    const trainLoss = Math.max(0.05, base + 0.5 * noise());
    const full = step % epoch === 0;
    return metricPoint(step, {
      totalSteps: steps,
      trainLoss,
      trainAccuracy: Math.min(1, Math.exp(-trainLoss / 1.6)),
      ...(step % 5 === 0 ? { validLoss: Math.max(0.05, base + 0.1 + 0.7 * noise()), validAccuracy: 0.5 } : {}),
      ...(full ? { fullValidLoss: base + 0.12, fullValidAccuracy: 0.55 } : {}),
    });
  });
}

const CREATED = Date.UTC(2026, 10, 23, 9, 0, 0) / 1000;

export function jobState(overrides: Partial<JobPanelState> = {}): JobPanelState {
  return {
    panel: 'job',
    connectionId: 'openai-1',
    connectionName: 'OpenAI',
    jobId: 'ftjob-1',
    title: 'pricer',
    status: 'succeeded',
    model: 'gpt-4o-mini-2024-07-18',
    fineTunedModel: 'ft:gpt-4o-mini-2024-07-18:personal:pricer:AbCd1234',
    facts: ['500 examples', '1 epoch', '14 min 51 s', '113,200 tokens trained', 'US$ 0.34'],
    headline: {
      tone: 'neutral',
      text: 'Training loss fell from 2.31 to 1.02 over 500 steps. The full validation loss was measured twice, last 1.14 at step 500; single validation points are one example each and too noisy to read a trend from.',
    },
    step: 500,
    totalSteps: 500,
    scale: { epochs: 2, examples: 500, batchSize: 2, trainedTokens: 113_200 },
    curve: tableOfPoints(metrics(500, 2)),
    curveRows: overrides.curve?.steps.length ?? 500,
    eventCount: overrides.events?.length ?? 6,
    checkpoints: [
      { step: 250, label: 'epoch 1 · checkpoint' },
      { step: 500, label: 'epoch 2 · checkpoint' },
    ],
    events: [
      { id: 'e5', createdAt: CREATED + 891, level: 'info', message: 'The job has successfully completed' },
      {
        id: 'e4',
        createdAt: CREATED + 888,
        level: 'info',
        message: 'Usage policy evaluations completed, model is now enabled for sampling',
      },
      { id: 'e3', createdAt: CREATED + 888, level: 'info', message: 'Policy checks: 13 categories, none flagged' },
      { id: 'e2', createdAt: CREATED + 804, level: 'info', message: 'New fine-tuned model created' },
      {
        id: 'e1',
        createdAt: CREATED + 803,
        level: 'info',
        message: 'Step 500/500: training loss=1.00, validation loss=0.66, full validation loss=1.14',
      },
      { id: 'e0', createdAt: CREATED, level: 'warn', message: 'The file has 3 duplicate rows' },
    ],
    canCancel: false,
    canEvaluate: true,
    ...overrides,
  };
}

const TITLES = [
  'HP Premium 17.3-inch HD Plus Touchscreen Laptop, AMD Ryzen 5, 16 GB',
  'OEM AC Compressor w/A/C Repair Kit For Ford F150',
  'Dorman 603-159 Front Washer Fluid Reservoir',
  'Motorcraft YB3125 Fan Clutch',
  '5-Position Super Switch Pickup Selector for Guitars',
  'Horror Bookends, Resin, 11 inches',
  'Brass Floor Lamp with Reading Arm',
];

export function runConfig(items: number, overrides: Partial<RunConfig> = {}): RunConfig {
  return {
    v: 1,
    id: 'run-1',
    createdAt: CREATED * 1000,
    name: 'prices.test.jsonl',
    testFile: { path: '/data/prices.test.jsonl', sha256: 'ab12', items },
    contestants: [
      { id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'openai', model: 'ft:gpt-4o-mini:p:pricer:1' },
      { id: 'base', kind: 'base', label: 'gpt-4o-mini', connectionId: 'openai', model: 'gpt-4o-mini-2024-07-18' },
      {
        id: 'constant',
        kind: 'constant',
        label: 'constant',
        constant: '99.99',
        constantSource: 'median of 500 training answers',
      },
    ],
    grader: 'number',
    sampling: { temperature: 0, maxTokens: 16, seed: 42 },
    answerPrefix: 'Price is $',
    concurrency: 4,
    ...overrides,
  };
}

function graded(contestant: string, item: number, truth: number, guess: number): RowResult {
  const error = Math.abs(guess - truth);
  const colour = error < 40 || error / truth < 0.2 ? 'green' : error < 80 || error / truth < 0.4 ? 'orange' : 'red';
  return {
    contestant,
    item,
    status: 'graded',
    sample: guess.toFixed(2),
    finishReason: 'stop',
    guess,
    truth,
    error,
    colour,
  };
}

/** Rows of one contestant: mostly numbers, row 5 without one, row 8 failed. */
export function numberRows(contestant: string, items: number, seed = 11): RowResult[] {
  const truths = randomNumbers(3);
  const random = randomNumbers(seed);
  return Array.from({ length: items }, (_, item) => {
    const truth = Math.round((10 + 900 * truths() ** 2.1) * 100) / 100;
    const guess =
      contestant === 'constant'
        ? 99.99
        : Math.round(truth * Math.exp((random() + random() + random() - 1.5) * 0.9) * 100) / 100;
    const row = graded(contestant, item, truth, guess);
    if (contestant === 'tuned' && item === 5) {
      return {
        ...row,
        status: 'no-number' as const,
        sample: 'I cannot tell.',
        guess: null,
        error: null,
        colour: 'red' as const,
      };
    }
    if (contestant === 'tuned' && item === 8) {
      return {
        ...row,
        status: 'error' as const,
        sample: null,
        guess: null,
        error: null,
        colour: null,
        message: 'The server answered 500.',
      };
    }
    return row;
  });
}

export function reportOf(contestant: string, rows: readonly RowResult[]): ContestantReport {
  const answered = rows.filter((row) => row.status !== 'error' && row.status !== 'ungradable');
  const errors = answered.flatMap((row) => (row.error === null ? [] : [row.error])).sort((a, b) => a - b);
  const mean = errors.length === 0 ? null : errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const count = (colour: string): number =>
    answered.filter((row) => row.status === 'graded' && row.colour === colour).length;
  return {
    contestant,
    n: answered.length,
    noNumber: answered.filter((row) => row.status === 'no-number').length,
    errors: rows.filter((row) => row.status === 'error').length,
    ungradable: rows.filter((row) => row.status === 'ungradable').length,
    meanError: mean,
    lessonMeanError: mean === null ? null : mean * 1.01,
    medianError: errors[Math.floor(errors.length / 2)] ?? null,
    rmsle: mean === null ? null : 0.68,
    lessonRmsle: mean === null ? null : 0.71,
    hits: answered.length === 0 ? null : count('green') / answered.length,
    green: count('green'),
    orange: count('orange'),
    red: count('red'),
  };
}

/** A number run with `answered` of `items` rows for every contestant. */
export function evaluationState(
  items: number,
  answered = items,
  overrides: Partial<EvaluationPanelState> = {},
): EvaluationPanelState {
  const run = runConfig(items);
  const seeds: Readonly<Record<string, number>> = { tuned: 11, base: 23, constant: 1 };
  const byContestant = run.contestants.map(({ id }) => numberRows(id, items, seeds[id]).slice(0, answered));
  return {
    panel: 'evaluation',
    run,
    status: answered === items ? 'finished' : 'running',
    headline: {
      tone: 'neutral',
      text: "pricer's mean error is 67.23, gpt-4o-mini's mean error is 70.15, and the constant's mean error is 163.20, over 250 of 250 items.",
    },
    items: Array.from({ length: items }, (_, index) => ({
      index,
      line: index + 1,
      title: TITLES[index % TITLES.length] ?? '',
    })),
    rows: byContestant.flat(),
    reports: run.contestants.map(({ id }, index) => reportOf(id, byContestant[index] ?? [])),
    notice: null,
    elsewhere: null,
    question: questionOf(run),
    looks: null,
    formats: [],
    hasTraining: true,
    prices: [
      { contestant: 'tuned', input: 0.3, output: 1.2 },
      { contestant: 'base', input: 0.15, output: 0.6 },
    ],
    ...overrides,
  };
}

const INTENTS = ['card arrival', 'lost or stolen card', 'exchange rate', 'top up failed', 'refund not showing up'];

/** An exact-match run; every third answer is wrong. */
export function matchState(items: number): EvaluationPanelState {
  const run = runConfig(items, {
    name: 'intents.test.jsonl',
    grader: 'string_check',
    answerPrefix: null,
    contestants: [
      { id: 'tuned', kind: 'fine-tuned', label: 'intents', connectionId: 'local', model: 'ft:local:intents' },
      {
        id: 'constant',
        kind: 'constant',
        label: 'constant',
        constant: 'card arrival',
        constantSource: 'most frequent of 500 training answers',
      },
    ],
  });
  const random = randomNumbers(5);
  const rows = run.contestants.map(({ id }) =>
    Array.from({ length: items }, (_, item): RowResult => {
      const truth = INTENTS[item % INTENTS.length] ?? '';
      const wrong = INTENTS[Math.floor(random() * INTENTS.length)] ?? '';
      const guess = id === 'constant' ? 'card arrival' : item % 3 === 0 ? wrong : truth;
      const colour = guess === truth ? 'green' : 'red';
      return { contestant: id, item, status: 'graded', sample: guess, guess, truth, error: null, colour };
    }),
  );
  return {
    panel: 'evaluation',
    run,
    status: 'finished',
    headline: { tone: 'neutral', text: 'intents matches 37 of 50 (74.0%) and the constant matches 10 of 50 (20.0%).' },
    items: Array.from({ length: items }, (_, index) => ({
      index,
      line: index + 1,
      title: `Where is my card ${index}?`,
    })),
    rows: rows.flat(),
    reports: run.contestants.map(({ id }, index) => ({
      ...reportOf(id, rows[index] ?? []),
      meanError: null,
      lessonMeanError: null,
      rmsle: null,
      lessonRmsle: null,
      medianError: null,
    })),
    notice: null,
    elsewhere: null,
    question: questionOf(run),
    looks: null,
    formats: [],
    hasTraining: false,
    prices: [],
  };
}

export function tryState(overrides: Partial<TryPanelState> = {}): TryPanelState {
  return {
    panel: 'try',
    connectionId: 'local',
    connectionName: 'Local',
    model: 'ft:local-linear-1:local:prices:k3x9',
    dataset: null,
    busy: false,
    sampling: { temperature: 0, maxTokens: 16, seed: 42 },
    result: null,
    problem: null,
    ...overrides,
  };
}

export function tryDataset(rows: number, total = rows): NonNullable<TryPanelState['dataset']> {
  return {
    name: 'prices.test.jsonl',
    rows: Array.from({ length: rows }, (_, index) => ({
      line: index + 1,
      title: TITLES[index % TITLES.length] ?? '',
      truth: `Price is $${index + 10}.00`,
    })),
    total,
    prefix: 'Price is $',
    chosen: 1,
  };
}

export const tryResult: NonNullable<TryPanelState['result']> = {
  sent: [
    { role: 'system', content: 'You estimate prices of items. Reply only with the price, no explanation' },
    {
      role: 'user',
      content:
        'How much does this cost?\n\nOEM AC Compressor w/A/C Repair Kit For Ford F150 2008-2010\n\nA compressor with clutch, drier and expansion device.',
    },
    { role: 'assistant', content: 'Price is $' },
  ],
  reply: '174.00',
  finishReason: 'stop',
  number: 174,
  truth: 'Price is $374.41',
  truthNumber: 374.41,
  line: 1,
  leftOut: null,
};
