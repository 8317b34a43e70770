import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CurveSeries } from '../../../../../src/core/training/curves/curveCollector.ts';
import { isCurveName } from '../../../../../src/core/training/curves/curveNames.ts';
import { runsOf, tableOfSeries } from '../../../../../src/core/training/curves/curveRuns.ts';
import { MetricColumns } from '../../../../../src/core/training/curves/columns.ts';
import { isPointTable } from '../../../../../src/core/training/curves/pointTable.ts';

const series = (points: readonly (readonly [number, number])[]): CurveSeries => ({
  steps: Float64Array.from(points, ([step]) => step),
  values: Float64Array.from(points, ([, value]) => value),
  unreadable: 0,
  gaps: 0,
});

it('puts series with steps of their own into one table', () => {
  const table = tableOfSeries(
    new Map([
      [
        'train_loss',
        series([
          [1, 3],
          [2, 2],
          [3, 1],
        ]),
      ],
      [
        'valid_loss',
        series([
          [2, 2.5],
          [4, 1.5],
        ]),
      ],
    ]),
  );
  expect([...table.steps]).toEqual([1, 2, 3, 4]);
  expect(table.series[0]).toMatchObject({ name: 'train_loss', rows: null });
  expect([...(table.series[1]?.rows ?? [])]).toEqual([1, 3]);
});

it('keeps the last value of a step, and is a table that panels take, for any series', () => {
  const points = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 20 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
    {
      minLength: 1,
    },
  );
  fc.assert(
    fc.property(points, points, (a, b) => {
      const sorted = [a, b].map((own) => [...own].sort(([first], [second]) => first - second));
      const table = tableOfSeries(new Map(sorted.map((own, index) => [`s${index}`, series(own)])));
      expect(isPointTable(table)).toBe(true);
      const columns = new MetricColumns();
      columns.merge(table);
      for (const [index, own] of sorted.entries()) {
        const view = columns.series(`s${index}`);
        expect(new Map([...view.xs].map((x, i) => [x, view.ys[i]]))).toEqual(new Map(own));
      }
    }),
  );
});

it('tells the runs of an export of Weights & Biases apart, and takes any other file for one run', () => {
  const one = series([[1, 2]]);
  const exported = runsOf(
    new Map([
      ['brisk-sun-1 - train/loss', one],
      ['calm-sea-2 - train/loss', one],
      ['brisk-sun-1 - eval/loss', one],
    ]),
  );
  expect(exported.map(({ name, table }) => [name, table.series.map((entry) => entry.name)])).toEqual([
    ['brisk-sun-1', ['train/loss', 'eval/loss']],
    ['calm-sea-2', ['train/loss']],
  ]);
  expect(
    runsOf(
      new Map([
        ['train_loss', one],
        ['a - b', one],
      ]),
    ).map(({ name }) => name),
  ).toEqual([null]);
});

it.each([
  ['/x/results.csv', true],
  ['C:\\x\\RESULTS.CSV', true],
  ['/x/checkpoint-5/trainer_state.json', true],
  ['trainer_state.json', true],
  ['/x/my_trainer_state.json', false],
  ['/x/data.jsonl', false],
])('takes %s for a curve: %s', (name, expected) => {
  expect(isCurveName(name)).toBe(expected);
});
