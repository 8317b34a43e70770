// What is known of OpenAI's models besides their prices, as published on the date of the price table.
import { lookUp } from './prices.ts';

export interface ModelFacts {
  /** Tokens of one training example at most; longer ones are cut at their end. */
  readonly contextTokens: number;
  /** YYYY-MM-DD: the model and every fine-tune of it stop answering; null when no date is known. */
  readonly retires: string | null;
}

const MODELS: Readonly<Record<string, ModelFacts>> = {
  'gpt-4.1-2025-04-14': { contextTokens: 65_536, retires: '2027-01-14' },
  'gpt-4.1-mini-2025-04-14': { contextTokens: 65_536, retires: '2027-01-14' },
  'gpt-4.1-nano-2025-04-14': { contextTokens: 65_536, retires: '2026-10-23' },
  'gpt-4o-2024-08-06': { contextTokens: 65_536, retires: '2027-01-14' },
  'gpt-4o-mini-2024-07-18': { contextTokens: 65_536, retires: '2027-01-14' },
  'gpt-3.5-turbo': { contextTokens: 16_385, retires: null },
};

/** YYYY-MM-DD: from then on nobody can create a fine-tuning job at OpenAI. */
export const JOBS_END = '2027-01-06';

/** Every limit that some model has, the smallest first. */
export const CONTEXT_LIMITS: readonly number[] = [
  ...new Set(Object.values(MODELS).map(({ contextTokens }) => contextTokens)),
].sort((a, b) => a - b);

/** By the names `priceOf` takes. Null when nothing is known. */
export function modelFacts(model: string): ModelFacts | null {
  return lookUp(MODELS, model);
}

/** Dates as YYYY-MM-DD. */
export function isRetired(model: string, today: string): boolean {
  const retires = modelFacts(model)?.retires ?? null;
  return retires !== null && retires <= today;
}

/** Whole days from one date to another, both YYYY-MM-DD. */
export function daysUntil(date: string, today: string): number {
  return Math.round((Date.parse(`${date}T00:00:00Z`) - Date.parse(`${today}T00:00:00Z`)) / 86_400_000);
}
