import { answerIndex, answerOf } from '../dataset/identity.ts';
import { textOf, type ChatExample, type ChatMessage } from '../dataset/example.ts';
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
  const shared = sharedFirstLine(examples.map(({ example }) => questionOf(example)));
  const items: TestItem[] = [];
  for (const { line, example } of examples) {
    const messages = promptOf(example, answerPrefix);
    const truth = answerOf(example);
    if (messages === null || truth === null) continue;
    items.push({ index: items.length, line, title: titleOf(questionOf(example), shared), messages, truth });
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

/** First line that all questions (two at least) begin with, such as `How much does this cost?`; null when there is none. */
export function sharedFirstLine(questions: readonly string[]): string | null {
  const [first, ...others] = questions;
  if (first === undefined || others.length === 0) return null;
  const line = firstLine(first);
  // A question of one line would have no text left.
  if (
    line === '' ||
    !questions.every((question) => firstLine(question) === line && question.trim().length > line.length)
  )
    return null;
  return line;
}

const TITLE_LENGTH = 80;

/** Title for tables: one line, single spaces, at most 80 characters, without the line shared by all rows. */
export function titleOf(question: string, shared: string | null): string {
  let rest = question.trim();
  if (shared !== null && rest.startsWith(shared)) rest = rest.slice(shared.length).trim();
  const line = firstLine(rest)
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim();
  if (line.length <= TITLE_LENGTH) return line;
  const cut = line.slice(0, TITLE_LENGTH);
  const space = cut.lastIndexOf(' ');
  // Cuts after a whole word where one ends late enough, and never inside a surrogate pair.
  return `${(space > TITLE_LENGTH / 2 ? cut.slice(0, space) : cut).replace(/[\uD800-\uDBFF]$/, '').trimEnd()}…`;
}

function firstLine(text: string): string {
  const trimmed = text.trimStart();
  const end = trimmed.search(/[\r\n\u2028\u2029]/);
  return (end === -1 ? trimmed : trimmed.slice(0, end)).trimEnd();
}

function withoutWeight(message: ChatMessage): ChatMessage {
  return Object.fromEntries(Object.entries(message).filter(([key]) => key !== 'weight')) as unknown as ChatMessage;
}
