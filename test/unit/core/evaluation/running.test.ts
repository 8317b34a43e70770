import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/base/random.ts';
import { SortedNumbers } from '../../../../src/core/base/sortedNumbers.ts';
import { median } from '../../../../src/core/dataset/report/answers.ts';
import { report } from '../../../../src/core/evaluation/report/report.ts';
import { RunningReport } from '../../../../src/core/evaluation/report/running.ts';
import type { RowResult } from '../../../../src/core/evaluation/types.ts';

const random = createRandom(5);

function anyRow(item: number): RowResult {
  const status = random.pick(['graded', 'graded', 'graded', 'no-number', 'error', 'ungradable'] as const);
  const guess = status === 'graded' ? random.normal() * 100 : null;
  const truth = Math.abs(random.normal()) * 100;
  return {
    contestant: 'a',
    item,
    status,
    sample: '',
    guess,
    truth: status === 'error' || status === 'ungradable' ? 'x' : truth,
    error: guess === null ? null : Math.abs(guess - truth),
    colour: status === 'error' || status === 'ungradable' ? null : random.pick(['green', 'orange', 'red'] as const),
    ...(status !== 'error' && random.next() < 0.2 ? { lesson: { guess: random.pick([null, 5]), truth: 7 } } : {}),
  };
}

it('sorted numbers have the median of all, in any order, and duplicates', () => {
  for (const values of [
    Array.from({ length: 3000 }, () => random.normal()),
    Array.from({ length: 2001 }, (_, index) => index),
    Array.from({ length: 2000 }, (_, index) => -index),
    Array.from({ length: 1500 }, (_, index) => index % 3),
    [Number.MAX_VALUE, Number.MAX_VALUE],
  ]) {
    const sorted = new SortedNumbers();
    values.forEach((value, index) => {
      sorted.add(value);
      if (index % 97 === 0) expect(sorted.median()).toBe(median(values.slice(0, index + 1)));
    });
    expect(sorted.median()).toBe(median(values));
    expect(Array.from({ length: sorted.size }, (_, index) => sorted.at(index))).toEqual(
      values.toSorted((a, b) => a - b),
    );
  }
  expect(new SortedNumbers().median()).toBeNaN();
});

describe('a running report', () => {
  it('is that over all rows so far, to the last digit', () => {
    const running = new RunningReport('a');
    const rows: RowResult[] = [];
    expect(running.report()).toEqual(report('a', []));
    for (let item = 0; item < 800; item++) {
      const row = anyRow(item);
      rows.push(row);
      running.add(row);
      if (item % 23 === 0) expect(running.report()).toEqual(report('a', rows));
    }
    expect(running.report()).toEqual(report('a', rows));
  });

  it('takes failures out when another try replaces them, and nothing else', () => {
    const running = new RunningReport('a');
    const failed: RowResult = { ...anyRow(0), status: 'error', guess: null, error: null, colour: null, truth: 'x' };
    const graded: RowResult = { ...anyRow(0), status: 'graded', guess: 5, truth: 7, error: 2, colour: 'green' };
    running.add(failed);
    expect(running.remove(failed)).toBe(true);
    running.add(graded);
    expect(running.remove(graded)).toBe(false);
    expect(running.report()).toEqual(report('a', [graded]));
  });

  it('leaves sums that no double holds to the other one', () => {
    const running = new RunningReport('a');
    const huge: RowResult = { ...anyRow(0), status: 'graded', guess: 0, truth: 1.5e308, error: 1.5e308, colour: 'red' };
    running.add(huge);
    running.add({ ...huge, item: 1 });
    expect(running.report()).toBeNull();
  });
});
