// Reasoning models refuse parameters that other models know, and think within the limit of their reply.
import type { SamplingParameter } from '../evaluation/types.ts';

/** Room for the thoughts of a reasoning model before it says the first word; they are billed like the reply. */
export const REASONING_TOKENS = 8192;

/** Whether the name, its snapshot, a fine-tune of it or a gateway's name for it (`openai/o4-mini`) is one of OpenAI's reasoning models. */
export function isReasoningModel(model: string): boolean {
  const name = model.startsWith('ft:') ? (model.split(':')[1] ?? '') : model;
  return /^(?:o[1-9](?![a-z0-9])|gpt-5(?!.*chat))/.test(name.slice(name.lastIndexOf('/') + 1).toLowerCase());
}

export interface SamplingRule {
  /** Parameters that the model is known to refuse. */
  readonly leftOut: readonly SamplingParameter[];
  /** Tokens of a reply with room for reasoning; null: as asked for. */
  readonly maxTokens: number | null;
}

/** What is known of a model before it is asked. `maxTokens`: of the reply itself. */
export function samplingRule(model: string, maxTokens: number): SamplingRule {
  if (!isReasoningModel(model)) return { leftOut: [], maxTokens: null };
  return { leftOut: ['temperature', 'max_tokens'], maxTokens: maxTokens + REASONING_TOKENS };
}
