import { jobHistory } from '../../src/core/training/history/eventHistory.ts';
import type { Job, JobEvent, MetricPoint } from '../../src/core/training/job.ts';

export function aJob(overrides: Partial<Job> = {}): Job {
  return {
    id: 'ftjob-1',
    createdAt: 1_700_000_000,
    finishedAt: null,
    estimatedFinish: null,
    status: 'running',
    model: 'local-linear-1',
    fineTunedModel: null,
    suffix: null,
    seed: 42,
    method: 'supervised',
    hyperparameters: { n_epochs: 3, batch_size: 'auto', learning_rate_multiplier: 'auto' },
    trainingFile: 'file-1',
    validationFile: null,
    resultFiles: [],
    trainedTokens: null,
    error: null,
    metadata: {},
    ...overrides,
  };
}

export function aMetric(overrides: Partial<MetricPoint> = {}): MetricPoint {
  return {
    step: 1,
    totalSteps: null,
    trainLoss: null,
    trainAccuracy: null,
    validLoss: null,
    validAccuracy: null,
    fullValidLoss: null,
    fullValidAccuracy: null,
    ...overrides,
  };
}

export function anEvent(overrides: Partial<JobEvent> = {}): JobEvent {
  return {
    id: 'ftevent-1',
    createdAt: 1_700_000_000,
    level: 'info',
    message: 'A message.',
    type: overrides.metrics ? 'metrics' : 'message',
    metrics: null,
    moderation: null,
    ...overrides,
  };
}

/** Events (newest first) and curve of a job; `metrics`: points that no event brought. */
export function aHistory({
  events = [],
  metrics = [],
}: { readonly events?: readonly JobEvent[]; readonly metrics?: readonly MetricPoint[] } = {}) {
  const history = jobHistory(events);
  history.curve.mergePoints(metrics);
  return history;
}
