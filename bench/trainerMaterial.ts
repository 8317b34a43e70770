import { cpus } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { inProject } from '../scripts/lib/paths.ts';
import { passThrough } from '../scripts/lib/processes.ts';
import { trainerPython } from '../scripts/lib/trainerEnvironment.ts';

/** Rows that are trained, and those of the validation, which come first in the file. */
export const TRAINED = 32;
export const VALIDATED = 8;

/** Model and rows that all parts of the bench measure with. */
export interface TrainerMaterial {
  /** Folder for the files of a part. */
  readonly folder: string;
  /** Folder of the model, with safetensors. */
  readonly model: string;
  /** Path of the rows: chat messages, JSON lines. */
  readonly rows: string;
  /** Sentences about model, rows and machine. */
  readonly about: string;
}

/** Writes the rows, and a model where TUNING_FORK_SMOLLM2_DIR names none. Rejects when that fails. */
export async function prepareMaterial(folder: string): Promise<TrainerMaterial> {
  const real = process.env['TUNING_FORK_SMOLLM2_DIR'];
  const data = process.env['TUNING_FORK_DATA_DIR'];
  const file = data === undefined ? undefined : path.join(data, 'lesson/students/emmy_fine_tune_train.jsonl');
  await runTrainerBench('material.py', [
    ...['--folder', folder, '--rows', String(TRAINED + VALIDATED)],
    ...(file === undefined ? [] : ['--data', file]),
    ...(real === undefined ? ['--model'] : []),
  ]);
  const model = real === undefined ? path.join(folder, 'model') : path.resolve(real);
  const what = real === undefined ? 'random weights in the shape of SmolLM2-135M' : path.basename(model);
  const rows = file === undefined ? 'made-up prices of mixed length' : path.basename(file);
  const processors = cpus();
  const machine = `${String(processors.length)} × ${processors[0]?.model ?? 'unknown processor'}, ${process.platform}`;
  const about = `Model: ${what}. Rows: ${String(TRAINED)} of ${rows}. Machine: ${machine}.`;
  return { folder, model, rows: path.join(folder, 'rows.jsonl'), about };
}

/** Runs a program of trainer/bench with its output on ours. Rejects when it fails. */
export async function runTrainerBench(name: string, args: readonly string[]): Promise<void> {
  const code = await passThrough(trainerPython, [inProject('trainer', 'bench', name), ...args]);
  if (code !== 0) throw new Error(`${name} ended with code ${String(code)}.`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
