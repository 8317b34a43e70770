import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { markComplete } from '../../../src/openWeights/environment.ts';
import { placesIn, pythonOf } from '../../../src/openWeights/places.ts';
import { updateRegistry } from '../../../src/openWeights/registry.ts';

const TRAINER = fileURLToPath(new URL('./fakeTrainer.ts', import.meta.url));

/** Bases whose source says how the fake trainer behaves. */
export const BASES = ['good', 'slow', 'dies', 'silent', 'garbage', 'endless', 'nan', 'hungry'] as const;

/** Makes an environment in the extension's storage whose Python is the fake trainer, and the list of models. */
export async function setUpFakeEnvironment(storage: string): Promise<void> {
  const { server, venv } = placesIn(storage);
  const python = await setUpFakePython(server);
  mkdirSync(path.dirname(pythonOf(venv)), { recursive: true });
  copyFileSync(python, pythonOf(venv));
  await markComplete(venv, { trainer: 'fake', python, madeAt: new Date(0).toISOString(), bytes: 1.4e9 });
}

/** Writes a program that is called like Python and is the fake trainer, and the list of models; returns its path. */
export async function setUpFakePython(folder: string): Promise<string> {
  const python = path.join(folder, 'python');
  mkdirSync(folder, { recursive: true });
  writeFileSync(python, `#!/bin/sh\nexec "${process.execPath}" "${TRAINER}" "$@"\n`);
  chmodSync(python, 0o755);
  await updateRegistry(folder, () => ({
    python,
    models: BASES.map((source) => ({
      id: `tiny-${source}`,
      source,
      revision: null,
      licence: null,
      parameters: null,
      addedAt: new Date(0).toISOString(),
    })),
  }));
  return python;
}
