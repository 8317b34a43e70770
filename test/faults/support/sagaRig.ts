import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readIntent } from '../../../src/jobs/start/intentJournal.ts';
import type { SagaProvider, StartJobDeps, StartJobInput } from '../../../src/jobs/start/startContract.ts';
import { createClient } from '../../../src/openai/client.ts';

/** Enough for the local server to accept it. */
export const TRAINING = Array.from(
  { length: 12 },
  (_, index) =>
    `${JSON.stringify({
      messages: [
        { role: 'user', content: `How much is thing ${String(index)}?` },
        { role: 'assistant', content: `$${String(index)}.00` },
      ],
    })}\n`,
).join('');

export function writeDataset(folder: string, name = 'prices.jsonl', text = TRAINING): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

export function startInput(intentId: string, trainingFile: string, validationFile: string | null): StartJobInput {
  return {
    intentId,
    connectionId: 'here',
    model: 'base-1',
    trainingFile,
    validationFile,
    method: {
      name: 'supervised',
      hyperparameters: { n_epochs: 2, batch_size: 'auto', learning_rate_multiplier: 'auto' },
    },
    suffix: null,
    seed: 7,
    wandb: null,
    name: 'prices',
    local: { priceEstimate: 1.25, answerPrefix: '$' },
  };
}

export interface Endpoint {
  readonly baseUrl: string;
  readonly apiKey: string;
}

export const noSleep = (): Promise<void> => Promise.resolve();

/** The product's client with short deadlines, so that silence is noticed soon, and without pauses between tries. */
export function sagaProvider(endpoint: Endpoint, timeoutMs = 2000): SagaProvider {
  const client = createClient(endpoint, { sleep: noSleep });
  return {
    uploadFile: (source, name, options) => client.uploadFile(source, name, { timeoutMs, ...options }),
    listFiles: (options) => client.listFiles({ timeoutMs, ...options }),
    retrieveFile: (id, options) => client.retrieveFile(id, { timeoutMs, ...options }),
    createUpload: (request, options) => client.createUpload(request, { timeoutMs, ...options }),
    addUploadPart: (id, source, options) => client.addUploadPart(id, source, { timeoutMs, ...options }),
    completeUpload: (id, parts, options) => client.completeUpload(id, parts, { timeoutMs, ...options }),
    cancelUpload: (id, options) => client.cancelUpload(id, { timeoutMs, ...options }),
    createJob: (request) => client.createJob(request, { timeoutMs }),
    listJobs: (query, options) => client.listJobs(query, { timeoutMs, ...options }),
    retrieveJob: (id, options) => client.retrieveJob(id, { timeoutMs, ...options }),
  };
}

/** The process ends at this point of the saga, as far as anybody can tell from outside. */
export function crashingAt(deps: StartJobDeps, point: string): StartJobDeps {
  return {
    ...deps,
    failpoint: (name) => {
      if (name === point) throw new Error('the process ends here');
    },
  };
}

/** What the journal of a start says, by the names of its facts. */
export async function factsOf(storage: string, intentId: string): Promise<string[]> {
  return (await readIntent(path.join(storage, 'intents'), intentId)).map(({ entry }) => entry.fact);
}
