import { estimateInference, type InferenceEstimate } from '../../core/cost/inference.ts';
import { priceTable } from '../../core/cost/prices.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { isFree } from '../../core/provider/localModel.ts';
import { priceOverrides } from '../config.ts';

/** What one model is asked. */
export interface Asking {
  readonly connection: Connection;
  readonly model: string;
  readonly requests: number;
  /** Tokens of all prompts together; null when they could not be counted. */
  readonly inputTokens: number | null;
  /** Tokens that one reply may have. */
  readonly maxTokens: number;
}

/** The most that all of it costs; models that nobody sends a bill for cost nothing. */
export function askingPrice(askings: readonly Asking[]): InferenceEstimate {
  const paid = askings.filter(({ connection, model, requests }) => requests > 0 && !isFree(connection, model));
  const uses = paid.map(({ model, requests, inputTokens, maxTokens }) => ({
    model,
    inputTokens,
    outputTokens: requests * maxTokens,
  }));
  return paid.length === 0 && askings.length > 0
    ? { usd: 0, sentence: 'Free: answered on this machine.' }
    : estimateInference(uses, { prices: priceTable(priceOverrides()) });
}
