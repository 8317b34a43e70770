import { t } from '../base/messages.ts';
import { dollars, type CostEstimate } from './estimate.ts';
import { lookUp, PRICES } from './prices.ts';

/** US dollars for an hour of reinforcement training, published when `PRICES` were read. */
const HOURLY: Readonly<Record<string, number>> = { 'o4-mini-2025-04-16': 100 };

/**
 * Estimates the price of reinforcement training by the price of an hour alone. The number of hours depends on the model's thoughts, so
 * there is no total; calls of a grader model come on top.
 */
export function hourlyEstimate(model: string, trainedTokens: number): CostEstimate {
  const price = lookUp(HOURLY, model);
  return {
    trainedTokens,
    usd: null,
    priceDate: price === null ? null : PRICES.date,
    sentence:
      price === null
        ? t(
            'Price unknown for {0}: reinforcement is billed by the hour, the number of hours is not known beforehand, and calls of a grader model are billed separately.',
            model,
          )
        : t(
            'Billed by the hour: {0} per hour of training (price of {1}). The number of hours is not known beforehand, and calls of a grader model are billed separately.',
            dollars(price),
            PRICES.date,
          ),
  };
}
