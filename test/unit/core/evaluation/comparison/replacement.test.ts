import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../../../../src/core/base/random.ts';
import { judge } from '../../../../../src/core/evaluation/comparison/judge.ts';
import {
  judgeReplacement,
  type ReplacementFacts,
  type ReplacementInput,
} from '../../../../../src/core/evaluation/comparison/replacement.ts';
import { sentenceOf } from '../../../../../src/core/evaluation/comparison/statements.ts';
import { joinSamples } from '../../../../../src/core/evaluation/samples.ts';
import type { GraderType, Replacement, RowResult, RowSample } from '../../../../../src/core/evaluation/types.ts';
import { numberColour } from '../../../../../src/core/evaluation/graders/number.ts';

const CASES = 200;

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

function numberRow(contestant: string, item: number, truth: number, guesses: readonly (number | null)[]): RowResult {
  const samples = guesses.map((guess): RowSample => {
    const error = guess === null ? null : Math.abs(guess - truth);
    return {
      sample: String(guess),
      status: guess === null ? 'no-number' : 'graded',
      guess,
      error,
      colour: error === null ? 'red' : numberColour(error, truth),
    };
  });
  const [only] = samples;
  if (samples.length === 1 && only !== undefined) return { contestant, item, truth, ...only };
  return { contestant, item, ...joinSamples('number', truth, samples) };
}

/** Prices over three orders of magnitude, and a model that is off by a factor of its own for each item, and by another for each reply. */
interface Prices {
  readonly items: number;
  readonly samples: number;
  /** Spread of the logarithms from reply to reply. */
  readonly spread: number;
  /** Share that the replacement's every number is too large by. */
  readonly bias: number;
  /** Whether the replacement makes its own mistakes instead of the old model's. */
  readonly isOther?: boolean;
}

function prices(seed: number, { items, samples, spread, bias, isOther = false }: Prices): ReplacementInput {
  const random = createRandom(seed);
  const a = new Map<number, RowResult>();
  const b = new Map<number, RowResult>();
  for (let item = 0; item < items; item += 1) {
    const truth = Math.exp(3.5 + normal(random));
    const miss = 0.4 * normal(random);
    const other = isOther ? 0.4 * normal(random) : miss;
    const replies = (of: number, factor: number): number[] =>
      Array.from({ length: samples }, () => truth * factor * Math.exp(of + spread * normal(random)));
    b.set(item, numberRow('b', item, truth, replies(miss, 1)));
    a.set(item, numberRow('a', item, truth, replies(other, 1 + bias)));
  }
  return inputOf(a, b, 'number', { margin: 1, temperature: spread === 0 ? 0 : 1, unrecorded: 0 });
}

function inputOf(
  a: ReadonlyMap<number, RowResult>,
  b: ReadonlyMap<number, RowResult>,
  grader: GraderType,
  replacement: Replacement,
): ReplacementInput {
  return {
    a: { id: 'a', rows: a },
    b: { id: 'b', rows: b },
    grader,
    primary: grader === 'number' ? 'mae' : 'accuracy',
    replacement,
    clusterOf: (item) => item,
  };
}

function withMargin(input: ReplacementInput, margin: number): ReplacementInput {
  return { ...input, replacement: { ...input.replacement, margin } };
}

const isEqual = ({ quality, answers }: ReplacementFacts): boolean => quality === 'equal' && answers.verdict === 'same';

const meanError = (rows: ReadonlyMap<number, RowResult>): number =>
  [...rows.values()].reduce((sum, { error }) => sum + (error ?? 0), 0) / rows.size;

/**
 * Three tenths of the old model's error as the margin, and as many items as the product asks for after a pilot of 400. The pilot may have
 * decided already by luck; a margin of a tenth is open, and needs a hundred times the items.
 */
function planned(kind: Omit<Prices, 'items' | 'bias'>): { readonly margin: number; readonly items: number } {
  const margin = 0.3 * meanError(prices(7, { ...kind, items: 4000, bias: 0 }).b.rows);
  const pilot = judgeReplacement(withMargin(prices(11, { ...kind, items: 400, bias: 0 }), margin / 10));
  return { margin, items: Math.ceil((pilot.needed?.to ?? NaN) / 100) };
}

/** Share by which all numbers have to be too large for the mean error to grow by the margin. */
function biasOf(margin: number, kind: Omit<Prices, 'items' | 'bias'>): number {
  // A row's number grows as its replies do: they are drawn once.
  const rows = [...prices(3, { ...kind, items: 20_000, bias: 0 }).a.rows.values()].map(({ guess, truth }) => ({
    guess: Number(guess),
    truth: Number(truth),
  }));
  const error = (bias: number): number =>
    rows.reduce((sum, { guess, truth }) => sum + Math.abs(guess * (1 + bias) - truth), 0) / rows.length;
  const least = error(0);
  let bias = 0;
  for (let step = 0.5; step > 1e-4; step /= 2) if (error(bias + step) - least < margin) bias += step;
  return bias + 1e-4;
}

