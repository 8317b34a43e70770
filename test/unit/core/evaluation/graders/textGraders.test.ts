import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradeWith, isGradable, type Match } from '../../../../../src/core/evaluation/graders/grade.ts';
import { labelIn } from '../../../../../src/core/evaluation/graders/label.ts';
import { numberColour } from '../../../../../src/core/evaluation/graders/number.ts';
import { patternOf } from '../../../../../src/core/evaluation/graders/regex.ts';
import type { GraderOptions, GraderType } from '../../../../../src/core/evaluation/types.ts';

const match: Match = (pattern, flags, text) => Promise.resolve(new RegExp(pattern, flags).test(text));

async function graded(
  grader: GraderType,
  sample: string,
  truth: string,
  options: GraderOptions = {},
): Promise<readonly [string, unknown, unknown]> {
  const { status, guess, colour } = await gradeWith(grader, { sample, truth, options }, match);
  return [status, guess, colour];
}

describe('text graders', () => {
  it.each([
    ['string_check', 'Paris', 'paris', {}, 'red'],
    ['string_check', ' Paris\n', 'paris', { ignoreCase: true }, 'green'],
    ['contains', 'It is Paris.', 'Paris', {}, 'green'],
    ['contains', 'It is PARIS.', 'Paris', {}, 'red'],
    ['contains', 'It is PARIS.', 'Paris', { ignoreCase: true }, 'green'],
    ['contains', 'It is Lyon.', 'Paris', { ignoreCase: true }, 'red'],
    ['regex', 'Yes, of course', 'whatever', { pattern: '^yes\\b', flags: 'i' }, 'green'],
    ['regex', 'No', 'whatever', { pattern: '^yes\\b', flags: 'i' }, 'red'],
    ['regex', 'the price is 3.50 (net)', '3.50 (net)', { pattern: 'is {{answer}}$' }, 'green'],
    ['regex', 'the price is 3a50 (net)', '3.50 (net)', { pattern: 'is {{answer}}$' }, 'red'],
  ] as const)('%s grades %j against %j', async (grader, sample, truth, options, colour) => {
    expect((await graded(grader, sample, truth, options))[2]).toBe(colour);
  });

  it('call a row without an expected text ungradable, unless the pattern needs none', async () => {
    expect((await graded('contains', 'x', ' '))[0]).toBe('ungradable');
    expect((await graded('label', 'x', ''))[0]).toBe('ungradable');
    expect((await graded('regex', 'x', '', { pattern: '{{answer}}' }))[0]).toBe('ungradable');
    expect((await graded('regex', 'x', '', { pattern: 'x' }))[0]).toBe('graded');
    expect(isGradable('regex', { truth: '', options: { pattern: 'x' } })).toBe(true);
    expect(isGradable('regex', { truth: '', options: { pattern: '{{answer}}' } })).toBe(false);
  });

  it('count a pattern that was not decided in time as no hit', async () => {
    const parts = await gradeWith('regex', { sample: 'a', truth: 'a', options: { pattern: 'a' } }, () =>
      Promise.resolve(null),
    );
    expect(parts.colour).toBe('red');
  });

  it('write an answer into a pattern as literal text', () => {
    fc.assert(
      fc.property(fc.string(), (truth) => {
        expect(new RegExp(`^(?:${patternOf({ pattern: '{{answer}}' }, truth)})$`, 'u').test(truth)).toBe(true);
      }),
    );
  });

  it.each([
    ['cat', 'cat'],
    ['Cat.', 'cat'],
    ['"dog"', 'dog'],
    ['I would say: dog', 'dog'],
    ['dog or cat', null],
    ['concatenate', null],
    ['not a dog, a hot dog', 'hot dog'],
    ['hot dog', 'hot dog'],
    ['', null],
    ['bird', null],
  ])('find the label in %j: %s', (reply, label) => {
    const found = labelIn(reply, ['cat', 'dog', 'hot dog'], true);
    // Both of "a dog, a hot dog" are labels, so the reply gives none.
    expect(found).toBe(reply.startsWith('not a dog') ? null : label);
  });

  it('grade labels, a reply without one being its own class', async () => {
    const options = { labels: ['card_arrival', 'lost_or_stolen_card'], ignoreCase: true };
    expect(await graded('label', 'Card_Arrival', 'card_arrival', options)).toEqual(['graded', 'card_arrival', 'green']);
    expect(await graded('label', 'lost_or_stolen_card', 'card_arrival', options)).toEqual([
      'graded',
      'lost_or_stolen_card',
      'red',
    ]);
    expect(await graded('label', 'I do not know', 'card_arrival', options)).toEqual(['no-number', null, 'red']);
  });

  it('take bounds of one’s own for the colors of numbers', () => {
    expect(numberColour(3, 100)).toBe('green');
    const options = { green: { absolute: 1, relative: 0.01 }, orange: { absolute: 5, relative: 0.01 } };
    expect([0.5, 3, 9].map((error) => numberColour(error, 100, options))).toEqual(['green', 'orange', 'red']);
  });

  it.each(['number', 'string_check', 'contains', 'regex', 'label'] as const)(
    'throw for none of three thousand random replies, and give no NaN: %s',
    async (grader) => {
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.string(),
            fc.double().map(String),
            fc.constantFrom('$', '-', '1e999', '٣', '{{answer}}'),
          ),
          fc.oneof(fc.string(), fc.double().map(String)),
          async (sample, truth) => {
            const options = { pattern: '^{{answer}}', labels: ['a', truth], ignoreCase: true };
            const parts = await gradeWith(
              grader,
              { sample, truth, options, numberReader: { version: 2, decimalMark: 'point' } },
              match,
            );
            for (const value of [parts.guess, parts.truth, parts.error]) {
              if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
            }
          },
        ),
        { numRuns: 3000 },
      );
    },
  );
});
