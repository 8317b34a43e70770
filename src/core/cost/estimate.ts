import { plural, twoDecimals } from '../base/numbers.ts';
import type { ConnectionKind } from '../provider/connection.ts';
import { PRICES, priceOf, type PriceTable } from './prices.ts';

export interface CostEstimate {
  readonly trainedTokens: number;
  /** US dollars; 0 on this machine; null when the price is not known. */
  readonly usd: number | null;
  /** When the price was read (YYYY-MM or YYYY-MM-DD); null when no price was used. */
  readonly priceDate: string | null;
  /** E.g. `About $0.14: 46,018 tokens at $3.00 a million (prices of 2026-11).` */
  readonly sentence: string;
}

export interface CostOptions {
  /** Local training costs nothing. */
  readonly connection?: ConnectionKind;
  readonly prices?: PriceTable;
}

/** `tokensPerEpoch` by the billing formula (`exampleTokens`), `epochs` a whole number. */
export function estimateCost(
  model: string,
  tokensPerEpoch: number,
  epochs: number,
  options: CostOptions = {},
): CostEstimate {
  const trainedTokens = Math.max(0, Math.round(tokensPerEpoch * epochs));
  const tokens = plural(trainedTokens, 'token');
  if (options.connection === 'local') {
    return { trainedTokens, usd: 0, priceDate: null, sentence: `Free: ${tokens} trained on this machine.` };
  }
  const table = options.prices ?? PRICES;
  const price = priceOf(model, table);
  if (price === null) {
    return {
      trainedTokens,
      usd: null,
      priceDate: null,
      sentence: `Price unknown for ${model}: ${tokens} would be trained; the provider's price list says what they cost.`,
    };
  }
  const usd = (trainedTokens * price.training) / 1e6;
  // The table is OpenAI's; another provider may ask something else for a model of the same name.
  const whose =
    options.connection !== undefined && options.connection !== 'openai'
      ? `OpenAI's prices of ${table.date}; this provider's may differ`
      : `prices of ${table.date}`;
  return {
    trainedTokens,
    usd,
    priceDate: table.date,
    sentence: `About ${dollars(usd)}: ${tokens} at ${dollars(price.training)} a million (${whose}).`,
  };
}

/** What `auto` comes to: three, with examples × epochs kept between 100 and 25,000, and 1 to 25 epochs. */
export function automaticEpochs(examples: number): number {
  let epochs = 3;
  if (examples <= 0) return epochs;
  if (examples * epochs < 100) epochs = Math.ceil(100 / examples);
  else if (examples * epochs > 25_000) epochs = Math.floor(25_000 / examples);
  return Math.min(25, Math.max(1, epochs));
}

/** Two decimals; below a cent as `less than $0.01`. */
export function dollars(usd: number): string {
  if (usd > 0 && usd < 0.01) return 'less than $0.01';
  return `$${twoDecimals(usd)}`;
}
