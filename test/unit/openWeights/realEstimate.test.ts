// The estimate of the trainer itself. Skipped without TUNING_FORK_TRAINER_PYTHON: `npm run setup:trainer` makes one.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { inProject } from '../../../scripts/lib/paths.ts';
import { estimateTraining } from '../../../src/openWeights/estimate.ts';
import { updateRegistry } from '../../../src/openWeights/registry.ts';
import { pythonWithTrainer } from '../../support/openWeights/realPython.ts';

const python = process.env['TUNING_FORK_TRAINER_PYTHON'];

/** A random Llama of two layers with a tokenizer of its own, and rows: nothing is downloaded. */
const MAKE = `
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.support import make_model, write_rows
make_model(Path(sys.argv[2]))
write_rows(Path(sys.argv[3]), 40)
write_rows(Path(sys.argv[4]), 8, first=100)
`;

describe.skipIf(python === undefined)('the estimate of the trainer itself', { timeout: 300_000 }, () => {
  let folder: string;
  const place = (name: string): string => path.join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-real-estimate-'));
    await mkdir(place('local'));
    await mkdir(place('tmp'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  it('has figures and notices, says what is wrong with a job, and leaves nothing', async () => {
    const program = pythonWithTrainer(python ?? '', folder);
    const [training, validation] = [place('rows.jsonl'), place('held.jsonl')];
    execFileSync(program, ['-c', MAKE, inProject('trainer'), place('tiny'), training, validation], { stdio: 'pipe' });
    // From here on: importing torch makes a folder of its own there.
    vi.stubEnv('TMPDIR', place('tmp'));
    const addedAt = new Date(0).toISOString();
    const model = { id: 'tiny', source: place('tiny'), revision: null, licence: null, parameters: null, addedAt };
    await updateRegistry(place('local'), () => ({ python: program, models: [model] }));
    const before = await readdir(place('local'));
    const ask = (held: string | null, maxLength: number) =>
      estimateTraining(
        {
          model: 'tiny',
          method: 'supervised',
          hyperparameters: { n_epochs: 3, batch_size: 4, learning_rate_multiplier: 'auto' },
          advanced: { max_length: maxLength },
          grader: null,
          seed: 1,
          files: () => Promise.resolve({ training, validation: held }),
        },
        { server: place('local'), env: process.env, signal: new AbortController().signal },
      );
    // Examples whose answers are cut off are left out: 32 of 40 are trained on.
    const told = await ask(validation, 58);
    expect(told).toMatchObject({ kind: 'figures', figures: { totalSteps: 24 } });
    if (told.kind !== 'figures') return;
    expect(told.notices.some(({ level }) => level === 'warn')).toBe(true);
    const { seconds, tokensPerSecond, memoryNeeded, memoryAvailable, parameters, trainableParameters } = told.figures;
    expect(seconds).toBeGreaterThan(0);
    expect(tokensPerSecond).toBeGreaterThan(0);
    expect(memoryAvailable).toBeGreaterThan(memoryNeeded);
    expect(parameters).toBeGreaterThan(trainableParameters);
    expect(await ask(null, 100_000)).toMatchObject({ kind: 'refused', problem: { code: 'bad-job' } });
    expect(await readdir(place('tmp'))).toEqual([]);
    expect(await readdir(place('local'))).toEqual(before);
  });
});
