// Numbers as the product writes them: grouped and pointed as the language of its sentences does.
import { spoken } from './messages.ts';

// Made on first use: loading the locale data takes 5 MB in every process, and most of them write no number.
let whole: Format | undefined;
let hundredths: Format | undefined;

interface Format {
  readonly locale: string;
  readonly numbers: Intl.NumberFormat;
}

/** Rounds to a whole number and groups its digits: 46018 → `46,018`. */
export function count(value: number): string {
  whole = formatOf(0, whole);
  return whole.numbers.format(value);
}

/** Rounds to two decimals and groups the digits before them: 1234.5 → `1,234.50`. */
export function twoDecimals(value: number): string {
  hundredths = formatOf(2, hundredths);
  return hundredths.numbers.format(value);
}

/** Puts the noun in the number's form: `1 row`, `2,000 rows`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function formatOf(decimals: number, known: Format | undefined): Format {
  const { locale } = spoken();
  if (known?.locale === locale) return known;
  // A small negative number may come to minus zero, which is written without its sign.
  const signDisplay = 'negative';
  const numbers = new Intl.NumberFormat(locale, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    signDisplay,
  });
  return { locale, numbers };
}
