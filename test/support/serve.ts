import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { inProject } from '../../scripts/lib/paths.ts';
import { cleanEnvironment, endProcess } from '../../scripts/lib/processes.ts';

/** A training server of its own process, as `node dist/cli.js serve` starts it. */
export interface Serve {
  readonly pid: number;
  /** `http://127.0.0.1:<port>/v1` */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Its data folder. */
  readonly data: string;
  /** Kills it without a word, as a power cut does. The data stays. */
  readonly kill: () => void;
  /** Ends it; deletes the data folder unless it was given. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts `node dist/cli.js serve` (build first) on a free port and waits for its address.
 * @param data folder to go on with; a temporary one unless given
 */
export async function startServe(data?: string, ...args: string[]): Promise<Serve> {
  const folder = data ?? (await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-serve-')));
  const child = spawn(process.execPath, [inProject('dist/cli.js'), 'serve', '--port', '0', '--data', folder, ...args], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`serve ended with ${code ?? 'a signal'} before it printed its address.\n${errors}`));
    });
  });
  const address = JSON.parse(line) as { base_url: string; api_key: string };
  const { pid } = child;
  if (pid === undefined) throw new Error('serve has no process id.');
  return {
    pid,
    baseUrl: address.base_url,
    apiKey: address.api_key,
    data: folder,
    kill: () => {
      child.kill('SIGKILL');
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) await endProcess(pid);
      if (data === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
