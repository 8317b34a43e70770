import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractNumber } from '../../../../src/core/evaluation/extractNumber.ts';
import { grade, isGradable } from '../../../../src/core/evaluation/graders/grade.ts';
import { gradeNumber, numberColour } from '../../../../src/core/evaluation/graders/number.ts';
import { gradeStringCheck } from '../../../../src/core/evaluation/graders/stringCheck.ts';
import { cpuMs } from '../../../support/cpuTime.ts';

describe('the number in a reply', () => {
  it.each([
    ['Price is $226.95', 226.95],
    ['$1,299.00', 1299],
    ['1,299', 1299],
    ['about 99 dollars, or 120', 99],
    ['.5', 0.5],
    ['0.99', 0.99],
    ['5.', 5],
    ['$-5', -5],
    ['-5.5', -5.5],
    ['\u22125', -5],
    ['+7', 7],
    ['10-20', 10],
    ['GTX-1.5', 1.5],
    ['a-5', 5],
    ['1e3', 1000],
    ['1.5E2 USD', 150],
    ['2e', 2],
    ['1e3f', 1],
    ['1.2.3', 1.2],
    ['1,5', 15],
    ['71,99', 7199],
    ['-0', 0],
    ['no idea', null],
    ['', null],
    ['$', null],
    ['.', null],
    ['-', null],
    ['NaN', null],
    ['Infinity', null],
    ['٣', null],
    ['9'.repeat(400), null],
  ])('%j', (text, expected) => {
    expect(extractNumber(text)).toBe(expected);
  });

  it('is the lesson’s wherever the lesson’s rule gives one without sign and exponent', () => {
    const lesson = (text: string): number | null => {
      const match = /[-+]?\d*\.\d+|\d+/.exec(text.replaceAll('$', '').replaceAll(',', ''));
      return match === null ? null : Number(match[0]);
    };
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('$', ',', '.', '1', '2', '9', '0', ' ', 'a', 'Price is ') }),
        (text) => {
          expect(extractNumber(text)).toBe(lesson(text));
        },
      ),
    );
  });

  it('takes linear time on hostile replies', () => {
    const start = cpuMs();
    for (const text of [
      '1'.repeat(200_000),
      '-'.repeat(200_000),
      '.'.repeat(200_000),
      '1e'.repeat(100_000),
      ','.repeat(200_000),
      `${'-1'.repeat(1)}${' '.repeat(200_000)}`,
    ])
      extractNumber(text);
    expect(cpuMs() - start).toBeLessThan(2000);
  });
});

describe('the lesson’s colours', () => {
  it.each([
    // error, truth, colour: either bound is enough, and the bounds themselves are outside.
    [0, 100, 'green'],
    [39.99, 50, 'green'],
    [40, 50, 'orange'],
    [40, 200, 'orange'],
    [39.99, 200, 'green'],
    [199, 1000, 'green'],
    [200, 1000, 'orange'],
    [79.99, 50, 'orange'],
    [80, 50, 'red'],
    [399, 1000, 'orange'],
    [400, 1000, 'red'],
    // The lesson divides by zero here, and calls every negative truth green.
    [0, 0, 'green'],
    [39, 0, 'green'],
    [79, 0, 'orange'],
    [80, 0, 'red'],
    [500, -100, 'red'],
    [10, -1000, 'green'],
  ] as const)('an error of %d at a truth of %d is %s', (error, truth, colour) => {
    expect(numberColour(error, truth)).toBe(colour);
  });
});

