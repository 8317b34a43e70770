import { t } from '../../src/core/base/messages.ts';
import { metricName } from '../../src/core/evaluation/comparison/metricName.ts';
import type { Claim, Metric } from '../../src/core/evaluation/comparison/types.ts';
import type { Estimate } from '../../src/core/statistics/interval.ts';
import { figure, NONE, percent } from '../format.ts';

const SHARES: ReadonlySet<Metric> = new Set(['hits', 'accuracy']);

/** Head of a column; `unit`: a currency sign, or empty. */
export function metricTitle(metric: Metric, unit: string): string {
  if (unit !== '' && metric === 'mae') return t('mean error, {0}', unit);
  if (unit !== '' && metric === 'medianError') return t('median error, {0}', unit);
  return metricName(metric);
}

/** Explanation for the head of a column. */
export function metricHint(metric: Metric): string {
  switch (metric) {
    case 'mae':
      return t('Mean of |guess − truth| over the rows with a number, with its 95 % interval.');
    case 'medianError':
      return t('Median of |guess − truth| over the rows with a number, with its 95 % interval.');
    case 'rmsle':
      return t('Root mean squared logarithmic error over the rows with a number, with its 95 % interval.');
    case 'hits':
      return t('Share of green rows among the answered ones, with its 95 % interval.');
    case 'accuracy':
      return t('Share of replies that equal the answer, spaces around them aside, with its 95 % interval.');
    case 'f1':
      return t('Mean over the labels of the harmonic mean of precision and recall, with its 95 % interval.');
  }
}

export function metricValue(metric: Metric, value: number): string {
  return SHARES.has(metric) ? percent(value) : figure(value);
}

export function intervalText(metric: Metric, { low, high }: Pick<Estimate, 'low' | 'high'>): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return NONE;
  return t('{0} … {1}', metricValue(metric, low), metricValue(metric, high));
}

/** Difference with its sign; shares in points. */
export function differenceValue(metric: Metric, value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const size = SHARES.has(metric) ? Math.abs(value) * 100 : Math.abs(value);
  const text = figure(size);
  if (value === 0 || Number(text.replace(/\D/g, '')) === 0) return text;
  return value < 0 ? `−${text}` : `+${text}`;
}

export function claimText(claim: Claim): string {
  switch (claim) {
    case 'better':
      return t('better');
    case 'worse':
      return t('worse');
    case 'equal':
      return t('equal');
    case 'none':
      return t('not shown to differ');
  }
}

export function pText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(p < 0.1 ? 3 : 2);
}
