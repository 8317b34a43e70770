// Numbers as the product writes them: grouped and pointed as the language of its sentences does.
import { spoken } from './messages.ts';

// Made on first use: loading the locale data takes 5 MB in every process, and most of them write no number.
const formats = new Map<string, Intl.NumberFormat>();
let locale = '';

/** Rounds to a whole number and groups its digits: 46018 → `46,018`. */
export function count(value: number): string {
  return decimals(value, 0);
}

/** Rounds to two decimals and groups the digits before them: 1234.5 → `1,234.50`. */
export function twoDecimals(value: number): string {
  return decimals(value, 2);
}

/** Rounds to `most` decimals, of which `least` are always written, and groups the digits before them. */
export function decimals(value: number, least: number, most = least): string {
  const digits = { minimumFractionDigits: least, maximumFractionDigits: most };
  return formatOf(`${String(least)} ${String(most)}`, digits).format(value);
}

/** Three significant digits: 0.0123 → `0.0123`, 0.5 → `0.500`; numbers below a millionth as `1.23e-7`. */
export function threeDigits(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-6) return value.toPrecision(3);
  return formatOf('digits', { minimumSignificantDigits: 3, maximumSignificantDigits: 3 }).format(value);
}

/** A number of a dataset in short: two decimals at most, four below 1; very large and very small ones as `1.23e+12`. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 1e-3)) return value.toExponential(2);
  return decimals(value, 0, size >= 1 ? 2 : 4);
}

/** A share (0…1) with one decimal: 0.453 → `45.3%`. */
export function percent(share: number): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return formatOf('percent', { style: 'percent', ...digits }).format(share);
}

function formatOf(name: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  if (locale !== spoken().locale) {
    formats.clear();
    ({ locale } = spoken());
  }
  let format = formats.get(name);
  if (format === undefined) {
    // A small negative number may come to minus zero, which is written without its sign.
    format = new Intl.NumberFormat(locale, { ...options, signDisplay: 'negative' });
    formats.set(name, format);
  }
  return format;
}
