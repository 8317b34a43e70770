import { t } from '../base/messages.ts';
import { decimals } from '../base/numbers.ts';
import { deadlineOf } from '../provider/deadlines.ts';
import type { PriceTable } from './prices.ts';

/** Tells whether OpenAI has retired a model: the table's prices are OpenAI's, and so are the dates. `now`: milliseconds. */
export function isRetired(model: string, now: number): boolean {
  return (deadlineOf({ kind: 'openai' }, model, now)?.daysLeft ?? 1) <= 0;
}

/**
 * Price of a few tokens in one epoch, on the cheapest model that is not retired and on the most expensive one:
 * `$0.00032 per epoch on gpt-4o-mini-2024-07-18, $0.0026 on gpt-4.1-2025-04-14`. Null when no price is known.
 */
export function lineCost(tokens: number, prices: PriceTable, now: number): string | null {
  const models = Object.entries(prices.models)
    .filter(([model]) => !isRetired(model, now))
    .sort(([, a], [, b]) => a.training - b.training);
  const [cheapest, dearest] = [models[0], models.at(-1)];
  if (cheapest === undefined || dearest === undefined) return null;
  const usd = ([, { training }]: typeof cheapest): string => smallDollars((tokens * training) / 1e6);
  return cheapest[1].training === dearest[1].training
    ? t('{0} per epoch on {1}', usd(cheapest), cheapest[0])
    : t('{0} per epoch on {1}, {2} on {3}', usd(cheapest), cheapest[0], usd(dearest), dearest[0]);
}

/** Amount with two digits below a dollar, and with cents above. */
function smallDollars(usd: number): string {
  if (usd === 0) return '$0';
  if (usd >= 1) return `$${decimals(usd, 2)}`;
  const digits = Math.min(12, 1 - Math.floor(Math.log10(usd)));
  return `$${decimals(usd, digits)}`;
}
