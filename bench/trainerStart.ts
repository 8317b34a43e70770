import { readFileSync } from 'node:fs';
import path from 'node:path';
import OpenAI from 'openai';
import { waitUntil } from '../scripts/lib/processes.ts';
import type { Row } from './table.ts';
import { BENCH_MODEL, startTrainerServer } from './trainerServer.ts';
import { TRAINED, VALIDATED, type TrainerMaterial } from './trainerMaterial.ts';

const STARTS = 2;
const LONGEST_MS = 300_000;

/** Time from the request for a job to its first metric, through the local server and its engine. The first start fills the caches. */
export async function startRows({ folder, model, rows }: TrainerMaterial): Promise<Row[]> {
  const server = await startTrainerServer(path.join(folder, 'server'), model);
  try {
    const client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
    const lines = readFileSync(rows, 'utf8').trim().split('\n').slice(VALIDATED);
    const file = new File([lines.join('\n')], 'rows.jsonl');
    const training = (await client.files.create({ file, purpose: 'fine-tune' })).id;
    const seconds: number[] = [];
    for (let start = 0; start <= STARTS; start += 1) {
      seconds.push(await startOnce(client, training));
      console.log(`start ${String(start)}: ${seconds.at(-1)?.toFixed(1) ?? ''} s`);
    }
    const [cold, ...warm] = seconds;
    const slowest = Math.max(...warm);
    return [
      {
        name: 'start of a training, to the first metric',
        figure: `${slowest.toFixed(1)} s`,
        goal: '≤ 15 s',
        met: slowest <= 15,
        note: `the slower of ${warm.map((value) => value.toFixed(1)).join(', ')}; ${(cold ?? NaN).toFixed(1)} the first time; ${String(TRAINED)} rows at a batch of 8, one step included`,
      },
    ];
  } finally {
    await server.close();
  }
}

/** Seconds to the first metric of a job, which is then cancelled. Rejects when it fails. */
async function startOnce(client: OpenAI, training: string): Promise<number> {
  const begun = performance.now();
  const { id } = await client.fineTuning.jobs.create({
    model: BENCH_MODEL,
    training_file: training,
    method: {
      type: 'supervised',
      supervised: { hyperparameters: { n_epochs: 3, batch_size: 8, learning_rate_multiplier: 'auto' } },
    },
  });
  await waitUntil('The first metric', LONGEST_MS, async () => {
    const { data } = await client.fineTuning.jobs.listEvents(id, { limit: 100 });
    if (data.some(({ type }) => type === 'metrics')) return true;
    const { status, error } = await client.fineTuning.jobs.retrieve(id);
    if (status === 'failed') throw new Error(error?.message ?? 'The training failed.');
    return false;
  });
  const seconds = (performance.now() - begun) / 1000;
  await client.fineTuning.jobs.cancel(id);
  await waitUntil('The end of the job', LONGEST_MS, async () => {
    return (await client.fineTuning.jobs.retrieve(id)).status === 'cancelled';
  });
  return seconds;
}
