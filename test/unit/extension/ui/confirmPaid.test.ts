import { beforeEach, describe, expect, it, vi } from 'vitest';

const settings = vi.hoisted(() => ({ cap: null as number | null }));
vi.mock('vscode', () => ({}));
vi.mock('../../../../src/extension/config.ts', () => ({ costCap: () => settings.cap }));
const { refuseAboveCap } = await import('../../../../src/extension/ui/confirmPaid.ts');
const { ProblemError } = await import('../../../../src/extension/ui/errors.ts');

function problemOf(usd: number | null): string | null {
  try {
    refuseAboveCap(usd);
    return null;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    expect(error.remedies.map(({ title }) => title)).toEqual(['Open Settings']);
    return `${error.problem.code}: ${error.problem.message}`;
  }
}

describe('a start that costs money', () => {
  beforeEach(() => {
    settings.cap = 5;
  });

  it('is refused above the cap, with both amounts', () => {
    expect(problemOf(5)).toBe(null);
    expect(problemOf(5.01)).toBe('above-price-cap: This would cost about $5.01, and your cap is $5.00.');
  });

  it('is refused at an unknown price while there is a cap, which cannot bound it', () => {
    expect(problemOf(null)).toMatch(/^price-unknown: .*not known.*\$5\.00/);
  });

  it('is never refused when it is free, nor without a cap', () => {
    settings.cap = 0;
    expect(problemOf(0)).toBe(null);
    settings.cap = null;
    for (const usd of [0, 1e9, null]) expect(problemOf(usd)).toBe(null);
  });

  it.each([
    [null, 'training', "Enter the model's price in the setting tuningFork.cost.prices, or clear the cap."],
    [6, 'training', 'Choose fewer epochs, fewer examples or a cheaper model, or raise the cap in the settings.'],
    [null, 'asking', 'Choose a model with a known price, or clear the cap.'],
    [6, 'asking', 'Choose a shorter test file or a cheaper model, or raise the cap in the settings.'],
  ] as const)('names a way out that fits: %s US$ for %s', (usd, of, action) => {
    const refused = (paidFor?: typeof of): unknown => {
      try {
        refuseAboveCap(usd, paidFor);
      } catch (error) {
        return error instanceof ProblemError ? error.problem.action : error;
      }
      return null;
    };
    expect(refused(of)).toBe(action);
    // A start is a training unless told.
    if (of === 'training') expect(refused()).toBe(action);
  });
});
