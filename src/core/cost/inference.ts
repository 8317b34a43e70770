import type { ConnectionKind } from '../provider/connection.ts';
import { count } from '../base/numbers.ts';
import { dollars } from './estimate.ts';
import { PRICES, priceOf, type PriceTable } from './prices.ts';

export interface InferenceEstimate {
  /** US dollars at most (every reply as long as allowed); 0 on this machine; null when a price is not known. */
  readonly usd: number | null;
  readonly sentence: string;
}

/** What asking costs at most. `inputTokens` and `outputTokens`: of all requests together, per model. */
export function estimateInference(
  models: readonly string[],
  inputTokens: number,
  outputTokens: number,
  options: { readonly connection?: ConnectionKind; readonly prices?: PriceTable } = {},
): InferenceEstimate {
  if (models.length === 0) return { usd: 0, sentence: 'Free: no model is asked.' };
  if (options.connection === 'local') return { usd: 0, sentence: 'Free: answered on this machine.' };
  const table = options.prices ?? PRICES;
  let usd = 0;
  for (const model of models) {
    const price = priceOf(model, table);
    if (price === null)
      return { usd: null, sentence: `Price unknown for ${model}; the provider's price list says what it costs.` };
    usd += (inputTokens * price.input + outputTokens * price.output) / 1e6;
  }
  const tokens = count((inputTokens + outputTokens) * models.length);
  return { usd, sentence: `At most about ${dollars(usd)}: ${tokens} tokens (prices of ${table.date}).` };
}
