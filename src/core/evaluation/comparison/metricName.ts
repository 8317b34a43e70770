import { t } from '../../base/messages.ts';
import { METRICS, type Metric } from './types.ts';

/** Name of a metric as every table and question calls it. */
export function metricName(metric: Metric): string {
  switch (metric) {
    case 'mae':
      return t('mean error');
    case 'medianError':
      return t('median error');
    case 'rmsle':
      return t('RMSLE');
    case 'hits':
      return t('hits');
    case 'accuracy':
      return t('accuracy');
    case 'f1':
      return t('macro F1');
  }
}

export function isMetric(name: string): name is Metric {
  return (METRICS as readonly string[]).includes(name);
}
