import { answerIndex, answerOf } from '../dataset/identity.ts';
import { textOf, type ChatExample, type ChatMessage } from '../dataset/example.ts';
import { rowTitles } from '../dataset/rowTitles.ts';
import type { TestItem } from './types.ts';

/** Example of a test file with its line. */
export interface NumberedExample {
  /** Line from 1. */
  readonly line: number;
  readonly example: ChatExample;
}

/**
 * Prompt for an example: the messages before the answer and, when a prefix is given, the prefix as a last
 * assistant message. The answer and everything after it are left out. Null without an assistant message.
 */
export function promptOf(example: ChatExample, answerPrefix: string | null): readonly ChatMessage[] | null {
  const at = answerIndex(example);
  if (at === -1) return null;
  // `weight` steers training only; chat requests refuse it.
  const before = example.messages.slice(0, at).map(withoutWeight);
  return answerPrefix === null || answerPrefix === ''
    ? before
    : [...before, { role: 'assistant', content: answerPrefix }];
}

/** Makes test items in the order of the file; examples without an answer are left out (their index is not used). */
export function toTestItems(examples: readonly NumberedExample[], answerPrefix: string | null): readonly TestItem[] {
  const titleOf = rowTitles(examples.map(({ example }) => questionOf(example)));
  const items: TestItem[] = [];
  for (const { line, example } of examples) {
    const messages = promptOf(example, answerPrefix);
    const truth = answerOf(example);
    if (messages === null || truth === null) continue;
    items.push({ index: items.length, line, title: titleOf(questionOf(example)), messages, truth });
  }
  return items;
}

/** Last user message before the answer. */
export function questionOf(example: ChatExample): string {
  const at = answerIndex(example);
  const before = at === -1 ? example.messages : example.messages.slice(0, at);
  const user = before.findLast((message) => message.role === 'user');
  return user === undefined ? '' : textOf(user);
}

/** Last user message of an item. */
export function questionOfItem({ messages }: TestItem): string {
  const user = messages.findLast(({ role }) => role === 'user');
  return user === undefined ? '' : textOf(user);
}

function withoutWeight(message: ChatMessage): ChatMessage {
  return Object.fromEntries(Object.entries(message).filter(([key]) => key !== 'weight')) as unknown as ChatMessage;
}
