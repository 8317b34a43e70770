import type { Connection } from '../provider/connection.ts';
import { dollars } from '../cost/estimate.ts';
import { priceOf, type PriceTable } from '../cost/prices.ts';
import { isFree } from '../provider/localModel.ts';
import type { Job } from './job.ts';

/**
 * What a job cost by its trained tokens and the price table, in US dollars; 0 where nobody sends a bill. Null while the provider has not
 * said how many tokens it trained, when the price is not known, and for reinforcement, which is billed by the hour.
 */
export function jobCost(job: Job, connection: Pick<Connection, 'kind' | 'baseUrl'>, prices: PriceTable): number | null {
  if (isFree(connection, job.model)) return 0;
  const price = priceOf(job.model, prices);
  if (price === null || job.trainedTokens === null || job.method === 'reinforcement') return null;
  return (job.trainedTokens * price.training) / 1e6;
}

/** `free`, `cost about $0.14, $0.15 estimated`, `about $0.15 estimated`; null when nothing is known. */
export function costInWords(cost: number | null, estimate: number | null): string | null {
  if (cost === 0) return 'free';
  if (cost !== null) {
    return estimate === null || estimate === 0
      ? `cost about ${dollars(cost)}`
      : `cost about ${dollars(cost)}, ${dollars(estimate)} estimated`;
  }
  if (estimate === null) return null;
  return estimate === 0 ? 'free' : `about ${dollars(estimate)} estimated`;
}
