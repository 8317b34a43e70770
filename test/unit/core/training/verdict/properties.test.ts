import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../../../../src/core/base/random.ts';
import { judgeGap } from '../../../../../src/core/training/verdict/gap.ts';
import { judgeCurve, prepareVerdicts } from '../../../../../src/core/training/verdict/judge.ts';
import { curveSentence } from '../../../../../src/core/training/verdict/sentence.ts';
import type { Verdict } from '../../../../../src/core/training/verdict/verdict.ts';
import { cpuMs } from '../../../../support/cpuTime.ts';

const SERIES = 3000;

interface Series {
  readonly steps: number[];
  readonly values: number[];
}

/** A series of any kind: of no point or a thousand, constant, with zeros, negative, infinite, huge, tiny, out of order. */
function series(random: Random): Series {
  const n = random.pick([0, 1, 2, 4, 5, 8, 12, 13, 30, 60, 61, 100, 60 + random.integer(1000)]);
  const kind = random.pick(['noise', 'constant', 'zeros', 'line', 'fall', 'signs', 'wild', 'step', 'rounded', 'spike']);
  const scale = random.pick([1, 1e-300, 1e-9, 1e9, 1e300, 5e-324]);
  // Each number of bins below 60 needs tables of its own, which are a test of patience.
  const holes = random.next() < 0.3 && (n < 13 || n >= 100);
  const values = Array.from({ length: n }, (_, i) => {
    if (holes && random.next() < 0.2) return random.pick([NaN, Infinity, -Infinity]);
    const time = i / Math.max(1, n);
    switch (kind) {
      case 'constant':
        return 0.1 * scale;
      case 'zeros':
        return random.next() < 0.9 ? 0 : scale;
      case 'line':
        return (2 - time) * scale;
      case 'fall':
        return Math.max(0, 0.5 - time) * scale;
      case 'signs':
        return random.normal() * scale;
      case 'wild':
        return random.pick([0, -0, 1e308, -1e308, 5e-324, 1]);
      case 'step':
        return time < 0.5 ? scale : 0;
      case 'rounded':
        return Math.round(2 + random.normal()) * scale;
      case 'spike':
        return i === n - 1 ? 100 * scale : scale;
      default:
        return (1 + 0.1 * random.normal()) * scale;
    }
  });
  const steps = values.map((_, i) => (random.next() < 0.02 ? random.integer(n) : i));
  return { steps, values };
}

/** Every number of a verdict, by its path. */
function numbers(value: unknown, path = ''): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbers(inner, `${path}.${key}`));
}

