import path from 'node:path';

/** Journal of a run, `<folder>/<id>.jsonl`. Throws a `TypeError` for an id that could leave the folder. */
export function journalOf(folder: string, id: string): string {
  return path.join(folder, `${checked(id)}.jsonl`);
}

/** Lease of the writer of a run, `<folder>/<id>.lock/`; there is none before the first writer. */
export function lockOf(folder: string, id: string): string {
  return path.join(folder, `${checked(id)}.lock`);
}

/** Draft of a journal while its first lines are written; only the holder of the lease makes or reads it. */
export function draftOf(folder: string, id: string): string {
  return path.join(folder, `${checked(id)}.jsonl.tmp`);
}

/** Id of the run whose journal has this name; null for other files. */
export function runIdOf(name: string): string | null {
  return /^([A-Za-z0-9_-]{1,80})\.jsonl$/.exec(name)?.[1] ?? null;
}

/** Id of the run whose draft has this name; null for other files. */
export function draftIdOf(name: string): string | null {
  return name.endsWith('.tmp') ? runIdOf(name.slice(0, -'.tmp'.length)) : null;
}

function checked(id: string): string {
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(id)) throw new TypeError('Not the id of a run.');
  return id;
}
