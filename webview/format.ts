import { amount } from '../src/core/evaluation/report/headline.ts';

/** An em dash where there is no figure. */
export const NONE = '–';

/** Two decimals, grouped; three digits below 0.01. */
export function figure(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : amount(value).replace('-', '−');
}

export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? NONE : `${(share * 100).toFixed(1)} %`;
}

/** Loss and accuracy: three significant digits or more, never scientific for ordinary values. */
export function metric(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e6)) return value.toExponential(2).replace('-', '−');
  return value.toFixed(size >= 100 ? 1 : size >= 0.1 || size === 0 ? 2 : 4).replace('-', '−');
}

/** `$` when the answers stand behind a currency sign (`Price is $`), else nothing. */
export function unitOf(answerPrefix: string | null): string {
  return /\p{Sc}\s*$/u.exec(answerPrefix ?? '')?.[0].trim() ?? '';
}
