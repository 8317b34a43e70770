import type { CheckedLine } from '../core/dataset/check/checkedLine.ts';
import { exampleOfGoodLine, parseExample } from '../core/dataset/check/parseExample.ts';
import { isRecord } from '../core/dataset/check/rules/rule.ts';
import type { ChatExample, ChatMessage } from '../core/dataset/example.ts';
import type { Finding } from '../core/dataset/finding.ts';
import type { ExampleKind } from '../core/dataset/kind.ts';
import { convertRow } from '../core/dataset/transform/convert.ts';

/** Tells whether a finding is an error of the row itself; the finding about its kind is at the first row and concerns all. */
export function isOfRow({ severity, code }: Finding): boolean {
  return severity === 'error' && !code.startsWith('kind-');
}

/**
 * Example to count for a row of another kind without errors: other forms as the chat example they would be,
 * preference pairs with both answers, rows for reinforcement as they are. Null for everything else.
 */
export function measurable({ text, kind, findings }: CheckedLine): ChatExample | null {
  if (text === null || kind === null || kind === 'chat') return null;
  if (findings.some(isOfRow)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  switch (kind satisfies ExampleKind) {
    case 'preference': {
      const input = isRecord(value['input']) ? value['input'] : {};
      // The preferred answer last: it is the one that counts as the answer.
      const turns = [input['messages'], value['non_preferred_output'], value['preferred_output']];
      const messages = turns.flatMap((list: unknown) => (Array.isArray(list) ? (list as readonly ChatMessage[]) : []));
      return Array.isArray(input['tools']) ? { messages, tools: input['tools'] } : { messages };
    }
    case 'reinforcement':
      return exampleOfGoodLine(text);
    default: {
      const converted = convertRow(value, text);
      const parsed = converted.ok ? parseExample(converted.value) : null;
      return parsed?.ok === true ? parsed.value : null;
    }
  }
}
