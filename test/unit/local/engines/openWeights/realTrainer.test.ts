import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type LocalServer } from '../../../../../src/local/server/server.ts';
import { updateRegistry } from '../../../../../src/openWeights/registry.ts';
import { pythonWithTrainer, tinyModel } from '../../../../support/openWeights/realPython.ts';
import { allEvents, removeFolder, temporaryFolder, until, hasEnded } from '../../serveProcess.ts';
import { prices } from '../../support.ts';

/** Path of a Python that has the trainer (`npm run setup:trainer` makes one). */
const python = process.env['TUNING_FORK_TRAINER_PYTHON'];
const TRAINER = fileURLToPath(new URL('../../../../../trainer', import.meta.url));

/** A random Llama of two layers with a tokenizer of its own: nothing is downloaded. */
const MAKE = `
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.support import make_model
make_model(Path(sys.argv[2]))
`;

describe.skipIf(python === undefined)(
  'the trainer itself, behind the local server (TUNING_FORK_TRAINER_PYTHON)',
  () => {
    const folder = temporaryFolder();
    let server: LocalServer;
    let client: OpenAI;
    const start = async (): Promise<void> => {
      server = await startServer({ dataFolder: folder, port: 0, version: 'test' });
      client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 });
    };
    beforeAll(async () => {
      const model = path.join(folder, 'tiny');
      const program = pythonWithTrainer(python ?? '', folder);
      execFileSync(program, ['-c', MAKE, TRAINER, model], { stdio: 'pipe' });
      await updateRegistry(folder, () => ({
        python: program,
        models: [tinyModel(model)],
      }));
      await start();
    }, 120_000);
    afterAll(async () => {
      await server.close();
      removeFolder(folder);
    });

    it('trains, goes on after a restart in the middle, and answers', { timeout: 300_000 }, async () => {
      const upload = async (count: number, first: number): Promise<string> => {
        const text = prices(count, first)
          .map((row) => JSON.stringify(row))
          .join('\n');
        return (await client.files.create({ file: new File([text], 'x.jsonl'), purpose: 'fine-tune' })).id;
      };
      const { id } = await client.fineTuning.jobs.create({
        model: 'tiny',
        training_file: await upload(80, 0),
        validation_file: await upload(10, 1000),
        method: {
          type: 'supervised',
          supervised: { hyperparameters: { n_epochs: 3, batch_size: 4, learning_rate_multiplier: 1 } },
        },
      });
      const checkpointed = async (): Promise<number> => (await client.fineTuning.jobs.checkpoints.list(id)).data.length;
      await expect.poll(checkpointed, { interval: 50, timeout: 120_000 }).toBeGreaterThan(0);
      await server.close();
      await start();
      const job = await expect
        .poll(async () => (await client.fineTuning.jobs.retrieve(id)).status, { interval: 100, timeout: 120_000 })
        .toMatch(/succeeded|failed/u)
        .then(() => until(client, id, hasEnded));
      expect(job.error?.message ?? '').toBe('');
      expect(job.status).toBe('succeeded');
      const losses = (await allEvents(client, id)).flatMap(({ data }) => {
        const { step, full_valid_loss: loss } = (data ?? {}) as { step?: number; full_valid_loss?: number };
        return step !== undefined && loss !== undefined ? [[step, loss] as const] : [];
      });
      expect(new Set(losses.map(([step]) => step))).toEqual(new Set([20, 40, 60]));
      const lossAt = (at: number): number => losses.find(([step]) => step === at)?.[1] ?? NaN;
      expect(lossAt(60)).toBeLessThan(lossAt(20));

      const params = {
        model: job.fine_tuned_model ?? '',
        messages: [{ role: 'user' as const, content: 'How much is it?' }],
        temperature: 0,
        max_completion_tokens: 8,
      };
      const whole = (await client.chat.completions.create(params)).choices[0]?.message.content;
      let text = '';
      for await (const chunk of await client.chat.completions.create({ ...params, stream: true }))
        text += chunk.choices[0]?.delta.content ?? '';
      expect(text).toBe(whole);
      expect((await client.chat.completions.create({ ...params, model: 'tiny' })).choices).toHaveLength(1);

      const tool = { type: 'function' as const, function: { name: 'price', parameters: { type: 'object' } } };
      const plain = await client.chat.completions.create({ ...params, n: 2, logprobs: true, top_logprobs: 3 });
      const withTool = await client.chat.completions.create({ ...params, tools: [tool] });
      expect(withTool.usage?.prompt_tokens).toBeGreaterThan(plain.usage?.prompt_tokens ?? Infinity);
      const tokens = plain.choices[0]?.logprobs?.content ?? [];
      const bytes = Buffer.concat(tokens.map((token) => Buffer.from(token.bytes ?? [])));
      expect(bytes.toString('utf8')).toBe(plain.choices[0]?.message.content);
      expect(tokens.every(({ top_logprobs: top }) => top.length === 3)).toBe(true);
    });
  },
);