describe('any series', () => {
  it('has a verdict with finite numbers and a sentence, and always the same one', () => {
    const random = createRandom(1);
    const codes = new Map<string, number>();
    for (let k = 0; k < SERIES; k++) {
      const { steps, values } = series(random);
      const verdict = judgeCurve(steps, values);
      const odd = numbers(verdict).filter(
        ([path, number]) => !Number.isFinite(number) && path !== '.evidence.strictLimit',
      );
      expect(odd, `series ${String(k)}`).toEqual([]);
      const sentence = curveSentence(verdict, { series: 'loss' });
      expect(sentence).not.toMatch(/NaN|Infinity|undefined|null|\{\d\}/);
      expect(judgeCurve(Float64Array.from(steps), Float64Array.from(values))).toEqual(verdict);
      codes.set(verdict.code, (codes.get(verdict.code) ?? 0) + 1);
      expect(verdict.points).toBe(values.filter(Number.isFinite).length);
      if (verdict.since?.between) {
        const [from, to] = verdict.since.between;
        expect(from).toBeLessThanOrEqual(verdict.since.step);
        expect(verdict.since.step).toBeLessThanOrEqual(to);
      }
    }
    for (let n = 0; n < 60; n++) {
      const { steps, values } = series(random);
      expect(Number.isFinite(judgeCurve(steps.slice(0, n), values.slice(0, n)).points)).toBe(true);
    }
    // Every code is met, or this test would show little.
    expect([...codes.keys()].sort()).toEqual([
      'fell-then-unknown',
      'few-points',
      'flat',
      'improving',
      'too-noisy',
      'wanders',
      'worse',
    ]);
  }, 60_000);

  it('keeps its verdict when all values are multiplied by a constant', () => {
    const random = createRandom(2);
    const told = ({ best, evidence, ...rest }: Verdict): unknown => ({
      ...rest,
      bound: rest.bound?.toFixed(6),
      best: best?.step,
      trend: evidence?.trend.toFixed(4),
    });
    for (let k = 0; k < 200; k++) {
      const n = 60 + random.integer(300);
      const knee = 0.2 + 0.6 * random.next();
      const drop = random.pick([0, 0.3, 1]);
      const values = Array.from(
        { length: n },
        (_, i) => 1 + drop * Math.max(0, 1 - i / n / knee) + 0.1 * random.normal(),
      );
      const steps = values.map((_, i) => i);
      const verdict = judgeCurve(steps, values);
      for (const factor of [3, 1e-7, 1e12, 0.1])
        expect(
          told(
            judgeCurve(
              steps,
              values.map((value) => value * factor),
            ),
          ),
        ).toEqual(told(verdict));
    }
  });

  it('of few points says where 95 % of the fall was done, wherever it bends', () => {
    const random = createRandom(6);
    let seen = 0;
    for (let k = 0; k < 300; k++) {
      const n = 6 + random.integer(7);
      const knee = 1 + random.integer(n - 2);
      const later = random.pick([1, 0.5, 0.2]);
      const fallAt = (i: number): number => Math.min(i, knee) + later * Math.max(0, i - knee);
      const steps = Array.from({ length: n }, (_, i) => 50 * (i + 1));
      const verdict = judgeCurve(
        steps,
        steps.map((_, i) => 5 - 0.2 * fallAt(i) + 0.002 * random.normal()),
      );
      if (verdict.code !== 'improving') continue;
      seen++;
      const done = steps.findIndex((_, i) => fallAt(i) >= 0.95 * fallAt(n - 1));
      // By one point earlier or later, where it is done close to a point.
      expect(Math.abs((verdict.settled?.step ?? 0) - (steps[done] ?? 0))).toBeLessThanOrEqual(50);
    }
    expect(seen).toBeGreaterThan(250);
  });

  it('has a gap to any other', () => {
    const random = createRandom(3);
    for (let k = 0; k < 200; k++) {
      const gap = judgeGap(series(random), series(random));
      if (gap !== null) expect(gap.steps).toHaveLength(gap.differences.length);
    }
  });

  it('turns with the direction that is better', () => {
    const steps = Array.from({ length: 200 }, (_, i) => i);
    const random = createRandom(4);
    const accuracy = steps.map((i) => Math.min(1, i / 100) * 0.5 + 0.2 + 0.02 * random.normal());
    expect(judgeCurve(steps, accuracy, { better: 'higher' })).toMatchObject({ code: 'flat' });
    expect(judgeCurve(steps, accuracy).code).toBe('worse');
    expect(judgeCurve(steps, accuracy, { better: 'higher' }).best?.value).toBe(Math.max(...accuracy));
  });
});

it('takes at most 50 ms for a million points once the tables exist', () => {
  const random = createRandom(5);
  const n = 1_000_000;
  const steps = Float64Array.from({ length: n }, (_, i) => i);
  const values = steps.map((step) => 1 + Math.exp(-step / 1e5) + 0.3 * random.next());
  prepareVerdicts();
  judgeCurve(steps, values);
  const times = Array.from({ length: 5 }, () => {
    const before = cpuMs();
    judgeCurve(steps, values);
    return cpuMs() - before;
  });
  expect(Math.min(...times)).toBeLessThan(50);
});

describe('constant series', () => {
  it.each([0, 0.1, 3, -2])('of %d are flat within a per cent', (value) => {
    const values = new Float64Array(100).fill(value);
    const verdict = judgeCurve(
      values.map((_, i) => i),
      values,
    );
    expect(verdict).toMatchObject({ code: 'flat', since: null, bound: 0.01, clearly: false });
    expect(curveSentence(verdict, { series: 'loss' })).toBe('Flat: any change is below 1%.');
  });
});
