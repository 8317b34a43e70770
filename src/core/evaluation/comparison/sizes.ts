// Sizes of differences in words, in the unit of their metric.
import { t } from '../../base/messages.ts';
import { amount } from '../report/amount.ts';
import type { Metric } from './types.ts';

/** Difference of two contestants in a metric with its interval, as a clause: `mean error +11.87 [−2.80, +26.54]`. */
export function differenceText(metric: Metric, value: number, low: number, high: number): string {
  const write = (figure: number): string => signed(figure, (size) => sizeOf(metric, size));
  const values = [write(value), write(low), write(high)] as const;
  switch (metric) {
    case 'mae':
      return t('mean error {0} [{1}, {2}]', ...values);
    case 'medianError':
      return t('median error {0} [{1}, {2}]', ...values);
    case 'rmsle':
      return t('RMSLE {0} [{1}, {2}]', ...values);
    case 'hits':
      return t('hits {0} [{1}, {2}] points', ...values);
    case 'accuracy':
      return t('accuracy {0} [{1}, {2}] points', ...values);
    case 'f1':
      return t('F1 {0} [{1}, {2}]', ...values);
  }
}

/** Size of a difference: shares in percentage points, other figures in their unit. */
export function sizeOf(metric: Metric, size: number): string {
  return metric === 'hits' || metric === 'accuracy' ? amount(size * 100) : amount(size);
}

/** A figure with its sign, which says which contestant it is about. */
function signed(value: number, write: (size: number) => string): string {
  const text = write(Math.abs(value));
  if (value === 0) return text;
  return value < 0 ? `−${text}` : `+${text}`;
}
