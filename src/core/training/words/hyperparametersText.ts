import { t, tn } from '../../base/messages.ts';
import { untrustedText } from '../../base/untrustedText.ts';
import type { NumberName } from '../hyperparameters.ts';
import type { Hyperparameters } from '../job.ts';

/** Tells whether every hyperparameter is left to the provider. */
export function isAutomatic(hyperparameters: Hyperparameters): boolean {
  return Object.values(hyperparameters).every((value) => value === 'auto' || value === 'default');
}

/** `3 epochs · batch size auto · learning rate multiplier 0.5`, or `automatic`. */
export function hyperparametersInWords(hyperparameters: Hyperparameters): string {
  if (isAutomatic(hyperparameters)) return t('automatic');
  const { n_epochs, batch_size, learning_rate_multiplier, reasoning_effort: effort, ...more } = hyperparameters;
  return [
    n_epochs === 'auto' ? t('epochs auto') : tn(n_epochs, '{0} epoch', '{0} epochs'),
    t('batch size {0}', batch_size),
    t('learning rate multiplier {0}', learning_rate_multiplier),
    ...Object.entries(more)
      .filter(([, value]) => value !== 'auto')
      .map(([name, value]) => otherInWords(name as keyof typeof more, value)),
    ...(effort === undefined || effort === 'default' ? [] : [t('reasoning effort {0}', untrustedText(effort, [], 20))]),
  ].join(' · ');
}

function otherInWords(
  name: Exclude<NumberName, 'n_epochs' | 'batch_size' | 'learning_rate_multiplier'>,
  value: number | 'auto',
): string {
  switch (name) {
    case 'beta':
      return t('beta {0}', value);
    case 'compute_multiplier':
      return t('compute multiplier {0}', value);
    case 'eval_interval':
      return t('evaluation interval {0}', value);
    case 'eval_samples':
      return t('evaluation samples {0}', value);
  }
}
