import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerCollector, median } from '../../../../../src/core/dataset/report/answers.ts';
import { readNumber } from '../../../../../src/core/evaluation/readNumber.ts';

function figures(answers: readonly string[]) {
  const collector = createAnswerCollector((text) => text.length);
  for (const answer of answers) collector.add(answer);
  return collector.figures();
}

describe('the beginning that all answers share', () => {
  it.each([
    [['Price is $226.95', 'Price is $71'], 'Price is $'],
    [['Price is $226.95', 'Price is $27', 'Price is $2'], 'Price is $'],
    [['Price is $5', 'Price is $5'], 'Price is $'],
    [['Price is $5', 'Price is $5.99'], 'Price is $'],
    [['Price is 5', 'Price is -7'], 'Price is'],
    [['Price is -5.5', 'Price is -7'], 'Price is'],
    [['Topic: billing', 'Topic: bills'], 'Topic:'],
    [['billing_issue', 'billing_refund'], null],
    [['non-fiction', 'non-food'], null],
    [['{"price": 5}', '{"price": 9}'], '{"price":'],
    [['yes', 'yes'], null],
    [['yes', 'no'], null],
    [['yes', 'yes please'], null],
    [['It is yes', 'It is yes please'], 'It is'],
    [['5', '7'], null],
    [['$5', '$7'], '$'],
    [['', 'Price is $5'], null],
    [['Price is $5'], null],
    [[], null],
    [['Answer é', 'Answer è'], 'Answer'],
  ])('%j', (answers, prefix) => {
    expect(figures(answers).commonPrefix).toBe(prefix);
  });

  it('always leaves something to say, and is a beginning of every answer', () => {
    const word = fc.constantFrom('Price', 'is', '$', '5', '5.99', ' ', '-', 'a', ':', '\n', '😀');
    fc.assert(
      fc.property(
        fc.array(
          fc.array(word, { minLength: 1 }).map((parts) => `Price is ${parts.join('')}x`),
          { minLength: 2 },
        ),
        (answers) => {
          const { commonPrefix } = figures(answers);
          if (commonPrefix === null) return;
          for (const answer of answers) {
            expect(answer.startsWith(commonPrefix)).toBe(true);
            expect(answer.slice(commonPrefix.length).trim()).not.toBe('');
          }
        },
      ),
    );
  });
});