function share(of: (seed: number) => boolean): number {
  let found = 0;
  for (let seed = 1; seed <= CASES; seed += 1) found += Number(of(seed));
  return found / CASES;
}

describe('a replacement of a recorded model', () => {
  for (const kind of [
    { samples: 5, spread: 0.3 },
    { samples: 2, spread: 0.1 },
  ]) {
    const words = `${String(kind.samples)} replies a row, spread ${String(kind.spread)}`;

    it(`is called equal in four of five cases when it is the same model, in one of twenty when it is worse by the margin (${words})`, () => {
      const { margin, items } = planned(kind);
      const judged = (seed: number, bias: number): ReplacementFacts =>
        judgeReplacement(withMargin(prices(seed, { ...kind, items, bias }), margin));
      const bias = biasOf(margin, kind);
      const found = { equal: 0, falseEqual: 0, falseGood: 0, worse: 0 };
      for (let seed = 1; seed <= CASES; seed += 1) {
        const edge = judged(seed, bias);
        found.equal += Number(isEqual(judged(seed, 0))) / CASES;
        found.falseEqual += Number(isEqual(edge)) / CASES;
        found.falseGood += Number(edge.quality === 'equal') / CASES;
        found.worse += Number(judged(seed, 3 * bias).quality === 'worse') / CASES;
      }
      expect(found.equal).toBeGreaterThanOrEqual(0.8);
      expect(found.falseEqual).toBeLessThanOrEqual(0.05);
      // It must not be called as good either.
      expect(found.falseGood).toBeLessThanOrEqual(0.06);
      expect(found.worse).toBeGreaterThanOrEqual(0.9);
      // 600 judgments.
    }, 60_000);
  }

  it('is called equal in four of five cases when it gives labels at the same rates, in one of twenty when ten points are worse', () => {
    const judged = (seed: number, right: number): ReplacementFacts => {
      const random = createRandom(seed);
      const a = new Map<number, RowResult>();
      const b = new Map<number, RowResult>();
      for (let item = 0; item < 400; item += 1) {
        // Most items are certain, some are drawn anew with each reply.
        const isSure = random.next() < 0.7;
        const replies = (rate: number): string[] =>
          Array.from({ length: 3 }, () => (isSure || random.next() < rate ? 'yes' : 'no'));
        b.set(item, labelRow('b', item, replies(0.7)));
        a.set(
          item,
          labelRow(
            'a',
            item,
            replies(0.7).map((reply) => (random.next() < right ? reply : 'no')),
          ),
        );
      }
      return judgeReplacement(inputOf(a, b, 'label', { margin: 0.1, temperature: 1, unrecorded: 0 }));
    };
    expect(share((seed) => isEqual(judged(seed, 1)))).toBeGreaterThanOrEqual(0.8);
    expect(share((seed) => isEqual(judged(seed, 0.85)))).toBeLessThanOrEqual(0.05);
  });

  it('is as good, but not equal, when it makes mistakes of its own', () => {
    const facts = judgeReplacement(
      withMargin(prices(1, { items: 2000, samples: 3, spread: 0.05, bias: 0, isOther: true }), 6),
    );
    expect(facts.quality).toBe('equal');
    expect(facts.answers.verdict).toBe('other');
    expect(facts.answers.between ?? 0).toBeGreaterThan(2 * (facts.answers.own ?? 0));
  });

  it('says nothing of its answers when the own spread of the old model is not known', () => {
    const input = prices(1, { items: 300, samples: 1, spread: 0.2, bias: 0 });
    expect(judgeReplacement(input).answers.verdict).toBe('unknown');
    // At temperature 0 a model is taken to repeat itself.
    const repeated = { ...input, replacement: { margin: 1e6, temperature: 0, unrecorded: 0 } };
    expect(judgeReplacement(repeated).answers).toMatchObject({ own: 0, verdict: 'same' });
  });

  it('is not equal when it is silent where it would be wrong', () => {
    const { a, b } = prices(1, { items: 400, samples: 1, spread: 0, bias: 0 });
    const silent = new Map(
      [...a.rows].map(([item, row]) => [
        item,
        (row.error ?? 0) > 20 ? numberRow('a', item, Number(row.truth), [null]) : row,
      ]),
    );
    const facts = judgeReplacement(inputOf(silent, b.rows, 'number', { margin: 5, temperature: 0, unrecorded: 0 }));
    expect(
      judgeReplacement(inputOf(a.rows, b.rows, 'number', { margin: 5, temperature: 0, unrecorded: 0 })).quality,
    ).toBe('equal');
    expect(facts.quality).not.toBe('equal');
    expect(facts.answers.verdict).not.toBe('same');
  });

  it('claims nothing below ten items, whatever they are', () => {
    const facts = judgeReplacement(withMargin(prices(1, { items: 9, samples: 3, spread: 0.1, bias: 0 }), 1e6));
    expect(facts).toMatchObject({ quality: 'none', answers: { verdict: 'none' }, needed: null });
  });

  it('claims of a part of the items only what holds for all parts together', () => {
    const { a, b } = prices(1, { items: 900, samples: 3, spread: 0.1, bias: 0 });
    // Only the dear third is priced too high.
    const truths = [...b.rows.values()].map(({ truth }) => Number(truth)).sort((x, y) => x - y);
    const dear = truths[600] ?? 0;
    const worse = new Map(
      [...a.rows].map(([item, row]) => {
        const truth = Number(row.truth);
        const guesses = row.samples?.map(({ guess }) => Number(guess) * (truth > dear ? 2 : 1)) ?? [];
        return [item, numberRow('a', item, truth, guesses)];
      }),
    );
    const { slices } = judgeReplacement(inputOf(worse, b.rows, 'number', { margin: 6, temperature: 1, unrecorded: 0 }));
    expect(slices.map(({ claim }) => claim)).toEqual(['equal', 'equal', 'worse']);
    expect(slices.map(({ items }) => items)).toEqual([300, 300, 300]);
    // Of equal models no part is called worse more often than one of twenty times.
    const isWrong = share((seed) =>
      judgeReplacement(withMargin(prices(seed, { items: 120, samples: 2, spread: 0.3, bias: 0 }), 1)).slices.some(
        ({ claim }) => claim === 'worse' || claim === 'better',
      ),
    );
    expect(isWrong).toBeLessThanOrEqual(0.06);
  });
});

