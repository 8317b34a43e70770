import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { commandLine, endProcess, isAlive } from './processes.ts';

/** Where the extension notes the training server that it starts detached. */
export function localServerFile(userData: string): string {
  return path.join(userData, 'User/globalStorage/tuning-fork.tuning-fork/local/server.json');
}

/**
 * Ends the extension's training server of this profile, if it runs. It outlives windows on purpose; a profile that is
 * being shut down or deleted must not leave it behind. The id may have been reused, so the command line decides.
 */
export async function endLocalServer(userData: string): Promise<void> {
  let pid: unknown;
  try {
    pid = (JSON.parse(await readFile(localServerFile(userData), 'utf8')) as { pid?: unknown }).pid;
  } catch {
    return;
  }
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return;
  if (/\bcli\.js\b.*\bserve\b/.test(await commandLine(pid))) await endProcess(pid);
}
