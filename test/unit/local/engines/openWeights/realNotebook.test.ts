import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { MethodName } from '../../../../../src/core/training/job.ts';
import { notebookText } from '../../../../../src/core/training/notebook/notebook.ts';
import { jobSettings } from '../../../../../src/core/training/notebook/settings.ts';
import { startServer, type LocalServer } from '../../../../../src/local/server/server.ts';
import { createClient } from '../../../../../src/openai/client.ts';
import { updateRegistry } from '../../../../../src/openWeights/registry.ts';
import { notebookSettings } from '../../../../support/notebooks.ts';
import { pythonWithTrainer } from '../../../../support/openWeights/realPython.ts';
import { runNotebook } from '../../../../support/openWeights/runNotebook.ts';
import { hasEnded, removeFolder, runCli, temporaryFolder, until } from '../../serveProcess.ts';

/** Path of a Python that has the trainer (`npm run setup:trainer` makes one). */
const python = process.env['TUNING_FORK_TRAINER_PYTHON'];
const TRAINER = fileURLToPath(new URL('../../../../../trainer', import.meta.url));

/** A random Llama of two layers with a tokenizer of its own, and rows of each method; nothing is downloaded. */
const MAKE = `
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.support import chat_row, make_model, preference_row, task_row, write_rows
folder = Path(sys.argv[2])
make_model(folder / "tiny")
def weighed(number):
    row = chat_row(number)
    quiet = {"role": "assistant", "content": "Let me see.", "weight": 0}
    return {"messages": [*row["messages"][:2], quiet, {"role": "user", "content": "Well?"}, row["messages"][2]]}
for name, make in (("supervised", weighed), ("dpo", preference_row), ("reinforcement", task_row)):
    write_rows(folder / f"{name}.train.jsonl", 24, make=make)
    write_rows(folder / f"{name}.validation.jsonl", 8, first=100, make=make)
`;

const GRADER = {
  type: 'multi',
  graders: {
    dollars: { type: 'string_check', operation: 'like', input: '{{sample.output_text}}', reference: '$' },
    price: { type: 'number', input: '{{sample.output_text}}', reference: '{{item.answer}}' },
    words: {
      type: 'text_similarity',
      evaluation_metric: 'fuzzy_match',
      input: '{{sample.output_text}}',
      reference: '{{item.answer}}',
    },
  },
  calculate_output: 'dollars + 0.5 * price + words',
};
/** Largest difference of a loss on the same CPU, relative. */
const TOLERANCE = 1e-5;

