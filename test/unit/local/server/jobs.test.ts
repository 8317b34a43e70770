/* eslint-disable @typescript-eslint/no-deprecated -- what clients still send (seed, max_tokens, top-level hyperparameters) must work */
import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { example, intents, prices } from '../support.ts';
import type { Serving, WireJob } from '../serveProcess.ts';
import {
  allEvents,
  hasEnded,
  removeFolder,
  startServing,
  stop,
  temporaryFolder,
  until,
  upload,
} from '../serveProcess.ts';

const MODEL = 'local-linear-1';

async function refused(call: Promise<unknown>): Promise<{
  status: number | undefined;
  code: string | null | undefined;
  message: string;
  param: string | null | undefined;
}> {
  try {
    await call;
  } catch (error) {
    if (error instanceof APIError)
      return {
        status: error.status as number | undefined,
        code: error.code,
        message: error.message,
        param: error.param,
      };
    throw error;
  }
  throw new Error('The call was not refused.');
}

/** Long enough to be looked at and cancelled while it runs. */
function slowJob(client: OpenAI, training_file: string, metadata: Record<string, string> = {}): Promise<WireJob> {
  return client.fineTuning.jobs.create({
    model: MODEL,
    training_file,
    metadata,
    method: {
      type: 'supervised',
      supervised: { hyperparameters: { n_epochs: 50, batch_size: 1, learning_rate_multiplier: 1 } },
    },
  });
}

