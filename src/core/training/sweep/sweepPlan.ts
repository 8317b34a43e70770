// Settings of a sweep: the grid that the user names, and the runs of it that the budget allows.
import { createRandom } from '../../base/random.ts';
import { listOf, t, tn } from '../../base/messages.ts';
import { decimals } from '../../base/numbers.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { validateHyperparameter } from '../hyperparameters.ts';
import { parseAdvanced } from '../advanced.ts';

/** Values that are tried, ascending, each once. */
export interface SweepAxes {
  readonly rates: readonly number[];
  /** Null: the model has no rank. */
  readonly ranks: readonly number[] | null;
  readonly epochs: readonly number[];
}

export type SweepAxis = keyof SweepAxes;

/** Settings of one run. */
export interface SweepSettings {
  /** Learning rate multiplier. */
  readonly rate: number;
  readonly rank: number | null;
  readonly epochs: number;
}

/** Runs that a sweep may have at most: each is a whole training. */
export const MOST_RUNS = 50;
export const USUAL_RUNS = 4;
/** Values of one setting that are taken at most. */
const MOST_VALUES = 10;
const USUAL_RATE = 1;
export const USUAL_RANK = 16;
const MOST_EPOCHS = 50;

/** Settings around those that `auto` stands for. @param epochs epochs that are expected with `auto` */
export function proposedAxes(epochs: number, hasRank: boolean): SweepAxes {
  const around = [Math.ceil(epochs / 2), epochs, 2 * epochs];
  return {
    rates: [0.3, USUAL_RATE, 3],
    ranks: hasRank ? [8, USUAL_RANK, 32] : null,
    epochs: distinct(around.filter((value) => value >= 1 && value <= MOST_EPOCHS)),
  };
}

/** Number of all combinations. */
export function gridSize({ rates, ranks, epochs }: SweepAxes): number {
  return rates.length * (ranks?.length ?? 1) * epochs.length;
}

/**
 * Runs of a sweep. A grid within the budget is trained whole. Of a larger one the first run has the usual settings, where they are in the
 * grid, and the others are spread over it by a Kronecker sequence (the R sequence: a low-discrepancy design) that the seed shifts.
 * @param usual settings that `auto` stands for
 */
export function chooseRuns(
  axes: SweepAxes,
  { budget, seed, usual }: { readonly budget: number; readonly seed: number; readonly usual: SweepSettings },
): readonly SweepSettings[] {
  const { rates, epochs } = axes;
  const ranks: readonly (number | null)[] = axes.ranks ?? [null];
  const grid = rates.flatMap((rate) => ranks.flatMap((rank) => epochs.map((epoch) => ({ rate, rank, epochs: epoch }))));
  if (grid.length <= budget) return grid;
  const chosen = new Set<SweepSettings>(
    grid.filter(
      ({ rate, rank, epochs: count }) => rate === usual.rate && rank === usual.rank && count === usual.epochs,
    ),
  );
  const place = kronecker(3, seed);
  // A point may fall on a combination that is there already.
  for (let tries = 0; chosen.size < budget && tries < 200 * grid.length; tries++) {
    const [x, y, z] = place();
    const at = [cell(x, rates.length), cell(y, ranks.length), cell(z, epochs.length)] as const;
    const found = grid[(at[0] * ranks.length + at[1]) * epochs.length + at[2]];
    if (found) chosen.add(found);
  }
  for (const settings of grid) if (chosen.size < budget) chosen.add(settings);
  return [...chosen];
}

function cell(x: number | undefined, cells: number): number {
  return Math.min(cells - 1, Math.floor((x ?? 0) * cells));
}

/** Points in the unit cube whose coordinates are multiples of powers of the generalized golden ratio, shifted by the seed. */
function kronecker(dimensions: number, seed: number): () => readonly number[] {
  let ratio = 2;
  for (let turn = 0; turn < 60; turn++) ratio = (1 + ratio) ** (1 / (dimensions + 1));
  const random = createRandom(seed);
  const place = Array.from({ length: dimensions }, () => random.next());
  return () => {
    for (let i = 0; i < dimensions; i++) place[i] = ((place[i] ?? 0) + ratio ** -(i + 1)) % 1;
    return place;
  };
}

/** How the runs were chosen, in a sentence. */
export function designInWords(axes: SweepAxes, runs: number, seed: number): string {
  const size = gridSize(axes);
  return runs >= size
    ? tn(size, '{0} combination, which is the whole grid', '{0} combinations, which are the whole grid')
    : t(
        '{0} of {1} combinations, the usual one first, the others by a low-discrepancy design (R sequence, seed {2})',
        runs,
        size,
        String(seed),
      );
}

/** `0.3, 1, 3`. */
export function valuesInWords(values: readonly number[]): string {
  return listOf(values.map((value) => decimals(value, 0, 6)));
}

/** `×0.3, rank 8, 2 epochs`. */
export function settingsOfRun({ rate, rank, epochs }: SweepSettings): string {
  const parts = [t('learning rate ×{0}', decimals(rate, 0, 6)), tn(epochs, '{0} epoch', '{0} epochs')];
  return listOf(rank === null ? parts : [parts[0] ?? '', t('rank {0}', rank), parts[1] ?? '']);
}

/** Reads values that were typed, between commas or spaces. */
export function parseValues(axis: SweepAxis, typed: string): Result<readonly number[]> {
  const words = typed.split(/[\s,;]+/).filter((word) => word !== '');
  const action = t('Write numbers between commas, such as 0.3, 1, 3.');
  if (words.length === 0) return fail({ code: 'no-values', message: t('There is no value to try.'), action });
  const values: number[] = [];
  for (const word of words) {
    const value = parsed(axis, word);
    if (!value.ok) return fail(value.error);
    if (typeof value.value !== 'number')
      return fail({ code: 'no-number', message: t('{0} is no number.', word), action });
    values.push(value.value);
  }
  const all = distinct(values);
  if (all.length <= MOST_VALUES) return ok(all);
  return fail({
    code: 'many-values',
    message: t('{0} values are too many; {1} are possible.', all.length, MOST_VALUES),
    action: t('Leave some out.'),
  });
}

function parsed(axis: SweepAxis, word: string): Result<unknown> {
  if (axis === 'ranks') return parseAdvanced('lora_rank', word);
  return validateHyperparameter(axis === 'rates' ? 'learning_rate_multiplier' : 'n_epochs', word);
}

/** Reads the typed number of runs. */
export function parseBudget(typed: string): Result<number> {
  const value = /^\s*\d{1,4}\s*$/.test(typed) ? Number(typed) : NaN;
  if (value >= 2 && value <= MOST_RUNS) return ok(value);
  return fail({
    code: 'bad-budget',
    message: t('The number of runs must be a whole number from {0} to {1}.', 2, MOST_RUNS),
    action: t('Correct it.'),
  });
}

function distinct(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
