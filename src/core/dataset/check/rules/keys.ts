import { t } from '../../../base/messages.ts';
import type { JsonPath } from '../../../jsonl/locate.ts';
import type { RuleCode } from '../ruleTable.ts';
import { clip, isRecord, type Rule, type RuleFinding } from './rule.ts';

/** Keys that providers know, and those that datasets use for themselves. */
export const EXAMPLE_KEYS: readonly string[] = [
  'messages',
  'tools',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'metadata',
  'id',
  'name',
];
export const MESSAGE_KEYS: readonly string[] = [
  'role',
  'content',
  'name',
  'weight',
  'tool_calls',
  'tool_call_id',
  'function_call',
  'refusal',
  'audio',
];

/** Nothing beside the messages that a provider would refuse or ignore. */
export const knownKeys: Rule = ({ value }) =>
  unknown(value, [...EXAMPLE_KEYS, ...systemKeys(value)], 'unknown-key', [], (key) =>
    t('The example has the key "{0}", which providers do not know.', key),
  );

/** Keys of a system prompt beside the messages, as Anthropic and others write it. */
function systemKeys(value: Readonly<Record<string, unknown>>): readonly string[] {
  return ['system', 'system_prompt'].filter((key) => {
    const prompt = value[key];
    return Array.isArray(prompt) ? prompt.length > 0 : typeof prompt === 'string' && prompt !== '';
  });
}

/** A system prompt is a message. */
export const systemIsMessage: Rule = ({ value }) =>
  systemKeys(value).map((key) => ({
    code: 'system-beside-messages' as const,
    message: t('The system prompt is in the key "{0}", which providers do not know.', key),
    action: t('Move it into a first message with the role "system".'),
    path: [key],
    atKey: true as const,
  }));

/** Every message has only keys that are known. */
export const knownMessageKeys: Rule = ({ messages }) =>
  messages.flatMap((message, index) =>
    isRecord(message)
      ? unknown(message, MESSAGE_KEYS, 'unknown-message-key', ['messages', index], (key) =>
          t('Message {0} has the key "{1}", which providers do not know.', index + 1, key),
        )
      : [],
  );

/** The list that was probably meant to be the messages, by its key: `message`. Null when there is none, or more than one. */
export function meantMessages(value: Readonly<Record<string, unknown>>): string | null {
  const near = Object.keys(value).filter(
    (key) => Array.isArray(value[key]) && meantKey(key, value, ['messages']) !== null,
  );
  return near.length === 1 ? (near[0] ?? null) : null;
}

function unknown(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  code: RuleCode,
  path: JsonPath,
  say: (key: string) => string,
): readonly RuleFinding[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .slice(0, 20)
    .map((key) => {
      const meant = meantKey(key, value, known);
      return {
        code,
        message: say(clip(key)),
        action: meant === null ? t('Remove the key.') : t('Write "{0}" as the key.', meant),
        path: [...path, key],
        atKey: true,
      };
    });
}

/** The known key that was probably meant, unless it is there too. */
export function meantKey(
  key: string,
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
): string | null {
  const lower = key.trim().toLowerCase();
  if (lower.length > 40) return null;
  const near = known.filter((candidate) => !Object.hasOwn(value, candidate) && distance(lower, candidate) <= 2);
  const [first] = near.sort((a, b) => distance(lower, a) - distance(lower, b));
  // Two letters of a short word make another word: `id` is not `ad`.
  return first !== undefined && distance(lower, first) * 3 <= first.length ? first : null;
}

/** Insertions, deletions, replacements and swaps of neighbors (optimal string alignment). */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((row[j - 1] ?? 0) + 1, (last[j] ?? 0) + 1, (last[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
