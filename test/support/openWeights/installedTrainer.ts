import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hashOfTrainer, markComplete } from '../../../src/openWeights/environment.ts';
import { placesIn } from '../../../src/openWeights/places.ts';

/** Writes the sources of a trainer into the extension in a storage folder. */
export async function writeTrainer(folder: string): Promise<void> {
  await mkdir(path.join(folder, 'extension/trainer/src/tuning_fork_trainer'), { recursive: true });
  await writeFile(path.join(folder, 'extension/trainer/pyproject.toml'), '[project]\n');
}

/** Makes an environment that has that trainer. @param python program that becomes its Python */
export async function installTrainer(folder: string, python: string): Promise<void> {
  const { venv } = placesIn(folder);
  await mkdir(path.join(venv, 'bin'), { recursive: true });
  await writeFile(path.join(venv, 'bin/python'), await readFile(python), { mode: 0o755 });
  const trainer = await hashOfTrainer(path.join(folder, 'extension/trainer'));
  await markComplete(venv, { trainer, python, madeAt: '2026-11-27T10:00:00Z', bytes: 1.4e9 });
}
