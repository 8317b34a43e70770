import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { builtInEngines } from '../../../../src/local/engines/builtInEngines.ts';
import { OpenWeightsEngine } from '../../../../src/local/engines/openWeights/openWeightsEngine.ts';
import { importAdapter } from '../../../../src/local/training/importAdapter.ts';
import { startServer, type LocalServer } from '../../../../src/local/server/server.ts';
import { Store } from '../../../../src/local/server/store.ts';
import { createClient } from '../../../../src/openai/client.ts';
import { adapterFiles, CONFIG, safetensors, writeFiles } from '../../../support/openWeights/adapterFiles.ts';
import { setUpFakePython } from '../../../support/openWeights/fakePython.ts';
import { allEvents, removeFolder, temporaryFolder } from '../serveProcess.ts';

type Changes = Parameters<typeof adapterFiles>[0];

describe('an adapter that is imported into the local server', () => {
  let folder: string;
  let adapter: string;
  let server: LocalServer;
  let client: OpenAI;
  const start = async (): Promise<void> => {
    server = await startServer({ dataFolder: folder, port: 0, version: 'test' });
    client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
  };
  const provider = (): ReturnType<typeof createClient> =>
    createClient({ kind: 'local', baseUrl: server.baseUrl, apiKey: server.apiKey });
  const add = (
    changes: Changes = {},
    suffix: string | null = 'mine',
  ): ReturnType<ReturnType<typeof provider>['importAdapter']> =>
    provider().importAdapter({ folder: writeFiles(adapter, adapterFiles(changes)), suffix });
  /** Everything below the server's folder, but the list of models and the programs. */
  const kept = (): readonly string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /^(?:open-weights|jobs|events|models|files)[/\\]/u.test(name))
      .sort();

  beforeEach(async () => {
    folder = temporaryFolder();
    adapter = path.join(temporaryFolder(), 'adapter');
    await setUpFakePython(folder);
    await start();
  });
  afterEach(async () => {
    await server.close();
    removeFolder(folder);
    removeFolder(path.dirname(adapter));
  });

  it('is a job that says so, with the curves of its trainer', async () => {
    const { job: id, model, steps } = await add();
    expect(steps).toBe(6);
    expect(model).toMatch(/^ft:tiny-good:local:mine:[A-Za-z0-9]{8}$/);
    const job = await provider().retrieveJob(id);
    expect(job).toMatchObject({
      status: 'succeeded',
      fineTunedModel: model,
      model: 'tiny-good',
      suffix: 'mine',
      seed: null,
      trainedTokens: 600,
      trainingFile: '',
      metadata: { tuning_fork_imported: 'adapter' },
      hyperparameters: { n_epochs: 2, batch_size: 'auto' },
      advanced: { lora_rank: 2, lora_alpha: 4, target_modules: ['q_proj'] },
    });
    const events = await provider().listEvents(id);
    const points = events.flatMap(({ metrics }) => metrics ?? []);
    expect(points.map(({ step }) => step)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(points[0]).toMatchObject({
      totalSteps: 6,
      trainLoss: 2 / 6,
      fullValidLoss: 0.5,
      others: { learning_rate: 0, grad_norm: 0.5, epoch: 2 },
    });
    expect(points[1]?.fullValidLoss).toBeNull();
    expect(events.at(-1)?.message).toBe('Imported an adapter of tiny-good that was trained elsewhere');
    const results = await provider().fileContent(job.resultFiles[0] ?? '');
    expect(new TextDecoder().decode(results)).toContain('\n1,2,');
  });

  it('has the settings that were noted beside it', async () => {
    const facts = {
      method: 'dpo',
      seed: 7,
      hyperparameters: { n_epochs: 9, batch_size: 4, learning_rate_multiplier: 0.5, beta: 0.2 },
      advanced: { max_length: 99, packing: 'no switch' },
    };
    const { job } = await add({ 'training.json': JSON.stringify(facts) });
    expect(await provider().retrieveJob(job)).toMatchObject({
      method: 'dpo',
      seed: 7,
      hyperparameters: { n_epochs: 9, batch_size: 4, learning_rate_multiplier: 0.5, beta: 0.2 },
      advanced: { max_length: 99, lora_rank: 2 },
    });
    const nonsense = await add({ 'training.json': '[{' });
    expect(await provider().retrieveJob(nonsense.job)).toMatchObject({ method: 'supervised', seed: null });
  });

  it('is a model that answers, over a restart too, and is removed with its files', async () => {
    const { model } = await add();
    const ask = async (): Promise<string> => {
      const answer = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'hello' }] });
      return answer.choices[0]?.message.content ?? '';
    };
    expect(await ask()).toBe('model says hello');
    // The folder that it came from is not needed any more.
    removeFolder(adapter);
    await server.close();
    await start();
    expect(await ask()).toBe('model says hello');
    expect((await client.models.list()).data.map(({ id }) => id)).toContain(model);
    await provider().deleteModel(model);
    expect(kept().filter((name) => /^(?:open-weights|models)/u.test(name))).toEqual([]);
  });

  it('gets a configuration that names the base of this machine', async () => {
    const config = { ...CONFIG, base_model_name_or_path: '/content/tiny-good', auto_mapping: { parent_library: 'os' } };
    const { job } = await add({ 'adapter_config.json': JSON.stringify(config) });
    const copied = path.join(folder, 'open-weights', job, 'run-1', 'model');
    expect(JSON.parse(readFileSync(path.join(copied, 'adapter_config.json'), 'utf8'))).toMatchObject({
      base_model_name_or_path: 'good',
      auto_mapping: null,
      r: 2,
    });
    expect(readdirSync(copied).sort()).toEqual([
      '.of-model',
      'adapter_config.json',
      'adapter_model.safetensors',
      'tokenizer_config.json',
    ]);
  });

  it.each<[string, Changes, string]>([
    [
      'without a state',
      { 'trainer_state.json': null },
      'The job has no curves: the adapter came without trainer_state.json',
    ],
    [
      'with a damaged state',
      { 'trainer_state.json': '{"log_history":' },
      'The job has no curves: trainer_state.json is damaged',
    ],
    [
      'with another file of that name',
      { 'trainer_state.json': '[]' },
      'The job has no curves: trainer_state.json is damaged',
    ],
  ])('comes %s, and says that it has no curves', async (_what, changes, message) => {
    const { job, steps } = await add(changes);
    expect(steps).toBe(0);
    const events = await allEvents(client, job);
    expect(events.map((event) => event.message)).toContain(message);
    expect((await provider().retrieveJob(job)).resultFiles).toEqual([]);
  });

  it('keeps what can be read of a strange history', async () => {
    const state = {
      log_history: [
        null,
        7,
        { loss: 1 },
        { loss: 'x', step: 1 },
        { step: 2, loss: 0.5, __proto__x: 1 },
        { step: 2, eval_loss: 1 },
      ],
    };
    const text = JSON.stringify(state).replace('"x"', 'NaN');
    const { job, steps } = await add({ 'trainer_state.json': text }, null);
    expect(steps).toBe(1);
    const [point] = (await provider().listEvents(job)).flatMap(({ metrics }) => metrics ?? []);
    expect(point).toMatchObject({ step: 2, totalSteps: 2, trainLoss: 0.5, fullValidLoss: 1 });
  });

  it.each<[string, Changes, string]>([
    [
      'of an unknown base',
      { 'adapter_config.json': JSON.stringify({ ...CONFIG, base_model_name_or_path: 'x/y' }) },
      'unknown_base',
    ],
    ['with pickled weights', { 'adapter_model.safetensors': null, 'adapter_model.bin': 'x' }, 'pickled_weights'],
    ['with damaged weights', { 'adapter_model.safetensors': safetensors({}).subarray(0, 9) }, 'damaged'],
  ])('is refused %s, and nothing is left of it', async (_what, changes, code) => {
    const before = kept();
    await expect(add(changes)).rejects.toMatchObject({ status: 400, serverCode: code });
    expect(kept()).toEqual(before);
  });

  it('is refused by a wrong request', async () => {
    const post = (body: object): Promise<unknown> => client.post('/open_weights/adapters', { body });
    await expect(post({})).rejects.toMatchObject({ status: 400, param: 'folder' });
    await expect(post({ folder: 'relative' })).rejects.toMatchObject({ status: 400, param: 'folder' });
    await expect(post({ folder: adapter, suffix: 'a:b' })).rejects.toMatchObject({ status: 400, param: 'suffix' });
    await expect(post({ folder: adapter, copy: true })).rejects.toMatchObject({
      status: 400,
      code: 'unknown_parameter',
    });
    await expect(client.get('/open_weights/adapters')).rejects.toMatchObject({ status: 404 });
    await expect(client.post('/tuning_fork/other', { body: {} })).rejects.toMatchObject({ status: 404 });
  });

  describe('and is interrupted', () => {
    const engine = (): OpenWeightsEngine => new OpenWeightsEngine(folder);

    it('by its caller, leaves nothing', async () => {
      const before = kept();
      const engines = builtInEngines(folder, engine());
      const store = new Store(folder);
      writeFiles(adapter, adapterFiles());
      const reason = new Error('gone');
      const aborted = importAdapter(store, engines, { folder: adapter, suffix: null }, AbortSignal.abort(reason));
      await expect(aborted).rejects.toBe(reason);
      expect(kept()).toEqual(before);
    });

    it('by a full disk in the middle of its records, leaves nothing', async () => {
      const before = kept();
      const store = new Store(folder);
      vi.spyOn(store, 'saveJob').mockImplementation(() => {
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      });
      writeFiles(adapter, adapterFiles());
      const engines = builtInEngines(folder, engine());
      const failed = importAdapter(store, engines, { folder: adapter, suffix: null }, new AbortController().signal);
      await expect(failed).rejects.toThrow('full');
      expect(kept()).toEqual(before);
    });

    it('by the end of the server, leaves nothing after its next start', async () => {
      const before = kept();
      const { job, model } = await add();
      await server.close();
      // As it is on the disk before the record of the job is written.
      const record = path.join(folder, 'jobs', `${job}.json`);
      const text = readFileSync(record, 'utf8');
      writeFileSync(path.join(folder, 'open-weights', job, '.importing'), '');
      removeFolder(record);
      await start();
      expect(kept()).toEqual(before);
      expect((await client.models.list()).data.map(({ id }) => id)).not.toContain(model);
      expect(text).toContain(model);
    });

    it('by the end of the server after its last record, is whole', async () => {
      const { job, model } = await add();
      await server.close();
      const mark = path.join(folder, 'open-weights', job, '.importing');
      writeFileSync(mark, '');
      await start();
      expect(existsSync(mark)).toBe(false);
      expect((await client.models.list()).data.map(({ id }) => id)).toContain(model);
      expect((await provider().retrieveJob(job)).status).toBe('succeeded');
    });
  });
});
