import { priceOfTokens } from '../core/cost/inference.ts';
import type { PriceTable } from '../core/cost/prices.ts';
import type { Contestant, TestItem } from '../core/evaluation/types.ts';
import type { EvaluationRun } from './runner.ts';
import type { Budget } from './spending.ts';

/** Tokens that a chat template adds: for a message, and for the whole prompt. */
const MESSAGE_TOKENS = 8;
const PROMPT_TOKENS = 16;

/**
 * Limit that holds a start to its agreed price, whatever the provider counts; undefined where there is none (free, or unknown). The last
 * request may still be sent when its price is not known exactly: so much more is allowed, and never spent by replies of the agreed length.
 * A reply whose tokens the provider does not tell counts with its share of the agreed price.
 * @param usd the agreed price of all requests, or the larger amount that was allowed
 * @param paid models that cost something, by contestant
 */
export function budgetOf(
  run: Pick<EvaluationRun, 'config' | 'items' | 'openItems'>,
  usd: number | null,
  paid: ReadonlyMap<string, string>,
  table: PriceTable,
): Budget | undefined {
  if (usd === null || usd === 0 || usd === Infinity) return undefined;
  const { config, items } = run;
  const price = (contestant: Contestant, input: number, output: number): number => {
    const model = paid.get(contestant.id);
    return model === undefined ? 0 : (priceOfTokens({ input, output }, model, table) ?? 0);
  };
  const bound = (contestant: Contestant, item: TestItem): number =>
    price(contestant, mostTokens(item), contestant.maxTokens ?? config.sampling.maxTokens);
  let most = 0;
  for (const item of items) for (const contestant of config.contestants) most = Math.max(most, bound(contestant, item));
  const open = [...paid.keys()].reduce((sum, id) => sum + run.openItems(id).length, 0);
  const agreed = usd / Math.max(1, open * (config.samples ?? 1));
  const cost: Budget['cost'] = (contestant, usage) => {
    if (usage !== null) return price(contestant, usage.input, usage.output);
    return paid.has(contestant.id) ? agreed : 0;
  };
  return { maxUsd: usd + most, bound, cost };
}

/** Most tokens of a prompt: no token is shorter than a byte. */
function mostTokens({ messages }: TestItem): number {
  let tokens = PROMPT_TOKENS;
  for (const message of messages) tokens += Buffer.byteLength(JSON.stringify(message)) + MESSAGE_TOKENS;
  return tokens;
}
