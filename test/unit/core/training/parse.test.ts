import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobEvent, MetricPoint } from '../../../../src/core/training/job.ts';
import {
  changedMetricPoints,
  mergeEvents,
  mergeMetricPoints,
  metricSeries,
} from '../../../../src/core/training/curves/series.ts';
import { metricsFromMessage, parseEvent } from '../../../../src/core/training/parseEvent.ts';
import { parseCheckpoint, parseJob } from '../../../../src/core/training/parseJob.ts';

const dataDir = process.env['TUNING_FORK_DATA_DIR'];
const real = (name: string): unknown => JSON.parse(readFileSync(join(dataDir ?? '', 'openai', name), 'utf8'));

function job(value: object) {
  const parsed = parseJob({ id: 'ftjob-1', ...value });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function event(value: object): JobEvent {
  const parsed = parseEvent({ id: 'e', ...value });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const point = (step: number, figures: Partial<MetricPoint> = {}): MetricPoint => ({
  step,
  totalSteps: null,
  trainLoss: null,
  trainAccuracy: null,
  validLoss: null,
  validAccuracy: null,
  fullValidLoss: null,
  fullValidAccuracy: null,
  ...figures,
});

describe('a job from a provider', () => {
  it.each([null, {}, { code: null, message: null, param: null }, { code: '', message: '' }, 'x', [], undefined])(
    'is healthy with error %j',
    (error) => {
      expect(job({ error }).error).toBeNull();
    },
  );

  it.each([
    [
      { code: 'bad', message: 'It failed', param: 'training_file' },
      { code: 'bad', message: 'It failed', param: 'training_file' },
    ],
    [{ message: 'It failed' }, { code: 'unknown', message: 'It failed', param: null }],
    [
      { code: 'bad', param: null },
      { code: 'bad', message: 'bad', param: null },
    ],
  ])('has failed with error %j', (error, expected) => {
    expect(job({ error }).error).toEqual(expected);
  });

  it('may have any status', () => {
    expect(job({ status: 'paused' }).status).toBe('paused');
    expect(job({ status: 'something_new' }).status).toBe('something_new');
    expect(job({ status: 7 }).status).toBe('unknown');
  });

  it.each([
    [
      'under the method',
      {
        method: {
          type: 'supervised',
          supervised: { hyperparameters: { n_epochs: 3, batch_size: 'auto', learning_rate_multiplier: 0.1 } },
        },
      },
      [3, 'auto', 0.1],
    ],
    ['at the top', { hyperparameters: { n_epochs: 3, batch_size: 1, learning_rate_multiplier: 2 } }, [3, 1, 2]],
    [
      'in both, the method wins',
      {
        method: { type: 'dpo', dpo: { hyperparameters: { n_epochs: 2 } } },
        hyperparameters: { n_epochs: 9, batch_size: 4 },
      },
      [2, 4, 'auto'],
    ],
    [
      'as text',
      { hyperparameters: { n_epochs: '3', batch_size: 'AUTO', learning_rate_multiplier: '' } },
      [3, 'auto', 'auto'],
    ],
    ['nowhere', { method: null, hyperparameters: null }, ['auto', 'auto', 'auto']],
    [
      'in a method that is broken',
      { method: { type: 'supervised', supervised: 'x' }, hyperparameters: { n_epochs: 1 } },
      [1, 'auto', 'auto'],
    ],
  ])('has its hyperparameters %s', (_name, value, expected) => {
    const { n_epochs, batch_size, learning_rate_multiplier } = job(value).hyperparameters;
    expect([n_epochs, batch_size, learning_rate_multiplier]).toEqual(expected);
  });

  it('has its suffix from wherever it stands', () => {
    expect(job({ suffix: 'a' }).suffix).toBe('a');
    expect(job({ suffix: null, user_provided_suffix: 'b' }).suffix).toBe('b');
    expect(job({ fine_tuned_model: 'ft:m:o:c:id' }).suffix).toBe('c');
    expect(job({}).suffix).toBeNull();
  });

  it('keeps only metadata that is text, and no prototype from it', () => {
    const parsed = job(JSON.parse('{"metadata": {"a": "1", "b": 2, "__proto__": {"admin": true}}}') as object);
    expect(parsed.metadata).toEqual({ a: '1' });
    expect((parsed.metadata as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it.each(['<html>', null, [], 42, {}, { id: '' }, { id: 5 }, undefined])('is refused when it is %j', (value) => {
    const parsed = parseJob(value);
    expect(parsed.ok ? null : parsed.error.code).toBe('not-a-job');
  });

  it('never makes the reader throw', () => {
    fc.assert(
      fc.property(
        fc.object({
          key: fc.constantFrom(
            'id',
            'status',
            'error',
            'method',
            'supervised',
            'hyperparameters',
            'n_epochs',
            'metadata',
            'result_files',
            'created_at',
            'data',
            'results',
            'step',
            'metrics',
            'type',
            'message',
          ),
          maxDepth: 4,
        }),
        (value) => {
          for (const parse of [parseJob, parseEvent, parseCheckpoint]) {
            expect(parse(value)).toHaveProperty('ok');
            expect(parse({ ...value, id: 'x' }).ok).toBe(true);
          }
        },
      ),
    );
  });

  it.skipIf(dataDir === undefined)('is read from the real one', () => {
    expect(parseJob(real('gdpr_gpt41nano_55_05_job_succeeded.json'))).toMatchObject({
      ok: true,
      value: {
        id: 'ftjob-Rv2gbPw8E2VVxUMK28FmSf8O',
        status: 'succeeded',
        trainedTokens: 46_018,
        error: null,
        suffix: 'gdpr',
        seed: 42,
        method: 'supervised',
        hyperparameters: { n_epochs: 1, batch_size: 1, learning_rate_multiplier: 0.1 },
        resultFiles: ['file-TcN2CzFYYCSeGbNGuzrBeV'],
      },
    });
    for (const value of (real('gdpr_gpt41nano_55_04_list.json') as { data: unknown[] }).data)
      expect(parseJob(value).ok).toBe(true);
  });
});

describe('an event from a provider', () => {
  it('has metrics from its data', () => {
    const data = {
      step: 5,
      total_steps: 10,
      train_loss: 0.5,
      train_mean_token_accuracy: 0.8,
      valid_loss: -1,
      full_valid_loss: 'NaN',
    };
    expect(event({ type: 'metrics', message: 'Step 5/10: training loss=0.51', data }).metrics).toEqual(
      point(5, { totalSteps: 10, trainLoss: 0.5, trainAccuracy: 0.8 }),
    );
  });

  it('has every figure of a reinforcement job by its name', () => {
    const data = {
      step: 5,
      total_steps: 10,
      train_reward_mean: -0.25,
      reward_std: 0,
      usage: { samples: { train_reasoning_tokens: 812 }, note: 'x' },
      scores: [1, 2],
      broken: NaN,
    };
    const others = { train_reward_mean: -0.25, reward_std: 0, 'usage.samples.train_reasoning_tokens': 812 };
    expect(event({ type: 'metrics', data }).metrics).toEqual(point(5, { totalSteps: 10, others }));
    expect(parseCheckpoint({ id: 'c', step_number: 5, metrics: { valid_reward_mean: 0.5 } })).toMatchObject({
      ok: true,
      value: { metrics: point(5, { others: { valid_reward_mean: 0.5 } }) },
    });
  });

  it('keeps at most 64 other figures', () => {
    const data = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`figure_${String(index)}`, index]));
    expect(Object.keys(event({ data: { step: 1, ...data } }).metrics?.others ?? {})).toHaveLength(64);
  });

  it('has metrics from its message where data has none', () => {
    const message = 'Step 500/500: training loss=1.00, validation loss=0.66, full validation loss=1.14';
    const expected = point(500, { totalSteps: 500, trainLoss: 1, validLoss: 0.66, fullValidLoss: 1.14 });
    expect(event({ message }).metrics).toEqual(expected);
    expect(event({ message, data: null }).metrics).toEqual(expected);
    expect(event({ message, data: { step: 500 } }).metrics).toEqual(expected);
  });

  it.each([
    ['Step 3: training loss=2.5', point(3, { trainLoss: 2.5 })],
    ['Step 3/9: full validation loss=1', point(3, { totalSteps: 9, fullValidLoss: 1 })],
    ['Step 3/9: training loss=1.2e-3', point(3, { totalSteps: 9, trainLoss: 0.0012 })],
    [
      'Step 3/9: training reward mean=-0.25, reasoning tokens=812',
      point(3, { totalSteps: 9, others: { training_reward_mean: -0.25, reasoning_tokens: 812 } }),
    ],
    ['Step 3: training loss=2.5, reward=1', point(3, { trainLoss: 2.5, others: { reward: 1 } })],
    ['Step 3/9: training loss=NaN', null],
    ['Step 3/9:', null],
    ['Created fine-tuning job', null],
    ['Not a Step 3/9: training loss=1', null],
    [`Step ${'9'.repeat(400)}: training loss=1`, null],
  ])('%s', (message, expected) => {
    expect(metricsFromMessage(message)).toEqual(expected);
  });

  it('tells how policy checks went', () => {
    const results = [
      { category: 'hate', flagged: false },
      { category: 'violence', flagged: true },
      'x',
      { flagged: true },
    ];
    expect(event({ type: 'moderation_checks', data: { results } }).moderation).toEqual({
      categories: 4,
      flagged: ['violence', 'unnamed category'],
    });
    expect(event({ type: 'moderation_checks', data: null }).moderation).toEqual({ categories: 0, flagged: [] });
    expect(event({ type: 'message', data: { results } }).moderation).toBeNull();
  });

  it.skipIf(dataDir === undefined)('is read from the real ones, as one curve', () => {
    const events = (real('gdpr_gpt41nano_55_06_events.json') as unknown[]).map((value) => {
      const parsed = parseEvent(value);
      if (!parsed.ok) throw new Error(parsed.error.message);
      return parsed.value;
    });
    const series = metricSeries(events);
    expect(series.at(-1)).toMatchObject({
      step: 55,
      totalSteps: 55,
      trainLoss: 0.6781449317932129,
      fullValidLoss: 0.7292817787468067,
    });
    expect(events.find((entry) => entry.moderation !== null)?.moderation).toEqual({ categories: 15, flagged: [] });
  });
});

describe('a checkpoint from a provider', () => {
  it('has its step and metrics', () => {
    const parsed = parseCheckpoint({
      id: 'ftckpt_1',
      created_at: 5,
      fine_tuned_model_checkpoint: 'ft:m:o:s:i:ckpt-step-90',
      step_number: 90,
      metrics: { full_valid_loss: 0.5, step: 90 },
    });
    expect(parsed).toEqual({
      ok: true,
      value: {
        id: 'ftckpt_1',
        createdAt: 5,
        model: 'ft:m:o:s:i:ckpt-step-90',
        step: 90,
        metrics: point(90, { fullValidLoss: 0.5 }),
      },
    });
    expect(parseCheckpoint({ id: 'c', metrics: { step: 7 } })).toMatchObject({
      ok: true,
      value: { step: 7, metrics: point(7) },
    });
    expect(parseCheckpoint('x').ok).toBe(false);
  });
});

describe('a curve from events', () => {
  const metricEvent = (id: string, createdAt: number, metrics: MetricPoint): JobEvent => ({
    id,
    createdAt,
    level: 'info',
    message: '',
    type: 'metrics',
    metrics,
    moderation: null,
  });

  it('is the same whatever order they come in, with repeats', () => {
    const events = [1, 2, 3, 4, 5].flatMap((step) => [
      metricEvent(`a${String(step)}`, 100 + (step >> 1), point(step, { trainLoss: step })),
      metricEvent(`b${String(step)}`, 103, point(step, { fullValidLoss: step * 2 })),
    ]);
    const expected = [1, 2, 3, 4, 5].map((step) => point(step, { trainLoss: step, fullValidLoss: step * 2 }));
    fc.assert(
      fc.property(fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }), (shuffled) => {
        expect(metricSeries(shuffled)).toEqual(expected);
      }),
    );
  });

  it('does not lose a figure to a later event without it', () => {
    expect(mergeMetricPoints([point(1, { trainLoss: 1, validLoss: 2 })], [point(1, { trainLoss: 3 })])).toEqual([
      point(1, { trainLoss: 3, validLoss: 2 }),
    ]);
  });

  it('keeps every figure that a later point does not have', () => {
    const full = point(4, {
      totalSteps: 9,
      trainLoss: 1,
      trainAccuracy: 0.1,
      validLoss: 2,
      validAccuracy: 0.2,
      fullValidLoss: 3,
      fullValidAccuracy: 0.3,
    });
    expect(mergeMetricPoints([full], [point(4)])).toEqual([full]);
    expect(mergeMetricPoints([point(4)], [full])).toEqual([full]);
    for (const [key, value] of Object.entries(full) as [string, number | null][]) {
      if (key !== 'step') expect(changedMetricPoints([full], [{ ...full, [key]: (value ?? 0) + 1 }])).toHaveLength(1);
    }
  });

  it('says which points are new or changed', () => {
    const before = [point(1, { trainLoss: 1 }), point(2, { trainLoss: 2 })];
    const after = [
      point(1, { trainLoss: 1 }),
      point(2, { trainLoss: 2, fullValidLoss: 1 }),
      point(3, { trainLoss: 3 }),
    ];
    expect(changedMetricPoints(before, after).map(({ step }) => step)).toEqual([2, 3]);
    expect(changedMetricPoints(after, after)).toEqual([]);
  });

  it('events come newest first, each once; within one second the higher step first', () => {
    const merged = mergeEvents(
      [metricEvent('x', 5, point(1)), metricEvent('y', 5, point(2))],
      [metricEvent('y', 5, point(2, { trainLoss: 1 })), metricEvent('z', 9, point(3)), metricEvent('w', 1, point(0))],
    );
    expect(merged.map(({ id }) => id)).toEqual(['z', 'y', 'x', 'w']);
    expect(merged[1]?.metrics?.trainLoss).toBe(1);
  });
});
