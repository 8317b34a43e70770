// The client, the start, the monitor and an evaluation against the real local server in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Endpoint } from '../../../src/core/provider/connection.ts';
import type { TestItem } from '../../../src/core/evaluation/types.ts';
import type { Provider } from '../../../src/core/provider/api.ts';
import { isProviderFailure } from '../../../src/core/provider/failure.ts';
import { EvaluationRun } from '../../../src/evals/runner.ts';
import { newIntentId } from '../../../src/jobs/start/intentJournal.ts';
import { JobMonitor } from '../../../src/jobs/watch/monitor.ts';
import type { JobEnded } from '../../../src/jobs/watch/monitorContract.ts';
import { LOOPBACK_PACE } from '../../../src/jobs/watch/pace.ts';
import { startJob, type StartJobInput } from '../../../src/jobs/start/startJob.ts';
import { JobStore } from '../../../src/jobs/store/store.ts';
import { createClient } from '../../../src/openai/client.ts';
import { BUILT_CLI } from '../../support/builtCli.ts';

let folder: string;
let child: ChildProcess;
let endpoint: Endpoint;
let client: Provider;

const colours = ['red', 'green', 'blue', 'white'];

function example(index: number): { messages: { role: 'user' | 'assistant'; content: string }[] } {
  const colour = colours[index % 4] ?? '';
  return {
    messages: [
      { role: 'user', content: `Thing ${String(index)} is painted in ${colour} all over.` },
      { role: 'assistant', content: `Price is $${String(((index % 4) + 1) * 100)}.00` },
    ],
  };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  child = spawn(process.execPath, [BUILT_CLI, 'serve', '--data', path.join(folder, 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { stdout } = child;
  if (!stdout) throw new Error('The server has no output.');
  const [line] = (await once(createInterface(stdout), 'line')) as [string];
  const { base_url, api_key } = JSON.parse(line) as { base_url: string; api_key: string };
  endpoint = { baseUrl: base_url, apiKey: api_key };
  client = createClient(endpoint);
  const lines = Array.from({ length: 120 }, (_, index) => JSON.stringify(example(index)));
  await writeFile(path.join(folder, 'train.jsonl'), lines.slice(0, 100).join('\n'));
  await writeFile(path.join(folder, 'valid.jsonl'), lines.slice(100).join('\n'));
});

afterAll(async () => {
  const exited = once(child, 'exit');
  child.kill();
  await exited;
  await rm(folder, { recursive: true });
});

function input(overrides: Partial<StartJobInput> = {}): StartJobInput {
  return {
    intentId: newIntentId(),
    connectionId: 'local',
    model: 'local-linear-1',
    trainingFile: path.join(folder, 'train.jsonl'),
    validationFile: path.join(folder, 'valid.jsonl'),
    method: {
      name: 'supervised',
      hyperparameters: { n_epochs: 3, batch_size: 4, learning_rate_multiplier: 'auto' },
    },
    suffix: 'things',
    seed: 42,
    wandb: null,
    name: 'things',
    ...overrides,
  };
}

it('starts, watches, asks and evaluates', { timeout: 60_000 }, async () => {
  expect((await client.listModels()).map(({ id }) => id)).toContain('local-linear-1');
  const started = await startJob(input(), { provider: client, folder: path.join(folder, 'storage') });
  if (!started.ok) throw new Error(`${started.error.message} ${started.error.action}`);

  const store = new JobStore({ folder: path.join(folder, 'jobs') });
  await store.load();
  store.update('local', started.value.job.id, { job: started.value.job, local: { startedHere: true } });
  const monitor = new JobMonitor({
    connectionId: 'local',
    provider: () => Promise.resolve(client),
    store,
    pace: LOOPBACK_PACE,
  });
  const ended: JobEnded[] = [];
  monitor.onJobEnded((end) => ended.push(end));
  monitor.poke();
  await vi.waitUntil(() => monitor.state === 'resting', { timeout: 45_000 });
  expect(monitor.problem).toBeNull();
  expect(ended).toHaveLength(1);
  const record = store.get('local', started.value.job.id);
  expect(record?.job).toMatchObject({ status: 'succeeded', error: null, suffix: 'things', seed: 42 });
  // steps = epochs × ceil(examples / batch): 3 × 25.
  expect([...(record?.curve.steps ?? [])]).toEqual(Array.from({ length: 75 }, (_, index) => index + 1));
  expect(record?.curve.totalSteps).toBe(75);
  expect(record?.curve.series('full_valid_loss')).toHaveLength(3);
  expect(record?.checkpoints).toHaveLength(3);
  expect(record?.local.notified).toBe(true);

  const model = record?.job.fineTunedModel ?? '';
  const items: TestItem[] = [0, 1, 2, 3].map((index) => ({
    index,
    line: index + 1,
    title: `Thing ${String(index)}`,
    messages: [...example(index + 200).messages.slice(0, 1), { role: 'assistant' as const, content: 'Price is $' }],
    truth: example(index + 200).messages[1]?.content ?? '',
  }));
  const run = await EvaluationRun.create(
    path.join(folder, 'runs'),
    {
      v: 1,
      id: 'run-1',
      createdAt: 1,
      name: 'things',
      testFile: { path: 'x', sha256: 'x', items: 4 },
      contestants: [{ id: 'tuned', kind: 'fine-tuned', label: 'things', model }],
      grader: 'number',
      sampling: { temperature: 0, maxTokens: 7, seed: 42 },
      answerPrefix: 'Price is $',
      concurrency: 4,
    },
    items,
  );
  expect(
    await run.start('x', {
      ask: (_contestant, item, signal) =>
        client.chat({ model, messages: item.messages, sampling: run.config.sampling }, { signal }),
    }),
  ).toEqual({ ok: true, value: 'finished' });
  expect(run.rows.map(({ colour }) => colour)).toEqual(['green', 'green', 'green', 'green']);
  await run.dispose();

  const [result = ''] = record?.job.resultFiles ?? [];
  if (result !== '') expect((await client.fileContent(result)).length).toBeGreaterThan(100);
  expect((await client.listFiles()).map(({ id }) => id)).toContain(started.value.job.trainingFile);
  monitor.dispose();
  await store.dispose();
});

it('cancels', async () => {
  const long = path.join(folder, 'long.jsonl');
  await writeFile(long, Array.from({ length: 3000 }, (_, index) => JSON.stringify(example(index))).join('\n'));
  const hyperparameters = { n_epochs: 50, batch_size: 1, learning_rate_multiplier: 'auto' } as const;
  const started = await startJob(
    input({ trainingFile: long, validationFile: null, method: { name: 'supervised', hyperparameters } }),
    {
      provider: client,
      folder: path.join(folder, 'storage'),
    },
  );
  if (!started.ok) throw new Error(started.error.message);
  const { id } = started.value.job;
  await vi.waitUntil(async () => (await client.retrieveJob(id)).status === 'running', { timeout: 15_000 });
  expect((await client.cancelJob(id)).status).toBe('cancelled');
  expect((await client.retrieveJob(id)).fineTunedModel).toBeNull();
});

it('finds a job by its metadata', async () => {
  const intentId = newIntentId();
  const started = await startJob(input({ intentId }), { provider: client, folder: path.join(folder, 'storage') });
  const { jobs } = await client.listJobs({ metadata: { tuning_fork_intent: intentId } });
  expect(jobs.map(({ id }) => id)).toEqual([started.ok ? started.value.job.id : '']);
});

it('says in one sentence why the untrained base does not answer', async () => {
  const sampling = { temperature: 0, maxTokens: 7, seed: 42 };
  const error: unknown = await client
    .chat({ model: 'local-linear-1', messages: [{ role: 'user', content: 'Hello' }], sampling })
    .catch((reason: unknown) => reason);
  expect(isProviderFailure(error) && error.problem.code).toBe('model-not-trained');
});

it('refuses another key', async () => {
  const error: unknown = await createClient({ ...endpoint, apiKey: 'wrong' })
    .listModels()
    .catch((reason: unknown) => reason);
  expect(isProviderFailure(error) && error.problem.code).toBe('key-refused');
});