describe.skipIf(python === undefined)('an exported notebook, run here (TUNING_FORK_TRAINER_PYTHON)', () => {
  const folder = temporaryFolder();
  const work = path.join(folder, 'work');
  let program = '';
  let server: LocalServer;
  let client: OpenAI;

  beforeAll(async () => {
    // The server's process gets it from its environment; losses of one thread are the same each time.
    vi.stubEnv('OMP_NUM_THREADS', '1');
    mkdirSync(work);
    program = pythonWithTrainer(python ?? '', folder);
    execFileSync(program, ['-c', MAKE, TRAINER, work], { stdio: 'pipe' });
    const addedAt = new Date(0).toISOString();
    await updateRegistry(folder, () => ({
      python: program,
      models: [
        { id: 'tiny', source: path.join(work, 'tiny'), revision: null, licence: null, parameters: null, addedAt },
      ],
    }));
    server = await startServer({ dataFolder: folder, port: 0, version: 'test' });
    client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
  }, 120_000);
  afterAll(async () => {
    await server.close();
    vi.unstubAllEnvs();
    removeFolder(folder);
  });

  const provider = (): ReturnType<typeof createClient> =>
    createClient({ kind: 'local', baseUrl: server.baseUrl, apiKey: server.apiKey });
  const upload = async (name: string): Promise<string> => {
    const file = new File([readFileSync(path.join(work, name))], name);
    return (await client.files.create({ file, purpose: 'fine-tune' })).id;
  };
  const figuresOf = async (job: string): Promise<readonly Readonly<Record<string, number | null>>[]> =>
    (await provider().listEvents(job))
      .flatMap(({ metrics }) => metrics ?? [])
      .reverse()
      .map(({ step, trainLoss, validLoss, fullValidLoss, others }) => ({
        step,
        trainLoss,
        validLoss,
        fullValidLoss,
        reward: others?.['train_reward'] ?? null,
        validReward: others?.['full_valid_reward'] ?? null,
      }));

  it.each<MethodName>(['supervised', 'dpo', 'reinforcement'])(
    'trains as the trainer does (%s), and its adapter is a model and a job with the same curves',
    { timeout: 480_000 },
    async (method) => {
      // Answers that are sampled take most of the time.
      const n_epochs = method === 'reinforcement' ? 1 : 2;
      const hyperparameters = { n_epochs, batch_size: 8, learning_rate_multiplier: 20 };
      const advanced = { lora_rank: 4, validation_every: 2, validation_sample: 4 };
      const { id } = await client.fineTuning.jobs.create({
        model: 'tiny',
        seed: 7,
        training_file: await upload(`${method}.train.jsonl`),
        validation_file: await upload(`${method}.validation.jsonl`),
        method: {
          type: method,
          [method]: { hyperparameters, advanced, ...(method === 'reinforcement' ? { grader: GRADER } : {}) },
        },
      });
      const ended = async (): Promise<string> => (await client.fineTuning.jobs.retrieve(id)).status;
      await expect.poll(ended, { interval: 200, timeout: 240_000 }).toMatch(/succeeded|failed/u);
      const trained = await until(client, id, hasEnded);
      expect(trained.error?.message ?? '').toBe('');

      const settings = jobSettings(await provider().retrieveJob(id), 'own');
      if (!settings.ok) throw new Error(settings.error.message);
      const text = notebookText(
        notebookSettings({
          ...settings.value,
          baseModel: 'tiny',
          trainingFile: `${method}.train.jsonl`,
          validationFile: `${method}.validation.jsonl`,
        }),
      );
      // A folder of its own, with the files beside the notebook, as a user has it.
      const place = path.join(folder, `notebook ${method}`);
      mkdirSync(place);
      cpSync(path.join(work, 'tiny'), path.join(place, 'tiny'), { recursive: true });
      for (const part of ['train', 'validation'])
        copyFileSync(path.join(work, `${method}.${part}.jsonl`), path.join(place, `${method}.${part}.jsonl`));
      await runNotebook(program, text, place);
      const adapter = path.join(place, 'adapter');
      expect(readdirSync(adapter)).toEqual(
        expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors', 'trainer_state.json']),
      );

      const imported = await provider().importAdapter({ folder: adapter, suffix: 'notebook' });
      expect(imported.steps).toBe(3 * n_epochs);
      const [theirs, ours] = [await figuresOf(id), await figuresOf(imported.job)];
      expect(ours.map(({ step }) => step)).toEqual(theirs.map(({ step }) => step));
      for (const [at, row] of theirs.entries()) {
        for (const [name, value] of Object.entries(row)) {
          const other = ours[at]?.[name];
          if (value === null) expect(other, name).toBeNull();
          else expect(Math.abs((other ?? NaN) - value), name).toBeLessThanOrEqual(TOLERANCE * Math.abs(value) + 1e-9);
        }
      }
      const job = await provider().retrieveJob(imported.job);
      expect(job).toMatchObject({ method, seed: 7, hyperparameters, advanced });

      const ask = async (model: string): Promise<string | null | undefined> => {
        const messages = [{ role: 'user' as const, content: 'How much is very item 3?' }];
        const answer = await client.chat.completions.create({
          model,
          messages,
          temperature: 0,
          max_completion_tokens: 8,
        });
        return answer.choices[0]?.message.content;
      };
      expect(await ask(imported.model)).toBe(await ask(trained.fine_tuned_model ?? ''));
      if (method !== 'supervised') return;

      writeFileSync(
        path.join(place, 'imported.eval.json'),
        JSON.stringify({
          testFile: 'supervised.validation.jsonl',
          primary: 'mae',
          baseline: 'constant',
          contestants: [
            { label: 'imported', model: imported.model, baseUrl: server.baseUrl },
            { label: 'constant', constant: true },
          ],
          grader: { type: 'number' },
        }),
      );
      vi.stubEnv('TUNING_FORK_API_KEY', server.apiKey);
      const file = path.join(place, 'imported.eval.json');
      const evaluation = runCli(
        'evaluate',
        file,
        '--data-dir',
        path.join(folder, 'data'),
        '--format',
        'json',
        '--max-cost',
        'none',
      );
      expect(await evaluation.exitCode, evaluation.errors()).toBe(0);
      expect(evaluation.output()).toContain('"imported"');
    },
  );
});
