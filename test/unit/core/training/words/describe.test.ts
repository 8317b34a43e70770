import { describe, expect, it } from 'vitest';
import {
  checkpointMarks,
  formatAgo,
  formatDuration,
  formatLoss,
  jobFacts,
  jobHeadline,
  jobTitle,
  statusLine,
  timeLeft,
  type JobView,
} from '../../../../../src/core/training/words/describe.ts';
import { searchMessage } from '../../../../../src/core/training/words/stages.ts';
import { aHistory, aJob, aMetric, anEvent } from '../../../../support/jobBuilders.ts';

function view({
  events = [],
  metrics = [],
  ...overrides
}: Partial<Pick<JobView, 'job' | 'checkpoints'>> & Parameters<typeof aHistory>[0] = {}): JobView {
  return { job: aJob(), checkpoints: [], ...aHistory({ events, metrics }), ...overrides };
}

/** 212 of 750 steps in 212 / 60 s of the provider's clock, so 9 s are left. */
function running(): JobView {
  const points = Array.from({ length: 212 }, (_, index) =>
    aMetric({ step: index + 1, totalSteps: 750, trainLoss: 3 - index / 360 }),
  );
  const events = points
    .map((metrics) =>
      anEvent({ id: `e${String(metrics.step)}`, createdAt: 5000 + Math.floor(metrics.step / 60), metrics }),
    )
    .reverse();
  return view({ metrics: points, events });
}

describe('the line of a job in the tree', () => {
  it('says how far it is, what is left and the loss', () => {
    // 211 steps took 3 s by clocks of whole seconds: 538 more take 8 s.
    expect(statusLine(running(), 5003)).toBe('step 212/750 · 8 s left · loss 2.41');
  });

  it.each([
    ['validating_files', 'checking the files'],
    ['queued', 'waiting to start'],
    ['running', 'starting'],
    ['paused', 'paused'],
    ['evaluating_safety', 'evaluating safety'],
    ['succeeded', 'finishing'],
    ['failed', 'failed'],
    ['cancelled', 'canceled'],
  ])('of status %s is “%s”', (status, line) => {
    expect(statusLine(view({ job: aJob({ status }) }), 0)).toBe(line);
  });

  it('says when it ended, and why', () => {
    const job = aJob({ status: 'succeeded', fineTunedModel: 'ft:x', finishedAt: 1000 });
    expect(statusLine(view({ job }), 1250)).toBe('local-linear-1 · 4 min ago');
    const failed = aJob({
      status: 'failed',
      error: { code: 'x', message: 'line 17: no\u0007 assistant message', param: null },
    });
    expect(statusLine(view({ job: failed }), 0)).toBe('line 17: no assistant message');
    const metrics = [aMetric({ step: 9, totalSteps: 20 })];
    expect(statusLine(view({ job: aJob({ status: 'cancelled', finishedAt: 0 }), metrics }), 7200)).toBe(
      'canceled · step 9/20 · 2 h ago',
    );
  });
});

describe('the time left', () => {
  it('is unknown before two steps a second apart', () => {
    const metrics = [aMetric({ step: 1, totalSteps: 9 })];
    expect(timeLeft(view({ metrics, events: [anEvent({ metrics: metrics[0] ?? null })] }), 0)).toBeNull();
    expect(timeLeft(view(), 0)).toBeNull();
  });

  it('falls back to what the provider announced, unless that has passed', () => {
    const job = aJob({ estimatedFinish: 100 });
    expect(timeLeft(view({ job }), 40)).toBe(60);
    expect(timeLeft(view({ job }), 140)).toBeNull();
  });

  it('does not depend on the clock of this machine', () => {
    expect(timeLeft(running(), 5003)).toBe(timeLeft(running(), 1_000_000));
  });
});

