import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, type JudgeInput } from '../../../../../src/core/evaluation/comparison/judge.ts';
import { checkThresholds } from '../../../../../src/core/evaluation/comparison/thresholds.ts';
import { sentenceOf } from '../../../../../src/core/evaluation/comparison/statements.ts';
import type { Comparison, Metric } from '../../../../../src/core/evaluation/comparison/types.ts';
import { numberColour } from '../../../../../src/core/evaluation/graders/number.ts';
import type { RowResult } from '../../../../../src/core/evaluation/types.ts';
import { studentMean, trimmedMean } from '../../../../../src/core/statistics/means.ts';

const TRUTH = 1000;

function row(contestant: string, item: number, guess: number | null): RowResult {
  const error = guess === null ? null : Math.abs(guess - TRUTH);
  return {
    contestant,
    item,
    status: guess === null ? 'no-number' : 'graded',
    sample: guess === null ? 'No idea' : String(guess),
    guess,
    truth: TRUTH,
    error,
    colour: error === null ? 'red' : numberColour(error, TRUTH),
  };
}

function text(contestant: string, item: number, guess: string, truth: string): RowResult {
  const colour = guess === truth ? 'green' : 'red';
  return { contestant, item, status: 'graded', sample: guess, guess, truth, error: null, colour };
}

/** A run of two contestants whose errors are given item by item. */
function runOf(
  a: readonly (number | null)[],
  b: readonly (number | null)[],
  changes: Partial<JudgeInput> = {},
): JudgeInput {
  const guess = (error: number | null): number | null => (error === null ? null : TRUTH + error);
  return {
    contestants: [
      { id: 'a', label: 'pricer', kind: 'fine-tuned' },
      { id: 'b', label: 'base', kind: 'base' },
    ],
    baseline: 'b',
    grader: 'number',
    primary: 'mae',
    matters: 0.1,
    items: a.map((_, index) => ({ index, messages: [{ role: 'user', content: `Item ${String(index)}` }] })),
    rows: [
      ...a.map((error, item) => row('a', item, guess(error))),
      ...b.map((error, item) => row('b', item, guess(error))),
    ],
    ...changes,
  };
}

function of(comparisons: readonly Comparison[], metric: Metric): Comparison {
  const found = comparisons.find((comparison) => comparison.metric === metric);
  if (!found) throw new Error(`No comparison in ${metric}.`);
  return found;
}

/** Deterministic noise between −1 and 1. */
const noise = (i: number): number => ((i * 7919) % 200) / 100 - 1;