function labelRow(contestant: string, item: number, guesses: readonly string[]): RowResult {
  const samples = guesses.map((guess): RowSample => ({
    sample: guess,
    status: 'graded',
    guess,
    error: null,
    colour: guess === 'yes' ? 'green' : 'red',
  }));
  return { contestant, item, ...joinSamples('label', 'yes', samples) };
}

describe('what is said of a replacement', () => {
  function said({ a, b, replacement, grader }: ReplacementInput): string {
    const { statements } = judge({
      contestants: [
        { id: 'a', label: 'smol', kind: 'fine-tuned' },
        { id: 'b', label: 'pricer', kind: 'fine-tuned' },
      ],
      baseline: 'b',
      grader,
      primary: 'mae',
      matters: 0.1,
      items: [...b.rows.keys()].map((index) => ({ index, messages: [{ role: 'user', content: String(index) }] })),
      rows: [...a.rows.values(), ...b.rows.values()],
      replacement,
    });
    return sentenceOf(statements);
  }

  it('names the margin, the items and both spreads when it is equal', () => {
    const text = said(withMargin(prices(1, { items: 250, samples: 3, spread: 0.1, bias: 0 }), 5));
    expect(text).toMatch(
      /^smol is equal to pricer to within ±[\d.]+ on 250 items: mean error [+−][\d.]+ \[−[\d.]+, [+−]?[\d.]+\]; the margin was ±5\.00\. /,
    );
    expect(text).toMatch(/ no more than pricer is from itself, beyond the margin\.$/);
  });

  it('says by how much it is worse', () => {
    const text = said(withMargin(prices(1, { items: 250, samples: 3, spread: 0.1, bias: 1 }), 5));
    expect(text).toMatch(/^smol is worse than pricer on 250 items: mean error \+[\d.]+ \[\+/);
  });

  it('says how many items would be needed', () => {
    const text = said(withMargin(prices(1, { items: 40, samples: 3, spread: 0.3, bias: 0 }), 2));
    expect(text).toMatch(
      /^smol is shown neither to be equal to pricer to within ±2\.00 nor to be better or worse on 40 items/,
    );
    expect(text).toMatch(/ Not enough items: about [\d,]+ to [\d,]+ would be needed\.$/);
  });

  it('names the items that were not recorded', () => {
    const input = withMargin(prices(1, { items: 112, samples: 3, spread: 0.1, bias: 0 }), 9);
    const text = said({ ...input, replacement: { ...input.replacement, unrecorded: 138 } });
    expect(text).toMatch(/ 138 of 250 items have no recorded answer and are not judged\.$/);
  });
});
