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
  const value = objectOf(text);
  if (value === null) return null;
  switch (kind satisfies ExampleKind) {
    case 'preference': {
      // The preferred answer last: it is the one that counts as the answer.
      return exampleOfPair(value, ['non_preferred_output', 'preferred_output']);
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

/**
 * Examples that a row of another kind is trained as: a preference pair is read twice, with either answer; of a row for reinforcement only the
 * prompt is known. Empty for everything else. What a provider bills for such rows has not been seen on a bill: their tokens are an estimate,
 * and one from above, since both answers and twice the prompt are all that a pair has.
 */
export function trainedAs(line: CheckedLine): readonly ChatExample[] {
  const { text, kind, findings } = line;
  if (text === null || findings.some(isOfRow)) return [];
  if (kind === 'reinforcement') return [exampleOfGoodLine(text)];
  const value = kind === 'preference' ? objectOf(text) : null;
  if (value === null) return [];
  return (['non_preferred_output', 'preferred_output'] as const).map((output) => exampleOfPair(value, [output]));
}

/** The prompt of a preference pair with one or both of its answers. */
function exampleOfPair(
  value: Readonly<Record<string, unknown>>,
  outputs: readonly ('non_preferred_output' | 'preferred_output')[],
): ChatExample {
  const input = isRecord(value['input']) ? value['input'] : {};
  const messages = [input['messages'], ...outputs.map((output) => value[output])].flatMap((list: unknown) =>
    Array.isArray(list) ? (list as readonly ChatMessage[]) : [],
  );
  return Array.isArray(input['tools']) ? { messages, tools: input['tools'] } : { messages };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
