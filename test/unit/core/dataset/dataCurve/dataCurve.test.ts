import { describe, expect, it } from 'vitest';
import { dataCurveOf } from '../../../../../src/core/dataset/dataCurve/dataCurve.ts';
import { expectedSeconds } from '../../../../../src/core/dataset/dataCurve/expectedSeconds.ts';
import {
  curveSentences,
  tooFewSentences,
  unfitSentences,
} from '../../../../../src/core/dataset/dataCurve/sentences.ts';
import { measurement } from '../../../../support/webviewHarness/moreDataStates.ts';

describe('what a data curve says', () => {
  it('of errors that fall: by how much twice the rows would lower them, with an interval', () => {
    const curve = dataCurveOf(measurement('numbers', (size) => 60 + 240 * size ** -0.5, 95));
    expect(curve).toMatchObject({ verdict: 'falls', learns: true, rows: 400, tested: 400 });
    expect(curve.points.map(({ rows }) => rows)).toEqual([40, 80, 160, 240, 320]);
    const now = curve.points.at(-1)?.error ?? { value: 0, low: 0, high: 0 };
    expect(now.low < now.value && now.value < now.high).toBe(true);
    const truth = now.value - 240 * (320 ** -0.5 - 640 ** -0.5);
    expect(curve.doubled.low).toBeLessThan(truth);
    expect(curve.doubled.high).toBeGreaterThan(truth);
    expect(curve.fall.low).toBeGreaterThan(0);
    const [first] = curveSentences(curve);
    expect(first).toMatch(
      /^Doubling the data would lower the error from \d+\.\d\d to about \d+\.\d\d \(\d+\.\d\d to \d+\.\d\d\)\.$/,
    );
  });

  it('of shares of wrong answers, in percent', () => {
    const curve = dataCurveOf(measurement('texts', (size) => 2 * size ** -0.4, 0.9));
    expect(curve.verdict).toBe('falls');
    expect(curveSentences(curve)[0]).toMatch(
      /^Doubling the data would lower the share of wrong answers from \d+\.\d% to about \d+\.\d% \(\d+\.\d% to \d+\.\d%\)\.$/,
    );
  });

  it('of hardly any wrong answers: no share below zero, in the interval and in the drawn band', () => {
    const wrong = (count: number): Float64Array => Float64Array.from({ length: 60 }, (_, row) => Number(row < count));
    const errors = [20, 8, 3, 1, 1].map(wrong);
    const curve = dataCurveOf({ ...measurement('texts', () => 0, 0), rows: 60, errors, constant: wrong(45) });
    for (const { low, high } of [curve.doubled, curve.doubledFile, ...curve.band.map(({ error }) => error)]) {
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
    }
    // Without the bound the interval would reach below.
    expect(curve.doubledFile.low).toBe(0);
  });

  it('of errors that are those of one answer for all rows: flat, with the reason', () => {
    const curve = dataCurveOf(measurement('numbers', () => 95, 95));
    expect(curve).toMatchObject({ verdict: 'flat', learns: false });
    expect(curveSentences(curve)).toEqual([
      'The curve is flat: more of the same data would not help.',
      expect.stringMatching(
        /^The models do no better than one answer for all rows: error \d+\.\d\d against \d+\.\d\d\.$/,
      ),
    ]);
  });

  it('of errors that have stopped falling: flat', () => {
    const curve = dataCurveOf(measurement('numbers', () => 40, 95));
    expect(curve).toMatchObject({ verdict: 'flat', learns: true });
    expect(curveSentences(curve)[1]).toMatch(
      /^The last doubling, to 320 rows trained on, changed the error from \d+\.\d\d to \d+\.\d\d\.$/,
    );
  });

  it('of a file that no model learns from, with too few rows to blame the prompts: nothing', () => {
    const curve = dataCurveOf({ ...measurement('numbers', () => 95, 95), rows: 100 });
    expect(curve.verdict).toBe('unclear');
    // The same with a small validation file.
    const { errors, constant, ...one } = measurement('numbers', () => 95, 95);
    const tested = { errors: errors.map((line) => line.slice(0, 100)), constant: constant.slice(0, 100) };
    expect(dataCurveOf({ ...one, ...tested, crossValidated: false }).verdict).toBe('unclear');
    expect(curveSentences(curve)[0]).toBe('There are too few rows to say whether more data would help.');
  });

  it('of answers that are all right', () => {
    const curve = dataCurveOf(measurement('texts', () => -1, 0.9));
    expect(curve).toMatchObject({ verdict: 'flat', law: null, band: [] });
    expect(curveSentences(curve)[1]).toBe('The answers to all 400 tested rows are right.');
  });

  it('has a wider interval where other rows are tested as well, as by cross-validation of a file of twice the rows', () => {
    const one = measurement('numbers', (size) => 60 + 240 * size ** -0.5, 95);
    const [own, other] = [dataCurveOf(one), dataCurveOf({ ...one, crossValidated: false })];
    const width = ({ low, high }: { low: number; high: number }): number => high - low;
    expect(width(own.doubledFile)).toBeGreaterThan(width(own.doubled));
    expect(curveSentences(own)[1]).toMatch(/^That is on the rows tested now; .* would show \d+\.\d\d to \d+\.\d\d\.$/);
    expect([other.doubledFile, curveSentences(other).length]).toEqual([other.doubled, 1]);
  });

  it('is nothing where it cannot be measured', () => {
    expect(tooFewSentences(10, 50)).toEqual([
      'There are too few rows to say whether more data would help.',
      'There are 10 examples with an answer in text, and at least 50 are needed.',
    ]);
    expect(unfitSentences()[0]).toBe('Nothing can be said about more data: the answers are long or mostly distinct.');
  });

  it('takes longer for more rows, and says so before', () => {
    expect(expectedSeconds({ examples: 400, tokens: 100_000, distinct: 380 }, true)).toBeLessThan(20);
    expect(expectedSeconds({ examples: 10_000, tokens: 500_000, distinct: 77 }, true)).toBeGreaterThan(20);
  });
});
