import { setImmediate } from 'node:timers/promises';
import type { JobEvent } from '../../core/training/job.ts';

/** Events stored at once: a few milliseconds of work. */
const PORTION = 2000;

/**
 * Stores a long history in portions and gives other work its turn in between, oldest first: when the process ends meanwhile, the rest is
 * read from the provider again. `events`: newest first.
 * @returns the newest portion, which the caller stores with the rest of its news.
 */
export async function storeOldest(
  events: readonly JobEvent[],
  store: (portion: readonly JobEvent[]) => unknown,
): Promise<readonly JobEvent[]> {
  let end = events.length;
  for (; end > PORTION; end -= PORTION) {
    await store(events.slice(end - PORTION, end));
    await setImmediate();
  }
  return events.slice(0, end);
}
