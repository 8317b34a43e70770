import { afterEach, describe, expect, it, vi } from 'vitest';
import { count, twoDecimals } from '../../../../src/core/base/numbers.ts';
import { dayText, ENGLISH, listOf, speak, spoken, t, tn } from '../../../../src/core/base/messages.ts';

afterEach(() => {
  speak(ENGLISH);
});

const german = {
  locale: 'de-DE',
  translations: {
    'The file {0} has {1} rows.': '{1} Zeilen hat die Datei {0}.',
    '{0} row is empty.': '{0} Zeile ist leer.',
    '{0} rows are empty.': '{0} Zeilen sind leer.',
  },
};

describe('a sentence', () => {
  it('is English with its values in their places, as long as no language is set', () => {
    expect(t('The file {0} has {1} rows.', 'a.jsonl', 46_018)).toBe('The file a.jsonl has 46,018 rows.');
    expect(t('Nothing to say.')).toBe('Nothing to say.');
  });

  it('is looked up whole, its values in the order of the language', () => {
    speak(german);
    expect(t('The file {0} has {1} rows.', 'a.jsonl', 46_018)).toBe('46.018 Zeilen hat die Datei a.jsonl.');
    expect(t('A sentence that nobody translated: {0}.', 1.5)).toBe('A sentence that nobody translated: 1,5.');
  });

  it('takes values as they are: neither placeholders nor replacement patterns in them are read', () => {
    expect(t('{0} and {1}', '{1} $& $1', 'b')).toBe('{1} $& $1 and b');
    expect(t('{0} {7}', 'a')).toBe('a {7}');
  });

  it('needs no data of locales, which take long to read, as long as it has no number', () => {
    const asked = vi.spyOn(Intl.NumberFormat, 'supportedLocalesOf');
    speak({ ...german, locale: 'qps-ploc' });
    expect(t('The file {0} has {1} rows.', 'a.jsonl', 'no')).toBe('no Zeilen hat die Datei a.jsonl.');
    expect(asked).not.toHaveBeenCalled();
    expect(spoken().locale).toBe('en-US');
    expect(asked).toHaveBeenCalledOnce();
    // As a thread or a page gets it.
    expect(structuredClone(spoken())).toEqual({ ...german, locale: 'en-US' });
    asked.mockRestore();
  });

  it.each(['__proto__', 'constructor', 'toString'])('named %s is no property of the bundle', (name) => {
    speak(german);
    expect(t(name)).toBe(name);
  });
});

describe('a sentence about a number', () => {
  it('has the form of the number', () => {
    const rows = (value: number): string => tn(value, '{0} row is empty.', '{0} rows are empty.');
    expect([0, 1, 2, 1000].map(rows)).toEqual([
      '0 rows are empty.',
      '1 row is empty.',
      '2 rows are empty.',
      '1,000 rows are empty.',
    ]);
    speak(german);
    expect(rows(1)).toBe('1 Zeile ist leer.');
    expect(rows(2000)).toBe('2.000 Zeilen sind leer.');
  });

  it('has the further forms of a language that has them', () => {
    const polish = {
      '{0} row': '{0} wiersz',
      '{0} rows': '{0} wiersza',
      '{0} rows#few': '{0} wiersze',
      '{0} rows#many': '{0} wierszy',
    };
    speak({ locale: 'pl', translations: polish });
    expect([1, 3, 5, 22].map((value) => tn(value, '{0} row', '{0} rows'))).toEqual([
      '1 wiersz',
      '3 wiersze',
      '5 wierszy',
      '22 wiersze',
    ]);
  });

  it('takes further values after the number', () => {
    expect(tn(2, '{0} row of {1}', '{0} rows of {1}', 'a.jsonl')).toBe('2 rows of a.jsonl');
  });
});

describe('numbers, lists and dates', () => {
  it('follow the language', () => {
    expect([count(1234.5), twoDecimals(1234.5), listOf(['a', 'b', 'c'])]).toEqual(['1,235', '1,234.50', 'a, b, and c']);
    expect(dayText(new Date(2026, 10, 26))).toBe('Nov 26, 2026');
    speak(german);
    expect([count(1234.5), twoDecimals(1234.5), listOf(['a', 'b'], 'or')]).toEqual(['1.235', '1.234,50', 'a oder b']);
    expect(dayText(new Date(2026, 10, 26))).toBe('26.11.2026');
  });

  it('are English in a locale that nobody knows', () => {
    speak({ locale: 'qps-ploc', translations: {} });
    expect(count(46_018)).toBe('46,018');
    speak({ locale: 'not a locale', translations: {} });
    expect(count(46_018)).toBe('46,018');
    expect(spoken().locale).toBe('en-US');
  });
});
