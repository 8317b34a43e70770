import type { JsonPath } from '../../../jsonl/locate.ts';
import type { RuleCode } from '../ruleTable.ts';

/** A line that is a JSON object with a list of messages; nothing else is known about it yet. */
export interface RawExample {
  readonly value: Readonly<Record<string, unknown>>;
  readonly messages: readonly unknown[];
}

/** A finding of one example; the place is a path into its JSON and becomes columns later. */
export interface RuleFinding {
  readonly code: RuleCode;
  /** One sentence naming the reason. */
  readonly message: string;
  /** One imperative sentence. */
  readonly action: string;
  /** Empty: the whole line. */
  readonly path: JsonPath;
  /** Marks the key at the end of the path instead of its value. */
  readonly atKey?: true;
  /** Marks only this part of the text at the path, in UTF-16 units of the text as it was read. */
  readonly part?: { readonly start: number; readonly end: number };
}

/** One rule a function. It never throws, whatever the JSON holds. */
export type Rule = (example: RawExample) => readonly RuleFinding[];

/** A rule for rows of other kinds: the whole object. */
export type ObjectRule = (value: Readonly<Record<string, unknown>>) => readonly RuleFinding[];

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Notation of a JSON value in a message: short, on one line, and the same in every language. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : '[…]';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? '{}' : '{…}';
  if (typeof value === 'string') return `"${clip(value)}"`;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

export function clip(text: string): string {
  const plain = text.slice(0, 200).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD');
  // Never half of a surrogate pair.
  return plain.length > 40 ? `${plain.slice(0, 40).replace(/[\uD800-\uDBFF]$/, '')}…` : plain;
}

/** The text of a raw content: a string, or the joined text parts. */
export function rawText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => (isRecord(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}

/** Each text of a content with its path. */
export function textsOf(
  content: unknown,
  path: JsonPath,
): readonly { readonly text: string; readonly path: JsonPath }[] {
  if (typeof content === 'string') return [{ text: content, path }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown, index) =>
    isRecord(part) && typeof part['text'] === 'string' ? [{ text: part['text'], path: [...path, index, 'text'] }] : [],
  );
}

export function roleOf(message: unknown): unknown {
  return isRecord(message) ? message['role'] : undefined;
}

/** Tells whether a field says something: it is there, not null and not an empty list. */
export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

/**
 * Tells whether a message has neither text nor a call nor a refusal. Whatever has another shape than these is not empty: the
 * rules about shapes report it, and what it says is not known.
 */
export function saysNothing(message: Readonly<Record<string, unknown>>): boolean {
  const { content, refusal } = message;
  if (isPresent(message['tool_calls']) || isPresent(message['function_call'])) return false;
  if (isPresent(refusal) && refusal !== '') return false;
  if (content === undefined || content === null) return true;
  if (typeof content === 'string') return content.trim() === '';
  return (
    Array.isArray(content) &&
    content.every(
      (part: unknown) =>
        isRecord(part) && part['type'] === 'text' && typeof part['text'] === 'string' && part['text'].trim() === '',
    )
  );
}

export function hasToolCalls(message: Readonly<Record<string, unknown>>): boolean {
  return (
    (Array.isArray(message['tool_calls']) && message['tool_calls'].length > 0) || isRecord(message['function_call'])
  );
}
