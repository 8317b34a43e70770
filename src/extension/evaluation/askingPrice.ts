import { t } from '../../core/base/messages.ts';
import { estimateInference, type InferenceEstimate } from '../../core/cost/inference.ts';
import { priceTable } from '../../core/cost/prices.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { isFree } from '../../core/provider/localModel.ts';
import { priceOverrides } from '../config.ts';

/** Requests to one model. */
export interface Asking {
  readonly connection: Connection;
  readonly model: string;
  readonly requests: number;
  /** Tokens of all prompts together; null when they could not be counted. */
  readonly inputTokens: number | null;
  /** Tokens that one reply may have. */
  readonly maxTokens: number;
}

/** The most that all requests cost; models without a bill cost nothing. */
export function askingPrice(askings: readonly Asking[]): InferenceEstimate {
  const paid = askings.filter(({ connection, model, requests }) => requests > 0 && !isFree(connection, model));
  const uses = paid.map(({ model, requests, inputTokens, maxTokens }) => ({
    model,
    inputTokens,
    outputTokens: requests * maxTokens,
  }));
  return paid.length === 0 && askings.length > 0
    ? { usd: 0, sentence: t('Free: answered on this machine.') }
    : estimateInference(uses, { prices: priceTable(priceOverrides()) });
}
