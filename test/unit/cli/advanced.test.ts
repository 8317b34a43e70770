// Plans of `tune` for open-weights models, with `--advanced NAME=VALUE`: settings of the trainer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/cli/options.ts';
import { planTuning, readTuneOptions } from '../../../src/cli/tunePlan.ts';
import { LOCAL_CONNECTION } from '../../../src/connections/store.ts';
import type { Connection } from '../../../src/core/provider/connection.ts';
import type { JobMethod } from '../../../src/core/training/job.ts';

const LAB: Connection = { id: 'lab', kind: 'compatible', name: 'Lab', baseUrl: 'http://127.0.0.1:1/v1' };
const row = (n: number): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: `What is ${String(n)}?` },
      { role: 'assistant', content: `It is ${String(n)}.` },
    ],
  });

let folder: string;
let training: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-cli-'));
  training = path.join(folder, 'train.jsonl');
  writeFileSync(training, Array.from({ length: 12 }, (_, n) => row(n)).join('\n'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function methodOf(
  given: readonly string[],
  { connection = LOCAL_CONNECTION, model = 'tiny', more = [] as readonly string[] } = {},
): Promise<JobMethod> {
  const args = [training, '--model', model, ...more, ...given.flatMap((one) => ['--advanced', one])];
  return (await planTuning(readTuneOptions(args), connection, {})).method;
}

it('the price of a job is not known where a cluster trains, and 0 on this machine', async () => {
  const options = readTuneOptions([training, '--model', 'tiny']);
  const ray: Connection = { ...LAB, kind: 'ray' };
  expect((await planTuning(options, ray, {})).priceEstimate).toBeNull();
  expect((await planTuning(options, LOCAL_CONNECTION, {})).priceEstimate).toBe(0);
});

describe('--advanced', () => {
  it('is taken once for each setting, and an empty value is the default', async () => {
    const given = ['lora_rank=8', 'lora_alpha=0.5', 'target_modules=q_proj,v_proj', 'packing=true', 'max_length=auto'];
    expect((await methodOf([...given, 'validation_sample='])).advanced).toEqual({
      lora_rank: 8,
      lora_alpha: 0.5,
      target_modules: ['q_proj', 'v_proj'],
      packing: true,
      max_length: 'auto',
    });
    expect(await methodOf([])).not.toHaveProperty('advanced');
  });

  it.each(['rank=8', 'lora_rank', '=8', 'toString=1'])('names the settings that there are for %s', async (given) => {
    await expect(methodOf([given])).rejects.toThrow(
      /^--advanced takes NAME=VALUE with one of the names lora_rank, .* or validation_sample\.$/,
    );
    await expect(methodOf([given])).rejects.toBeInstanceOf(UsageError);
  });

  it.each([
    ['lora_rank=0', 'LoRA rank must be a whole number (1 … 1,024).'],
    ['lora_rank=auto', 'LoRA rank must be a whole number (1 … 1,024).'],
    ['packing=yes', 'Packing must be on or off: true or false.'],
    ['target_modules=,', 'Target modules must be all-linear or a list of the names of layers.'],
  ])('says what is wrong with %s', async (given, message) => {
    await expect(methodOf([given])).rejects.toThrow(message);
    await expect(methodOf([given])).rejects.toBeInstanceOf(UsageError);
  });

  it('is refused where it does not fit the batch, or nothing takes it', async () => {
    const more = ['--batch-size', '8'];
    await expect(methodOf(['gradient_accumulation=3'], { more })).rejects.toThrow(
      'A batch of 8 cannot be divided into 3 equal parts.',
    );
    await expect(methodOf(['lora_rank=8'], { model: 'local-linear-1' })).rejects.toThrow(
      'local-linear-1 has no advanced settings.',
    );
    await expect(methodOf(['lora_rank=8'], { connection: LAB, model: 'gpt' })).rejects.toThrow(
      'gpt has no advanced settings.',
    );
  });
});
