import process from 'node:process';
import { trainerPython } from '../scripts/lib/trainerEnvironment.ts';
import { startServer, type LocalServer } from '../src/local/server/server.ts';
import { updateRegistry } from '../src/openWeights/registry.ts';
import { pythonWithTrainer } from '../test/support/openWeights/realPython.ts';

/** Id of the model at the server. */
export const BENCH_MODEL = 'bench';

/** Starts a local server that trains and answers for this model. `source`: its folder. */
export async function startTrainerServer(dataFolder: string, source: string): Promise<LocalServer> {
  const server = await startServer({ dataFolder, port: 0, version: 'bench' });
  const python = process.platform === 'win32' ? trainerPython : pythonWithTrainer(trainerPython, dataFolder);
  const addedAt = new Date(0).toISOString();
  await updateRegistry(dataFolder, () => ({
    python,
    models: [{ id: BENCH_MODEL, source, revision: null, licence: null, parameters: null, addedAt }],
  }));
  return server;
}
