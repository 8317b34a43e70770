import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetricColumns } from '../../../../../src/core/training/curves/columns.ts';
import { isPointTable, tableOfPoints } from '../../../../../src/core/training/curves/pointTable.ts';
import { mergeMetricPoints } from '../../../../../src/core/training/curves/series.ts';
import type { MetricPoint } from '../../../../../src/core/training/job.ts';
import { aMetric } from '../../../../support/jobBuilders.ts';

const figure = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 10, noNaN: true }));
const others = fc.oneof(
  fc.constant({}),
  fc.double({ min: -1, max: 1, noNaN: true }).map((value) => ({ others: { train_reward_mean: value } })),
);
/** Points around few steps, so that they meet; most portions come behind those before. */
const points = fc
  .tuple(
    fc.nat(200),
    fc.array(fc.record({ step: fc.nat(30), trainLoss: figure, validLoss: figure, fullValidLoss: figure, others })),
  )
  .map(([from, list]) =>
    list.map(({ step, others: more, ...values }) => aMetric({ step: from + step, ...values, ...more })),
  );

/** Points as the core merges them. */
function expected(portions: readonly (readonly MetricPoint[])[]): readonly MetricPoint[] {
  return portions.reduce<readonly MetricPoint[]>(
    (known, portion) =>
      mergeMetricPoints(
        known,
        portion.toSorted((a, b) => a.step - b.step),
      ),
    [],
  );
}

