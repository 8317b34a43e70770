import { createRandom } from '../../base/random.ts';

/**
 * Chooses the rows for validation: `true` at the row's place. Rows with equal keys (equal prompts) stay together, so no
 * question is on both sides; the same keys, share and seed give the same split.
 *
 * Whole groups are taken in a seeded order while they fit into `validationShare` (0…1) of the rows. With two groups or
 * more, neither side is empty; with one group everything is training.
 */
export function splitRows(keys: readonly string[], validationShare: number, seed: number): readonly boolean[] {
  const groups = new Map<string, number[]>();
  keys.forEach((key, row) => {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  });
  const chosen = new Array<boolean>(keys.length).fill(false);
  if (groups.size < 2) return chosen;

  const share = Number.isFinite(validationShare) ? Math.min(Math.max(validationShare, 0), 1) : 0;
  const target = Math.max(1, Math.round(keys.length * share));
  const order = createRandom(seed).shuffle([...groups.values()]);
  const taken: number[][] = [];
  let rows = 0;
  for (const group of order) {
    // The last group stays on the training side, which would be empty without it.
    if (rows + group.length > target || taken.length === order.length - 1) continue;
    taken.push(group);
    rows += group.length;
    if (rows === target) break;
  }
  if (taken.length === 0) {
    const smallest = order.reduce((a, b) => (b.length < a.length ? b : a));
    taken.push(smallest);
  }
  for (const group of taken) for (const row of group) chosen[row] = true;
  return chosen;
}
