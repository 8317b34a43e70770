import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricSeries } from '../../../../../src/core/training/curves/series.ts';
import { jobHistory } from '../../../../../src/core/training/history/eventHistory.ts';
import type { JobEvent } from '../../../../../src/core/training/job.ts';
import { aMetric, anEvent } from '../../../../support/jobBuilders.ts';

const figure = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 10, noNaN: true }));
const metrics = fc
  .record({ step: fc.nat(6), trainLoss: figure, fullValidLoss: figure })
  .map((values) => aMetric({ totalSteps: 9, ...values }));
const events = fc
  .array(
    fc.record({
      createdAt: fc.nat(8),
      level: fc.constantFrom('info', 'warn'),
      message: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', 'ÿ', 'Ā')),
      type: fc.constantFrom('message', 'metrics'),
      metrics: fc.oneof(fc.constant(null), metrics),
      moderation: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, fc.constant({ categories: 1, flagged: ['x'] })),
    }),
    { maxLength: 30 },
  )
  .map((list) => list.map((event, index): JobEvent => ({ id: `e${String(index)}`, ...event })));

/** Events in portions, newest first in each, some of them twice. */
const portions = events.chain((list) =>
  fc
    .tuple(fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 }), fc.integer({ min: 1, max: 9 }))
    .map(([all, size]) => ({
      list,
      parts: Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size)),
    })),
);

/** Order of the events: newest first, those of one second by arrival, those of one arrival as they were given. */
function expectedOrder(parts: readonly (readonly JobEvent[])[]): readonly string[] {
  let known: readonly JobEvent[] = [];
  for (const part of parts) {
    const ids = new Set<string>();
    known = [...part, ...known].filter(({ id }) => !ids.has(id) && ids.add(id));
    // An event keeps its place when it comes again.
    known = known.toSorted((a, b) => b.createdAt - a.createdAt);
  }
  return known.map(({ id }) => id);
}

describe('the history of a job', () => {
  it('has every event once with all its fields, and the curve of any order of arrival', () => {
    fc.assert(
      fc.property(portions, ({ list, parts }) => {
        const { events: history, curve } = jobHistory();
        for (const part of parts) {
          const before = new Set([...history].map(({ id }) => id));
          const added = history.add(part);
          expect(new Set(added.events.map(({ id }) => id))).toEqual(
            new Set(part.map(({ id }) => id).filter((id) => !before.has(id))),
          );
        }
        const found = [...history];
        expect(found.toSorted(byId)).toEqual(list.toSorted(byId));
        expect(found.map(({ createdAt }) => createdAt)).toEqual(
          found.map(({ createdAt }) => createdAt).sort((a, b) => b - a),
        );
        expect(history.length).toBe(list.length);
        expect(found).toEqual(Array.from({ length: list.length }, (_, index) => history.at(index)));
        // A step without any figure is a row as well; figures are those of the core.
        expect(curve.points()).toEqual(metricSeries(list).map((point) => ({ ...point })));
        for (const { id } of list) expect(history.has(id)).toBe(true);
        expect(history.has('other')).toBe(false);
        const told = found.filter(
          ({ metrics: point, level }) => !point || point.fullValidLoss !== null || level !== 'info',
        );
        expect(history.told(0, history.toldLength)).toEqual(told);
        expect(history.messages).toEqual(found.filter((event) => event.metrics === null || event.moderation !== null));
      }),
    );
  });

  it('keeps the order of the provider within a second, newer arrivals first', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 9 }), (list, size) => {
        const parts = Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
          list.slice(i * size, (i + 1) * size),
        );
        const { events: history } = jobHistory();
        for (const part of parts) history.add(part);
        expect([...history].map(({ id }) => id)).toEqual(expectedOrder(parts));
      }),
    );
  });

  it('knows its first and last report', () => {
    const step = (id: string, createdAt: number, at: number): JobEvent =>
      anEvent({ id, createdAt, metrics: aMetric({ step: at, trainLoss: 1 }) });
    const { events: history } = jobHistory([anEvent({ id: 'late', createdAt: 99 }), step('b', 7, 4), step('a', 5, 2)]);
    history.add([step('c', 6, 3)]);
    expect(history.span).toEqual({ first: { step: 2, createdAt: 5 }, last: { step: 4, createdAt: 7 } });
    expect(jobHistory().events.span).toBeNull();
  });

  it('finds each of many ids, whatever they look like', () => {
    const ids = Array.from({ length: 20_000 }, (_, index) => `${index % 2 ? 'ftevent-' : '事件'}${String(index)}`);
    const { events: history } = jobHistory(ids.map((id) => anEvent({ id })));
    expect(history.length).toBe(ids.length);
    expect(ids.every((id) => history.has(id))).toBe(true);
    expect(ids.some((id) => history.has(`${id}x`))).toBe(false);
    expect(history.add(ids.map((id) => anEvent({ id }))).events).toEqual([]);
  });
});

function byId(a: JobEvent, b: JobEvent): number {
  return a.id < b.id ? -1 : 1;
}
