import { describe, expect, it } from 'vitest';
import { holm } from '../../../../src/core/statistics/holm.ts';
import {
  hallMean,
  lowerRank,
  medianInterval,
  studentMean,
  trimmedMean,
} from '../../../../src/core/statistics/means.ts';
import {
  equivalenceInterval,
  equalWithin,
  itemsToEqual,
  itemsToSee,
} from '../../../../src/core/statistics/planning.ts';
import { bonettPrice, mcnemarExact, mcnemarMidP, tango, wilson } from '../../../../src/core/statistics/shares.ts';
import { signFlip } from '../../../../src/core/statistics/signFlip.ts';
import { wilcoxon } from '../../../../src/core/statistics/wilcoxon.ts';
import { sdOf, skewnessOf } from '../../../../src/core/statistics/moments.ts';

/** Every figure was computed with scipy or by hand, to the digits written. */
const digits = (value: number | null | undefined, places = 6): number => Number((value ?? NaN).toFixed(places));
const ends = (interval: { low: number; high: number } | null, places = 6): readonly number[] => [
  digits(interval?.low, places),
  digits(interval?.high, places),
];

describe('worked examples', () => {
  it("are met by Student's t and the exact sign-flip", () => {
    const differences = [12, -5, 20, 3, 8, -1, 15, 4];
    const t = studentMean(differences);
    expect(t?.value).toBe(7);
    expect(digits(sdOf(differences) / Math.sqrt(8))).toBe(2.964071);
    expect(digits(t?.p)).toBe(0.050222);
    expect(ends(t)).toEqual([-0.008913, 14.008913]);
    expect(signFlip(differences)).toBe(16 / 256);
  });

  it("are met by Hall's interval", () => {
    const errors = [3, 5, 8, 9, 12, 14, 20, 40, 75, 160];
    expect(digits(skewnessOf(errors))).toBe(1.891436);
    expect(ends(studentMean(errors))).toEqual([-0.584766, 69.784766]);
    expect(ends(hallMean(errors))).toEqual([9.733878, 170.692693]);
  });

  it('are met by the trimmed mean', () => {
    const values = [1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 14, 300];
    const trimmed = trimmedMean(values);
    expect(trimmed?.value).toBe(6.375);
    expect(ends(trimmed)).toEqual([4.279792, 8.470208]);
  });

  it.each([
    [110, 250, 0.379837, 0.501979],
    [0, 20, 0, 0.161125],
    [20, 20, 0.838875, 1],
  ])('are met by Wilson at %i of %i', (hits, n, low, high) => {
    expect(ends(wilson(hits, n))).toEqual([low, high]);
  });

  it.each([
    [35, 55, 0.044598, 0.03545],
    [2, 8, 0.109375, 0.06543],
    [5, 5, 1, 0.876953],
  ])('are met by McNemar at %i : %i', (onlyFirst, onlySecond, exact, midP) => {
    expect(digits(mcnemarExact({ onlyFirst, onlySecond }))).toBe(exact);
    expect(digits(mcnemarMidP({ onlyFirst, onlySecond }))).toBe(midP);
  });

  it('are met by Tango and by Bonett and Price', () => {
    const pairs = { onlyFirst: 35, onlySecond: 55 };
    expect(tango(pairs, 250)?.value).toBe(-0.08);
    expect(ends(tango(pairs, 250))).toEqual([-0.153974, -0.005706]);
    expect(ends(bonettPrice(pairs, 250))).toEqual([-0.153319, -0.005411]);
  });

  it('are met by the median', () => {
    const values = [4, 7, 9, 15, 21, 22, 30, 41, 58, 77, 120];
    expect(medianInterval(values)).toEqual({ value: 22, low: 7, high: 77 });
    expect(lowerRank(250)).toBe(110);
  });

  it('are met by Holm', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005]).map((p) => digits(p, 10))).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  it('are met by the numbers of items and the equivalence interval', () => {
    expect(itemsToSee(118, 12)).toBe(759);
    expect(itemsToEqual(118, 16)).toBe(466);
    const differences = Array.from({ length: 4 }, () => [1, -2, 0, 3, -1, 2, -3, 1, 0, -1]).flat();
    expect(ends(equivalenceInterval(differences))).toEqual([-0.4673, 0.4673]);
    const within = equalWithin(differences) ?? NaN;
    expect(within).toBeLessThan(0.6);
    expect(within).toBeGreaterThan(0.4);
  });

  it('are met by Wilcoxon: 2 of 2⁵ and 20 of 2⁸ patterns of signs, counted by hand', () => {
    expect(wilcoxon([1, 2, 3, 4, 5])).toBe(2 / 32);
    expect(wilcoxon([12, -5, 20, 3, 8, -1, 15, 4])).toBe(20 / 256);
  });
});
