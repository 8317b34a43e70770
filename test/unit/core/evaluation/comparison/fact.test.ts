import { describe, expect, it } from 'vitest';
import { compareFacts, factText, type RunFact } from '../../../../../src/core/evaluation/comparison/fact.ts';
import { questionOf } from '../../../../../src/core/evaluation/comparison/question.ts';
import type { Contestant } from '../../../../../src/core/evaluation/types.ts';

const fact = (change: Partial<RunFact> = {}): RunFact => ({
  metric: 'mae',
  value: 79.58,
  against: 'gpt-4o-mini',
  claim: 'none',
  typical: 'none',
  ...change,
});

describe('the fact of a run', () => {
  it.each<[Partial<RunFact>, string]>([
    [{}, 'mean error 79.58 · not shown to be better than gpt-4o-mini'],
    [{ typical: 'worse' }, 'mean error 79.58 · not shown to be better than gpt-4o-mini, the typical item is worse'],
    [{ claim: 'better', typical: 'better' }, 'mean error 79.58 · better than gpt-4o-mini'],
    [{ claim: 'worse' }, 'mean error 79.58 · worse than gpt-4o-mini'],
    [{ metric: 'accuracy', value: 0.732, claim: 'equal', typical: null }, 'accuracy 73.2% · equal to gpt-4o-mini'],
    [{ against: null }, 'mean error 79.58'],
    [{ value: null, against: null }, 'no figure'],
    [{ passed: false }, 'not passed · mean error 79.58 · not shown to be better than gpt-4o-mini'],
    [{ passed: true, claim: 'better' }, 'passed · mean error 79.58 · better than gpt-4o-mini'],
  ])('%j is told as %s', (change, text) => {
    expect(factText(fact(change))).toBe(text);
  });

  it('orders runs best first, those without a figure last', () => {
    const facts = [fact({ value: 90 }), undefined, fact({ value: 70 }), fact({ value: null }), fact({ value: 80 })];
    expect(facts.toSorted(compareFacts).map((one) => one?.value)).toEqual([70, 80, 90, null, undefined]);
    const shares = [fact({ metric: 'accuracy', value: 0.5 }), fact({ metric: 'accuracy', value: 0.9 })];
    expect(shares.toSorted(compareFacts).map(({ value }) => value)).toEqual([0.9, 0.5]);
  });
});

describe('the question of a run', () => {
  const one = (id: string, kind: Contestant['kind']): Contestant => ({ id, kind, label: id });
  it.each<[string, readonly Contestant[], string | undefined, string | null]>([
    ['the base model', [one('a', 'fine-tuned'), one('b', 'fine-tuned'), one('c', 'base')], undefined, 'c'],
    [
      'the second model without a base',
      [one('a', 'fine-tuned'), one('b', 'fine-tuned'), one('f', 'constant')],
      undefined,
      'b',
    ],
    ['the floor of one model', [one('a', 'fine-tuned'), one('f', 'constant')], undefined, 'f'],
    ['nothing when it is alone', [one('a', 'fine-tuned')], undefined, null],
    ['what was named', [one('a', 'fine-tuned'), one('b', 'base'), one('f', 'constant')], 'f', 'f'],
    ['the base when the named one is not there', [one('a', 'fine-tuned'), one('b', 'base')], 'x', 'b'],
  ])('compares with %s', (_, contestants, baseline, expected) => {
    const config = { contestants, grader: 'number' as const, ...(baseline === undefined ? {} : { baseline }) };
    expect(questionOf(config)).toEqual({ primary: 'mae', matters: 0.1, baseline: expected });
  });
});
