import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EARLY_STOP_METADATA } from '../../../../src/core/training/earlyStop.ts';
import { stoppedEarly } from '../../../../src/core/training/words/stages.ts';
import { EarlyStop, type EarlyEnd } from '../../../../src/local/training/earlyStop.ts';
import type { StepMetrics } from '../../../../src/local/engines/engine.ts';
import { createRandom } from '../../../../src/core/base/random.ts';
import { intents, shuffledAnswers, train } from '../support.ts';
import {
  allEvents,
  hasEnded,
  removeFolder,
  startServing,
  stop,
  temporaryFolder,
  until,
  upload,
  type Serving,
} from '../serveProcess.ts';

/** Answers that nothing in the prompts tells: more training only learns them by heart. */
const ROWS = shuffledAnswers(intents(60, 1), 2);
const HELD_BACK = shuffledAnswers(intents(40, 7), 3);
const HYPERPARAMETERS = { nEpochs: 40, batchSize: 6, learningRateMultiplier: 1 };

function endOf(metrics: readonly StepMetrics[]): EarlyEnd | null {
  const rule = new EarlyStop();
  for (const one of metrics) {
    const end = rule.add(one);
    if (end !== null) return end;
  }
  return null;
}

describe('the rule', () => {
  it('ends a training that overfits, after two looks, and never one that learns', () => {
    const bad = train(ROWS, { hyperparameters: HYPERPARAMETERS, validation: HELD_BACK, seed: 1 });
    const end = endOf(bad.metrics);
    expect(end).toMatchObject({ series: 'full_valid_loss', totalSteps: 400 });
    expect(end?.step).toBeLessThan(200);
    // At a look, each of which is a twentieth of the run.
    expect((end?.step ?? 1) % 20).toBe(0);
    const good = train(intents(200, 1), {
      hyperparameters: { ...HYPERPARAMETERS, nEpochs: 12 },
      validation: intents(40, 7),
      seed: 1,
    });
    expect(endOf(good.metrics)).toBeNull();
  });

  it('seldom ends one whose validation falls and stays level, by many points or by few', () => {
    let ended = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const random = createRandom(seed);
      const noise = (): number => random.next() + random.next() + random.next() - 1.5;
      const metrics = Array.from({ length: 400 }, (_, index): StepMetrics => {
        const step = index + 1;
        const level = 1 + Math.max(0, 1 - step / 120);
        return {
          step,
          total_steps: 400,
          train_loss: 1,
          train_mean_token_accuracy: 0,
          valid_loss: level + 0.1 * noise(),
          ...(step % 40 === 0 ? { full_valid_loss: level + 0.02 * noise() } : {}),
        };
      });
      if (endOf(metrics) !== null) ended += 1;
    }
    expect(ended).toBeLessThanOrEqual(4);
  });

  it('needs validation', () => {
    const metrics = train(ROWS, { hyperparameters: { ...HYPERPARAMETERS, nEpochs: 5 } }).metrics;
    expect(endOf(metrics)).toBeNull();
  });
});

describe('a job of the local server', () => {
  const folder = temporaryFolder();
  let serving: Serving;
  let client: OpenAI;
  beforeAll(async () => {
    serving = await startServing(folder);
    ({ client } = serving);
  });
  afterAll(async () => {
    await stop(serving);
    removeFolder(folder);
  });

  async function run(metadata: Record<string, string>) {
    const training_file = await upload(client, ROWS);
    const validation_file = await upload(client, HELD_BACK, 'validation.jsonl');
    const { id } = await client.fineTuning.jobs.create({
      model: 'local-linear-1',
      training_file,
      validation_file,
      seed: 1,
      metadata,
      method: {
        type: 'supervised',
        supervised: { hyperparameters: { n_epochs: 40, batch_size: 6, learning_rate_multiplier: 1 } },
      },
    });
    const job = await until(client, id, hasEnded);
    const events = await allEvents(client, id);
    const { data: checkpoints } = await client.fineTuning.jobs.checkpoints.list(id);
    return { job, events, checkpoints, steps: events.filter(({ type }) => type === 'metrics').length };
  }

  it('ends early by rule, says why, and its model is the best checkpoint', async () => {
    const { job, events, checkpoints, steps } = await run(EARLY_STOP_METADATA);
    expect(job).toMatchObject({ status: 'succeeded', error: null });
    expect(steps).toBe(80);
    const [told] = events.flatMap(({ message }) => stoppedEarly(message) ?? []);
    expect(told).toMatchObject({ step: 80, totalSteps: 400 });
    const lossOf = (one: (typeof checkpoints)[number]): number => one.metrics.full_valid_loss ?? Infinity;
    const best = [...checkpoints].sort((a, b) => lossOf(a) - lossOf(b))[0];
    expect(told?.checkpoint).toBe(best?.step_number);
    expect(told?.checkpoint).toBeLessThan(80);
    // The model answers as the checkpoint does.
    const ask = async (model: string): Promise<string | null | undefined> =>
      (
        await client.chat.completions.create({
          model,
          temperature: 0,
          messages: [{ role: 'user', content: 'Please help: card arrive post delivery now 3' }],
        })
      ).choices[0]?.message.content;
    expect(await ask(job.fine_tuned_model ?? '')).toBe(await ask(best?.fine_tuned_model_checkpoint ?? ''));
    // Billed by what was trained: a fifth.
    const whole = await run({});
    expect(whole.steps).toBe(400);
    expect(job.trained_tokens).toBe(Math.round((whole.job.trained_tokens ?? 0) / 5));
    expect(whole.events.some(({ message }) => stoppedEarly(message) !== null)).toBe(false);
  });
});
