import { t } from '../base/messages.ts';
import type { CostEstimate } from './estimate.ts';

/** Of a file whose tokens are not known: unknown, not zero. */
export function uncountedEstimate(): CostEstimate {
  return {
    trainedTokens: 0,
    usd: null,
    priceDate: null,
    sentence: t('Price unknown: the formula does not cover examples of this kind.'),
  };
}
