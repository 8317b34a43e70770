// Thread entry: the local server in a folder of its own; posts its address.
import { parentPort, workerData } from 'node:worker_threads';
import { startServer } from '../src/local/server/server.ts';

const { dataFolder } = workerData as { readonly dataFolder: string };
const { baseUrl, apiKey } = await startServer({ dataFolder, port: 0, version: 'bench' });
parentPort?.postMessage({ baseUrl, apiKey });
