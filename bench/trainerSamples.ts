import { readFileSync } from 'node:fs';
import path from 'node:path';
import OpenAI from 'openai';
import { inProject } from '../scripts/lib/paths.ts';
import { waitUntil } from '../scripts/lib/processes.ts';
import { readNumber } from '../src/core/evaluation/readNumber.ts';
import type { Row } from './table.ts';
import { BENCH_MODEL, startTrainerServer } from './trainerServer.ts';
import { median, type TrainerMaterial } from './trainerMaterial.ts';

/** As many rows as the lesson has. */
const TRAINED = 200;
const VALIDATED = 50;
const ASKED = 100;
const EPOCHS = 2;
const ASKED_AT_ONCE = 8;
/** Most milliseconds of a training; a minute or two for each epoch on a good machine. */
const LONGEST_MS = 3_600_000;
const PREFIX = 'Price is $';

interface Example {
  readonly messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[];
}

interface Trained {
  readonly model: string;
  /** Validation losses in full, an epoch each. */
  readonly losses: readonly number[];
  readonly tokensPerSecond: number;
}

/**
 * Trains the model on the samples' prices through the local server, and asks it and its rivals for the prices of rows that none of them has
 * seen: itself before the training, the linear baseline trained on the same rows, and the median of the training answers.
 */
export async function sampleRows({ folder, model }: TrainerMaterial): Promise<Row[]> {
  const server = await startTrainerServer(path.join(folder, 'samples-server'), model);
  try {
    const client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0, timeout: LONGEST_MS });
    const train = linesOf('prices.train.jsonl', TRAINED);
    const validation = linesOf('prices.validation.jsonl', VALIDATED);
    const tests = linesOf('prices.test.jsonl', ASKED).map((line) => JSON.parse(line) as Example);
    const upload = async (lines: readonly string[]): Promise<string> =>
      (await client.files.create({ file: new File([lines.join('\n')], 'rows.jsonl'), purpose: 'fine-tune' })).id;
    const files = { training_file: await upload(train), validation_file: await upload(validation) };
    const tuned = await trainOnce(client, { model: BENCH_MODEL, ...files, epochs: EPOCHS });
    const linear = await trainOnce(client, { model: 'local-linear-1', ...files, epochs: 'auto' });
    const constant = median(train.map((line) => truthOf(JSON.parse(line) as Example)));
    const errors = {
      tuned: await errorsOf(client, tuned.model, tests),
      untrained: await errorsOf(client, BENCH_MODEL, tests),
      linear: await errorsOf(client, linear.model, tests),
      constant: tests.map((example) => Math.abs(truthOf(example) - constant)),
    };
    const told = (name: keyof typeof errors): string =>
      `$${mean(errors[name]).toFixed(2)} (median $${median(errors[name]).toFixed(2)})`;
    const [first = NaN] = tuned.losses;
    const last = tuned.losses.at(-1) ?? NaN;
    const rows = `${String(TRAINED)} rows of samples/, ${String(EPOCHS)} epochs`;
    return [
      {
        name: 'loss of all validation rows, by epoch',
        figure: tuned.losses.map((loss) => loss.toFixed(3)).join(', '),
        goal: 'falls',
        met: last < first,
        note: rows,
      },
      {
        name: 'mean error of the tuned model',
        figure: told('tuned'),
        // An untrained model now and then names millions, which its mean would be made of.
        goal: 'median below its own before the training',
        met: median(errors.tuned) < median(errors.untrained),
        note: `${told('untrained')} before, ${told('linear')} the linear baseline, ${told('constant')} the constant; ${String(ASKED)} rows, most probable answers, one without a number counts as 0`,
      },
      {
        name: 'trained tokens/s',
        figure: tuned.tokensPerSecond.toFixed(0),
        goal: 'told',
        met: tuned.tokensPerSecond > 0,
        note: 'from the first step to the last, validation and checkpoints included',
      },
    ];
  } finally {
    await server.close();
  }
}

function linesOf(name: string, count: number): readonly string[] {
  return readFileSync(inProject('samples/workspace', name), 'utf8').trim().split('\n').slice(0, count);
}

/** Trains a model and waits for it. Rejects with the job's error. */
async function trainOnce(
  client: OpenAI,
  order: {
    readonly model: string;
    readonly training_file: string;
    readonly validation_file: string;
    readonly epochs: number | 'auto';
  },
): Promise<Trained> {
  const { epochs, ...rest } = order;
  const { id } = await client.fineTuning.jobs.create({
    ...rest,
    seed: 1,
    method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: epochs } } },
  });
  await waitUntil(`The end of the training of ${order.model}`, LONGEST_MS, async () => {
    const { status, error } = await client.fineTuning.jobs.retrieve(id);
    if (status === 'failed' || status === 'cancelled') throw new Error(error?.message ?? `The training is ${status}.`);
    return status === 'succeeded';
  });
  const job = await client.fineTuning.jobs.retrieve(id);
  const metrics: { readonly at: number; readonly loss: number | undefined }[] = [];
  for await (const event of client.fineTuning.jobs.listEvents(id, { limit: 100 })) {
    if (event.type !== 'metrics') continue;
    const { full_valid_loss: loss } = (event.data ?? {}) as { readonly full_valid_loss?: number };
    metrics.push({ at: event.created_at, loss });
  }
  const times = metrics.map(({ at }) => at);
  const seconds = Math.max(...times) - Math.min(...times);
  return {
    model: job.fine_tuned_model ?? '',
    // Events come newest first.
    losses: metrics.reverse().flatMap(({ loss }) => (loss === undefined ? [] : [loss])),
    tokensPerSecond: (job.trained_tokens ?? 0) / Math.max(1, seconds),
  };
}

function truthOf({ messages }: Example): number {
  return readNumber(messages.at(-1)?.content ?? '') ?? NaN;
}

/** Absolute errors of the most probable answers; one without a number counts as 0. */
async function errorsOf(client: OpenAI, model: string, tests: readonly Example[]): Promise<readonly number[]> {
  const errors: number[] = [];
  const left = [...tests];
  const askOn = async (): Promise<void> => {
    for (let test = left.pop(); test !== undefined; test = left.pop()) {
      const messages = [...test.messages.slice(0, -1), { role: 'assistant' as const, content: PREFIX }];
      const params = { model, messages, temperature: 0, max_completion_tokens: 8 };
      const reply = (await client.chat.completions.create(params)).choices[0]?.message.content ?? '';
      errors.push(Math.abs((readNumber(reply) ?? 0) - truthOf(test)));
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, askOn));
  return errors;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
