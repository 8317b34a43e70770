import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { updateRegistry } from '../../../src/openWeights/registry.ts';

const TRAINER = fileURLToPath(new URL('./fakeTrainer.ts', import.meta.url));

/** Bases whose source says how the fake trainer behaves. */
export const BASES = ['good', 'slow', 'dies', 'silent', 'garbage', 'endless', 'nan', 'hungry'] as const;

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
