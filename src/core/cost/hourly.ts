import { dollars, type CostEstimate } from './estimate.ts';
import { lookUp, PRICES } from './prices.ts';

/** US dollars for an hour of reinforcement training, as they were published when `PRICES` were read. */
const HOURLY: Readonly<Record<string, number>> = { 'o4-mini-2025-04-16': 100 };

/**
 * What can honestly be said of the price of reinforcement training beforehand: what an hour costs. How many it takes depends on how long
 * the model thinks, so there is no sum; calls of a judging model come on top.
 */
export function hourlyEstimate(model: string, trainedTokens: number): CostEstimate {
  const price = lookUp(HOURLY, model);
  const unknown = 'how many hours it takes is not known beforehand, and calls of a grader model are billed besides';
  return {
    trainedTokens,
    usd: null,
    priceDate: price === null ? null : PRICES.date,
    sentence:
      price === null
        ? `Price unknown for ${model}: reinforcement is billed by the hour, and ${unknown}.`
        : `Billed by the hour: ${dollars(price)} an hour of training (price of ${PRICES.date}); ${unknown}.`,
  };
}
