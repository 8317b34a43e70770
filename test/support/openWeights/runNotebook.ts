import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { scriptOf } from '../notebooks.ts';

/** Runs the code cells of a notebook in a folder, without the one that installs packages. Rejects with what Python wrote. */
export async function runNotebook(python: string, text: string, folder: string): Promise<string> {
  const script = path.join(folder, 'notebook.py');
  writeFileSync(script, scriptOf(text));
  const env = { ...process.env, HF_HUB_OFFLINE: '1', OMP_NUM_THREADS: '1' };
  const { stdout } = await promisify(execFile)(python, [script], { cwd: folder, env, maxBuffer: 50e6 });
  return stdout;
}
