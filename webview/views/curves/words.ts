import { t } from '../../../src/core/base/messages.ts';
import type { Family } from '../../../src/core/training/curves/families.ts';
import type { Smoothing } from '../../../src/core/training/curves/smoothing.ts';
import type { XAxis } from '../../../src/core/training/curves/xAxis.ts';
import type { Behind } from '../../charts/curves/curvePicture.ts';

/** Name of a metric in legends and tables; one that is not ours as the provider writes it, without underscores. */
export function metricLabel(name: string): string {
  switch (name) {
    case 'train_loss':
      return t('training loss');
    case 'valid_loss':
      return t('validation loss');
    case 'full_valid_loss':
      return t('full validation loss');
    case 'train_mean_token_accuracy':
      return t('training token accuracy');
    case 'valid_mean_token_accuracy':
      return t('validation token accuracy');
    case 'full_valid_mean_token_accuracy':
      return t('full validation token accuracy');
    case 'train_reward_mean':
      return t('training reward');
    case 'valid_reward_mean':
      return t('validation reward');
    case 'full_valid_reward_mean':
      return t('full validation reward');
    case 'train_mean_reasoning_tokens':
    case 'train_reasoning_tokens_mean':
      return t('training reasoning tokens');
    case 'valid_mean_reasoning_tokens':
    case 'valid_reasoning_tokens_mean':
      return t('validation reasoning tokens');
    default:
      return name.replaceAll('_', ' ');
  }
}

export function familyTitle(family: Family): string {
  switch (family) {
    case 'loss':
      return t('Loss');
    case 'accuracy':
      return t('Token accuracy');
    case 'reward':
      return t('Reward');
    case 'tokens':
      return t('Tokens');
    default:
      return family.replaceAll('_', ' ');
  }
}

export function smoothingName(kind: Smoothing): string {
  switch (kind) {
    case 'none':
      return t('No smoothing');
    case 'ema':
      return t('EMA smoothing');
    case 'time-ema':
      return t('Time-weighted EMA smoothing');
    case 'gaussian':
      return t('Gaussian smoothing');
    case 'average':
      return t('Running average');
  }
}

/** What the slider of a kind of smoothing sets, and how it is computed. */
export function smoothingHint(kind: Smoothing): string {
  switch (kind) {
    case 'none':
      return '';
    case 'ema':
      return t('Weight of the past in an exponential moving average, debiased, as in TensorBoard and W&B.');
    case 'time-ema':
      return t(
        'Weight of the past in an exponential moving average whose memory follows the distance in x, as in W&B.',
      );
    case 'gaussian':
      return t('Standard deviation of a centered Gaussian, in points.');
    case 'average':
      return t('Number of points of a centered running average.');
  }
}

export function behindName(behind: Behind): string {
  switch (behind) {
    case 'line':
      return t('Raw line');
    case 'band':
      return t('Range of raw values');
    case 'none':
      return t('Nothing');
  }
}

/** Name of an x axis in the list of them. */
export function axisName(axis: XAxis): string {
  switch (axis) {
    case 'step':
      return t('step');
    case 'epoch':
      return t('epoch');
    case 'examples':
      return t('examples');
    case 'tokens':
      return t('tokens');
    case 'relative':
      return t('relative time');
    case 'wall':
      return t('time of day');
  }
}
