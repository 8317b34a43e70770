// Parts of a test file by their expected answer: what is true of all items may be false of the dear ones, or of one label.
import type { GraderType } from '../types.ts';

/** Items below which a part says nothing of its own: the intervals were measured from 20 rows on. */
const FEWEST = 20;
/** Parts by size of the number: thirds. */
const PARTS = 3;
/** Labels beyond which a table of them is not read, and a correction for all of them claims nothing. */
const MOST_LABELS = 20;

export interface Slice {
  /** The label, or the least and the largest number. */
  readonly name: string | readonly [number, number];
  /** Places in the given list. */
  readonly places: readonly number[];
}

/** Divides items by their expected answers: labels with enough items, or thirds of the numbers. Empty where there are no two such parts. */
export function slicesOf(truths: readonly (string | number)[], grader: GraderType): readonly Slice[] {
  const slices = grader === 'number' ? thirds(truths) : grader === 'label' ? byLabel(truths) : [];
  return slices.length < 2 ? [] : slices;
}

function thirds(truths: readonly (string | number)[]): readonly Slice[] {
  const order = truths.flatMap((truth, at) => (typeof truth === 'number' ? [{ truth, at }] : []));
  if (order.length < PARTS * FEWEST) return [];
  order.sort((a, b) => a.truth - b.truth || a.at - b.at);
  const slices: Slice[] = [];
  let from = 0;
  for (let part = 1; part <= PARTS; part += 1) {
    let to = Math.round((order.length * part) / PARTS);
    // Equal numbers stay together.
    while (to < order.length && order[to]?.truth === order[to - 1]?.truth) to += 1;
    const group = order.slice(from, to);
    const [first, last] = [group[0], group.at(-1)];
    from = Math.max(from, to);
    if (first === undefined || last === undefined || group.length < FEWEST) continue;
    slices.push({ name: [first.truth, last.truth], places: group.map(({ at }) => at) });
  }
  return slices;
}

function byLabel(truths: readonly (string | number)[]): readonly Slice[] {
  const places = new Map<string, number[]>();
  for (const [at, truth] of truths.entries()) {
    const found = places.get(String(truth));
    if (found) found.push(at);
    else places.set(String(truth), [at]);
  }
  const large = [...places].filter(([, found]) => found.length >= FEWEST);
  if (large.length > MOST_LABELS) return [];
  return large.map(([name, found]) => ({ name, places: found }));
}
