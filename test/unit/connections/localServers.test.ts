import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalServers, serverFolder } from '../../../src/connections/localServers.ts';
import { LOCAL_CONNECTION } from '../../../src/connections/store.ts';
import type { Connection, Endpoint } from '../../../src/core/provider/connection.ts';
import { isAlive } from '../../../scripts/lib/processes.ts';
import { BUILT_CLI } from '../../support/builtCli.ts';
import { setUpFakePython } from '../../support/openWeights/fakePython.ts';
import { toJsonl, priceRows } from '../../support/priceData.ts';
import { hasEnded, until } from '../local/serveProcess.ts';

const RAY: Connection = {
  id: 'lab',
  kind: 'ray',
  name: 'Lab',
  baseUrl: 'https://ray.example.com',
  cluster: { storage: '/mnt/shared', workers: 2, gpu: false },
};
/** Each server is the command line from its sources, which a busy machine takes seconds to read. */
const TIMEOUT = 90_000;
const TOKEN = 'a-token-of-the-dashboard';

describe('the server of a connection to a Ray cluster', { timeout: TIMEOUT }, () => {
  let folder: string;
  let token: string | null;
  let servers: LocalServers;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-servers-'));
    token = TOKEN;
    servers = new LocalServers({ cli: BUILT_CLI, folder, tokenOf: () => Promise.resolve(token) });
    await setUpFakePython(path.join(folder, 'local'));
  });
  afterEach(async () => {
    for (const connection of [LOCAL_CONNECTION, RAY]) await servers.stop(connection);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  async function client(connection: Connection): Promise<OpenAI> {
    const started = await servers.ensure(connection);
    if (!started.ok) throw new Error(started.error.message);
    const { baseUrl, apiKey }: Endpoint = started.value;
    return new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0 });
  }
  async function train(api: OpenAI): Promise<string[]> {
    const file = new File([toJsonl(priceRows(20, 1))], 'x.jsonl');
    const { id: training_file } = await api.files.create({ file, purpose: 'fine-tune' });
    const { id } = await api.fineTuning.jobs.create({ model: 'tiny-good', training_file });
    expect((await until(api, id, hasEnded)).status).toBe('succeeded');
    return (await api.fineTuning.jobs.listEvents(id)).data.map(({ message }) => message);
  }
  const pid = async (): Promise<number> => {
    const text = await readFile(path.join(serverFolder(folder, RAY), 'server.json'), 'utf8');
    return (JSON.parse(text) as { pid: number }).pid;
  };

  it('trains the open-weights models of this machine there, apart from the jobs of this machine', async () => {
    const [ray, local] = [await client(RAY), await client(LOCAL_CONNECTION)];
    const models = (await ray.models.list()).data.map(({ id }) => id);
    expect(models).toContain('tiny-good');
    expect(models).not.toContain('local-linear-1');
    const messages = await train(ray);
    expect(messages).toContain('2 workers at https://ray.example.com with a token of 24 characters');
    expect((await ray.fineTuning.jobs.list()).data).toHaveLength(1);
    expect((await local.fineTuning.jobs.list()).data).toHaveLength(0);
    expect((await train(local)).join('\n')).not.toContain('workers');
  });

  it('takes changed settings with the next job, without a start of its own', async () => {
    const before = await client(RAY);
    const process = await pid();
    const changed = await client({ ...RAY, cluster: { storage: 's3://bucket/x', workers: 4, gpu: true } });
    expect(await pid()).toBe(process);
    expect((await train(before)).join('\n')).toContain('4 workers at https://ray.example.com');
    expect((await changed.fineTuning.jobs.list()).data).toHaveLength(1);
    const file = path.join(serverFolder(folder, RAY), 'cluster.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      version: 1,
      address: 'https://ray.example.com',
      storage: 's3://bucket/x',
      workers: 4,
      use_gpu: true,
    });
  });

  it('has another token after it was ended, and keeps none on the disk', async () => {
    await client(RAY);
    const process = await pid();
    token = 'another';
    await servers.stop(RAY);
    expect(isAlive(process)).toBe(false);
    const messages = await train(await client(RAY));
    expect(messages.join('\n')).toContain('with a token of 7 characters');
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const one of names.filter((name) => name.isFile())) {
      const text = await readFile(path.join(one.parentPath, one.name), 'latin1');
      expect(text).not.toContain(TOKEN);
    }
    token = null;
    await servers.stop(RAY);
    expect((await train(await client(RAY))).join('\n')).toContain('with no token');
  });
});
