import { setTimeout as delay } from 'node:timers/promises';
import type { StartJobDeps } from './startContract.ts';

/** Waits `ms`; rejects when the signal aborts. */
export async function sleep(deps: Pick<StartJobDeps, 'sleep' | 'signal'>, ms: number): Promise<void> {
  if (ms === 0) return;
  if (deps.sleep) await deps.sleep(ms, deps.signal);
  else await delay(ms, undefined, deps.signal ? { signal: deps.signal } : {});
}
