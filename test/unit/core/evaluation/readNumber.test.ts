import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findNumber, readNumber } from '../../../../src/core/evaluation/readNumber.ts';
import { cpuMs } from '../../../support/cpuTime.ts';

describe('the number that a reader would name', () => {
  it.each([
    // Decimal commas.
    ['1,5', 1.5],
    ['0,5', 0.5],
    ['9,99 €', 9.99],
    ['71,99', 71.99],
    ['0,500', 0.5],
    ['1234,567', 1234.567],
    ['-3,25', -3.25],
    ['2,71828', 2.71828],
    // Groups.
    ['1.299,00', 1299],
    ['12.345.678,90', 12345678.9],
    ['1.234.567', 1234567],
    ['1\u00a0299,00', 1299],
    ['1\u202f299,00', 1299],
    ['1\u2009299\u2009000', 1299000],
    ['1 299,00 €', 1299],
    ['1 299 €', 1299],
    ["1'299.00", 1299],
    ['CHF 12’345.50', 12345.5],
    ['12,34,567', 1234567],
    ['1,299', 1299],
    ['1,299.00', 1299],
    ['1,234,567', 1234567],
    ['72, altogether.', 72],
    ['1.299', 1.299],
    // Signs and factors.
    ['($5.00)', -5],
    ['Total: ($1,250.00).', -1250],
    ['The widget ($49.99) is nice', 49.99],
    ['$20k', 20000],
    ['3.5 million', 3500000],
    ['€1,2 Mio.', 1200000],
    ['£5bn', 5e9],
    ['$5m', 5e6],
    ['5 m', 5],
    ['-$5', -5],
    ['$-5', -5],
    ['\u2212$5.50', -5.5],
    ['-US$5', -5],
    ['R$-5', -5],
    ['$5-$10', 5],
    // What the number counts.
    ['Item 7 costs $49.99', 49.99],
    ['Model 3 weighs 12 kg', 12],
    ['2 of them, 3 kg each, at 19,90 EUR', 19.9],
    ['Item 5 $20', 20],
    ['Between $5 and $7', 5],
    ['Question 4: about 60%', 60],
    ['In 2024 it cost USD 15', 15],
    // Everything that the earlier reader read right.
    ['Price is $226.95', 226.95],
    ['$1,299.00', 1299],
    ['about 99 dollars, or 120', 99],
    ['.5', 0.5],
    ['$.5', 0.5],
    ['0.99', 0.99],
    ['5.', 5],
    ['-5.5', -5.5],
    ['\u22125', -5],
    ['+7', 7],
    ['10-20', 10],
    ['$10-$20', 10],
    ['GTX-1.5', 1.5],
    ['a-5', 5],
    ['1e3', 1000],
    ['1.5E2 USD', 150],
    ['2e', 2],
    ['1e3f', 1],
    ['1.2.3', 1.2],
    ['1,2,3', 1],
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
    expect(readNumber(text)).toBe(expected);
  });

  it.each([
    ['1,299', 1.299],
    ['€ 1.299', 1299],
    ['-12,345', -12.345],
    ['1,299,000', 1299000],
    ['1,299.00', 1299],
    ['1.5', 1.5],
    ['9,99', 9.99],
    ['7', 7],
  ])('%j in a file with decimal commas', (text, expected) => {
    expect(readNumber(text, 'comma')).toBe(expected);
  });

  it.each([
    ['1,5', 'comma'],
    ['1.299,00', 'comma'],
    ['1.234.567', 'comma'],
    ['0,500', 'comma'],
    ['1.5', 'point'],
    ['1,299.00', 'point'],
    ['1,234,567', 'point'],
    ['1,299', null],
    ['1.299', null],
    ["1'299", null],
    ['7', null],
  ])('%j shows the decimal mark %s', (text, mark) => {
    expect(findNumber(text)?.shows).toBe(mark);
  });

  it('knows the currency in the beginning that was cut off', () => {
    expect(readNumber('20 for 3 kg', 'point', 'Price is $')).toBe(20);
    expect(readNumber('20 for 3 kg', 'point', 'Weight:')).toBe(3);
  });

  it('reads numbers back that are written in the ways of four languages', () => {
    const cents = fc.integer({ min: -99_999_999, max: 99_999_999 }).map((value) => value / 100);
    fc.assert(
      fc.property(cents, fc.constantFrom('en-US', 'de-DE', 'fr-FR', 'de-CH', 'en-IN'), (value, locale) => {
        const money = { minimumFractionDigits: 2, maximumFractionDigits: 2, useGrouping: true } as const;
        expect(readNumber(new Intl.NumberFormat(locale, money).format(value))).toBeCloseTo(value, 2);
      }),
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
      '1,'.repeat(100_000),
      ',111'.repeat(50_000),
      `1${',111'.repeat(50_000)},22`,
      `1${' 111'.repeat(50_000)} 22`,
      `1${',11'.repeat(50_000)}`,
      `1,111.${'2'.repeat(200_000)},1`,
      '($'.repeat(100_000),
      '(5)'.repeat(70_000),
      '1 '.repeat(100_000),
    ])
      readNumber(text);
    expect(cpuMs() - start).toBeLessThan(2000);
  });
});
