import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type OpenAI from 'openai';
import { createFaultServer } from '../../../support/faultServer.ts';
import { lastModel, prices, train } from '../support.ts';
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

describe('a training that is interrupted', () => {
  const rows = prices(120);
  const validation = prices(30, 5000);
  const hyperparameters = { nEpochs: 3, batchSize: 7, learningRateMultiplier: 1 };
  const whole = train(rows, { hyperparameters, validation, seed: 9 });

  it.each([1, 17, 18, 30, 53])(
    'goes on after step %i to the same losses and the same model, bit for bit',
    (stopAfter) => {
      const first = train(rows, { hyperparameters, validation, seed: 9, stopAfter });
      expect(first.finished).toBe(false);
      if (!first.state) throw new Error('Nothing was saved.');
      const second = train(rows, { hyperparameters, validation, seed: 9, resume: first.state });
      expect(second.finished).toBe(true);
      expect(first.metrics).toHaveLength(stopAfter);
      expect([...first.metrics, ...second.metrics]).toEqual(whole.metrics);
      expect(Buffer.compare(lastModel(second), lastModel(whole))).toBe(0);
      expect(first.models.length + second.models.length).toBe(whole.models.length);
      expect(second.notices).toEqual([]);
    },
  );

  it('goes on several times, with what was chosen for it the first time', () => {
    const few = rows.slice(0, 60);
    const all = train(few, { validation, seed: 3 });
    let state: Uint8Array | null = null;
    const metrics: unknown[] = [];
    for (let part = 0; part < 100; part += 1) {
      const next = train(few, { validation, seed: 3, stopAfter: 60, ...(state ? { resume: state } : {}) });
      metrics.push(...next.metrics);
      expect(next.resolved).toEqual(all.resolved);
      state = next.state;
      if (next.finished) break;
    }
    expect(metrics).toEqual(all.metrics);
  });

  it('has nothing to save before its first step, and refuses what was saved of other examples', () => {
    expect(train(rows, { stopAfter: 0 }).state).toBeNull();
    const { state } = train(rows, { hyperparameters, stopAfter: 5 });
    expect(() => train(prices(40), { hyperparameters, resume: state ?? new Uint8Array() })).toThrow(/other examples/u);
    expect(() => train(rows, { hyperparameters, resume: (state ?? new Uint8Array()).subarray(0, 2000) })).toThrow();
  });
});

describe('pausing a job', () => {
  const folder = temporaryFolder();
  let serving: Serving;
  beforeAll(async () => {
    serving = await startServing(folder);
  });
  afterAll(async () => {
    await stop(serving);
    removeFolder(folder);
  });

  const create = (client: OpenAI, training_file: string, n_epochs: number): Promise<WireJob> =>
    client.fineTuning.jobs.create({
      model: 'local-linear-1',
      training_file,
      seed: 5,
      method: {
        type: 'supervised',
        supervised: { hyperparameters: { n_epochs, batch_size: 1, learning_rate_multiplier: 1 } },
      },
    });
  const curve = async (client: OpenAI, id: string): Promise<unknown[]> => {
    const data: unknown[] = [];
    for await (const event of client.fineTuning.jobs.listEvents(id, { limit: 1000 }))
      if (event.type === 'metrics') data.push(event.data);
    return data.reverse();
  };
  const atStep = async (client: OpenAI, id: string): Promise<void> => {
    for (;;) {
      const { data } = await client.fineTuning.jobs.listEvents(id, { limit: 3 });
      if (data.some(({ type }) => type === 'metrics')) return;
    }
  };

  it('stops it after a step, keeps it through a restart, and ends in what an uninterrupted job gives', async () => {
    const file = await upload(serving.client, prices(300));
    const whole = await create(serving.client, file, 10);
    expect((await until(serving.client, whole.id, hasEnded)).status).toBe('succeeded');

    const job = await create(serving.client, file, 10);
    await atStep(serving.client, job.id);
    const paused = await serving.client.fineTuning.jobs.pause(job.id);
    expect(paused).toMatchObject({ id: job.id, status: 'paused', finished_at: null, estimated_finish: null });
    const soFar = await curve(serving.client, job.id);
    expect(soFar.length).toBeLessThan(3000);
    // The engine is free: another job trains while this one waits, and nothing is added to it.
    const other = await create(serving.client, file, 1);
    expect((await until(serving.client, other.id, hasEnded)).status).toBe('succeeded');
    expect(await curve(serving.client, job.id)).toEqual(soFar);

    await stop(serving, 'SIGKILL');
    serving = await startServing(folder);
    expect((await serving.client.fineTuning.jobs.retrieve(job.id)).status).toBe('paused');
    const resumed = await serving.client.fineTuning.jobs.resume(job.id);
    expect(['queued', 'running']).toContain(resumed.status);
    const ended = await until(serving.client, job.id, hasEnded);
    expect(ended).toMatchObject({ status: 'succeeded', error: null });
    expect(ended.trained_tokens).toBe((await serving.client.fineTuning.jobs.retrieve(whole.id)).trained_tokens);
    expect(await curve(serving.client, job.id)).toEqual(await curve(serving.client, whole.id));
    const messages = (await allEvents(serving.client, job.id)).map(({ message }) => message);
    expect(messages).toContain(`The job was paused at step ${String(soFar.length)} of 3000`);
    expect(messages).toContain('The job was resumed');
  }, 60_000);
});

