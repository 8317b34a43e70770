import { t } from '../base/messages.ts';
import type { Connection } from '../provider/connection.ts';
import { dollars, type CostEstimate } from '../cost/estimate.ts';
import { priceOf, type PriceTable } from '../cost/prices.ts';
import { isFree } from '../provider/localModel.ts';
import type { Job } from './job.ts';

/**
 * Price of a job by its trained tokens and the price table, in US dollars; 0 where training is free. Null while the provider has not
 * reported the number of trained tokens, when the price is unknown, for reinforcement, which is billed by the hour, and for a cluster, whose
 * machines cost what is not known here.
 */
export function jobCost(job: Job, connection: Pick<Connection, 'kind' | 'baseUrl'>, prices: PriceTable): number | null {
  if (connection.kind === 'ray') return null;
  if (isFree(connection, job.model)) return 0;
  const price = priceOf(job.model, prices);
  if (price === null || job.trainedTokens === null || job.method === 'reinforcement') return null;
  return (job.trainedTokens * price.training) / 1e6;
}

/** Price that is kept with a job at its start, in US dollars; null where it is not known, as it is for a cluster. */
export function quotedPrice({ kind }: Pick<Connection, 'kind'>, { usd }: Pick<CostEstimate, 'usd'>): number | null {
  return kind === 'ray' ? null : usd;
}

/** Price and estimate in words: `free`, `cost about $0.14, $0.15 estimated`, `about $0.15 estimated`; null when nothing is known. */
export function costInWords(cost: number | null, estimate: number | null): string | null {
  if (cost === 0) return t('free');
  if (cost !== null) {
    return estimate === null || estimate === 0
      ? t('cost about {0}', dollars(cost))
      : t('cost about {0}, {1} estimated', dollars(cost), dollars(estimate));
  }
  if (estimate === null) return null;
  return estimate === 0 ? t('free') : t('about {0} estimated', dollars(estimate));
}
