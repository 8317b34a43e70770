import { isRecord } from './rules/rule.ts';

/** Tells whether a value is a message, in the form of chat or of ShareGPT. */
export function isMessage(value: unknown): boolean {
  return (
    isRecord(value) && (typeof value['role'] === 'string' || (typeof value['from'] === 'string' && 'value' in value))
  );
}

/** Tells whether a value is a conversation without an object round it. */
export function isMessageList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isMessage);
}

/** The same of JSON. */
export function isMessageListText(text: string): boolean {
  if (!/^\s*\[\s*\{/.test(text)) return false;
  try {
    return isMessageList(JSON.parse(text));
  } catch {
    return false;
  }
}

/** Tells whether a line is the mark round a block of code in Markdown. */
export function isFence(text: string): boolean {
  return /^\s*(?:`{3,}|~{3,})\s*\w*\s*$/.test(text);
}
