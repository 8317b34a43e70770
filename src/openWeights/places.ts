// Where the environment of open-weights training is. Read at activation, so that it imports nothing of its own.
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Paths of the set-up. */
export interface Places {
  /** `open-weights` in the extension's storage. */
  readonly root: string;
  readonly venv: string;
  /** Environment that a repair replaces, until the new one is complete. */
  readonly old: string;
  /** Temporary files of pip: the system's folder for them may be small. */
  readonly temporary: string;
  readonly log: string;
  readonly lock: string;
  /** Folder of the local server, with `open-weights.json`. */
  readonly server: string;
}

/** @param storage the extension's storage folder */
export function placesIn(storage: string): Places {
  const root = path.join(storage, 'open-weights');
  return {
    root,
    venv: path.join(root, 'venv'),
    old: path.join(root, 'venv.old'),
    temporary: path.join(root, 'tmp'),
    log: path.join(root, 'set-up.log'),
    lock: path.join(root, 'set-up.lock'),
    server: path.join(storage, 'local'),
  };
}

/** Path of the environment's Python. */
export function pythonOf(venv: string): string {
  return process.platform === 'win32' ? path.join(venv, 'Scripts', 'python.exe') : path.join(venv, 'bin', 'python');
}

/** Path of the file that is written last: an environment without it is not used. */
export function markOf(venv: string): string {
  return path.join(venv, 'complete.json');
}

/** Tells, by a look at two files, whether an environment is there; whether it is up to date is told by `stateOf`. */
export function isSetUp(storage: string): boolean {
  const { venv } = placesIn(storage);
  return existsSync(markOf(venv)) && existsSync(pythonOf(venv));
}
