import type { Contestant } from '../types.ts';

/** Tells whether a contestant is a free floor that is shown apart and compared with none. */
export function isFloor({ kind, listed }: Pick<Contestant, 'kind' | 'listed'>): boolean {
  return kind === 'constant' && listed !== true;
}
