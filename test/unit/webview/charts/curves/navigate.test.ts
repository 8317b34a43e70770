import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clampRange, isWhole } from '../../../../../webview/charts/curves/navigate.ts';

const number = fc.double({ min: -1e4, max: 1e4, noNaN: true });
const extent = fc
  .tuple(number, fc.double({ min: 5, max: 1e4, noNaN: true }))
  .map(([from, width]) => ({ from, to: from + width }));

describe('clamping a zoom', () => {
  it('stays inside what there is and shows at least one step', () => {
    fc.assert(
      fc.property(number, fc.double({ min: 0, max: 1e4, noNaN: true }), extent, (from, width, all) => {
        const range = clampRange({ from, to: from + width }, all);
        expect(range.from).toBeGreaterThanOrEqual(all.from - 1e-6);
        expect(range.to).toBeLessThanOrEqual(all.to + 1e-6);
        expect(range.to - range.from).toBeGreaterThanOrEqual(1 - 1e-6);
      }),
    );
  });

  it('leaves a range that fits as it is', () => {
    expect(clampRange({ from: 10, to: 20 }, { from: 0, to: 100 })).toEqual({ from: 10, to: 20 });
  });

  it('moves a range at the edge without changing its width', () => {
    expect(clampRange({ from: -5, to: 15 }, { from: 0, to: 100 })).toEqual({ from: 0, to: 20 });
    expect(clampRange({ from: 95, to: 115 }, { from: 0, to: 100 })).toEqual({ from: 80, to: 100 });
  });

  it('knows when everything is shown', () => {
    expect(isWhole({ from: 0, to: 100 }, { from: 0, to: 100 })).toBe(true);
    expect(isWhole({ from: 0, to: 99 }, { from: 0, to: 100 })).toBe(false);
  });
});
