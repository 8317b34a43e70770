/** Metadata of a job that is to stop by itself when validation gets worse. It travels with the start, so it outlives VS Code. */
export const EARLY_STOP_KEY = 'tuning_fork_early_stop';
const ON = 'validation';

/** Metadata that asks for it. */
export const EARLY_STOP_METADATA: Readonly<Record<string, string>> = { [EARLY_STOP_KEY]: ON };

/** Tells whether a job was started with the rule. */
export function stopsEarly(metadata: Readonly<Record<string, string>>): boolean {
  return metadata[EARLY_STOP_KEY] === ON;
}
