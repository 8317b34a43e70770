import { describe, expect, it } from 'vitest';
import { lookPlanOf } from '../../../../../src/core/evaluation/comparison/lookPlan.ts';
import { lookAt, type Look } from '../../../../../src/core/statistics/earlyStop.ts';

/** Differences with this mean, half of them one above and half one below. */
const differences = (rows: number, mean: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, index) => mean + (index % 2 === 0 ? 1 : -1));

function look(index: number, rows: number, mean: number): Look {
  const made = lookAt(differences(rows, mean), index, 100);
  if (!made) throw new Error('Too few rows.');
  return made;
}

describe('the plan of looks', () => {
  it('has all looks of a run that has just begun, with the limits that they will have', () => {
    const { looks, decided } = lookPlanOf([], 100);
    expect(decided).toBeNull();
    expect(looks.map(({ rows, made }) => [rows, made])).toEqual([20, 40, 60, 80, 100].map((rows) => [rows, null]));
    expect(looks.map(({ limit }) => limit)).toEqual(
      [20, 40, 60, 80, 100].map((rows, index) => look(index, rows, 0).limit),
    );
    // Early limits are far stricter.
    expect(looks[0]?.limit).toBeGreaterThan(5);
    expect(looks[4]?.limit).toBeLessThan(2.1);
  });

  it('keeps those that were made, and names the one that decides', () => {
    const early = look(0, 20, -0.1);
    const stop = look(1, 40, -2);
    expect([early.verdict, stop.verdict]).toEqual(['continue', 'different']);
    expect(lookPlanOf([early], 100).decided).toBeNull();
    const { looks, decided } = lookPlanOf([early, stop], 100);
    expect(decided).toBe(stop);
    expect(looks.map(({ made }) => made)).toEqual([early, stop, null, null, null]);
    const end = look(4, 100, 0);
    expect(lookPlanOf([early, end], 100).decided).toBe(end);
  });

  it('leaves out looks over fewer than ten rows, and takes the rows that were really compared', () => {
    expect(lookPlanOf([], 30).looks.map(({ rows }) => rows)).toEqual([12, 18, 24, 30]);
    // One of 40 pairs had no number.
    expect(lookPlanOf([look(1, 39, 0)], 100).looks[1]?.rows).toBe(39);
  });
});