describe('the headline', () => {
  const full = (step: number, loss: number): ReturnType<typeof aMetric> =>
    aMetric({ step, totalSteps: 750, trainLoss: loss, fullValidLoss: loss });

  it('names the lowest full validation loss at the end, and never a single batch', () => {
    const job = aJob({ status: 'succeeded', fineTunedModel: 'ft:x', validationFile: 'f' });
    expect(jobHeadline(view({ job, metrics: [full(250, 2.31), full(500, 1.5), full(750, 1.14)] })).text).toBe(
      'The lowest of 3 full validation losses is 1.14, at step 750.',
    );
    expect(jobHeadline(view({ job, metrics: [full(500, 1.14)] })).text).toBe(
      'Full validation loss 1.14 at step 500, measured once.',
    );
  });

  it('says what is not known without a validation file', () => {
    const job = aJob({ status: 'succeeded', fineTunedModel: 'ft:x' });
    const metrics = [aMetric({ step: 1, trainLoss: 2.93 }), aMetric({ step: 500, trainLoss: 0.98 })];
    expect(jobHeadline(view({ job, metrics })).text).toBe(
      'Trained for 500 steps. Without a validation file nothing is known about other data.',
    );
    expect(jobHeadline(view({ job })).text).toBe('The job succeeded; the provider reported no losses.');
  });

  it('says what is going on before and while it runs', () => {
    expect(jobHeadline(view()).text).toBe('Waiting for the first step.');
    expect(jobHeadline(view({ job: aJob({ status: 'queued' }) })).text).toBe('Waiting for the provider to start.');
    expect(jobHeadline(running()).text).toBe('Step 212 of 750.');
    expect(
      jobHeadline(view({ metrics: [full(250, 2.31), aMetric({ step: 260, totalSteps: 750, trainLoss: 2 })] })).text,
    ).toBe('Step 260 of 750. Full validation loss 2.31 at step 250.');
  });

  it('says what the loss is without the prompts, and why a job stopped early', () => {
    const job = aJob({ status: 'succeeded', fineTunedModel: 'ft:x', validationFile: 'f' });
    const events = [
      'Stopped early at step 260 of 750: the full validation loss has been getting worse since step 130, seen at two looks in a row. The model is the checkpoint at step 250, whose full validation loss is the lowest (2.3100)',
      'Without looking at the prompts the validation loss is 2.9412: what is learnt must come below it',
    ].map((message, index) => anEvent({ id: `e${index}`, createdAt: 100 - index, message }));
    expect(jobHeadline(view({ job, events, metrics: [full(250, 2.31)] })).text).toBe(
      'Stopped early at step 260 of 750, since validation had been getting worse since step 130; the model is the checkpoint at step 250. Full validation loss 2.31 at step 250, measured once. Without looking at the prompts the validation loss is 2.94.',
    );
  });

  it('says which settings are tried before the first step', () => {
    const events = [anEvent({ message: searchMessage({ multiplier: 0.3, epoch: 4, most: 20 }) })];
    expect(jobHeadline(view({ events })).text).toBe(
      'Choosing epochs and learning rate on held-back examples: epoch 4 of at most 20 with learning rate multiplier 0.3.',
    );
    expect(statusLine(view({ events }), 0)).toBe('choosing epochs and learning rate · epoch 4 of at most 20');
  });

  it('says why it failed, in one line', () => {
    const job = aJob({
      status: 'failed',
      error: { code: 'x', message: 'The file has 8 examples.\nAt least 10 are needed.', param: null },
    });
    expect(jobHeadline(view({ job }))).toEqual({
      tone: 'bad',
      text: 'The job failed: The file has 8 examples. At least 10 are needed.',
    });
    const error = { code: 'interrupted', message: 'The job was interrupted: x. Start it again.', param: null };
    expect(jobHeadline(view({ job: aJob({ status: 'failed', error }) })).text).toBe(error.message);
    expect(jobHeadline(view({ job: aJob({ status: 'cancelled' }), metrics: [full(9, 1)] })).text).toBe(
      'The job was canceled at step 9 of 750.',
    );
  });

  it('names what the policy checks flagged', () => {
    const events = [anEvent({ type: 'moderation_checks', moderation: { categories: 13, flagged: ['refusals_v3'] } })];
    expect(jobHeadline(view({ events }))).toEqual({
      tone: 'warning',
      text: "The provider's policy checks flagged refusals_v3.",
    });
  });
});

it('lists the facts in words', () => {
  const job = aJob({ createdAt: 100, finishedAt: 100 + 891, trainedTokens: 113_200 });
  expect(jobFacts(job, { examples: 500, priceEstimate: 0 })).toEqual([
    '500 examples',
    '3 epochs',
    '14 min 51 s',
    '113,200 tokens trained',
    'free',
  ]);
  expect(
    jobFacts(aJob({ hyperparameters: { n_epochs: 1, batch_size: 'auto', learning_rate_multiplier: 'auto' } }), {
      examples: 1,
      priceEstimate: 0.338,
    }),
  ).toEqual(['1 example', '1 epoch', 'about $0.34 estimated']);
});

it('marks checkpoints with the epoch they end', () => {
  const metrics = [
    aMetric({ step: 10, fullValidLoss: 1 }),
    aMetric({ step: 20, fullValidLoss: 1 }),
    aMetric({ step: 30, fullValidLoss: 1 }),
    aMetric({ step: 40, fullValidLoss: 1 }),
  ];
  const checkpoints = [40, 30, 20].map((step) => ({
    id: String(step),
    createdAt: 0,
    model: 'm',
    step,
    metrics: aMetric({ step }),
  }));
  expect(checkpointMarks(view({ metrics, checkpoints })).map(({ step, label }) => [step, label])).toEqual([
    [20, 'epoch 2 · checkpoint'],
    [30, 'epoch 3 · checkpoint'],
    [40, 'epoch 4 · checkpoint'],
  ]);
});

it('calls a job by its given name, else its suffix, else its model', () => {
  expect(jobTitle(aJob({ suffix: 'pricer', metadata: { tuning_fork_name: 'prices' } }), null)).toBe('prices');
  expect(jobTitle(aJob({ suffix: 'pricer' }), null)).toBe('pricer');
  expect(jobTitle(aJob(), 'mine')).toBe('mine');
  expect(jobTitle(aJob(), null)).toBe('local-linear-1');
});

it.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [60, '1 min'],
  [891, '14 min 51 s'],
  [7500, '2 h 5 min'],
  [90_000, '25 h'],
  [1e6, '11 d 13 h'],
  [-5, '0 s'],
])('%d seconds last %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

it('rounds losses so that small ones are still told apart', () => {
  expect([2.414, 0.0123456, 0, 0.1].map(formatLoss)).toEqual(['2.41', '0.0123', '0.00', '0.10']);
  expect([10, 240, 7300, 200_000].map(formatAgo)).toEqual(['just now', '4 min ago', '2 h ago', '2 days ago']);
});
