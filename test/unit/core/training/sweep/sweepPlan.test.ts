import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseRuns,
  designInWords,
  gridSize,
  parseBudget,
  parseValues,
  proposedAxes,
  settingsOfRun,
  type SweepAxes,
} from '../../../../../src/core/training/sweep/sweepPlan.ts';
import { sweepResult } from '../../../../../src/core/training/sweep/sweepResult.ts';
import { settingsFirst } from '../../../../../src/core/training/compare/columns.ts';
import type { JobRow } from '../../../../../src/core/training/compare/jobRow.ts';

const usual = { rate: 1, rank: 16, epochs: 3 };

describe('the plan of a sweep', () => {
  it('proposes values around the usual ones', () => {
    expect(proposedAxes(3, true)).toEqual({ rates: [0.3, 1, 3], ranks: [8, 16, 32], epochs: [2, 3, 6] });
    expect(proposedAxes(1, false)).toEqual({ rates: [0.3, 1, 3], ranks: null, epochs: [1, 2] });
    expect(proposedAxes(40, false).epochs).toEqual([20, 40]);
  });

  it('trains a grid within the budget whole', () => {
    const axes: SweepAxes = { rates: [0.3, 1], ranks: null, epochs: [2, 3] };
    const runs = chooseRuns(axes, { budget: 4, seed: 42, usual: { ...usual, rank: null } });
    expect(runs).toHaveLength(4);
    expect(designInWords(axes, runs.length, 42)).toBe('4 combinations, which are the whole grid');
  });

  it('takes of a larger grid the usual settings first, and says how it chose the others', () => {
    const axes = proposedAxes(3, true);
    const runs = chooseRuns(axes, { budget: 4, seed: 42, usual });
    expect(runs).toHaveLength(4);
    expect(runs[0]).toEqual(usual);
    expect(chooseRuns(axes, { budget: 4, seed: 42, usual })).toEqual(runs);
    expect(designInWords(axes, 4, 42)).toBe(
      '4 of 27 combinations, the usual one first, the others by a low-discrepancy design (R sequence, seed 42)',
    );
    expect(settingsOfRun(usual)).toBe('learning rate ×1, rank 16, and 3 epochs');
  });

  it('has as many different runs as the budget allows, whatever the grid', () => {
    const values = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(values, fc.option(values), values, fc.integer({ min: 2, max: 50 }), fc.integer(), (...given) => {
        const [rates, ranks, epochs, budget, seed] = given;
        const axes = { rates, ranks, epochs };
        const runs = chooseRuns(axes, { budget, seed, usual });
        expect(runs).toHaveLength(Math.min(budget, gridSize(axes)));
        expect(new Set(runs.map((run) => JSON.stringify(run))).size).toBe(runs.length);
        for (const { rate, rank, epochs: count } of runs) {
          expect(rates).toContain(rate);
          expect(epochs).toContain(count);
          expect(rank === null ? ranks : ranks?.includes(rank)).toBe(rank === null ? null : true);
        }
      }),
    );
  });

  it('spreads runs over the grid: over seeds, half of a grid leaves hardly a value out', () => {
    const axes: SweepAxes = { rates: [1, 2, 3], ranks: [1, 2, 3], epochs: [1, 2, 3] };
    const missing = Array.from({ length: 100 }, (_, seed) => {
      const runs = chooseRuns(axes, { budget: 9, seed, usual: { rate: 2, rank: 2, epochs: 2 } });
      const seen = [runs.map(({ rate }) => rate), runs.map(({ rank }) => rank), runs.map(({ epochs }) => epochs)];
      return seen.reduce((sum, values) => sum + 3 - new Set(values).size, 0);
    });
    expect(missing.filter((count) => count > 0).length).toBeLessThan(10);
  });

  it.each([
    ['rates', '0.3, 1;3 1', [0.3, 1, 3]],
    ['epochs', '5 2', [2, 5]],
    ['ranks', '8,1024', [8, 1024]],
  ] as const)('reads %s typed as %s', (axis, typed, values) => {
    expect(parseValues(axis, typed)).toEqual({ ok: true, value: values });
  });

  it.each([
    ['rates', ''],
    ['rates', '0'],
    ['rates', 'fast'],
    ['rates', 'auto'],
    ['epochs', '1.5'],
    ['epochs', '51'],
    ['ranks', '0'],
    ['ranks', '2000'],
    ['epochs', '1 2 3 4 5 6 7 8 9 10 11'],
  ] as const)('refuses %s typed as “%s” in one sentence with one action', (axis, typed) => {
    const read = parseValues(axis, typed);
    expect(read.ok ? [] : [read.error.message, read.error.action].map((text) => text.endsWith('.'))).toEqual([
      true,
      true,
    ]);
  });

  it.each(['1', '51', '', 'four', '4.5', '-2'])('refuses a budget of %s', (typed) => {
    expect(parseBudget(typed).ok).toBe(false);
  });
});

describe('the columns of a sweep', () => {
  it('have what was tried right behind what came of it', () => {
    const columns = ['name', 'status', 'last.model_valid_loss', 'last.train_loss', 'duration', 'set.n_epochs'];
    expect(settingsFirst(columns)).toEqual([
      'name',
      'status',
      'last.model_valid_loss',
      'set.n_epochs',
      'last.train_loss',
      'duration',
    ]);
  });
});

describe('the result of a sweep', () => {
  const row = (jobId: string, loss: number | null): JobRow => ({
    connectionId: 'local',
    jobId,
    starred: false,
    hidden: false,
    runId: null,
    automatic: [],
    values: { 'last.model_valid_loss': loss },
  });

  it('is the lowest loss of several models, and nothing while there are not two', () => {
    expect(sweepResult([])).toBeNull();
    expect(sweepResult([row('a', 1), row('b', null)])).toBeNull();
    expect(sweepResult([row('a', 1.5), row('b', null), row('c', 1.2)])).toMatchObject({ runs: 2, loss: 1.2 });
    const tied = sweepResult([row('a', 1.2), row('b', 2), row('c', 1.2)]);
    expect(tied?.lowest.map(({ jobId }) => jobId)).toEqual(['a', 'c']);
  });
});
