import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberSpread, type NumberSpread } from '../../../../../src/core/dataset/report/numberBars.ts';

const of = (values: readonly number[]): NumberSpread => {
  const spread = numberSpread(
    Float64Array.from(values),
    values.map((_, index) => index + 1),
  );
  if (spread === null) throw new Error('There is no number');
  return spread;
};
const edges = ({ bars }: NumberSpread): readonly number[] => [...bars.map(({ from }) => from), bars.at(-1)?.to ?? NaN];

describe('the bars of answers as numbers', () => {
  it('have about the width of Freedman and Diaconis', () => {
    // 0 … 999: the quartiles are 499.5 apart, so 2 · 499.5 / 10 = 99.9.
    const spread = of(Array.from({ length: 1000 }, (_, n) => n));
    expect(spread).toMatchObject({ scale: 'linear', rule: 'freedman-diaconis' });
    expect(edges(spread)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
    expect(spread.bars.map(({ rows }) => rows.count)).toEqual(Array.from({ length: 10 }, () => 100));
  });

  it('take Sturges’ rule where half of the numbers are the same', () => {
    const spread = of([...Array.from({ length: 60 }, () => 5), 1, 2, 3, 9, 10]);
    expect(spread.rule).toBe('sturges');
    expect(spread.bars.length).toBeGreaterThan(3);
    expect(of([5, 5, 5]).bars).toHaveLength(1);
    expect(of([0]).bars).toHaveLength(1);
    // Numbers too near to each other for edges between them.
    expect(of([999999.999989586, 999999.999990477]).bars.every(({ from, to }) => from < to)).toBe(true);
  });

  it('are those of a logarithmic axis for positive numbers with a long tail only', () => {
    const tail = Array.from({ length: 300 }, (_, n) => 2 * 10 ** (3 * (n / 300) ** 2));
    const spread = of(tail);
    expect(spread.scale).toBe('log');
    expect(edges(spread)[0]).toBeLessThanOrEqual(2);
    const ratios = spread.bars.map(({ from, to }) => Math.log10(to / from));
    expect(Math.max(...ratios) / Math.min(...ratios)).toBeLessThan(1.6);
    expect(of([...tail, 0]).scale).toBe('linear');
    expect(of([...tail, -3]).scale).toBe('linear');
    expect(of(tail.map((value) => 1000 + value / 100)).scale).toBe('linear');
  });

  it('put 0.3 into the bar that begins with it', () => {
    const spread = of(Array.from({ length: 100 }, (_, n) => Number((n / 10 / 5).toFixed(1))));
    for (const { from, to, rows } of spread.bars)
      for (const line of rows.lines) {
        const value = Number(((line - 1) / 10 / 5).toFixed(1));
        expect([value, from <= value && value < to]).toEqual([value, true]);
      }
  });

  it('name the rows of the marks and of answers without a number', () => {
    expect(of([3, NaN, 1, 2, 10])).toMatchObject({
      smallest: { value: 1, rows: { lines: [3] } },
      median: { value: 2.5, rows: { lines: [1] } },
      largest: { value: 10, rows: { lines: [5] } },
      without: { count: 1, lines: [2] },
    });
    expect(numberSpread(Float64Array.from([NaN]), [1])).toBeNull();
  });

  it('have several powers of ten a bar where these are many', () => {
    const { scale, bars } = of([1e-200, 1e-200, 1e-200, 1e-20]);
    expect(scale).toBe('log');
    expect(bars.length).toBeLessThanOrEqual(62);
    expect(bars.map(({ rows }) => rows.count).filter((count) => count > 0)).toEqual([3, 1]);
    expect(of([5e-324, 5e-324, 5e-324, 1e90]).bars.length).toBeLessThanOrEqual(62);
  });

  it('hold every number once, in at most sixty-odd bars', () => {
    const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }), {
      minLength: 1,
      maxLength: 60,
    });
    const prices = fc.array(fc.double({ noNaN: true, min: 0.01, max: 1e6 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.oneof(numbers, prices), (values) => {
        const { bars } = of(values);
        expect(bars.length).toBeLessThanOrEqual(70);
        expect(bars.reduce((sum, { rows }) => sum + rows.count, 0)).toBe(values.length);
        for (const [index, { from, to }] of bars.entries()) {
          expect(from).toBeLessThan(to);
          if (index > 0) expect(from).toBe(bars[index - 1]?.to);
        }
        for (const { from, to, rows } of bars)
          for (const line of rows.lines) {
            const value = values[line - 1] ?? NaN;
            const slack = 1e-8 * Math.max(Math.abs(from), Math.abs(to), to - from);
            expect(value >= from - slack && value < to + slack).toBe(true);
          }
      }),
      { examples: [[[5e-324, 5e-324, 5e-324, 4.008555048815469e-108]]] },
    );
  });
});
