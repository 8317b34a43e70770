import { describe, expect, it } from 'vitest';
import { placeOf, placesOf, X_AXES, xMapOf, type RowPlaces } from '../../../../../src/core/training/curves/xAxis.ts';

const unknown = { epochs: null, examples: null, trainedTokens: null, batchSize: null };
const rows = (overrides: Partial<RowPlaces> = {}): RowPlaces => ({
  steps: Float64Array.of(10, 20, 40),
  times: null,
  epochs: null,
  totalSteps: 40,
  scale: { epochs: 2, examples: 100, trainedTokens: 8000, batchSize: 5 },
  ...overrides,
});
const at = (axis: (typeof X_AXES)[number], step: number, places = rows()): number | null => {
  const map = xMapOf(axis, places);
  return map && placeOf(map, step);
};

describe('x axes', () => {
  it('follow from the size of the job', () => {
    expect(at('step', 20)).toBe(20);
    expect(at('epoch', 20)).toBe(1);
    expect(at('examples', 20)).toBe(100);
    expect(at('tokens', 20)).toBe(4000);
  });

  it('take the examples of all epochs where the batch size is unknown', () => {
    expect(at('examples', 20, rows({ scale: { ...rows().scale, batchSize: null } }))).toBe(100);
  });

  it('are not offered where the job does not know them', () => {
    const places = rows({ scale: unknown, totalSteps: null });
    expect(X_AXES.filter((axis) => xMapOf(axis, places) !== null)).toEqual(['step']);
    expect(xMapOf('wall', rows({ times: Uint32Array.of(0, 0, 0) }))).toBeNull();
  });

  it('are the times of the reports, which never run backwards; an unknown one is that of the row before', () => {
    const places = rows({ times: Uint32Array.of(1000, 0, 1060) });
    expect(at('wall', 40, places)).toBe(1060);
    expect(at('relative', 20, places)).toBe(0);
    expect(at('relative', 40, places)).toBe(60);
    expect(at('relative', 30, places)).toBe(30);
    expect(at('relative', 99, places)).toBe(60);
    expect(at('relative', 40, rows({ times: Uint32Array.of(1000, 1060, 1030) }))).toBe(60);
  });

  it('are the epochs that a provider reports, where it does', () => {
    expect(at('epoch', 40, rows({ epochs: Float64Array.of(0.3, Number.NaN, 1.9) }))).toBe(1.9);
  });

  it('place every point of a series', () => {
    const map = xMapOf('relative', rows({ times: Uint32Array.of(1000, 1010, 1060) }));
    expect(map && [...placesOf(map, Float64Array.of(10, 40), Uint32Array.of(0, 2))]).toEqual([0, 60]);
    expect(map && [...placesOf(map, Float64Array.of(10, 20), null)]).toEqual([0, 10]);
    const steps = Float64Array.of(1, 2);
    expect(placesOf({ factor: 1 }, steps, null)).toBe(steps);
    expect([...placesOf({ factor: 3 }, steps, null)]).toEqual([3, 6]);
  });
});
