import { detectKind } from '../kind.ts';
import { isRecord, roleOf } from './rules/rule.ts';

/** `{{item.reference_answer}}`, `{{ item.meta.label }}`, `{{item['label']}}`. */
const TEMPLATE = /\{\{\s*item((?:\.[\p{L}\p{N}_-]+|\[["']?[^\]"']+["']?\])+)\s*\}\}/gu;

/** Fields of the rows that a grader's templates read, as dotted paths, in reading order; `grader` is its parsed JSON. */
export function graderFields(grader: unknown): readonly string[] {
  const fields = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value === 'string') {
      for (const match of value.matchAll(TEMPLATE)) {
        const path = (match[1] ?? '').replace(/\[["']?([^\]"']+)["']?\]/g, '.$1');
        fields.add(path.slice(1));
      }
    } else if (depth > 50) return;
    else if (Array.isArray(value)) for (const item of value as readonly unknown[]) visit(item, depth + 1);
    else if (isRecord(value)) for (const item of Object.values(value)) visit(item, depth + 1);
  };
  visit(grader, 0);
  return [...fields];
}

/** Tells whether a row for a grader has a system message, which not every provider takes. */
export function hasSystemMessage(row: string): boolean {
  if (!row.includes('system')) return false;
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    return false;
  }
  const messages = isRecord(value) ? value['messages'] : null;
  return Array.isArray(messages) && messages.some((message) => roleOf(message) === 'system');
}

/** Tells whether a grader reads the row: it ends in the question, without an answer to learn. */
export function isGradedRow(row: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    return false;
  }
  if (!isRecord(value)) return false;
  const { messages } = value;
  return (
    detectKind(value) === 'reinforcement' ||
    (Array.isArray(messages) && messages.length > 0 && messages.every((message) => roleOf(message) !== 'assistant'))
  );
}
