import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../../src/core/base/random.ts';
import { checksInSteps, type MeanChecks } from '../../../../../src/core/evaluation/comparison/checks.ts';
import type { RowResult } from '../../../../../src/core/evaluation/types.ts';
import { signFlip } from '../../../../../src/core/statistics/signFlip.ts';
import { wilcoxon } from '../../../../../src/core/statistics/wilcoxon.ts';

function rowsOf(contestant: string, errors: readonly (number | null)[]): ReadonlyMap<number, RowResult> {
  return new Map(
    errors.map((error, item) => [
      item,
      {
        contestant,
        item,
        status: error === null ? ('no-number' as const) : ('graded' as const),
        sample: String(error),
        guess: error,
        truth: 0,
        error,
        colour: 'red' as const,
      },
    ]),
  );
}

const own = (item: number): number => item;

function checks(a: readonly (number | null)[], b: readonly (number | null)[], clusterOf = own): MeanChecks | null {
  const checking = checksInSteps(rowsOf('a', a), rowsOf('b', b), clusterOf);
  for (;;) {
    const step = checking.next();
    if (step.done === true) return step.value;
  }
}

describe('checks of the mean', () => {
  const random = createRandom(5);
  const a = Array.from({ length: 60 }, () => 50 + 20 * random.normal());
  const b = a.map((error) => error + 4 * random.normal() - 1);

  it('are the sign-flip test and Wilcoxon over the pairs, the same each time', () => {
    const differences = a.map((error, at) => error - (b[at] ?? 0));
    expect(checks(a, b)).toEqual({ signFlip: signFlip(differences), wilcoxon: wilcoxon(differences) });
    expect(checks(a, b)).toEqual(checks(a, b));
  });

  it('leave out rows without a number, and count equal prompts once', () => {
    const silent: (number | null)[] = [...a];
    silent[3] = null;
    const rest = a.map((error, at) => error - (b[at] ?? 0)).filter((_, at) => at !== 3);
    expect(checks(silent, b)?.wilcoxon).toBe(wilcoxon(rest));
    const pairs = a.map((error, at) => error - (b[at] ?? 0));
    const halves = Array.from({ length: 30 }, (_, at) => ((pairs[2 * at] ?? 0) + (pairs[2 * at + 1] ?? 0)) / 2);
    expect(checks(a, b, (item) => item - (item % 2))?.signFlip).toBe(signFlip(halves));
  });

  it('say nothing below ten pairs', () => {
    expect(checks(a.slice(0, 9), b.slice(0, 9))).toBeNull();
    expect(checks(a.slice(0, 10), b.slice(0, 10))).not.toBeNull();
  });

  it('come in short steps, also for thousands of rows', () => {
    const many = Array.from({ length: 5000 }, () => random.normal());
    const none = many.map(() => 0);
    let steps = 0;
    const checking = checksInSteps(rowsOf('a', many), rowsOf('b', none), own);
    while (checking.next().done !== true) steps += 1;
    // 9,999 flips of 5,000 signs, half a million at a time.
    expect(steps).toBeGreaterThan(90);
  });
});
