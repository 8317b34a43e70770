import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenWeightsModel } from '../../../src/openWeights/registry.ts';

const SOURCES = fileURLToPath(new URL('../../../trainer/src', import.meta.url));

/** Entry of the list of open-weights models for a folder of random weights. */
export function tinyModel(source: string): OpenWeightsModel {
  const addedAt = new Date(0).toISOString();
  return { id: 'tiny', source, revision: null, licence: null, parameters: null, addedAt };
}

/** Writes a program that is called like `python` and finds the trainer of this checkout, whatever is installed; returns its path. */
export function pythonWithTrainer(python: string, folder: string): string {
  const program = path.join(folder, 'python-with-trainer');
  writeFileSync(program, `#!/bin/sh\nPYTHONPATH="${SOURCES}" exec "${python}" "$@"\n`);
  chmodSync(program, 0o755);
  return program;
}
