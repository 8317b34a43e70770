import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Smoother } from '../../../../../src/core/training/curves/smoother.ts';
import { smooth, SMOOTHINGS } from '../../../../../src/core/training/curves/smoothing.ts';

const values = fc.array(fc.oneof(fc.constantFrom(1, Number.NaN), fc.double({ min: -10, max: 10, noNaN: true })), {
  maxLength: 60,
});
const columns = (ys: readonly number[]) => ({
  xs: Float64Array.from(ys.keys()),
  ys: Float64Array.from(ys),
  length: ys.length,
});

describe('a smoother of a series that grows', () => {
  it('gives what smoothing all of it gives, however it grew', () => {
    fc.assert(
      fc.property(
        values,
        fc.array(fc.nat(60), { maxLength: 6 }),
        fc.constantFrom(...SMOOTHINGS),
        fc.constantFrom(0, 0.5, 0.97),
        (ys, cuts, kind, share) => {
          const amount = kind === 'gaussian' || kind === 'average' ? share * 8 : share;
          const smoother = new Smoother();
          let known = 0;
          let before: readonly number[] = [];
          for (const cut of [...cuts.sort((a, b) => a - b), ys.length]) {
            const part = ys.slice(0, cut);
            const got = smoother.update(columns(part), { kind, amount }, 100, known);
            const { xs, ys: all } = columns(part);
            expect([...got]).toEqual([...smooth(kind, amount, xs, all, 100)]);
            expect([...got.slice(0, smoother.kept)]).toEqual(before.slice(0, smoother.kept));
            before = [...got];
            known = part.length;
          }
        },
      ),
    );
  });

  it('begins again when a known point, the kind, the amount or the length of the axis changes', () => {
    const smoother = new Smoother();
    const first = columns([1, 2, 3, 4]);
    smoother.update(first, { kind: 'time-ema', amount: 0.9 }, 10, 0);
    for (const [input, kind, amount, range, unchanged] of [
      [columns([1, 9, 3, 4]), 'time-ema', 0.9, 10, 1],
      [first, 'ema', 0.9, 10, 4],
      [first, 'ema', 0.5, 10, 4],
      [first, 'time-ema', 0.5, 10, 4],
      [first, 'time-ema', 0.5, 20, 4],
      [columns([1, 2]), 'time-ema', 0.5, 20, 2],
    ] as const) {
      const got = [...smoother.update(input, { kind, amount }, range, unchanged)];
      expect(got).toEqual([...smooth(kind, amount, input.xs, input.ys, range)]);
    }
  });

  it('does not look at the points before when one is appended to an average that looks back', () => {
    const { xs, ys } = columns([1, 2, 3, 4]);
    const smoother = new Smoother();
    smoother.update({ xs, ys, length: 3 }, { kind: 'ema', amount: 0.5 }, 10, 0);
    const expected = [...smooth('ema', 0.5, xs, ys, 10)];
    // Told that they are unchanged, it cannot notice that they are not.
    ys.fill(99, 0, 3);
    expect([...smoother.update({ xs, ys, length: 4 }, { kind: 'ema', amount: 0.5 }, 10, 3)]).toEqual(expected);
  });
});
