import { expect, it } from 'vitest';
import type { TrainingOrder, TrainingReport } from '../../../../src/local/training/trainingMessages.ts';
import type { TrainingThread } from '../../../../src/local/training/trainingThread.ts';
import { startTrainingThread } from '../../../../src/local/training/trainingThread.ts';
import { prices } from '../support.ts';

const order: Omit<TrainingOrder, 'control'> = {
  task: 'train',
  jobId: 'ftjob-1',
  method: { type: 'supervised', beta: null, grader: null },
  model: 'local-linear-1',
  training: Buffer.from(
    prices(400)
      .map((row) => JSON.stringify(row))
      .join('\n'),
  ),
  validation: null,
  hyperparameters: { nEpochs: 50, batchSize: 1, learningRateMultiplier: 1 },
  advanced: {},
  seed: 1,
  earlyStop: null,
  sweep: null,
  resume: null,
};

/** All reports of a thread; `seen` is called with each. */
function reports(
  of: typeof order,
  seen: (report: TrainingReport, thread: TrainingThread) => void,
): Promise<TrainingReport[]> {
  return new Promise((resolve) => {
    const all: TrainingReport[] = [];
    const thread = startTrainingThread(of, (report) => {
      all.push(report);
      seen(report, thread);
      if (['checked', 'refused', 'finished', 'stopped', 'broken'].includes(report.type)) resolve(all);
    });
  });
}

it('stops in the middle of an epoch when it is told to, and says so last', async () => {
  const all = await reports(order, (report, thread) => {
    if (report.type === 'metrics' && report.metrics.step === 5) thread.stop();
  });
  expect(all.at(-1)).toEqual({ type: 'stopped' });
  const steps = all.filter(({ type }) => type === 'metrics').length;
  expect(steps).toBeGreaterThanOrEqual(5);
  expect(steps).toBeLessThan(20_000);
});

it('is not held up by the thread: the one that started it gets steps while training goes on', async () => {
  let during = 0;
  await reports(order, (report, thread) => {
    if (report.type !== 'metrics') return;
    during += 1;
    if (during === 50) thread.stop();
  });
  expect(during).toBeGreaterThanOrEqual(50);
});

it('only checks the files when asked to', async () => {
  expect(await reports({ ...order, task: 'check' }, () => undefined)).toEqual([{ type: 'checked' }]);
  const [refused] = await reports({ ...order, task: 'check', training: Buffer.from('nonsense') }, () => undefined);
  expect(refused).toMatchObject({ type: 'refused', error: { code: 'invalid_training_file' } });
});

it('checks as it is told, whatever the model is called', async () => {
  const pair = {
    input: { messages: [{ role: 'user', content: 'x' }] },
    preferred_output: [{ role: 'assistant', content: 'a' }],
    non_preferred_output: [{ role: 'assistant', content: 'b' }],
  };
  const pairs = Buffer.from(`${JSON.stringify(pair)}\n`.repeat(12));
  for (const model of ['local-linear-1', 'any']) {
    const of = { ...order, model, training: pairs, method: { type: 'dpo', beta: null, grader: null } } as const;
    expect(await reports({ ...of, task: 'check-method' }, () => undefined)).toEqual([{ type: 'checked' }]);
    expect(await reports({ ...of, task: 'check' }, () => undefined)).toMatchObject([{ type: 'refused' }]);
  }
});

it('reports an engine that is not there instead of dying', async () => {
  expect(await reports({ ...order, model: 'no-such-engine' }, () => undefined)).toEqual([
    { type: 'broken', message: 'There is no engine for no-such-engine' },
  ]);
});

it('waits for the one that started it when its steps are not taken in time, and stops all the same', async () => {
  const all = await reports(order, (report, thread) => {
    if (report.type !== 'metrics') return;
    if (report.metrics.step !== 100) return;
    // As a server that is busy with something else: nothing is taken for a while, in which thousands of steps could be made.
    const until = Date.now() + 300;
    while (Date.now() < until);
    thread.stop();
  });
  const steps = all.filter(({ type }) => type === 'metrics').length;
  expect(all.at(-1)).toEqual({ type: 'stopped' });
  expect(steps).toBeGreaterThanOrEqual(100);
  expect(steps).toBeLessThanOrEqual(100 + 256 + 1);
});
