import { deadlineOf } from '../provider/deadlines.ts';
import type { PriceTable } from './prices.ts';

/** The table's prices are OpenAI's, and so are the dates. `now`: milliseconds. */
export function isRetired(model: string, now: number): boolean {
  return (deadlineOf({ kind: 'openai' }, model, now)?.daysLeft ?? 1) <= 0;
}

/**
 * What so few tokens cost in one epoch, on the cheapest model that is still there and on the dearest:
 * `$0.00032 an epoch on gpt-4o-mini-2024-07-18, $0.0026 on gpt-4.1-2025-04-14`. Null when no price is known.
 */
export function lineCost(tokens: number, prices: PriceTable, now: number): string | null {
  const models = Object.entries(prices.models)
    .filter(([model]) => !isRetired(model, now))
    .sort(([, a], [, b]) => a.training - b.training);
  const [cheapest, dearest] = [models[0], models.at(-1)];
  if (cheapest === undefined || dearest === undefined) return null;
  const usd = ([, { training }]: typeof cheapest): string => smallDollars((tokens * training) / 1e6);
  const first = `${usd(cheapest)} an epoch on ${cheapest[0]}`;
  return cheapest[1].training === dearest[1].training ? first : `${first}, ${usd(dearest)} on ${dearest[0]}`;
}

/** Two digits of what is less than a cent; cents are enough above a dollar. */
function smallDollars(usd: number): string {
  if (usd === 0) return '$0';
  if (usd >= 1) return `$${usd.toFixed(2)}`;
  const digits = Math.min(12, 1 - Math.floor(Math.log10(usd)));
  return `$${usd.toFixed(digits)}`;
}
