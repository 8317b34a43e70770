import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtInEngines } from '../../../../../src/local/engines/builtInEngines.ts';
import { OpenWeightsEngine } from '../../../../../src/local/engines/openWeights/openWeightsEngine.ts';
import type { ClusterParts } from '../../../../../src/local/engines/openWeights/trainingProcess.ts';
import { startServer, type LocalServer } from '../../../../../src/local/server/server.ts';
import { updateRegistry } from '../../../../../src/openWeights/registry.ts';
import { isAlive } from '../../../../../scripts/lib/processes.ts';
import { setUpFakePython } from '../../../../support/openWeights/fakePython.ts';
import { allEvents, hasEnded, removeFolder, temporaryFolder, until } from '../../serveProcess.ts';
import { prices } from '../../support.ts';

const GRACE = { cancel: 300, close: 5000 };
const LINEAR = 'local-linear-1';

let folder: string;
let server: LocalServer;
let client: OpenAI;

async function start(grace = GRACE, cluster?: ClusterParts): Promise<void> {
  const engines = builtInEngines(folder, new OpenWeightsEngine(folder, { grace, ...(cluster ? { cluster } : {}) }));
  server = await startServer({ dataFolder: folder, port: 0, version: 'test', engines });
  client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
}

beforeEach(async () => {
  folder = temporaryFolder();
  await setUpFakePython(folder);
  await start();
});
afterEach(async () => {
  await server.close();
  removeFolder(folder);
});

type Job = OpenAI.FineTuning.FineTuningJob;

async function uploaded(rows: readonly unknown[] = prices(20)): Promise<string> {
  const text = rows.map((row) => JSON.stringify(row)).join('\n');
  return (await client.files.create({ file: new File([text], 'x.jsonl'), purpose: 'fine-tune' })).id;
}

async function create(model: string, more: Partial<OpenAI.FineTuning.JobCreateParams> = {}): Promise<Job> {
  return client.fineTuning.jobs.create({ model, training_file: await uploaded(), ...more });
}

function stepsOf(events: Awaited<ReturnType<typeof allEvents>>): number[] {
  return events.flatMap(({ type, data }) => (type === 'metrics' ? [(data as { step: number }).step] : []));
}

