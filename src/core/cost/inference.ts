import type { ConnectionKind } from '../provider/connection.ts';
import { count } from '../base/numbers.ts';
import { dollars } from './estimate.ts';
import { PRICES, priceOf, type PriceTable } from './prices.ts';

export interface InferenceEstimate {
  /** US dollars at most (every reply as long as allowed); 0 on this machine; null when a price is not known. */
  readonly usd: number | null;
  readonly sentence: string;
}

/** All requests to one model together. */
export interface InferenceUse {
  readonly model: string;
  /** Tokens of the prompts; null when they could not be counted. */
  readonly inputTokens: number | null;
  /** Tokens that the replies may have at most. */
  readonly outputTokens: number;
}

/** The most that asking costs. A price that is not known, or tokens that are not, make the sum unknown. */
export function estimateInference(
  uses: readonly InferenceUse[],
  options: { readonly connection?: ConnectionKind; readonly prices?: PriceTable } = {},
): InferenceEstimate {
  if (uses.length === 0) return { usd: 0, sentence: 'Free: no model is asked.' };
  if (options.connection === 'local') return { usd: 0, sentence: 'Free: answered on this machine.' };
  const table = options.prices ?? PRICES;
  let usd = 0;
  let tokens = 0;
  for (const { model, inputTokens, outputTokens } of uses) {
    const { input = null, output = null } = priceOf(model, table) ?? {};
    if (input === null || output === null)
      return { usd: null, sentence: `Price unknown for ${model}; the provider's price list says what it costs.` };
    if (inputTokens === null)
      return { usd: null, sentence: 'Price unknown: the tokens of the prompts could not be counted.' };
    usd += (inputTokens * input + outputTokens * output) / 1e6;
    tokens += inputTokens + outputTokens;
  }
  return { usd, sentence: `At most about ${dollars(usd)}: ${count(tokens)} tokens (prices of ${table.date}).` };
}