describe('the bare openai package against serve in a process of its own', () => {
  const folder = temporaryFolder();
  let serving: Serving;
  let client: OpenAI;
  beforeAll(async () => {
    serving = await startServing(folder);
    client = serving.client;
  });
  afterAll(async () => {
    await stop(serving);
    removeFolder(folder);
  });

  it('does the whole job: files, job, events, checkpoints, result file, models, chat', async () => {
    const rows = prices(80);
    const training_file = await upload(client, rows);
    const validation_file = await upload(client, prices(20, 1000), 'validation.jsonl');
    const created = await client.fineTuning.jobs.create({
      model: MODEL,
      training_file,
      validation_file,
      suffix: 'pricer',
      seed: 42,
      metadata: { intent: 'abc' },
      integrations: [{ type: 'wandb', wandb: { project: 'gpt-pricer' } }],
      method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 4, batch_size: 10 } } },
    });
    expect(created).toMatchObject({
      object: 'fine_tuning.job',
      status: 'validating_files',
      error: null,
      organization_id: 'org-local',
      result_files: [],
      fine_tuned_model: null,
      finished_at: null,
      trained_tokens: null,
      seed: 42,
      estimated_finish: null,
    });
    const job = await until(client, created.id, hasEnded);
    expect(job).toMatchObject({
      status: 'succeeded',
      error: null,
      training_file,
      validation_file,
      hyperparameters: { n_epochs: 4, batch_size: 10 },
      method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 4, batch_size: 10 } } },
      metadata: { intent: 'abc' },
    });
    expect(job.fine_tuned_model).toMatch(/^ft:local-linear-1:local:pricer:[A-Za-z0-9]{8}$/u);
    expect(job.trained_tokens).toBeGreaterThan(4 * 80 * 20);
    expect(job.finished_at).toBeGreaterThanOrEqual(job.created_at);

    const events = await allEvents(client, job.id);
    const messages = events.map(({ message }) => message);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(messages[0]).toBe(`Created fine-tuning job: ${job.id}`);
    expect(messages.slice(-2)).toEqual(['New fine-tuned model created', 'The job has successfully completed']);
    expect(messages.filter((message) => message.startsWith('Step '))).toHaveLength(4 * 8);
    expect(messages.join('\n')).toMatch(
      /^Step 32\/32: training loss=\d+\.\d\d, validation loss=\d+\.\d\d, full validation loss=\d+\.\d\d$/mu,
    );
    expect(messages.join('\n')).toMatch(/Weights & Biases integration is accepted but nothing is sent/u);
    const last = events.findLast(({ type }) => type === 'metrics')?.data;
    expect(last).toMatchObject({
      step: 32,
      total_steps: 32,
      train_loss: expect.any(Number) as number,
      train_mean_token_accuracy: expect.any(Number) as number,
      full_valid_loss: expect.any(Number) as number,
    });

    const checkpoints = (await client.fineTuning.jobs.checkpoints.list(job.id)).data;
    expect(checkpoints.map(({ step_number }) => step_number)).toEqual([32, 24, 16]);
    expect(checkpoints[0]?.fine_tuned_model_checkpoint).toBe(`${String(job.fine_tuned_model)}:ckpt-step-32`);

    const csv = await (await client.files.content(job.result_files[0] ?? '')).text();
    expect(csv.split('\n')[0]).toBe('step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy');
    expect(csv.trim().split('\n')).toHaveLength(33);

    const listed: string[] = [];
    for await (const model of client.models.list()) listed.push(model.id);
    expect(listed).toEqual(
      expect.arrayContaining([MODEL, job.fine_tuned_model, ...checkpoints.map((c) => c.fine_tuned_model_checkpoint)]),
    );
    expect(listed).not.toContain(`${String(job.fine_tuned_model)}:ckpt-step-8`);
    expect(await client.models.retrieve(job.fine_tuned_model ?? '')).toMatchObject({
      object: 'model',
      shutdown_date: null,
    });

    const prompt = rows[0]?.messages.slice(0, -1) as OpenAI.ChatCompletionMessageParam[];
    const completion = await client.chat.completions.create({
      model: job.fine_tuned_model ?? '',
      messages: [...prompt, { role: 'assistant', content: 'Price is $' }],
      temperature: 0,
      max_tokens: 7,
      seed: 42,
    });
    expect(completion.choices[0]).toMatchObject({ index: 0, finish_reason: 'stop', message: { role: 'assistant' } });
    expect(completion.choices[0]?.message.content).toMatch(/^\d+\.\d\d$/u);
    expect(completion.usage?.completion_tokens).toBe(3);
    expect(completion.usage?.total_tokens).toBe((completion.usage?.prompt_tokens ?? 0) + 3);
    const many = await client.chat.completions.create({
      model: job.fine_tuned_model ?? '',
      messages: prompt,
      n: 3,
      seed: 1,
      temperature: 1,
      stop: '.',
    });
    expect(many.choices.map(({ message }) => message.content?.includes('.'))).toEqual([false, false, false]);
    const again = await client.chat.completions.create({
      model: job.fine_tuned_model ?? '',
      messages: prompt,
      n: 3,
      seed: 1,
      temperature: 1,
      stop: '.',
    });
    expect(again.choices).toEqual(many.choices);
    const early = await client.chat.completions.create({
      model: checkpoints[2]?.fine_tuned_model_checkpoint ?? '',
      messages: prompt,
      temperature: 0,
    });
    expect(early.choices[0]?.message.content).toMatch(/^Price is \$\d+/u);

    expect(await client.models.delete(checkpoints[2]?.fine_tuned_model_checkpoint ?? '')).toMatchObject({
      deleted: true,
    });
    expect(await refused(client.models.retrieve(checkpoints[2]?.fine_tuned_model_checkpoint ?? ''))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });

  it('shows events to a second client before training has ended, and cancels within a step', async () => {
    const other = new OpenAI({ baseURL: serving.baseUrl, apiKey: serving.apiKey, maxRetries: 0 });
    // 500,000 steps: the job after it would not end within this test's time if the cancelled one went on.
    const job = await slowJob(client, await upload(client, prices(10_000)));
    await until(other, job.id, ({ status }) => status === 'running');
    let steps: string[] = [];
    while (steps.length === 0) {
      steps = (await other.fineTuning.jobs.listEvents(job.id, { limit: 5 })).data
        .filter(({ type }) => type === 'metrics')
        .map(({ message }) => message);
    }
    const running = await other.fineTuning.jobs.retrieve(job.id);
    expect(running.status).toBe('running');
    expect(running.estimated_finish).toBeGreaterThanOrEqual(running.created_at);

    const before = (await allEvents(client, job.id)).filter(({ type }) => type === 'metrics').length;
    const cancelled = await client.fineTuning.jobs.cancel(job.id);
    expect(cancelled.status).toBe('cancelled');
    const after = (await allEvents(client, job.id)).filter(({ type }) => type === 'metrics').length;
    expect(after).toBeLessThan(500_000);
    expect(after).toBeGreaterThanOrEqual(before);
    // The queue is free at once: the next job trains, and nothing more is said about the cancelled one.
    const next = await client.fineTuning.jobs.create({
      model: MODEL,
      training_file: await upload(client, intents(40, 1)),
    });
    expect((await until(client, next.id, hasEnded)).status).toBe('succeeded');
    const final = await allEvents(client, job.id);
    expect(final.filter(({ type }) => type === 'metrics')).toHaveLength(after);
    expect(final.at(-1)?.message).toBe('The job was cancelled');
    expect(await refused(client.fineTuning.jobs.cancel(job.id))).toMatchObject({ status: 400, code: 'job_ended' });
  }, 60_000);

  it('trains one job at a time, in order, and cancels a waiting one', async () => {
    const file = await upload(client, prices(400));
    const first = await slowJob(client, file, { order: 'first' });
    await until(client, first.id, ({ status }) => status === 'running');
    const second = await slowJob(client, file);
    const third = await client.fineTuning.jobs.create({
      model: MODEL,
      training_file: await upload(client, intents(40, 1)),
    });
    await until(client, second.id, ({ status }) => status === 'queued');
    await until(client, third.id, ({ status }) => status === 'queued');
    expect((await client.fineTuning.jobs.cancel(second.id)).status).toBe('cancelled');
    await client.fineTuning.jobs.cancel(first.id);
    expect((await until(client, third.id, hasEnded)).status).toBe('succeeded');
    const page = await client.fineTuning.jobs.list({ limit: 2 });
    expect(page.data.map(({ id }) => id)).toEqual([third.id, second.id]);
    expect(page.has_more).toBe(true);
    expect((await client.fineTuning.jobs.list({ limit: 1, after: second.id })).data[0]?.id).toBe(first.id);
    expect((await client.fineTuning.jobs.list({ metadata: { order: 'first' } })).data.map(({ id }) => id)).toEqual([
      first.id,
    ]);
    expect((await client.fineTuning.jobs.list({ metadata: { order: 'none' } })).data).toEqual([]);
  });

  it.each([
    [
      'not JSON on line 17',
      () =>
        [
          ...prices(16).map((row) => JSON.stringify(row)),
          '{"messages": [',
          ...prices(3).map((row) => JSON.stringify(row)),
        ].join('\n'),
      'invalid_training_file',
      /^Line 17 /u,
    ],
    [
      'nine rows',
      () =>
        prices(9)
          .map((row) => JSON.stringify(row))
          .join('\n'),
      'invalid_n_examples',
      /9 examples/u,
    ],
    [
      'no assistant message',
      () => Array.from({ length: 12 }, () => '{"messages":[{"role":"user","content":"x"}]}').join('\n'),
      'invalid_training_file',
      /^Line 1 /u,
    ],
    [
      'no answer in text',
      () =>
        Array.from(
          { length: 12 },
          () => '{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y","weight":0}]}',
        ).join('\n'),
      'invalid_training_file',
      /.+/u,
    ],
    [
      'another format',
      () => Array.from({ length: 12 }, () => '{"prompt":"x","completion":"y"}').join('\n'),
      'invalid_training_file',
      /.+/u,
    ],
  ])('fails the job and not the upload: %s', async (_, text, code, message) => {
    const job = await client.fineTuning.jobs.create({ model: MODEL, training_file: await upload(client, text()) });
    const failed = await until(client, job.id, hasEnded);
    expect(failed).toMatchObject({
      status: 'failed',
      fine_tuned_model: null,
      error: { code, param: 'training_file', message: expect.stringMatching(message) as string },
    });
    const events = await allEvents(client, job.id);
    expect(events.at(-1)).toMatchObject({ level: 'error', message: expect.stringMatching(message) as string });
  });

  it('names the validation file when that one is wrong, and the file that was deleted meanwhile', async () => {
    const training_file = await upload(client, prices(20));
    const wrong = await client.fineTuning.jobs.create({
      model: MODEL,
      training_file,
      validation_file: await upload(client, 'nonsense'),
    });
    expect((await until(client, wrong.id, hasEnded)).error).toMatchObject({
      code: 'invalid_validation_file',
      param: 'validation_file',
    });
    const blocker = await slowJob(client, await upload(client, prices(10_000)));
    await until(client, blocker.id, ({ status }) => status === 'running');
    const waiting = await client.fineTuning.jobs.create({ model: MODEL, training_file });
    await until(client, waiting.id, ({ status }) => status === 'queued');
    await client.files.delete(training_file);
    await client.fineTuning.jobs.cancel(blocker.id);
    expect((await until(client, waiting.id, hasEnded)).error).toMatchObject({
      code: 'file_not_found',
      param: 'training_file',
    });
    expect(await refused(client.fineTuning.jobs.create({ model: MODEL, training_file }))).toMatchObject({
      status: 400,
      code: 'file_not_found',
      param: 'training_file',
    });
  });

  it('warns as an event when it will not learn the answers', async () => {
    const rows = Array.from({ length: 12 }, (_, i) =>
      example(`Say ${String(i)}`, `${'A long story about many things. '.repeat(10)}${String(i)}`),
    );
    const job = await client.fineTuning.jobs.create({ model: MODEL, training_file: await upload(client, rows) });
    expect((await until(client, job.id, hasEnded)).status).toBe('succeeded');
    const events = await allEvents(client, job.id);
    const warning = events.findIndex(({ level, message }) => level === 'warn' && message.includes('will not learn'));
    expect(warning).toBeGreaterThan(0);
    expect(warning).toBeLessThan(events.findIndex(({ type }) => type === 'metrics'));
  });

  it("answers in the API's own errors", async () => {
    const training_file = await upload(client, prices(20));
    const messages = [{ role: 'user' as const, content: 'x' }];
    expect(await refused(client.chat.completions.create({ model: MODEL, messages }))).toMatchObject({
      status: 400,
      code: 'model_not_trained',
    });
    expect(await refused(client.chat.completions.create({ model: 'gpt-4o', messages }))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    expect(await refused(client.chat.completions.create({ model: MODEL, messages, stream: true }))).toMatchObject({
      status: 400,
      code: 'model_not_trained',
    });
    expect(await refused(client.fineTuning.jobs.create({ model: 'gpt-4o', training_file }))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    expect(await refused(client.fineTuning.jobs.create({ model: MODEL, training_file, suffix: 'a:b' }))).toMatchObject({
      status: 400,
      param: 'suffix',
    });
    expect(
      await refused(client.fineTuning.jobs.create({ model: MODEL, training_file, hyperparameters: { n_epochs: 51 } })),
    ).toMatchObject({ status: 400, param: expect.stringContaining('n_epochs') as string });
    expect(
      await refused(client.fineTuning.jobs.create({ model: MODEL, training_file, method: { type: 'dpo' } })),
    ).toMatchObject({ status: 400, code: 'unsupported_method' });
    expect(await refused(client.fineTuning.jobs.retrieve('ftjob-none'))).toMatchObject({ status: 404 });
    expect(await refused(client.files.retrieve('file-none'))).toMatchObject({ status: 404 });
    expect(await refused(client.models.delete(MODEL))).toMatchObject({ status: 403 });
    expect(await refused(client.vectorStores.list())).toMatchObject({ status: 404, code: 'unknown_url' });
    expect(await refused(upload(client, ''))).toMatchObject({ status: 400, param: 'file' });
  });

  it('lists, pages, shows and deletes files', async () => {
    const first = await upload(client, prices(10), '../../etc/passwd');
    const second = await upload(client, prices(11), 'ünï 😀.jsonl');
    const page = await client.files.list({ limit: 1, purpose: 'fine-tune', order: 'desc' });
    expect(page.data.map(({ id }) => id)).toEqual([second]);
    expect(page.has_more).toBe(true);
    expect((await client.files.list({ limit: 1, after: second })).data[0]?.id).toBe(first);
    expect((await client.files.retrieve(second)).filename).toBe('ünï 😀.jsonl');
    const text = await (await client.files.content(first)).text();
    expect(text).toBe(
      prices(10)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    expect(await client.files.delete(first)).toEqual({ id: first, object: 'file', deleted: true });
    expect(await refused(client.files.content(first))).toMatchObject({ status: 404 });
  });
});

describe('a server that was killed', () => {
  it('remembers files, jobs, events and models, shows the running job as failed with the reason, and goes on with the waiting one', async () => {
    const folder = temporaryFolder();
    let serving = await startServing(folder);
    try {
      const done = await serving.client.fineTuning.jobs.create({
        model: MODEL,
        training_file: await upload(serving.client, intents(40, 1)),
      });
      const { fine_tuned_model } = await until(serving.client, done.id, hasEnded);
      const running = await slowJob(serving.client, await upload(serving.client, prices(400)));
      await until(serving.client, running.id, ({ status }) => status === 'running');
      const waiting = await serving.client.fineTuning.jobs.create({
        model: MODEL,
        training_file: await upload(serving.client, intents(40, 2)),
      });
      let checkpoint: string | undefined;
      while (checkpoint === undefined) {
        checkpoint = (await serving.client.fineTuning.jobs.checkpoints.list(running.id)).data[0]
          ?.fine_tuned_model_checkpoint;
      }
      await stop(serving, 'SIGKILL');
      // A torn last line, a half-written record and a leftover of an atomic write, as crashes leave them.
      appendFileSync(path.join(folder, 'events', `${running.id}.jsonl`), '{"id":"ftevent-to');
      writeFileSync(path.join(folder, 'jobs', 'torn.json'), '{"order":');
      writeFileSync(path.join(folder, 'jobs', 'x.json.AbCdEfGh.tmp'), '{');

      const { apiKey } = serving;
      serving = await startServing(folder);
      expect(serving.apiKey).not.toBe(apiKey);
      const stopped = await serving.client.fineTuning.jobs.retrieve(running.id);
      expect(stopped).toMatchObject({
        status: 'failed',
        error: {
          code: 'interrupted',
          message: expect.stringMatching(
            /^The job was interrupted: .* stopped while this job was running at step \d+ of 20000\. Its checkpoints can be used\. Start it again\.$/u,
          ) as string,
        },
      });
      expect(stopped.finished_at).not.toBeNull();
      const events = await allEvents(serving.client, running.id);
      expect(events.at(-1)).toMatchObject({ level: 'error', message: stopped.error?.message });
      expect(events.filter(({ type }) => type === 'metrics').length).toBeGreaterThan(0);
      expect((await until(serving.client, waiting.id, hasEnded)).status).toBe('succeeded');
      for (const model of [fine_tuned_model ?? '', checkpoint]) {
        const reply = await serving.client.chat.completions.create({
          model,
          messages: [{ role: 'user', content: 'card lost' }],
          temperature: 0,
        });
        expect(reply.choices[0]?.message.content).not.toBe('');
      }
      expect((await serving.client.files.list()).data.length).toBeGreaterThanOrEqual(3);
      expect(readdirSync(path.join(folder, 'jobs')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    } finally {
      await stop(serving, 'SIGKILL');
      removeFolder(folder);
    }
  }, 60_000);
});
