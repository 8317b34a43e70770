import { t, tn } from '../base/messages.ts';
import { decimals, twoDecimals } from '../base/numbers.ts';
import type { ConnectionKind } from '../provider/connection.ts';
import { PRICES, priceOf, type PriceTable } from './prices.ts';

export interface CostEstimate {
  readonly trainedTokens: number;
  /** US dollars; 0 on this machine; null when the price is unknown. */
  readonly usd: number | null;
  /** Date of the price (YYYY-MM or YYYY-MM-DD); null when no price was used. */
  readonly priceDate: string | null;
  /** E.g. `About $0.14: 46,018 tokens at $3.00 per million (prices of 2026-11).` */
  readonly sentence: string;
}

export interface CostOptions {
  /** Local training costs nothing. */
  readonly connection?: ConnectionKind;
  readonly prices?: PriceTable;
  /** Tokens of tool definitions and calls in one epoch, whose count no bill has confirmed. */
  readonly toolTokensPerEpoch?: number;
}

/**
 * Estimates the price of a job.
 * @param tokensPerEpoch by the billing formula (`exampleTokens`)
 * @param epochs a whole number
 */
export function estimateCost(
  model: string,
  tokensPerEpoch: number,
  epochs: number,
  options: CostOptions = {},
): CostEstimate {
  const trainedTokens = Math.max(0, Math.round(tokensPerEpoch * epochs));
  if (options.connection === 'local') {
    const sentence = tn(
      trainedTokens,
      'Free: {0} token trained on this machine.',
      'Free: {0} tokens trained on this machine.',
    );
    return { trainedTokens, usd: 0, priceDate: null, sentence };
  }
  if (options.connection === 'ray') {
    const sentence = t('No provider bills it; what the cluster itself costs is not known here.');
    return { trainedTokens, usd: 0, priceDate: null, sentence };
  }
  const table = options.prices ?? PRICES;
  const price = priceOf(model, table);
  if (price === null) {
    return {
      trainedTokens,
      usd: null,
      priceDate: null,
      sentence: tn(
        trainedTokens,
        "Price unknown for {1}: {0} token would be trained. See the provider's price list.",
        "Price unknown for {1}: {0} tokens would be trained. See the provider's price list.",
        model,
      ),
    };
  }
  const usd = (trainedTokens * price.training) / 1e6;
  // The table is OpenAI's; another provider may charge something else for a model of the same name.
  const isOther = options.connection !== undefined && options.connection !== 'openai';
  const values = [dollars(usd), dollars(price.training), table.date] as const;
  const sentence = isOther
    ? tn(
        trainedTokens,
        "About {1}: {0} token at {2} per million (OpenAI's prices of {3}; this provider's may differ).",
        "About {1}: {0} tokens at {2} per million (OpenAI's prices of {3}; this provider's may differ).",
        ...values,
      )
    : tn(
        trainedTokens,
        'About {1}: {0} token at {2} per million (prices of {3}).',
        'About {1}: {0} tokens at {2} per million (prices of {3}).',
        ...values,
      );
  const toolTokens = Math.round((options.toolTokensPerEpoch ?? 0) * epochs);
  const tools =
    toolTokens === 0
      ? ''
      : ` ${tn(
          toolTokens,
          'This includes {0} token of tool definitions and calls, an estimate until a bill confirms it.',
          'This includes {0} tokens of tool definitions and calls, an estimate until a bill confirms it.',
        )}`;
  return { trainedTokens, usd, priceDate: table.date, sentence: `${sentence}${tools}` };
}

/** Epochs that `auto` comes to: three, with examples × epochs kept between 100 and 25,000, and 1 to 25 epochs. */
export function automaticEpochs(examples: number): number {
  let epochs = 3;
  if (examples <= 0) return epochs;
  if (examples * epochs < 100) epochs = Math.ceil(100 / examples);
  else if (examples * epochs > 25_000) epochs = Math.floor(25_000 / examples);
  return Math.min(25, Math.max(1, epochs));
}

/** Amount with two decimals; below a cent two digits, rounded up, so that it never says less than may be paid: `$0.0042`. */
export function dollars(usd: number): string {
  if (usd <= 0 || usd >= 0.0099) return `$${twoDecimals(usd)}`;
  const places = Math.min(12, 1 - Math.floor(Math.log10(usd)));
  return `$${decimals(Math.ceil(usd * 10 ** places - 1e-9) / 10 ** places, 0, places)}`;
}