describe('the number grader', () => {
  it('gives guess, truth, error and colour', () => {
    const parts = gradeNumber({ sample: ' 174.00', truth: 'Price is $374.41', answerPrefix: 'Price is $' });
    expect(parts).toMatchObject({ status: 'graded', guess: 174, truth: 374.41, colour: 'red' });
    expect(parts.error).toBeCloseTo(200.41);
  });

  it('does not count a reply without a number as 0', () => {
    expect(gradeNumber({ sample: 'I cannot say.', truth: '$15' })).toEqual({
      status: 'no-number',
      guess: null,
      truth: 15,
      error: null,
      colour: 'red',
    });
  });

  it('says when the file’s answer has no number', () => {
    expect(gradeNumber({ sample: '5', truth: ' unknown' })).toEqual({
      status: 'ungradable',
      guess: null,
      truth: 'unknown',
      error: null,
      colour: null,
    });
  });

  it('does not take a number in the beginning that all answers share, whatever the reply is begun with', () => {
    const parts = { truth: 'GPT-4 estimate: $20', truthPrefix: 'GPT-4 estimate: $' };
    for (const answerPrefix of [null, 'GPT-4 estimate: $', 'Price is $']) {
      expect(gradeNumber({ ...parts, sample: '25', answerPrefix })).toMatchObject({ guess: 25, truth: 20 });
      expect(gradeNumber({ ...parts, sample: 'GPT-4 estimate: $25', answerPrefix })).toMatchObject({ guess: 25 });
    }
  });

  it('does not take the prefix’s number for the answer', () => {
    const parts = { truth: 'Item 7 costs $20', answerPrefix: 'Item 7 costs $' };
    expect(gradeNumber({ sample: '25', ...parts })).toMatchObject({ guess: 25, truth: 20, error: 5 });
    expect(gradeNumber({ sample: 'Item 7 costs $25', ...parts })).toMatchObject({ guess: 25, truth: 20 });
  });

  it('reads reply and answer alike, and keeps what the lesson reads', () => {
    const numberReader = { version: 2, decimalMark: 'point' } as const;
    const parts = { sample: 'about 10,50 €', truth: '9,99 €' };
    expect(gradeNumber({ ...parts, numberReader })).toMatchObject({ guess: 10.5, truth: 9.99, colour: 'green' });
    expect(gradeNumber({ ...parts, numberReader }).lesson).toEqual({ guess: 1050, truth: 999 });
    expect(gradeNumber({ sample: '$174', truth: '$374.41', numberReader }).lesson).toBeUndefined();
    expect(gradeNumber(parts)).toMatchObject({ guess: 1050, truth: 999 });
    const comma = { version: 2, decimalMark: 'comma' } as const;
    expect(gradeNumber({ sample: '1,299', truth: '1.299', numberReader: comma })).toMatchObject({
      guess: 1.299,
      truth: 1299,
    });
  });

  it('knows that a reply continues a prefix with a currency', () => {
    const numberReader = { version: 2, decimalMark: 'point' } as const;
    const parts = {
      truth: 'Price is $20 for 3 kg',
      answerPrefix: 'Price is $',
      truthPrefix: 'Price is $',
      numberReader,
    };
    for (const sample of ['25 for 3 kg', 'Price is $25 for 3 kg', ' 25'])
      expect(gradeNumber({ ...parts, sample })).toMatchObject({ guess: 25, truth: 20 });
  });

  it.each(['-1', '-1.0', '-500', '0', '1e308', '-1e308'])('does not crash on the guess %s', (sample) => {
    for (const truth of ['0', '100', '-3', '1e308'])
      expect(JSON.stringify(gradeNumber({ sample, truth }))).not.toMatch(/NaN|Infinity/);
  });
});

describe('the exact match', () => {
  it.each([
    [' billing \n', 'billing', null, 'green'],
    ['Billing', 'billing', null, 'red'],
    ['', 'billing', null, 'red'],
    [' billing', 'Topic: billing', 'Topic:', 'green'],
    ['Topic: billing', 'Topic: billing', 'Topic:', 'green'],
    ['Topic: billing', 'Topic: billing', null, 'green'],
  ])('%j for %j with prefix %j is %s', (sample, truth, answerPrefix, colour) => {
    expect(gradeStringCheck({ sample, truth, answerPrefix }).colour).toBe(colour);
  });

  it('of an empty answer is none', () => {
    expect(gradeStringCheck({ sample: '', truth: ' \n' })).toMatchObject({ status: 'ungradable', colour: null });
    expect(gradeStringCheck({ sample: 'x', truth: 'Topic:', answerPrefix: 'Topic:' }).status).toBe('ungradable');
  });
});

describe('any grader on any text', () => {
  it('never throws and never gives a number that is not finite', () => {
    const text = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.string({ unit: fc.constantFrom('-', '1', '.', 'e', '$', ',', '9') }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('number' as const, 'string_check' as const),
        text,
        text,
        fc.option(text),
        (grader, sample, truth, answerPrefix) => {
          const parts = grade(grader, { sample, truth, answerPrefix });
          for (const value of [parts.guess, parts.truth, parts.error])
            if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
          if (parts.error !== null) expect(parts.error).toBeGreaterThanOrEqual(0);
          expect(parts.colour === null).toBe(parts.status === 'ungradable');
          expect(isGradable(grader, { truth, answerPrefix })).toBe(parts.status !== 'ungradable');
        },
      ),
      { numRuns: 2000 },
    );
  });
});
