import type { Contestant } from '../types.ts';
import { isFloor } from './floors.ts';

/** Contestant that the fact of a run is about: the first one besides the baseline, a model before a free floor. */
export function subjectOf<C extends Pick<Contestant, 'id' | 'label' | 'kind' | 'listed'>>(
  contestants: readonly C[],
  baseline: string | null,
): C | undefined {
  const others = contestants.filter(({ id }) => id !== baseline);
  return others.find((one) => !isFloor(one)) ?? others[0];
}
