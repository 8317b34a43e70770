import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ColumnScan,
  lowerBound,
  minMaxIndices,
  type Band,
  type Scale,
} from '../../../../../src/core/training/curves/thinning.ts';

function minMaxBand(
  xs: Float64Array,
  ys: Float64Array,
  length: number,
  from: number,
  to: number,
  columns: number,
  scale: Scale = 'linear',
): Band {
  return new ColumnScan().update(xs, ys, length, { from, to, columns, scale }).band();
}

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

describe.each(['linear', 'log'] as const)('on a %s axis', (scale) => {
  const edge = (from: number, to: number, columns: number, column: number): number =>
    scale === 'linear' ? from + ((to - from) * column) / columns : from * (to / from) ** (column / columns);

  it('keeps the lowest and the highest point of every pixel column at every zoom, for the line and the band', () => {
    fc.assert(
      fc.property(
        series,
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0.5, max: 300, noNaN: true }),
        fc.double({ min: 0.5, max: 900, noNaN: true }),
        ({ xs, ys }, columns, from, width) => {
          const to = from + width;
          const picked = new Set(minMaxIndices(xs, ys, xs.length, from, to, columns, scale));
          const band = minMaxBand(xs, ys, xs.length, from, to, columns, scale);
          for (let column = 0; column < columns; column++) {
            // An x on an edge may belong to either side: a hair is left out of each column.
            const left = edge(from, to, columns, column) * (1 + 1e-9);
            const right = edge(from, to, columns, column + 1) * (1 - 1e-9);
            const inside = [...xs.keys()].filter((index) => (xs[index] ?? 0) > left && (xs[index] ?? 0) < right);
            if (inside.length === 0) continue;
            const all = inside.map((index) => ys[index] ?? 0);
            // A point on an edge may be the extreme that is shown in place of one of these.
            const shown = [...xs.keys()]
              .filter((index) => (xs[index] ?? 0) >= left * (1 - 2e-9) && (xs[index] ?? 0) <= right * (1 + 2e-9))
              .filter((index) => picked.has(index))
              .map((index) => ys[index] ?? 0);
            expect(Math.min(...shown)).toBeLessThanOrEqual(Math.min(...all));
            expect(Math.max(...shown)).toBeGreaterThanOrEqual(Math.max(...all));
            const at = [...band.xs].findLastIndex((x) => x <= (xs[inside[0] ?? 0] ?? 0));
            expect(band.low[at]).toBeLessThanOrEqual(Math.min(...all));
            expect(band.high[at]).toBeGreaterThanOrEqual(Math.max(...all));
          }
          expect(picked.size).toBeLessThanOrEqual(2 * columns + 4);
          expect(band.xs.length).toBeLessThanOrEqual(columns + 2);
        },
      ),
    );
  });

  it('hides none of 10,000 spikes of one point at any of 50 zooms', () => {
    const length = 1_000_000;
    const columns = 900;
    const xs = Float64Array.from({ length }, (_, index) => index + 1);
    const ys = Float64Array.from({ length }, (_, index) => Math.sin(index));
    // Up and down in turns, unevenly spaced, the first ones close together where a logarithmic axis is wide.
    const spikes = Array.from({ length: 10_000 }, (_, n) => Math.floor((n / 10_000) ** 2 * (length - 20_000)) + n);
    spikes.forEach((index, n) => (ys[index] = (n % 2 === 0 ? 1 : -1) * (100 + (n % 97))));
    for (let zoom = 0; zoom < 50; zoom++) {
      const from = 1 + (zoom / 50) ** 2 * 900_000;
      const to = from + (length - from) * 0.8 ** zoom;
      const picked = minMaxIndices(xs, ys, length, from, to, columns, scale);
      const band = minMaxBand(xs, ys, length, from, to, columns, scale);
      // Highest and lowest shown of each column: a spike is there when it is not beyond them.
      const high = new Float64Array(columns).fill(-Infinity);
      const low = new Float64Array(columns).fill(Infinity);
      const columnOf = (x: number): number => {
        const share = scale === 'linear' ? (x - from) / (to - from) : Math.log(x / from) / Math.log(to / from);
        return Math.min(columns - 1, Math.floor(share * columns));
      };
      for (const index of picked) {
        const x = xs[index] ?? 0;
        if (x < from || x > to) continue;
        const column = columnOf(x);
        high[column] = Math.max(high[column] ?? 0, ys[index] ?? 0);
        low[column] = Math.min(low[column] ?? 0, ys[index] ?? 0);
      }
      let missing = 0;
      for (const index of spikes) {
        const x = xs[index] ?? 0;
        if (x < from || x > to) continue;
        const y = ys[index] ?? 0;
        const column = columnOf(x);
        // On the edge of two columns rounding decides: the neighbor may have it.
        const near = [column - 1, column, column + 1];
        const isEdge = scale === 'log' && columnOf(x * (1 - 1e-12)) !== columnOf(x * (1 + 1e-12));
        const columnsToLookAt = isEdge ? near : [column];
        if (!columnsToLookAt.some((c) => (y > 0 ? (high[c] ?? 0) >= y : (low[c] ?? 0) <= y))) missing += 1;
        const at = lowerBound(band.xs, band.xs.length, x, true) - 1;
        if (y > 0 ? (band.high[at] ?? 0) < y : (band.low[at] ?? 0) > y) missing += 1;
      }
      expect(missing).toBe(0);
    }
  });
});

