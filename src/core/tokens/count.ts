import { hasOtherParts, textOf, type ChatExample, type ChatMessage } from '../dataset/example.ts';
import type { MessageBytes } from '../dataset/check/messageBytes.ts';

export interface TokenCount {
  readonly tokens: number;
  /** True when a very long run was counted in slices (right to a few tokens per slice), or the formula does not cover all parts. */
  readonly estimated: boolean;
}

/** Tokens of an example. */
export interface ExampleCount extends TokenCount {
  /** Tokens of them that are tool definitions and calls; absent when there are none. */
  readonly toolTokens?: number;
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
 * bill. Tool definitions and calls are trained and billed too and count as their compact JSON: an estimate until a bill has
 * confirmed it. Images are not counted: then the count is an estimate as well.
 */
export function exampleTokens(example: ChatExample, counter: TokenCounter): ExampleCount {
  return countExample(example, counter, (json) => counter.count(json).tokens);
}

/** `countTools` counts the JSON of tool definitions, which many rows have in common. */
function countExample(example: ChatExample, counter: TokenCounter, countTools: (json: string) => number): ExampleCount {
  const tools = toolsJson(example);
  let toolTokens = tools === '' ? 0 : countTools(tools);
  let tokens = TOKENS_PER_EXAMPLE;
  let estimated = false;
  for (const message of example.messages) {
    const content = counter.count(textOf(message));
    tokens += TOKENS_PER_MESSAGE + content.tokens;
    estimated ||= content.estimated || hasOtherParts(message.content);
    const calls = callsJson(message);
    if (calls !== '') toolTokens += counter.count(calls).tokens;
  }
  if (toolTokens === 0) return { tokens, estimated };
  return { tokens: tokens + toolTokens, estimated: true, toolTokens };
}

/** Compact JSON of the tools that an example declares; empty when it declares none. */
export function toolsJson({ tools = [], functions = [] }: Pick<ChatExample, 'tools' | 'functions'>): string {
  return [tools, functions].map((list) => (list.length === 0 ? '' : JSON.stringify(list))).join('');
}

/** Compact JSON of the calls of a message, with their arguments as they are; empty when it has none. */
export function callsJson({ tool_calls: calls = [], function_call: legacy }: ChatMessage): string {
  return [...calls.map((call) => call.function), ...(legacy === undefined ? [] : [legacy])]
    .map((call) => `{"name":${JSON.stringify(call.name)},"arguments":${call.arguments}}`)
    .join(',');
}

/** Counts lines that were just checked; null for a line that is no example. */
export type LineCounter = (line: {
  readonly messages: MessageBytes | null;
  readonly example: ChatExample | null;
}) => ExampleCount | null;

/** Counts like `exampleTokens`. Use one counter per file: nearly every row has the system message and the tools of the row before. */
export function createLineCounter(counter: TokenCounter): LineCounter {
  let system = new Uint8Array(0);
  let systemTokens = 0;
  let tools = '';
  let toolTokens = 0;
  const countTools = (json: string): number => {
    if (json !== tools) {
      toolTokens = counter.count(json).tokens;
      tools = json;
    }
    return toolTokens;
  };
  return (line) => {
    const { messages } = line;
    if (messages === null || counter.countBytes === undefined)
      return line.example === null ? null : countExample(line.example, counter, countTools);
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
