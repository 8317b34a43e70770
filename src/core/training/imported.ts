// Adapters that were trained elsewhere and imported as a job.

/** Metadata of a job whose training was somewhere else. */
const KEY = 'tuning_fork_imported';

export const IMPORTED_METADATA: Readonly<Record<string, string>> = { [KEY]: 'adapter' };

export function isImported({ metadata }: { readonly metadata: Readonly<Record<string, string>> }): boolean {
  return KEY in metadata;
}
