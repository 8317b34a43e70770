import { describe, expect, it } from 'vitest';
import { ADVANCED, checkAdvanced } from '../../../../../src/core/training/advanced.ts';
import { jobSchema, parseOutput } from '../../../../../src/local/engines/openWeights/protocol.ts';
import { ADVANCED_USED } from '../../../../support/openWeights/estimateMessages.ts';
import { described, protocol } from '../../../../support/openWeights/trainerProtocol.ts';

const output = described('Output');
const job = described('Job');

const metric = { type: 'metric', step: 1, total_steps: 4, epoch: 0.5, tokens: 10, tokens_per_second: 3.5 };
const full = {
  ...metric,
  train_loss: 1,
  full_valid_loss: 2,
  examples_losses: [1, null],
  valid_mean_token_accuracy: 0.5,
};
const ready = {
  type: 'ready',
  version: 1,
  device: 'cpu',
  devices: 1,
  model: 'm',
  parameters: 10,
  trainable_parameters: 2,
  tokens_per_epoch: 5,
  hyperparameters: { n_epochs: 1, batch_size: 2, learning_rate_multiplier: 1, beta: 0.1 },
  advanced: { ...ADVANCED_USED, target_modules: ['q_proj'] },
  total_steps: 4,
  steps_done: 0,
  seconds_estimate: null,
  tokens_per_second: 3,
  memory_needed: 1,
  memory_available: 2,
};
const outputs: readonly Record<string, unknown>[] = [
  ready,
  { type: 'notice', level: 'warn', code: 'too-long', message: 'x' },
  metric,
  full,
  { ...metric, reward_mean: 0.25 },
  { type: 'checkpoint', step: 4, path: '/a', metrics: full },
  { type: 'model', path: '/a', step: 4, stopped_early: true, peak_memory: 1 },
  { ...ready, workers: 4, nodes: 2 },
  { type: 'paused', path: '/a', step: 2 },
  { type: 'paused', path: '/a', step: 2, peak_memory: 0 },
  { type: 'cancelled', path: null, step: 2, peak_memory: 7 },
  ...protocol.$defs.Error.properties.code.enum.map((code) => ({ type: 'error', code, message: 'x', action: 'y' })),
];
const wholeJob = {
  version: 1,
  method: 'dpo',
  model: 'm',
  revision: null,
  training_file: '/t',
  validation_file: null,
  output: '/o',
  resume: null,
  seed: 1,
  hyperparameters: { n_epochs: 'auto', batch_size: 2, learning_rate_multiplier: 0.5, beta: 'auto' },
  advanced: {
    lora_rank: 1024,
    lora_alpha: 0.5,
    target_modules: ['q_proj'],
    load_in_4bit: false,
    gradient_accumulation: 'auto',
    max_length: 512,
    packing: false,
    group_by_length: true,
    validation_every: 4,
    validation_sample: 32,
  },
  graders: { type: 'string_check' },
  early_stop: false,
};

/** Everything that differs from `value` in one place: a key away, a key more, another value. */
function* mutants(value: Record<string, unknown>): Generator<Record<string, unknown>> {
  yield { ...value, one_more: 'text' };
  for (const [key, inner] of Object.entries(value)) {
    const { [key]: gone, ...rest } = value;
    yield rest;
    for (const other of [null, -1, 0, 1.5, '', 'text', true, [], {}, ['x'], [1]])
      if (JSON.stringify(other) !== JSON.stringify(gone)) yield { ...value, [key]: other };
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
      for (const mutant of mutants(inner as Record<string, unknown>)) yield { ...value, [key]: mutant };
  }
}

describe('the types of the protocol against its document', () => {
  it('take every message of the document, and refuse what it refuses', () => {
    let taken = 0;
    let refused = 0;
    for (const message of outputs) {
      expect(output(message), JSON.stringify(output.errors)).toBe(true);
      for (const one of [message, ...mutants(message)]) {
        const line = JSON.stringify(one);
        const isGood = output(one);
        expect([line, parseOutput(line).ok]).toEqual([line, isGood]);
        if (isGood) taken += 1;
        else refused += 1;
      }
    }
    expect(taken).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(500);
  });

  it('say of a job no more than the document has', () => {
    expect(job(wholeJob), JSON.stringify(job.errors)).toBe(true);
    for (const one of mutants(wholeJob)) {
      // Graders are read by the trainer; what is written here has no more than these keys.
      const line = JSON.stringify(one);
      expect([line, jobSchema.safeParse(one).success]).toEqual([line, job(one)]);
    }
  });

  it('take the same advanced settings in the wizard, the server and the command line', () => {
    const { advanced } = wholeJob;
    expect(Object.keys(protocol.$defs.Job.properties.advanced.properties)).toEqual(ADVANCED.map(({ name }) => name));
    for (const rule of ADVANCED) {
      const described = protocol.$defs.Job.properties.advanced.properties[rule.name];
      if (described?.default !== undefined) expect([rule.name, rule.default]).toEqual([rule.name, described.default]);
    }
    for (const one of [...mutants(advanced), { ...advanced, lora_rank: 1025 }]) {
      const line = JSON.stringify(one);
      const checked = checkAdvanced(one, { method: 'supervised', batchSize: 'auto' });
      expect([line, checked.ok]).toEqual([line, job({ ...wholeJob, advanced: one })]);
    }
  });

  it('names what came in place of a message', () => {
    expect(parseOutput('Downloading: 5%')).toEqual({ ok: false, error: 'Downloading: 5%' });
    expect(parseOutput(`{"type":"metric","x":"${'y'.repeat(500)}"}`)).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^\{"type":"metric".{90,}…$/u) as string,
    });
  });
});
