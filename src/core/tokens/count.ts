import { hasOtherParts, textOf, type ChatExample } from '../dataset/example.ts';

export interface TokenCount {
  readonly tokens: number;
  /** True when a very long run was counted in slices (right to a few tokens a slice), or parts are not covered by the formula. */
  readonly estimated: boolean;
}

/** Counts the tokens of a text. Never throws, whatever the text holds; time is linear in its length. */
export interface TokenCounter {
  count(text: string): TokenCount;
  /** Lets go of what was remembered between texts. */
  reset(): void;
}

/** Tokens that the provider adds to an example and to each of its messages. */
export const TOKENS_PER_EXAMPLE = 1;
export const TOKENS_PER_MESSAGE = 4;

/**
 * Billed tokens of one example for one epoch: 1 + Σ messages (4 + tokens of the content). It gave the 46,018 of a real
 * bill. Tools, tool calls and images are not covered: then the count is an estimate.
 */
export function exampleTokens(example: ChatExample, counter: TokenCounter): TokenCount {
  let tokens = TOKENS_PER_EXAMPLE;
  let estimated = example.tools !== undefined && example.tools.length > 0;
  for (const message of example.messages) {
    const content = counter.count(textOf(message));
    tokens += TOKENS_PER_MESSAGE + content.tokens;
    estimated ||= content.estimated || message.tool_calls !== undefined;
    estimated ||= hasOtherParts(message.content);
  }
  return { tokens, estimated };
}