describe('what the answers look like', () => {
  it('prices are for the number grader', () => {
    expect(figures(['Price is $10.00', 'Price is $20.00', 'Price is $60.00', 'Price is $10.00'])).toEqual({
      count: 4,
      distinct: 3,
      meanTokens: 15,
      numericShare: 1,
      withoutNumber: 0,
      empty: 0,
      medianNumber: 15,
      mostFrequent: 'Price is $10.00',
      commonPrefix: 'Price is $',
      proposedGrader: 'number',
      decimalMark: 'point',
    });
  });

  it.each([
    [['9,99 €', '1,299 €', '12 €'], 'comma', 9.99],
    [['9,99 €', '1.299 €', '2.500 €'], 'comma', 1299],
    [['1.234.567', '1,299', '5'], 'comma', 5],
    [['9.99', '1,299', '2,500'], 'point', 1299],
    [['1,299', '2,500', '7'], 'point', 1299],
    [['1.299', '2.500', '7'], 'point', 2.5],
    [['9.99', '9,99', '1,299'], 'point', 9.99],
  ] as const)('the answers %j show a decimal %s', (answers, decimalMark, medianNumber) => {
    expect(figures(answers)).toMatchObject({ decimalMark, medianNumber });
  });

  it('a shared beginning does not end inside a number whose groups are apart', () => {
    expect(figures(['Prix : 1\u00a0299,00 €', 'Prix : 1\u00a0350,00 €'])).toMatchObject({
      commonPrefix: 'Prix :',
      medianNumber: 1324.5,
    });
  });

  it('labels are for the exact match, the earliest of the most frequent counts', () => {
    expect(figures(['b', 'a', 'a', 'b', 'c '])).toMatchObject({
      mostFrequent: 'b',
      distinct: 3,
      medianNumber: null,
      proposedGrader: 'string_check',
    });
  });

  it('prose with numbers in it is not for the number grader', () => {
    const prose = `Step 1: read article 6. ${'Then think about it. '.repeat(20)}`;
    expect(figures([prose, `Well. ${prose}`])).toMatchObject({
      numericShare: 1,
      proposedGrader: 'string_check',
      mostFrequent: null,
    });
  });

  it('long answers that come twice are given in full', () => {
    const long = 'word '.repeat(100).trim();
    expect(figures(['x', long, long]).mostFrequent).toBe(long);
    expect(figures([long]).mostFrequent).toBe(long);
    expect(figures([long, `${long}.`]).mostFrequent).toBeNull();
  });

  it('nothing at all gives zeros and nulls, no NaN', () => {
    expect(figures([])).toEqual({
      count: 0,
      distinct: 0,
      meanTokens: 0,
      numericShare: 0,
      withoutNumber: 0,
      empty: 0,
      medianNumber: null,
      mostFrequent: null,
      commonPrefix: null,
      proposedGrader: 'string_check',
      decimalMark: 'point',
    });
  });

  it('a number in the beginning that all share is none of the answers', () => {
    expect(figures(['GPT-4 estimate: $10.00', 'GPT-4 estimate: $20.00', 'GPT-4 estimate: $60'])).toMatchObject({
      commonPrefix: 'GPT-4 estimate: $',
      medianNumber: 20,
      withoutNumber: 0,
      proposedGrader: 'number',
    });
    expect(figures(['Top 10 says: yes', 'Top 10 says: no', 'Top 10 says: yes'])).toMatchObject({
      numericShare: 0,
      withoutNumber: 3,
      medianNumber: null,
      proposedGrader: 'string_check',
    });
  });

  it('answers without a number and empty ones are counted', () => {
    expect(figures(['Price is $5', 'Price is unknown', 'Price is $7', ' '])).toMatchObject({
      withoutNumber: 2,
      empty: 1,
    });
  });

  it('the number of each answer is the one that the grader takes, in one reading and in parts', () => {
    const word = fc.constantFrom(
      'Item',
      '7',
      '$',
      '5',
      '5.99',
      ' ',
      '-',
      'a',
      ':',
      'GPT-4',
      '1e',
      ',',
      '3',
      '250',
      '1,5',
      '(',
      'kg',
      'EUR',
      '.',
    );
    const answer = fc.array(word, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 5 }).map((parts) => parts.join('')),
        fc.array(answer, { minLength: 2, maxLength: 8 }),
        fc.nat(8),
        (start, rests, cut) => {
          const answers = rests.map((rest) => `${start}${rest}`);
          const whole = figures(answers);
          const prefix = whole.commonPrefix ?? '';
          const numbers = answers.flatMap(
            (text) => readNumber(text.slice(prefix.length), whole.decimalMark, prefix) ?? [],
          );
          expect(whole.withoutNumber).toBe(answers.length - numbers.length);
          expect(whole.medianNumber).toBe(numbers.length * 2 < answers.length ? null : median(numbers));

          const first = createAnswerCollector((text) => text.length);
          const second = createAnswerCollector((text) => text.length);
          for (const text of answers.slice(0, cut)) first.add(text);
          for (const text of answers.slice(cut)) second.add(text);
          first.join(second.state());
          expect(first.figures()).toEqual(whole);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('the numbers are told answer by answer, NaN where there is none, behind the shared beginning', () => {
    const numbers = (answers: readonly string[]): readonly number[] => {
      const collector = createAnswerCollector(() => 0);
      for (const answer of answers) collector.add(answer);
      return [...collector.numbers()];
    };
    expect(numbers(['GPT-4 estimate: $12.50', 'GPT-4 estimate: none', 'GPT-4 estimate: $7'])).toEqual([12.5, NaN, 7]);
    expect(numbers(['1.299,00 €', '9,99 €'])).toEqual([1299, 9.99]);
    expect(numbers([])).toEqual([]);
  });

  it('medians', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([10, 9])).toBe(9.5);
    expect(median([])).toBeNaN();
  });
});