describe('pausing at any other moment', () => {
  it('takes a waiting job out of the queue and puts it back', async () => {
    const server = await createFaultServer({ engine: 'endless' });
    const { id: file } = (await (
      await post(server, '/files', form({ purpose: 'fine-tune', file: 'x\n'.repeat(10) }))
    ).json()) as { id: string };
    const create = async (): Promise<string> =>
      ((await server.direct('POST', '/fine_tuning/jobs', { model: 'base-1', training_file: file })) as { id: string })
        .id;
    const status = async (id: string): Promise<string> =>
      ((await server.direct('GET', `/fine_tuning/jobs/${id}`)) as { status: string }).status;
    const act = (id: string, action: string): Promise<unknown> =>
      server.direct('POST', `/fine_tuning/jobs/${id}/${action}`);
    const first = await create();
    await expect.poll(() => status(first)).toBe('running');
    const second = await create();
    await expect.poll(() => status(second)).toBe('queued');
    expect(await act(second, 'pause')).toMatchObject({ status: 'paused' });
    expect(await act(second, 'pause')).toMatchObject({ status: 'paused' });
    await expect(act(first, 'resume')).rejects.toThrow(/job_not_paused/u);
    // Asked twice at once: paused once, both are told.
    expect(
      (await Promise.all([act(first, 'pause'), act(first, 'pause')])).map((job) => (job as WireJob).status),
    ).toEqual(['paused', 'paused']);
    expect(await act(second, 'resume')).toMatchObject({ id: second });
    await expect.poll(() => status(second)).toBe('running');
    expect(await act(first, 'resume')).toMatchObject({ status: 'queued' });
    await server.restart();
    // The one that ran when the server ended is told of; the resumed one takes its turn.
    expect(await status(second)).toBe('failed');
    await expect.poll(() => status(first)).toBe('running');
    expect(await act(first, 'pause')).toMatchObject({ status: 'paused' });
    expect(await act(first, 'cancel')).toMatchObject({ status: 'cancelled' });
    await expect(act(first, 'resume')).rejects.toThrow(/job_not_paused/u);
    // Paused before its first step, then the server ends.
    const third = await create();
    await expect.poll(() => status(third)).toBe('running');
    const fourth = await create();
    await expect.poll(() => status(fourth)).toBe('queued');
    expect(await act(fourth, 'pause')).toMatchObject({ status: 'paused' });
    await server.restart();
    expect([await status(third), await status(fourth)]).toEqual(['failed', 'paused']);
    expect(await act(fourth, 'resume')).toMatchObject({ id: fourth });
    await expect.poll(() => status(fourth)).toBe('running');
    await expect(act(first, 'pause')).rejects.toThrow(/job_not_running/u);
    await server.close();
  });
});

function form(fields: { readonly purpose: string; readonly file: string }): FormData {
  const data = new FormData();
  data.set('purpose', fields.purpose);
  data.set('file', new File([fields.file], 'rows.jsonl'));
  return data;
}

function post(server: { baseUrl: string; apiKey: string }, target: string, body: FormData): Promise<Response> {
  return fetch(server.baseUrl + target, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}` },
    body,
  });
}
