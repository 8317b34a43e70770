import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METRIC_KEYS, MetricStore } from '../../../../webview/charts/metricStore.ts';
import { mergeMetricPoints } from '../../../../src/core/training/curves/series.ts';
import { metricPoint } from '../../../support/webviewHarness/states.ts';

const figure = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 10, noNaN: true }));
const points = fc.array(
  fc
    .record({ step: fc.nat(300), trainLoss: figure, validLoss: figure, fullValidLoss: figure })
    .map(({ step, ...values }) => metricPoint(step, values)),
);

describe('metric store', () => {
  it('holds what the core merges, in whatever order and portions the points come', () => {
    fc.assert(
      fc.property(fc.array(points), (portions) => {
        const store = new MetricStore();
        for (const portion of portions) store.merge(portion);
        // The core keeps the points of one portion in their order; so does a stable sort by step.
        const expected = portions.reduce(
          (known, portion) =>
            mergeMetricPoints(
              known,
              portion.toSorted((a, b) => a.step - b.step),
            ),
          mergeMetricPoints([], []),
        );
        expect(store.length).toBe(expected.length);
        expected.forEach((point, index) => {
          expect(store.stepAt(index)).toBe(point.step);
          for (const key of METRIC_KEYS) expect(store.valueAt(key, index)).toBe(point[key] ?? Number.NaN);
        });
      }),
    );
  });

  it('gives each curve without the steps that have no figure', () => {
    const store = new MetricStore();
    store.merge([metricPoint(1, { trainLoss: 2 }), metricPoint(2), metricPoint(3, { trainLoss: 1, validLoss: 4 })]);
    expect([...store.series('trainLoss').xs]).toEqual([1, 3]);
    expect([...store.series('trainLoss').ys]).toEqual([2, 1]);
    expect(store.series('validLoss').length).toBe(1);
    expect(store.series('validAccuracy').length).toBe(0);
  });

  it('makes a curve anew only after a change', () => {
    const store = new MetricStore();
    store.merge([metricPoint(1, { trainLoss: 2 })]);
    const before = store.series('trainLoss');
    expect(store.series('trainLoss')).toBe(before);
    store.merge([]);
    expect(store.series('trainLoss')).toBe(before);
    store.merge([metricPoint(2, { trainLoss: 1 })]);
    expect(store.series('trainLoss')).not.toBe(before);
    store.clear();
    expect(store.series('trainLoss').length).toBe(0);
  });
});
