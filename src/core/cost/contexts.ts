// Longest training example that OpenAI's models take, as of 2026-11; longer ones are cut at their end.
import { lookUp } from './prices.ts';

const CONTEXTS: Readonly<Record<string, number>> = {
  'gpt-4.1-2025-04-14': 65_536,
  'gpt-4.1-mini-2025-04-14': 65_536,
  'gpt-4.1-nano-2025-04-14': 65_536,
  'gpt-4o-2024-08-06': 65_536,
  'gpt-4o-mini-2024-07-18': 65_536,
  'gpt-3.5-turbo': 16_385,
};

/** All limits of the models, the smallest first; in tokens. */
export const CONTEXT_LIMITS: readonly number[] = [...new Set(Object.values(CONTEXTS))].sort((a, b) => a - b);

/** Limit of a model in tokens, by the names that `priceOf` takes; null when it is unknown. */
export function contextOf(model: string): number | null {
  return lookUp(CONTEXTS, model);
}
