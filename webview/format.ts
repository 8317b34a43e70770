import { spoken } from '../src/core/base/messages.ts';
import { percent as shareText } from '../src/core/base/numbers.ts';
import { amount } from '../src/core/evaluation/report/amount.ts';

/** An em dash where there is no figure. */
export const NONE = '–';

/** Two decimals, grouped; three digits below 0.01. */
export function figure(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : amount(value).replace('-', '−');
}

/** A share (0…1) with one decimal: 0.453 → `45.3%`. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? NONE : shareText(share);
}

const formats = new Map<number, Intl.NumberFormat>();

/** A fixed number of digits after the point, as the language writes it; ungrouped, as the axes of charts have little room. */
export function decimals(value: number, digits: number): string {
  let format = formats.get(digits);
  if (!format) {
    format = new Intl.NumberFormat(spoken().locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: false,
      signDisplay: 'negative',
    });
    formats.set(digits, format);
  }
  return format.format(value);
}

/** Loss and accuracy: three significant digits or more, never scientific for ordinary values. */
export function metric(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(2).replace('-', '−');
  return decimals(value, size >= 100 ? 1 : size >= 0.1 || size === 0 ? 2 : 4).replace('-', '−');
}

/** `$` when the answers follow a currency sign (`Price is $`), else nothing. */
export function unitOf(answerPrefix: string | null): string {
  return /\p{Sc}\s*$/u.exec(answerPrefix ?? '')?.[0].trim() ?? '';
}
