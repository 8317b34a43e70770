import { describe, expect, it } from 'vitest';
import { count, plural, twoDecimals } from '../../../../src/core/base/numbers.ts';

describe('numbers in sentences', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [-0.4, '0'],
    [999, '999'],
    [999.5, '1,000'],
    [1000, '1,000'],
    [46_018, '46,018'],
    [1_234_567, '1,234,567'],
    [-1_234_567, '-1,234,567'],
  ])('%d is counted as %s', (value, text) => {
    expect(count(value)).toBe(text);
  });

  it.each([
    [0, '0.00'],
    [-0, '0.00'],
    [0.125, '0.13'],
    [999.999, '1,000.00'],
    [1234.5, '1,234.50'],
    [-1234.5, '-1,234.50'],
  ])('%d with two decimals is %s', (value, text) => {
    expect(twoDecimals(value)).toBe(text);
  });

  it('puts the noun in the form that the number asks for', () => {
    expect(plural(1, 'row')).toBe('1 row');
    expect(plural(0, 'row')).toBe('0 rows');
    expect(plural(2000, 'query', 'queries')).toBe('2,000 queries');
  });
});
