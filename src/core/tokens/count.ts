import { hasOtherParts, textOf, type ChatExample } from '../dataset/example.ts';
import type { MessageBytes } from '../dataset/check/messageBytes.ts';

export interface TokenCount {
  readonly tokens: number;
  /** True when a very long run was counted in slices (right to a few tokens per slice), or the formula does not cover all parts. */
  readonly estimated: boolean;
}

/** Counter of the tokens of a text. Never throws; time is linear in the length. */
export interface TokenCounter {
  count(text: string): TokenCount;
  /** Counts like `count`, from well-formed UTF-8, which saves decoding. */
  countBytes?(bytes: Uint8Array, start: number, end: number): number;
  /** Releases the memory kept between texts. */
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

/** Counts lines that were just checked; null for a line that is no example. */
export type LineCounter = (line: {
  readonly messages: MessageBytes | null;
  readonly example: ChatExample | null;
}) => TokenCount | null;

/** Counts like `exampleTokens`. Use one counter per file: nearly every row has the system message of the row before. */
export function createLineCounter(counter: TokenCounter): LineCounter {
  let system = new Uint8Array(0);
  let systemTokens = 0;
  return (line) => {
    const { messages } = line;
    if (messages === null || counter.countBytes === undefined)
      return line.example === null ? null : exampleTokens(line.example, counter);
    const { bytes, count } = messages;
    let tokens = TOKENS_PER_EXAMPLE;
    for (let message = 0; message < count; message += 1) {
      const start = messages.start(message);
      const end = messages.end(message);
      tokens += TOKENS_PER_MESSAGE;
      if (messages.role(message) !== 'system') tokens += counter.countBytes(bytes, start, end);
      else {
        if (!sameBytes(system, bytes, start, end)) {
          systemTokens = counter.countBytes(bytes, start, end);
          system = new Uint8Array(bytes.subarray(start, end));
        }
        tokens += systemTokens;
      }
    }
    return { tokens, estimated: false };
  };
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i += 1) if (known[i] !== bytes[start + i]) return false;
  return true;
}
