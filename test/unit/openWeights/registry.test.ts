import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRegistry, readRegistry, registryFile, updateRegistry } from '../../../src/openWeights/registry.ts';

const model = {
  id: 'a/b',
  source: 'a/b',
  revision: null,
  licence: 'apache-2.0',
  parameters: 5,
  addedAt: '2026-11-27T00:00:00.000Z',
};

describe('list of open-weights models', () => {
  let folder: string;

  beforeEach(async () => {
    folder = path.join(await mkdtemp(path.join(tmpdir(), 'tuning-fork-registry-')), 'local');
  });

  afterEach(async () => {
    await rm(path.dirname(folder), { recursive: true, force: true });
  });

  it('is empty without a file, and reads what was written', async () => {
    expect(await readRegistry(folder)).toEqual({ python: null, models: [] });
    await updateRegistry(folder, () => ({ python: '/venv/bin/python', models: [model] }));
    expect(await readRegistry(folder)).toEqual({ python: '/venv/bin/python', models: [model] });
  });

  it('loses no change of several windows', async () => {
    const ids = Array.from({ length: 8 }, (_, index) => `m${String(index)}`);
    await Promise.all(
      ids.map((id) =>
        updateRegistry(folder, (registry) => ({ ...registry, models: [...registry.models, { ...model, id }] })),
      ),
    );
    expect((await readRegistry(folder)).models.map(({ id }) => id).sort()).toEqual(ids);
  });

  it('leaves out entries that cannot be read, and reads a damaged file as an empty one', async () => {
    const text = JSON.stringify({ python: 5, models: [model, { id: 'x' }, null, 3, { ...model, parameters: -1 }] });
    expect(parseRegistry(text)).toEqual({ python: null, models: [model, { ...model, parameters: null }] });
    await updateRegistry(folder, (registry) => registry);
    await writeFile(registryFile(folder), '{"models": [');
    expect(await readRegistry(folder)).toEqual({ python: null, models: [] });
  });
});
