// Models of the hub on this machine, where the hub's own library keeps them.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** Folder of a model in the hub's cache, which may not be there; null where its revision is not known. */
export async function snapshotOf(
  model: string,
  revision: string | null,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  const folder = path.join(cacheOf(env), `models--${model.replaceAll('/', '--')}`);
  const commit = revision ?? (await readFile(path.join(folder, 'refs', 'main'), 'utf8').catch(() => '')).trim();
  return /^[\w.-]+$/.test(commit) && !commit.startsWith('.') ? path.join(folder, 'snapshots', commit) : null;
}

function cacheOf(env: NodeJS.ProcessEnv): string {
  const named = env['HF_HUB_CACHE'] ?? '';
  if (named !== '') return named;
  const home = env['HF_HOME'] ?? '';
  if (home !== '') return path.join(home, 'hub');
  const cache = env['XDG_CACHE_HOME'] ?? '';
  return path.join(cache === '' ? path.join(homedir(), '.cache') : cache, 'huggingface', 'hub');
}
