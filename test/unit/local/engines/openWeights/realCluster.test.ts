import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalServers } from '../../../../../src/connections/localServers.ts';
import type { Connection } from '../../../../../src/core/provider/connection.ts';
import { updateRegistry } from '../../../../../src/openWeights/registry.ts';
import { BUILT_CLI } from '../../../../support/builtCli.ts';
import { pythonWithTrainer, tinyModel } from '../../../../support/openWeights/realPython.ts';
import { allEvents, hasEnded, removeFolder, temporaryFolder, until } from '../../serveProcess.ts';
import { prices } from '../../support.ts';

/** Path of a Python that has the trainer and Ray (`npm run setup:trainer` makes one). */
const python = process.env['TUNING_FORK_TRAINER_PYTHON'];
const TRAINER = fileURLToPath(new URL('../../../../../trainer', import.meta.url));

/** Makes a tiny random model, then a cluster of two nodes; kills a process of it for each line that names one. */
const CLUSTER = `
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.ray.local_cluster import LocalCluster
from tests.support import make_model
make_model(Path(sys.argv[2]))
cluster = LocalCluster(2)
try:
    print(cluster.address, flush=True)
    for line in sys.stdin:
        cluster.kill(line.strip())
finally:
    cluster.stop()
`;

describe.skipIf(python === undefined)('a connection to a Ray cluster of two nodes (TUNING_FORK_TRAINER_PYTHON)', () => {
  const folder = temporaryFolder();
  const model = path.join(folder, 'tiny');
  let cluster: ChildProcess;
  let servers: LocalServers;
  let connection: Connection;
  let client: OpenAI;
  beforeAll(async () => {
    cluster = spawn(python ?? '', ['-c', CLUSTER, TRAINER, model], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (!cluster.stdout) throw new Error('The cluster has no output.');
    const [address] = (await once(createInterface({ input: cluster.stdout }), 'line')) as [string];
    await updateRegistry(path.join(folder, 'local'), () => ({
      python: pythonWithTrainer(python ?? '', folder),
      models: [tinyModel(model)],
    }));
    const storage = path.join(folder, 'storage');
    connection = {
      id: 'lab',
      kind: 'ray',
      name: 'Lab',
      baseUrl: address,
      cluster: { storage, workers: 2, gpu: false },
    };
    servers = new LocalServers({ cli: BUILT_CLI, folder, tokenOf: () => Promise.resolve(null) });
    const started = await servers.ensure(connection);
    if (!started.ok) throw new Error(started.error.message);
    client = new OpenAI({ baseURL: started.value.baseUrl, apiKey: started.value.apiKey, maxRetries: 0 });
  }, 180_000);
  afterAll(async () => {
    await servers.stop(connection);
    const ended = once(cluster, 'exit');
    cluster.stdin?.end();
    await ended;
    removeFolder(folder);
  }, 120_000);

  it('trains there with a worker killed in the middle, and answers here', { timeout: 400_000 }, async () => {
    const text = prices(80, 0)
      .map((row) => JSON.stringify(row))
      .join('\n');
    const file = await client.files.create({ file: new File([text], 'x.jsonl'), purpose: 'fine-tune' });
    const { id } = await client.fineTuning.jobs.create({
      model: 'tiny',
      training_file: file.id,
      method: {
        type: 'supervised',
        supervised: { hyperparameters: { n_epochs: 3, batch_size: 4, learning_rate_multiplier: 1 } },
      },
    });
    const checkpointed = async (): Promise<number> => (await client.fineTuning.jobs.checkpoints.list(id)).data.length;
    await expect.poll(checkpointed, { interval: 50, timeout: 200_000 }).toBeGreaterThan(0);
    cluster.stdin?.write('ray::RayTrainWorker\n');
    const job = await until(client, id, hasEnded);
    const events = await allEvents(client, id);
    const messages = events.map(({ message }) => message).join('\n');
    expect(job.status, messages).toBe('succeeded');
    const steps = events.flatMap(({ type, data }) => (type === 'metrics' ? [(data as { step: number }).step] : []));
    expect(steps.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(messages).toMatch(/A worker of the cluster was lost at step \d+; the training goes on from step \d+/);
    expect(job).toMatchObject({ trained_on: { workers: 2, nodes: 2, device: 'cpu' } });
    const reply = await client.chat.completions.create({
      model: job.fine_tuned_model ?? '',
      messages: [{ role: 'user', content: 'What does it cost?' }],
      max_completion_tokens: 4,
    });
    expect(reply.usage?.completion_tokens).toBeGreaterThan(0);
    expect((await client.models.list()).data.map((one) => one.id)).toContain(job.fine_tuned_model);
  });
});