describe('what a run says', () => {
  it('compares the rows that both have, pair by pair', () => {
    const a = Array.from({ length: 40 }, (_, i) => 50 + 20 * noise(i));
    const b = Array.from({ length: 40 }, (_, i) => 60 + 20 * noise(i + 3));
    const run = runOf(a, b);
    // Two rows of the baseline are missing, and one request failed.
    const rows = run.rows.filter(({ contestant, item }) => !(contestant === 'b' && item < 2));
    const failed: RowResult = { ...row('a', 5, 0), status: 'error', guess: null, error: null, colour: null };
    const { comparisons, contestants } = judge({ ...run, rows: [...rows, failed] });
    const used = a.flatMap((error, i) => (i < 2 || i === 5 ? [] : [error - (b[i] ?? 0)]));
    const mae = of(comparisons, 'mae');
    expect(mae.items).toBe(37);
    expect(mae.difference?.value).toBeCloseTo(studentMean(used)?.value ?? NaN, 9);
    expect(mae.difference?.p).toBeCloseTo(studentMean(used)?.p ?? NaN, 9);
    expect(mae.typical?.high).toBeCloseTo(trimmedMean(used)?.high ?? NaN, 9);
    expect(mae.better + mae.worse + mae.ties).toBe(37);
    expect(contestants.map(({ items, failed: count }) => [items, count])).toEqual([
      [40, 1],
      [38, 0],
    ]);
  });

  it('says that the mean shows nothing and the typical item is worse, and why', () => {
    // Each item is worse by about 14, but for one miss of the baseline, which the mean follows.
    const b = Array.from({ length: 100 }, (_, i) => (i === 7 ? 1900 : 60 + 10 * noise(i)));
    const a = b.map((error, i) => (i === 7 ? 100 : error + 14 + 8 * noise(i + 11)));
    const { comparisons, statements } = judge(runOf(a, b));
    const mae = of(comparisons, 'mae');
    expect([mae.claim, mae.typical?.claim]).toEqual(['none', 'worse']);
    expect(mae.heaviest?.item).toBe(7);
    expect(statements.map(({ code }) => code)).toEqual(['verdict-none-typical-worse', 'heaviest', 'items-needed']);
    expect(sentenceOf(statements)).toMatch(
      /^pricer is not shown to be better than base: mean error −[\d.]+ \[−[\d.]+, \+[\d.]+\]; but the typical item is worse by 1[34]\.\d\d \[1\d\.\d\d, 1\d\.\d\d\], and 99 of 100 items are\. One item carries 9\d\.\d% of the spread\. Not enough items to see a difference of 10\.0%: about [\d,]+ to [\d,]+ would be needed\.$/,
    );
  });

  it.each([
    ['better', -20, /^pricer is better than base: mean error −\d/],
    ['worse', 20, /^pricer is worse than base: mean error \+\d/],
  ] as const)('claims that a contestant is %s', (side, shift, sentence) => {
    const b = Array.from({ length: 60 }, (_, i) => 80 + 10 * noise(i));
    const { comparisons, statements } = judge(
      runOf(
        b.map((error, i) => error + shift + 5 * noise(i + 5)),
        b,
      ),
    );
    expect(of(comparisons, 'mae').claim).toBe(side);
    expect(of(comparisons, 'mae').typical?.claim).toBe(side);
    expect(of(comparisons, 'rmsle').claim).toBe(side);
    expect(sentenceOf(statements)).toMatch(sentence);
  });

  it('calls two contestants equal only to within the margin that was named', () => {
    const b = Array.from({ length: 200 }, (_, i) => 80 + 10 * noise(i));
    const a = b.map((error, i) => error + 3 * noise(i + 17));
    const equal = judge(runOf(a, b));
    expect(of(equal.comparisons, 'mae').claim).toBe('equal');
    expect(sentenceOf(equal.statements)).toMatch(/^pricer is equal to base to within ±0\.\d\d: mean error [+−]?\d/);
    expect(of(judge(runOf(a, b, { matters: 0.0001 })).comparisons, 'mae').claim).toBe('none');
  });

  it('says nothing below ten pairs', () => {
    const b = Array.from({ length: 9 }, () => 100);
    const { comparisons, statements } = judge(
      runOf(
        b.map((error, i) => error - 50 - i),
        b,
      ),
    );
    expect(of(comparisons, 'mae').claim).toBe('none');
    expect(sentenceOf(statements)).toBe(
      'Not enough items: pricer and base have 9 in common, and nothing is said below 10.',
    );
  });

  it('does not let a contestant gain by answers without a number', () => {
    // Silent where it would be far off: better over the rest, worse with silence as a guess of 0.
    const b = Array.from({ length: 60 }, (_, i) => 80 + 10 * noise(i));
    const a = b.map((error, i) => (i % 3 === 0 ? null : error - 15 + 3 * noise(i + 2)));
    const { comparisons, statements } = judge(runOf(a, b));
    expect(of(comparisons, 'mae').difference?.p).toBeLessThan(0.001);
    expect(of(comparisons, 'mae').claim).toBe('none');
    expect(sentenceOf(statements)).toMatch(
      /^Items without a number: pricer 20, base 0; they are not compared\. pricer is not shown to be/,
    );
    // Hits count silence as wrong: those rows are compared.
    expect(sentenceOf(judge(runOf(a, b, { primary: 'hits' })).statements)).not.toContain('without a number');
    // Half of a silence that costs little leaves the claim.
    const mild = judge(
      runOf(
        b.map((error, i) => (i === 0 ? null : error - 60 + noise(i))),
        b.map((error, i) => (i === 1 ? null : error)),
      ),
    );
    expect(of(mild.comparisons, 'hits').items).toBe(60);
  });

  it('says why nothing is claimed where only silence prevents it, and tells no typical item of a run with looks', () => {
    const b = Array.from({ length: 60 }, (_, i) => 40 + 5 * noise(i));
    const a = b.map((error, i) => (i % 3 === 0 ? null : error - 15 + 3 * noise(i + 2)));
    const why = 'With replies without a number counted as 0 the difference is not shown, so nothing is claimed.';
    const { statements } = judge(runOf(a, b));
    expect(statements.map(({ code }) => code)).toContain('not-with-zeros');
    expect(sentenceOf(statements)).toContain(why);
    const spoken = a.map((error) => error ?? 25);
    expect(sentenceOf(judge(runOf(spoken, b)).statements)).not.toContain('counted as 0');
    const noDifference = judge(runOf([null, ...b.slice(1)], b));
    expect(sentenceOf(noDifference.statements)).not.toContain('counted as 0');

    const estimate = { value: -15, low: -20, high: -10 };
    const look = { look: 2, rows: 36, estimate, t: -9, limit: 2.7, verdict: 'different' as const };
    const stopped = judge(runOf(spoken, b, { looks: new Map([['a', [look]]]) }));
    expect(stopped.statements.map(({ code }) => code)).toEqual(['verdict-better', 'look-different']);
    expect(of(stopped.comparisons, 'mae').typical).toMatchObject({ claim: 'none' });
  });

  it('calls nobody equal, and passes nobody as not worse, who is equal only where it speaks', () => {
    const b = Array.from({ length: 200 }, (_, i) => 40 + 5 * noise(i));
    const speaking = b.map((error, i) => error + noise(i + 2));
    const silent = speaking.map((error, i) => (i % 3 === 0 ? null : error));
    const spoken = of(judge(runOf(speaking, b)).comparisons, 'mae');
    expect([spoken.claim, spoken.withZeros]).toEqual(['equal', undefined]);
    const judged = judge(runOf(silent, b));
    const { claim, withZeros } = of(judged.comparisons, 'mae');
    expect(claim).toBe('none');
    // A third of the truths of 1,000, less the errors there.
    expect(withZeros?.value).toBeCloseTo(320, -1);
    const pass = { metrics: {}, vsBaseline: 'not worse' } as const;
    expect(checkThresholds(pass, judge(runOf(speaking, b)), 'mae')[0]?.passed).toBe(true);
    expect(checkThresholds(pass, judged, 'mae')[0]?.passed).toBe(false);
  });

  it('counts equal prompts once', () => {
    const b = Array.from({ length: 40 }, (_, i) => 80 + 10 * noise(i >> 1));
    const a = b.map((error, i) => error - 8 + 10 * noise((i >> 1) + 9));
    const run = runOf(a, b);
    const items = run.items.map(({ index }) => ({
      index,
      messages: [{ role: 'user' as const, content: `Item ${String(index >> 1)}` }],
    }));
    const single = of(judge(run).comparisons, 'mae');
    const { comparisons, statements } = judge({ ...run, items });
    const clustered = of(comparisons, 'mae');
    expect([clustered.items, clustered.clusters]).toEqual([40, 20]);
    // Twice the same observation is no more evidence: the interval is wider by about √2.
    const width = ({ difference }: Comparison): number => (difference?.high ?? NaN) - (difference?.low ?? NaN);
    expect(width(clustered) / width(single)).toBeGreaterThan(1.38);
    expect(sentenceOf(statements)).toContain('Items with equal prompts count as one: 40 items, 20 prompts.');
  });

  it('claims other metrics only after Holm over all that is tested', () => {
    const b = Array.from({ length: 30 }, (_, i) => 80 + 10 * noise(i));
    // A mean difference whose own p-value is a little below 0.05.
    const a = b.map((error, i) => error - 1.7 + 5.8 * Math.sin(i * 1.7));
    const asPrimary = of(judge(runOf(a, b, { matters: 0.01 })).comparisons, 'mae');
    const asOther = of(judge(runOf(a, b, { matters: 0.01, primary: 'hits' })).comparisons, 'mae');
    expect(asPrimary.difference?.p).toBeLessThan(0.05);
    expect(asPrimary.difference?.p).toBeGreaterThan(0.02);
    expect([asPrimary.claim, asOther.claim]).toEqual(['better', 'none']);
  });

  it('compares labels by accuracy and macro F1', () => {
    const labels = ['cat', 'dog', 'cow'];
    const truths = Array.from({ length: 90 }, (_, i) => labels[i % 3] ?? '');
    const rows = truths.flatMap((truth, item) => [
      text('a', item, item % 10 === 0 ? 'dog' : truth, truth),
      text('b', item, item % 3 === 0 || item % 4 === 1 ? 'cow' : truth, truth),
    ]);
    const { comparisons, contestants } = judge({
      ...runOf(
        Array.from({ length: 90 }, () => 0),
        [],
      ),
      grader: 'label',
      primary: 'accuracy',
      rows,
    });
    expect(of(comparisons, 'accuracy').claim).toBe('better');
    expect(of(comparisons, 'f1').claim).toBe('better');
    const accuracy = contestants[0]?.metrics.accuracy?.value;
    expect(accuracy).toBeCloseTo(rows.filter((r) => r.contestant === 'a' && r.colour === 'green').length / 90, 12);
  });

  it('never gives a figure that is not a number, whatever the rows', () => {
    const errors = fc.array(
      fc.option(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e300 }), fc.constant(0))),
      {
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(errors, errors, (a, b) => {
        const { comparisons, contestants, statements } = judge(runOf(a, b));
        const figures = [
          ...comparisons.flatMap(({ difference, typical }) => [difference, typical]),
          ...contestants.flatMap(({ metrics }) => Object.values(metrics)),
        ].flatMap((estimate) => (estimate === null ? [] : [estimate.value, estimate.low, estimate.high]));
        expect(figures.some(Number.isNaN)).toBe(false);
        expect(sentenceOf(statements)).not.toMatch(/NaN|undefined|Infinity|∞/);
      }),
      { numRuns: 300 },
    );
  });
});
