import { isServedHere, type Connection } from './connection.ts';
import { isLoopback } from './addresses.ts';

/** Base model of the embedded provider: a linear baseline, not a language model. */
export const LOCAL_BASE_MODEL = 'local-linear-1';

/** Tells whether a base model answers: the untrained local engine knows nothing and refuses, every other model answers. */
export function canBaseAnswer(base: string): boolean {
  return base !== LOCAL_BASE_MODEL;
}

/**
 * Tells models that no provider bills: those of the embedded provider, also on another server of this machine, and of one's own cluster. Another model behind a
 * loopback address may cost money: gateways listen there, too.
 */
export function isFree(connection: Pick<Connection, 'kind' | 'baseUrl'>, model: string): boolean {
  if (isServedHere(connection)) return true;
  return isLoopback(connection.baseUrl) && (model === LOCAL_BASE_MODEL || model.startsWith(`ft:${LOCAL_BASE_MODEL}:`));
}