describe('a series that grows', () => {
  it('is thinned as if it had always been that long, whatever the view and the growth', () => {
    fc.assert(
      fc.property(
        series,
        fc.array(fc.nat(600), { maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('linear', 'log') as fc.Arbitrary<Scale>,
        ({ xs, ys }, cuts, columns, scale) => {
          const scan = new ColumnScan();
          const view = { from: 3, to: 700, columns, scale };
          let known = 0;
          for (const cut of [...cuts.sort((a, b) => a - b), xs.length]) {
            const length = Math.min(cut, xs.length);
            scan.update(xs.slice(0, length), ys.slice(0, length), length, view, known);
            known = length;
            const fresh = new ColumnScan().update(xs, ys, length, view);
            expect([...scan.indices()]).toEqual([...fresh.indices()]);
            expect(scan.band()).toEqual(fresh.band());
          }
        },
      ),
    );
  });

  it('is looked at in its last column only', () => {
    const xs = Float64Array.from({ length: 1001 }, (_, index) => index);
    const ys = xs.slice();
    const view = { from: 0, to: 1000, columns: 10, scale: 'linear' } as const;
    const scan = new ColumnScan().update(xs, ys, 1000, view);
    ys.fill(-1, 0, 800);
    // Told that they are unchanged, it cannot notice that they are not.
    const band = scan.update(xs, ys, 1001, view, 1000).band();
    expect(band.high[3]).toBe(-1);
    expect([...scan.indices()].slice(0, 4)).toEqual([0, 99, 100, 199]);
    expect(new ColumnScan().update(xs, ys, 1001, view).indices()[1]).not.toBe(99);
  });
});

describe('the band', () => {
  it('reaches over the edges of the view and joins the columns', () => {
    const xs = Float64Array.from({ length: 100 }, (_, index) => index);
    const band = minMaxBand(xs, xs, 100, 10.5, 20.5, 5);
    expect([...band.xs]).toEqual([10, 11, 13, 15, 17, 19, 21]);
    expect([...band.low]).toEqual([9, 10, 12, 14, 16, 18, 20]);
    expect([...band.high]).toEqual([10, 12, 14, 16, 18, 20, 21]);
  });

  it('is empty without points', () => {
    expect(minMaxBand(new Float64Array(0), new Float64Array(0), 0, 0, 1, 10).xs).toHaveLength(0);
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