function adapters(jobId: string): string[] {
  const jobFolder = path.join(folder, 'open-weights', jobId);
  if (!existsSync(jobFolder)) return [];
  return readdirSync(jobFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.safetensors'))
    .map((name) => path.dirname(name))
    .sort();
}

/** Field of the local server that the published types do not have. */
function trainedOn(job: OpenAI.FineTuning.FineTuningJob): { readonly seconds: number; readonly peak_memory: number } {
  return (job as unknown as { trained_on: { seconds: number; peak_memory: number } }).trained_on;
}

/** At step `step` or later. */
async function atStep(jobId: string, step: number): Promise<void> {
  await expect
    .poll(async () => Math.max(0, ...stepsOf(await allEvents(client, jobId))), { interval: 20, timeout: 10_000 })
    .toBeGreaterThanOrEqual(step);
}

describe('a job of an open-weights model', () => {
  it('is given to a cluster, with the sweep that it is a run of, and trains beside the other runs', async () => {
    await server.close();
    const file = path.join(folder, 'cluster.json');
    writeFileSync(file, JSON.stringify({ address: 'http://127.0.0.1:8265', workers: 2 }));
    await start(GRACE, { file, token: 'secret' });
    const told = async (id: string): Promise<string[]> =>
      (await allEvents(client, id)).map(({ message }) => message).filter((message) => message.includes('workers at'));
    const whole = '2 workers at http://127.0.0.1:8265 with a token of 6 characters';
    const alone = await create('tiny-good');
    await until(client, alone.id, hasEnded);
    expect(await told(alone.id)).toEqual([whole]);
    const metadata = { tuning_fork_sweep: 'sweep-of-two', tuning_fork_sweep_runs: '2' };
    // A second a step: they are ended by the test, on a busy machine too.
    const hyperparameters = { batch_size: 1 };
    const slow = { metadata, method: { type: 'supervised', supervised: { hyperparameters } } } as const;
    const runs = [await create('tiny-slow', slow), await create('tiny-slow', slow)];
    for (const { id } of runs) await until(client, id, ({ status }) => status === 'running');
    for (const { id } of runs) await atStep(id, 1);
    for (const { id } of runs) expect(await told(id)).toEqual([`${whole} --sweep sweep-of-two --runs 2`]);
    const [first, second] = runs.map(({ id }) => id) as [string, string];
    await client.fineTuning.jobs.pause(first);
    await client.fineTuning.jobs.cancel(second);
    await client.fineTuning.jobs.resume(first);
    await until(client, first, ({ status }) => status === 'running');
    // Once it goes on it trains alone.
    await expect.poll(() => told(first)).toEqual([`${whole} --sweep sweep-of-two --runs 2`, whole]);
    await client.fineTuning.jobs.cancel(first);
    const linear = [await create(LINEAR, { metadata }), await create(LINEAR, { metadata })];
    for (const { id } of linear) expect((await until(client, id, hasEnded)).status).toBe('succeeded');
  });

  it('is trained by the process: its events, checkpoints, result and model are as of any job', async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(
      expect.arrayContaining([LINEAR, 'tiny-good', 'tiny-slow']),
    );
    const { id } = await create('tiny-good', {
      method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 3, batch_size: 5 } } },
    });
    const job = await until(client, id, hasEnded);
    expect(job).toMatchObject({
      status: 'succeeded',
      trained_tokens: 1200,
      hyperparameters: { n_epochs: 3, batch_size: 5, learning_rate_multiplier: 1 },
      trained_on: { device: 'cpu', devices: 1, peak_memory: 3e6, seconds: expect.any(Number) as number },
    });
    expect(job).not.toHaveProperty('trained_on.workers');
    const events = await allEvents(client, id);
    expect(stepsOf(events).sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    const last = events.find(({ data }) => (data as { step?: number } | null)?.step === 12);
    expect(last?.data).toEqual({
      step: 12,
      total_steps: 12,
      train_loss: 2 / 12,
      train_mean_token_accuracy: 1 - 1 / 13,
      valid_loss: 1 / 12,
      full_valid_loss: 1 / 12,
      examples_losses: [0.5, null, 0.25],
      tokens_per_second: 50,
    });
    expect(events.map(({ message }) => message)).toContain('2 examples are longer than 512 tokens');
    const checkpoints = (await client.fineTuning.jobs.checkpoints.list(id)).data;
    expect(checkpoints.map(({ step_number }) => step_number)).toEqual([12, 8, 4]);
    expect(checkpoints[0]?.metrics).not.toHaveProperty('examples_losses');
    expect(adapters(id)).toEqual(['run-1/checkpoint-12', 'run-1/checkpoint-4', 'run-1/checkpoint-8', 'run-1/model']);
    // Nothing of the data stays.
    expect(readdirSync(path.join(folder, 'open-weights', id))).toEqual(['run-1']);

    for (const { fine_tuned_model_checkpoint } of checkpoints) await client.models.delete(fine_tuned_model_checkpoint);
    expect(adapters(id)).toEqual(['run-1/model']);
    await client.models.delete(job.fine_tuned_model ?? '');
    expect(existsSync(path.join(folder, 'open-weights', id))).toBe(false);
  });

  it('hands the advanced settings on, and tells what became of those that were left open', async () => {
    // The published types have no such field.
    const method = { type: 'supervised', supervised: { advanced: { lora_rank: 8, target_modules: ['q_proj'] } } };
    const { id } = await create('tiny-good', { method: method as OpenAI.FineTuning.JobCreateParams.Method });
    const job = await until(client, id, hasEnded);
    expect(job.status).toBe('succeeded');
    expect(job.method?.supervised).toMatchObject({
      advanced: { lora_rank: 8, lora_alpha: 32, target_modules: ['q_proj'], max_length: 512, packing: false },
    });
    const told = (await allEvents(client, id)).map(({ message }) => message);
    expect(told.find((message) => message.startsWith('Advanced settings: '))).toMatch(/LoRA rank 8, .*q_proj/u);
  });

  it.each([
    ['tiny-good', 'supervised', { lora_rank: 0 }, 'method.supervised.advanced.lora_rank'],
    ['tiny-good', 'supervised', { rank: 8 }, 'method.supervised.advanced.rank'],
    ['tiny-good', 'dpo', { packing: true }, 'method.dpo.advanced.packing'],
    ['tiny-good', 'dpo', 7, 'method.dpo.advanced'],
    [LINEAR, 'supervised', { lora_rank: 8 }, 'method.supervised.advanced'],
  ])('refuses for %s by %s the settings %j, by their name', async (model, type, advanced, param) => {
    const method = { type, [type]: { advanced } } as unknown as OpenAI.FineTuning.JobCreateParams.Method;
    await expect(create(model, { method })).rejects.toMatchObject({ status: 400, param });
  });

  it('refuses parts that do not divide the batch', async () => {
    const supervised = { hyperparameters: { batch_size: 8 }, advanced: { gradient_accumulation: 3 } };
    const method = { type: 'supervised', supervised } as OpenAI.FineTuning.JobCreateParams.Method;
    const param = 'method.supervised.advanced.gradient_accumulation';
    await expect(create('tiny-good', { method })).rejects.toMatchObject({ status: 400, param });
  });

  it.each([
    { type: 'python', name: 'x', source: 'def grade(): ...' },
    { type: 'multi', name: 'x', graders: { a: { type: 'label_model' } }, calculate_output: 'a' },
    { type: 'text_similarity', name: 'x', input: 'a', reference: 'b', evaluation_metric: 'cosine' },
  ])('refuses the grader %j before it is queued', async (grader) => {
    const method = { type: 'reinforcement', reinforcement: { grader } };
    const request = create('tiny-good', { method: method as OpenAI.FineTuning.JobCreateParams.Method });
    await expect(request).rejects.toMatchObject({ status: 400, param: 'method.reinforcement.grader' });
  });

  it('learns by preference pairs and by a grader, with what these take', async () => {
    const message = (role: string, content: string): unknown => ({ role, content });
    const pairs = Array.from({ length: 12 }, (_, index) => ({
      input: { messages: [message('user', `Question ${String(index)}`)] },
      preferred_output: [message('assistant', 'yes')],
      non_preferred_output: [message('assistant', 'no')],
    }));
    const training_file = await uploaded(pairs);
    const dpo = await create('tiny-good', {
      training_file,
      method: { type: 'dpo', dpo: { hyperparameters: { beta: 0.25, n_epochs: 'auto' } } },
    });
    expect((await until(client, dpo.id, hasEnded)).status).toBe('succeeded');
    expect((await client.fineTuning.jobs.retrieve(dpo.id)).method).toMatchObject({
      type: 'dpo',
      dpo: { hyperparameters: { n_epochs: 3, batch_size: 8, learning_rate_multiplier: 1, beta: 0.25 } },
    });
    const grader = {
      type: 'string_check' as const,
      name: 'same',
      input: '{{sample.output_text}}',
      operation: 'eq' as const,
      reference: '{{item.answer}}',
    };
    const graded = Array.from({ length: 12 }, (_, index) => ({
      messages: [message('user', `Question ${String(index)}`)],
      answer: 'yes',
    }));
    const reinforcement = await create('tiny-good', {
      training_file: await uploaded(graded),
      validation_file: await uploaded(graded),
      method: { type: 'reinforcement', reinforcement: { grader } },
    });
    expect((await until(client, reinforcement.id, hasEnded)).status).toBe('succeeded');
    const events = await allEvents(client, reinforcement.id);
    const rewards = events.filter(({ data }) => (data as { reward_mean?: number } | null)?.reward_mean === 0.5);
    expect(rewards).toHaveLength(12);

    const wrong = await create('tiny-good', {
      training_file,
      method: { type: 'reinforcement', reinforcement: { grader } },
    });
    expect((await until(client, wrong.id, hasEnded)).error?.code).toBe('invalid_training_file');
    await expect(
      client.fineTuning.jobs.create({ model: LINEAR, training_file, method: { type: 'dpo', dpo: {} } }),
    ).rejects.toMatchObject({ code: 'unsupported_method' });
  });

  it('is paused at a checkpoint and goes on from there, after a restart of the server, too', async () => {
    const { id } = await create('tiny-slow');
    await atStep(id, 2);
    expect((await client.fineTuning.jobs.pause(id)).status).toBe('paused');
    const paused = Math.max(...stepsOf(await allEvents(client, id)));
    expect(paused).toBeLessThan(12);
    await server.close();
    await start();
    expect((await client.fineTuning.jobs.retrieve(id)).status).toBe('paused');
    const before = trainedOn(await client.fineTuning.jobs.retrieve(id));
    expect(before).toMatchObject({ device: 'cpu', workers: 3, nodes: 2, peak_memory: 5e6 });
    await client.fineTuning.jobs.resume(id);
    const ended = await until(client, id, hasEnded);
    expect(ended.status).toBe('succeeded');
    // The most of both parts, and the time of both.
    const after = trainedOn(ended);
    expect(after.peak_memory).toBe(5e6);
    expect(after.seconds).toBeGreaterThan(before.seconds);
    // No step was made twice.
    expect(stepsOf(await allEvents(client, id)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  it('goes on by itself when the server ended in the middle', async () => {
    const { id } = await create('tiny-slow');
    await atStep(id, 5);
    await server.close();
    await start();
    expect((await until(client, id, hasEnded)).status).toBe('succeeded');
    const events = await allEvents(client, id);
    expect(events.map(({ message }) => message).join('\n')).toMatch(/it goes on from its checkpoint at step \d/u);
    expect(new Set(stepsOf(events)).size).toBe(12);
    expect((await client.fineTuning.jobs.checkpoints.list(id)).data.map(({ step_number }) => step_number)).toEqual([
      12, 8, 4,
    ]);
  });

  it('is cancelled within a step, and its checkpoints stay', async () => {
    const { id } = await create('tiny-slow');
    await atStep(id, 5);
    expect((await client.fineTuning.jobs.cancel(id)).status).toBe('cancelled');
    await expect.poll(() => server.idleMilliseconds(), { interval: 10 }).toBeGreaterThan(0);
    const next = await create('tiny-good');
    expect((await until(client, next.id, hasEnded)).status).toBe('succeeded');
    expect(adapters(id)).toEqual(['run-1/checkpoint-4']);
    expect(stepsOf(await allEvents(client, id)).length).toBeLessThan(12);
  });

  it.each([
    ['tiny-dies', 'trainer_killed', /ended by the system.*Lower the batch size/u],
    ['tiny-silent', 'trainer_ended', /exit code 3.*start it again/u],
    ['tiny-garbage', 'trainer_protocol', /no message: "Downloading: 12%\|###".*Repair it/u],
    ['tiny-hungry', 'no_memory', /choose a smaller model\. The largest .* fits into 3\.9 GB is Qwen\/Qwen2\.5-0\.5B-/u],
    ['tiny-nan', 'nan_loss', /NaN at step 5\. Lower the learning rate multiplier\./u],
  ])('of %s fails with one sentence and one action, and the checkpoint before stays', async (model, code, message) => {
    const { id } = await create(model);
    const job = await until(client, id, hasEnded);
    expect(job).toMatchObject({ status: 'failed', error: { code } });
    expect(job.error?.message).toMatch(message);
    expect(adapters(id)).toEqual(['tiny-garbage', 'tiny-hungry'].includes(model) ? [] : ['run-1/checkpoint-4']);
    const said = (await allEvents(client, id)).map((event) => event.message).join('\n');
    if (model === 'tiny-silent') expect(said).toMatch(/Last lines of the trainer:\n.*100%\n.*\nKeyError: 7/u);
  });

  it('that never ends is ended with all it has started, after a cancel and with the server', async () => {
    for (const how of ['cancel', 'close'] as const) {
      if (how === 'close') {
        await server.close();
        await start({ cancel: 100, close: 100 });
      }
      const { id } = await create('tiny-endless');
      await atStep(id, 1);
      const event = (await allEvents(client, id)).find(({ type }) => type === 'metrics');
      const pid = (event?.data as { child: number }).child;
      expect(isAlive(pid)).toBe(true);
      if (how === 'cancel') await client.fineTuning.jobs.cancel(id);
      else await server.close();
      await expect.poll(() => isAlive(pid), { interval: 20, timeout: 5000 }).toBe(false);
    }
    await start();
  });

  it('says what is missing: Python, the trainer, the model', async () => {
    const python = path.join(folder, 'python');
    const file = path.join(folder, 'open-weights.json');
    const failure = async (): Promise<string> =>
      (await until(client, (await create('tiny-good')).id, hasEnded)).error?.message ?? '';
    rmSync(python);
    expect(await failure()).toMatch(/could not be started \(ENOENT\)\. Repair it with the command/u);
    await updateRegistry(folder, (registry) => ({ ...registry, python: null }));
    expect(await failure()).toMatch(/is not set up\. Run the command/u);
    expect(readFileSync(file, 'utf8')).toContain('tiny-good');
    await updateRegistry(folder, (registry) => ({ ...registry, models: [] }));
    await expect(create('tiny-good')).rejects.toMatchObject({ status: 404 });
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual([LINEAR]);
  });
});
