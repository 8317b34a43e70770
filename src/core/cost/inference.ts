import type { ConnectionKind } from '../provider/connection.ts';
import { t, tn } from '../base/messages.ts';
import type { TokenUsage } from '../evaluation/types.ts';
import { dollars } from './estimate.ts';
import { PRICES, priceOf, type PriceTable } from './prices.ts';

export interface InferenceEstimate {
  /** Most US dollars (every reply as long as allowed); 0 on this machine; null when a price is unknown. */
  readonly usd: number | null;
  readonly sentence: string;
}

/** Total of the requests to one model. */
export interface InferenceUse {
  readonly model: string;
  /** Tokens of the prompts; null when they could not be counted. */
  readonly inputTokens: number | null;
  /** Most tokens that the replies may have. */
  readonly outputTokens: number;
}

/** Estimates the most that the requests cost. An unknown price or an unknown number of tokens makes the total unknown. */
export function estimateInference(
  uses: readonly InferenceUse[],
  options: { readonly connection?: ConnectionKind; readonly prices?: PriceTable } = {},
): InferenceEstimate {
  if (uses.length === 0) return { usd: 0, sentence: t('Free: no model is asked.') };
  if (options.connection === 'local') return { usd: 0, sentence: t('Free: answered on this machine.') };
  const table = options.prices ?? PRICES;
  let usd = 0;
  let tokens = 0;
  for (const { model, inputTokens, outputTokens } of uses) {
    const { input = null, output = null } = priceOf(model, table) ?? {};
    if (input === null || output === null)
      return { usd: null, sentence: t("Price unknown for {0}. See the provider's price list.", model) };
    if (inputTokens === null)
      return { usd: null, sentence: t('Price unknown: the tokens of the prompts could not be counted.') };
    usd += (inputTokens * input + outputTokens * output) / 1e6;
    tokens += inputTokens + outputTokens;
  }
  const sentence = tn(
    tokens,
    'At most about {1}: {0} token (prices of {2}).',
    'At most about {1}: {0} tokens (prices of {2}).',
    dollars(usd),
    table.date,
  );
  return { usd, sentence };
}

/** Price of a number of tokens at one model, in US dollars; null when it is unknown. */
export function priceOfTokens(
  { input, output }: Pick<TokenUsage, 'input' | 'output'>,
  model: string,
  table: PriceTable = PRICES,
): number | null {
  const { input: perInput = null, output: perOutput = null } = priceOf(model, table) ?? {};
  return perInput === null || perOutput === null ? null : (input * perInput + output * perOutput) / 1e6;
}
