import { hasOtherParts, textOf, type ChatExample, type ChatMessage, type ToolCall } from './example.ts';

/** Position of the answer: the last assistant message; -1 when there is none. */
export function answerIndex(example: ChatExample): number {
  return example.messages.findLastIndex((message) => message.role === 'assistant');
}

/** Text of the answer, or the JSON of its tool calls. Null when there is no assistant message. */
export function answerOf(example: ChatExample): string | null {
  const message = example.messages[answerIndex(example)];
  if (message === undefined) return null;
  const text = textOf(message);
  const calls = callsOf(message);
  if (text !== '' || calls.length === 0) return text;
  return JSON.stringify(calls.map((call) => ({ name: call.name, arguments: call.arguments })));
}

/** The calls of a message, one in the legacy form included. */
export function callsOf(message: ChatMessage): readonly ToolCall['function'][] {
  const calls = message.tool_calls?.map((call) => call.function) ?? [];
  return message.function_call === undefined ? calls : [...calls, message.function_call];
}

/** Two examples with the same key ask the same: all messages before the answer, white space at their ends apart. */
export function promptKey(example: ChatExample): string {
  const at = answerIndex(example);
  const before = at === -1 ? example.messages : example.messages.slice(0, at);
  return hashText(JSON.stringify(before.map(identityOf)));
}

function identityOf(message: ChatMessage): readonly unknown[] {
  // Parts that are not text (images) belong to the prompt.
  const parts = hasOtherParts(message.content) ? message.content : textOf(message).trim();
  const calls = callsOf(message).map((call) => [call.name, call.arguments]);
  return [message.role, parts, calls];
}

/** 106 bits in hexadecimal. For telling texts apart, not against an adversary. */
export function hashText(text: string): string {
  return hash53(text, 0x9e3779b1) + hash53(text, 0x85ebca77);
}

/** 53 bits as a number: half the memory of a text as a key. For telling rows apart, not against an adversary. */
export function hashNumber(text: string): number {
  return hash53Number(text, 0x9e3779b1);
}

/** cyrb53 by bryc (public domain): two multiplicative 32-bit lanes, 53 bits of result. */
function hash53(text: string, seed: number): string {
  return hash53Number(text, seed).toString(16).padStart(14, '0');
}

function hash53Number(text: string, seed: number): number {
  let h1 = 0xdeadbeef ^ seed;
  let h2 = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    h1 = Math.imul(h1 ^ code, 2654435761);
    h2 = Math.imul(h2 ^ code, 1597334677);
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  return 4294967296 * (2097151 & h2) + (h1 >>> 0);
}
