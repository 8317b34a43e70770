import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerBound, minMaxIndices } from '../../../../../src/core/training/curves/thinning.ts';

const series = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.double({ min: -100, max: 100, noNaN: true })), {
    minLength: 1,
    maxLength: 600,
  })
  .map((points) => {
    let x = 0;
    return { xs: Float64Array.from(points, ([step]) => (x += step)), ys: Float64Array.from(points, ([, y]) => y) };
  });

describe('viewport min-max', () => {
  it('keeps the lowest and the highest point of every pixel column', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 40 }), ({ xs, ys }, columns) => {
        const from = 0;
        const to = (xs.at(-1) ?? 1) + 1;
        const picked = new Set(minMaxIndices(xs, ys, xs.length, from, to, columns));
        for (let column = 0; column < columns; column++) {
          const left = from + ((to - from) * column) / columns;
          const right = from + ((to - from) * (column + 1)) / columns;
          const inside = [...xs.keys()].filter((index) => (xs[index] ?? 0) >= left && (xs[index] ?? 0) < right);
          if (inside.length === 0) continue;
          const shown = inside.filter((index) => picked.has(index)).map((index) => ys[index] ?? 0);
          const all = inside.map((index) => ys[index] ?? 0);
          expect(Math.min(...shown)).toBe(Math.min(...all));
          expect(Math.max(...shown)).toBe(Math.max(...all));
        }
      }),
    );
  });

  it('picks ascending indices, each once, and few of them', () => {
    fc.assert(
      fc.property(
        series,
        fc.integer({ min: 1, max: 40 }),
        fc.nat(500),
        fc.integer({ min: 1, max: 500 }),
        ({ xs, ys }, columns, from, width) => {
          const picked = [...minMaxIndices(xs, ys, xs.length, from, from + width, columns)];
          expect(picked).toEqual([...new Set(picked)].sort((a, b) => a - b));
          expect(picked.length).toBeLessThanOrEqual(2 * columns + 4);
        },
      ),
    );
  });

  it('takes one point beyond either edge, so that the line crosses it', () => {
    const xs = Float64Array.from({ length: 1000 }, (_, index) => index);
    const picked = minMaxIndices(xs, xs, xs.length, 300.5, 699.5, 20);
    expect(picked[0]).toBe(300);
    expect(picked.at(-1)).toBe(700);
  });

  it('gives every point when there are fewer than pixels', () => {
    const xs = Float64Array.from([1, 2, 3]);
    expect([...minMaxIndices(xs, xs, 3, 0, 4, 900)]).toEqual([0, 1, 2]);
    expect([...minMaxIndices(xs, xs, 0, 0, 4, 900)]).toEqual([]);
  });

  it('thins a million points to what 900 columns can show', () => {
    const length = 1_000_000;
    const xs = Float64Array.from({ length }, (_, index) => index);
    const ys = Float64Array.from({ length }, (_, index) => Math.sin(index) + (index === 123_456 ? 50 : 0));
    const picked = minMaxIndices(xs, ys, length, 0, length, 900);
    expect(picked.length).toBeLessThanOrEqual(1804);
    expect(picked).toContain(123_456);
  });
});

describe('binary search', () => {
  it('finds what a linear search finds', () => {
    fc.assert(
      fc.property(series, fc.nat(1500), fc.boolean(), ({ xs }, value, after) => {
        const found = [...xs].findIndex((x) => (after ? x > value : x >= value));
        expect(lowerBound(xs, xs.length, value, after)).toBe(found < 0 ? xs.length : found);
      }),
    );
  });
});