describe('columns of metrics', () => {
  it('hold what the core merges, in whatever order and portions the points come', () => {
    fc.assert(
      fc.property(fc.array(points), (portions) => {
        const columns = new MetricColumns();
        for (const portion of portions) columns.mergePoints(portion);
        expect(columns.points()).toEqual(expected(portions));
        const names = ['train_loss', 'valid_loss', 'full_valid_loss', 'train_reward_mean'];
        for (const name of names) {
          const { xs, ys, rows, length } = columns.series(name);
          expect([xs.length, ys.length, rows?.length ?? length]).toEqual([length, length, length]);
          // The view and the value of a row are two ways to the same figure.
          const byRow = columns.byRow(name);
          expect([...byRow]).toEqual([...columns.steps].map((_, row) => columns.valueAt(name, row)));
          expect([...ys]).toEqual([...byRow].filter((value) => !Number.isNaN(value)));
          expect([...xs]).toEqual([...columns.steps].filter((_, row) => !Number.isNaN(byRow[row] ?? Number.NaN)));
        }
      }),
    );
  });

  it('come to the same through tables, whole, in parts and by row', () => {
    fc.assert(
      fc.property(fc.array(points), fc.nat(60), (portions, cut) => {
        const columns = new MetricColumns();
        for (const portion of portions) columns.mergePoints(portion);
        const parts = [columns.table(0, cut), columns.table(cut)];
        expect(parts.every(isPointTable)).toBe(true);
        const again = new MetricColumns();
        for (const part of parts) again.merge(part);
        expect(again.points()).toEqual(columns.points());
        const rows = Array.from({ length: columns.length }, (_, row) => row).filter((row) => row % 3 === 0);
        const some = new MetricColumns();
        some.merge(columns.tableOfRows(rows));
        expect(some.points()).toEqual(rows.map((row) => columns.pointAt(row)));
      }),
    );
  });

  it('say through edits whether a longer view begins with the same points', () => {
    fc.assert(
      fc.property(fc.array(points, { minLength: 1 }), (portions) => {
        const columns = new MetricColumns();
        for (const portion of portions) {
          const before = columns.series('train_loss');
          const [xs, ys] = [[...before.xs], [...before.ys]];
          columns.mergePoints(portion);
          const after = columns.series('train_loss');
          if (after === before) expect([[...after.xs], [...after.ys]]).toEqual([xs, ys]);
          if (after.edits !== before.edits) continue;
          expect([...after.xs].slice(0, xs.length)).toEqual(xs);
          expect([...after.ys].slice(0, ys.length)).toEqual(ys);
        }
      }),
    );
  });

  it('give the same view until the series changes', () => {
    const columns = MetricColumns.of([aMetric({ step: 1, trainLoss: 2 })]);
    const before = columns.series('train_loss');
    const none = columns.series('valid_loss');
    expect(none.length).toBe(0);
    columns.mergePoints([]);
    columns.mergePoints([aMetric({ step: 2, validLoss: 1 })]);
    expect(columns.series('train_loss')).toBe(before);
    expect(columns.series('valid_loss').length).toBe(1);
    columns.mergePoints([aMetric({ step: 3, trainLoss: 1 })]);
    expect([...columns.series('train_loss').xs]).toEqual([1, 3]);
    expect([...before.xs]).toEqual([1]);
    columns.clear();
    expect(columns.series('train_loss').length).toBe(0);
    expect(columns.series('train_loss').edits).not.toBe(before.edits);
  });

  it('share the steps among series without gaps, and make no column before its first value', () => {
    const columns = MetricColumns.of([1, 2, 3].map((step) => aMetric({ step, trainLoss: step, validLoss: step / 2 })));
    expect(columns.names).toEqual(['train_loss', 'valid_loss']);
    const { xs } = columns.series('train_loss');
    expect(columns.series('valid_loss').xs.buffer).toBe(xs.buffer);
    expect(columns.series('train_loss').rows).toBeNull();
    columns.mergePoints([aMetric({ step: 4 }), aMetric({ step: 5, trainLoss: 5 })]);
    expect([...(columns.series('train_loss').rows ?? [])]).toEqual([0, 1, 2, 4]);
  });

  it('know when each row was reported, and the number of steps that the highest one told', () => {
    const columns = new MetricColumns();
    expect([columns.times, columns.totalSteps]).toEqual([null, null]);
    columns.mergePoints([aMetric({ step: 1, trainLoss: 1, totalSteps: 9 })]);
    expect(columns.times).toBeNull();
    columns.mergePoints([aMetric({ step: 3, trainLoss: 1, totalSteps: 10 })], [1_700_000_000]);
    columns.mergePoints([aMetric({ step: 2, trainLoss: 1, totalSteps: 9 })], [1_700_000_005]);
    expect([...(columns.times ?? [])]).toEqual([0, 1_700_000_005, 1_700_000_000]);
    expect(columns.totalSteps).toBe(10);
  });

  it('take a figure by any name', () => {
    const columns = MetricColumns.of([
      aMetric({
        step: 1,
        others: Object.fromEntries([
          ['__proto__', 1],
          ['constructor', 2],
        ]),
      }),
    ]);
    expect(columns.names).toEqual(['__proto__', 'constructor']);
    expect(columns.series('__proto__').ys[0]).toBe(1);
    expect(columns.series('toString').length).toBe(0);
  });

  it('hold two series of a million points in 40 MB, also after one more point', () => {
    const steps = Float64Array.from({ length: 1_000_000 }, (_, row) => row + 1);
    const series = ['train_loss', 'valid_loss'].map((name) => ({ name, rows: null, values: steps.slice() }));
    const columns = new MetricColumns();
    columns.merge({ steps, times: null, series });
    columns.mergePoints([aMetric({ step: 1_000_001, trainLoss: 1, validLoss: 1 })]);
    const buffers = new Set([columns.steps.buffer, ...columns.names.map((name) => columns.series(name).ys.buffer)]);
    expect([...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(40e6);
  });
});

it('a table of points keeps the later figures of two points for one step', () => {
  const table = tableOfPoints([
    aMetric({ step: 2, trainLoss: 1, validLoss: 3 }),
    aMetric({ step: 1 }),
    aMetric({ step: 2, trainLoss: 2 }),
  ]);
  expect(table).toEqual({
    steps: Float64Array.of(1, 2),
    times: null,
    series: [
      { name: 'train_loss', rows: Uint32Array.of(1), values: Float64Array.of(2) },
      { name: 'valid_loss', rows: Uint32Array.of(1), values: Float64Array.of(3) },
    ],
  });
});
