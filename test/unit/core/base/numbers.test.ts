import { afterEach, describe, expect, it } from 'vitest';
import { bytesInWords } from '../../../../src/core/base/bytes.ts';
import { ENGLISH, speak } from '../../../../src/core/base/messages.ts';
import { count, decimals, percent, threeDigits, twoDecimals } from '../../../../src/core/base/numbers.ts';

afterEach(() => {
  speak(ENGLISH);
});

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

  it('have as many decimals or digits as their reader needs', () => {
    expect([12, 12.5, 12.25].map((value) => decimals(value, 0, 1))).toEqual(['12', '12.5', '12.3']);
    expect([0.0123456, 0.5, 0, 1.234e-7].map(threeDigits)).toEqual(['0.0123', '0.500', '0.00', '1.23e-7']);
    expect([0, 0.4531, 1].map(percent)).toEqual(['0.0%', '45.3%', '100.0%']);
    expect([1, 312, 48_400, 2e6, 4.24e6, 190.2e6, 1.3e9, 3e9, 12.4e9].map(bytesInWords)).toEqual([
      ...['1 byte', '312 bytes', '48 kB', '2 MB', '4.2 MB', '190 MB', '1.3 GB', '3 GB', '12 GB'],
    ]);
    // No unit is written a thousand times.
    expect([999_700, 999.7e6, 9.97e6].map(bytesInWords)).toEqual(['1 MB', '1 GB', '10 MB']);
  });

  it('follow the language, also one that is set later', () => {
    expect(twoDecimals(1234.5)).toBe('1,234.50');
    speak({ locale: 'de-DE', translations: {} });
    expect([twoDecimals(1234.5), percent(0.4531), threeDigits(0.0123456), bytesInWords(4.24e6)]).toEqual([
      '1.234,50',
      '45,3\u00a0%',
      '0,0123',
      '4,2 MB',
    ]);
    speak(ENGLISH);
    expect(twoDecimals(1234.5)).toBe('1,234.50');
  });
});
