import type { Connection } from './connection.ts';
import { isLoopback } from './addresses.ts';

/** The embedded provider's base model: a linear baseline, not a language model. */
export const LOCAL_BASE_MODEL = 'local-linear-1';

/** Untrained, the local engine knows nothing and refuses to answer; every other base model can be asked. */
export function canBaseAnswer(base: string): boolean {
  return base !== LOCAL_BASE_MODEL;
}

/**
 * Nobody sends a bill: the embedded provider, or its model on a server of this machine. Another model behind a loopback
 * address may well be paid for: gateways listen there, too.
 */
export function isFree(connection: Pick<Connection, 'kind' | 'baseUrl'>, model: string): boolean {
  if (connection.kind === 'local') return true;
  return isLoopback(connection.baseUrl) && (model === LOCAL_BASE_MODEL || model.startsWith(`ft:${LOCAL_BASE_MODEL}:`));
}
