// Rules of reasoning models, which refuse parameters that other models know and think within the limit of their reply.
import type { SamplingParameter } from '../evaluation/types.ts';

/** Tokens for the thoughts of a reasoning model before its first word; they are billed like the reply. */
export const REASONING_TOKENS = 8192;

/** Recognizes OpenAI's reasoning models by name, snapshot, fine-tune or a gateway's name (`openai/o4-mini`). */
export function isReasoningModel(model: string): boolean {
  const name = model.startsWith('ft:') ? (model.split(':')[1] ?? '') : model;
  return /^(?:o[1-9](?![a-z0-9])|gpt-5(?!.*chat))/.test(name.slice(name.lastIndexOf('/') + 1).toLowerCase());
}

export interface SamplingRule {
  /** Parameters that the model refuses. */
  readonly leftOut: readonly SamplingParameter[];
  /** Tokens of a reply with room for reasoning; null: the requested number. */
  readonly maxTokens: number | null;
}

/** Sampling rule of a model, known before the first request. `maxTokens`: of the reply itself. */
export function samplingRule(model: string, maxTokens: number): SamplingRule {
  if (!isReasoningModel(model)) return { leftOut: [], maxTokens: null };
  return { leftOut: ['temperature', 'max_tokens'], maxTokens: maxTokens + REASONING_TOKENS };
}
