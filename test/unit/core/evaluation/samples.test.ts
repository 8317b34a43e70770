import { describe, expect, it } from 'vitest';
import { joinSamples } from '../../../../src/core/evaluation/samples.ts';
import { totalUsage } from '../../../../src/core/evaluation/usage.ts';
import type { RowSample } from '../../../../src/core/evaluation/types.ts';

const number = (guess: number | null, more: Partial<RowSample> = {}): RowSample => ({
  sample: guess === null ? 'no idea' : `$${String(guess)}`,
  status: guess === null ? 'no-number' : 'graded',
  guess,
  error: guess === null ? null : Math.abs(guess - 100),
  colour: guess === null ? 'red' : 'green',
  ...more,
});
const label = (guess: string, isRight: boolean): RowSample => ({
  sample: guess,
  status: 'graded',
  guess,
  error: null,
  colour: isRight ? 'green' : 'red',
});

describe('several replies of numbers', () => {
  it.each([
    ['the middle one', [80, 500, 90], 90, 10, '$90'],
    ['the mean of the middle two', [10, 90, 300, 130], 110, 10, '$90'],
    ['the only one', [700], 700, 600, '$700'],
    ['the middle one of those with a number', [null, 20, null, 40, 30], 30, 70, '$30'],
  ])('come to %s', (_name, guesses, guess, error, sample) => {
    const row = joinSamples(
      'number',
      100,
      guesses.map((one) => number(one)),
    );
    expect(row).toMatchObject({ status: 'graded', guess, error, sample, truth: 100 });
    expect(row.samples).toHaveLength(guesses.length);
  });

  it('have the color of their median, not of a reply', () => {
    const far = number(1000, { colour: 'red' });
    expect(joinSamples('number', 100, [number(0, { colour: 'red' }), far]).colour).toBe('red');
    expect(joinSamples('number', 100, [number(0, { colour: 'red' }), number(190, { colour: 'red' })]).colour).toBe(
      'green',
    );
  });

  it('without a number are a row without a number', () => {
    expect(joinSamples('number', 100, [number(null), number(null)])).toMatchObject({
      status: 'no-number',
      guess: null,
      error: null,
      colour: 'red',
      sample: 'no idea',
    });
  });

  it('have the median by the lesson where it reads other numbers', () => {
    const lesson = { guess: 1, truth: 100 };
    const row = joinSamples('number', 100, [number(1299, { lesson }), number(90), number(110)]);
    expect([row.guess, row.lesson]).toEqual([110, { guess: 90, truth: 100 }]);
    expect(joinSamples('number', 100, [number(90)])).not.toHaveProperty('lesson');
  });

  it('have all their tokens, and the middle time', () => {
    const row = joinSamples('number', 100, [
      number(1, { usage: { input: 5, output: 1 }, ms: 30 }),
      number(2, { usage: { input: 5, output: 2, reasoning: 1 }, ms: 10 }),
      number(3, { ms: 20 }),
    ]);
    expect([row.usage, row.ms]).toEqual([{ input: 10, output: 3, reasoning: 1 }, 20]);
    expect(joinSamples('number', 100, [number(1)])).not.toHaveProperty('usage');
  });
});

describe('several replies of labels', () => {
  it.each([
    [['a', 'b', 'b'], 'b'],
    [['b', 'a', 'a', 'b'], 'b'],
    [['c', 'a', 'b'], 'c'],
    [['c', 'a', 'b', 'b', 'a'], 'a'],
  ])('%j come to %s: the most frequent one, of several the first', (labels, guess) => {
    const row = joinSamples(
      'string_check',
      'b',
      labels.map((one) => label(one, one === 'b')),
    );
    expect(row).toMatchObject({ guess, sample: guess, colour: guess === 'b' ? 'green' : 'red', error: null });
  });
});

it('tokens are unknown where nothing tells them', () => {
  expect(totalUsage([undefined, undefined])).toBeUndefined();
  expect(() => joinSamples('number', 1, [])).toThrow(RangeError);
});
