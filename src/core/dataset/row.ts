import type { ChatExample } from './example.ts';
import { hashNumber } from './identity.ts';
import { detectKind } from './kind.ts';
import { isRecord, rawText } from './rules/rule.ts';

/** What one row says, of whatever kind it is, for comparing it with others. Hashes have 53 bits. */
export interface DataRow {
  /** The whole example; its keys' order, its white space and fields of its own (`id`, `metadata`) do not count. */
  readonly exact: number;
  /** What is asked, system message included; null when nothing is. */
  readonly prompt: number | null;
  /** Null when the row has no answer (rows for reinforcement). */
  readonly answer: number | null;
  /** The answer as text; empty for tool calls without text. */
  readonly answerText: string;
  /** Question and answer without the system message, lower case, white space collapsed: for near comparisons. */
  readonly wholeText: string;
  /** The same without the answer. */
  readonly promptText: string;
}

interface Turn {
  readonly role: string;
  readonly text: string;
  /** Tells turns apart: text at its ends trimmed, images and tool calls as they are. */
  readonly identity: string;
}

/** Of a line's text (no byte order mark); null when it is no object, or holds nothing that could be compared. */
export function rowOf(text: string): DataRow | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isRecord(value) ? rowOfValue(value) : null;
}

/** Of an example that is there already: the same as of its line. */
export function rowOfExample(example: ChatExample): DataRow | null {
  return fromTurns(turnsOf(example.messages), '');
}

export function rowOfValue(value: Readonly<Record<string, unknown>>): DataRow | null {
  const kind = detectKind(value);
  switch (kind) {
    case 'chat':
      return fromTurns(turnsOf(value['messages']), '');
    case 'reinforcement': {
      const { messages, ...rest } = value;
      return fromTurns(turnsOf(messages), canonical(rest));
    }
    case 'preference': {
      const input = isRecord(value['input']) ? turnsOf(value['input']['messages']) : [];
      const outputs = canonical([value['preferred_output'], value['non_preferred_output']]);
      const preferred = turnsOf(value['preferred_output']);
      return fromTurns([...input, ...preferred], outputs);
    }
    case 'prompt-completion':
      return fromTurns([turn('user', value['prompt']), turn('assistant', value['completion'])], '');
    case 'conversations':
      return fromTurns(turnsOf(value['conversations'] ?? value['conversation']), '');
    case 'instruction':
      return fromTurns(
        [
          turn(
            'user',
            [value['instruction'], value['input']]
              .filter((part) => typeof part === 'string' && part !== '')
              .join('\n\n'),
          ),
          turn('assistant', value['output'] ?? value['response']),
        ],
        '',
      );
    case 'request':
    case 'unknown':
      return null;
  }
}

const SHAREGPT_ROLES: Readonly<Record<string, string>> = { human: 'user', gpt: 'assistant' };

function turnsOf(messages: unknown): readonly Turn[] {
  if (!Array.isArray(messages)) return [];
  return messages.flatMap((message: unknown) => {
    if (!isRecord(message)) return [];
    const given = message['role'] ?? message['from'];
    const role = typeof given === 'string' ? (SHAREGPT_ROLES[given] ?? given) : '';
    return [turn(role, message['content'] ?? message['value'], message['tool_calls'])];
  });
}

function turn(role: string, content: unknown, calls?: unknown): Turn {
  const text = rawText(content);
  const parts = Array.isArray(content) && content.some((part: unknown) => isRecord(part) && part['type'] !== 'text');
  const callList = Array.isArray(calls)
    ? calls.map((call: unknown) =>
        isRecord(call) && isRecord(call['function']) ? [call['function']['name'], call['function']['arguments']] : null,
      )
    : [];
  return { role, text, identity: JSON.stringify([role, parts ? canonical(content) : text.trim(), callList]) };
}

function fromTurns(turns: readonly Turn[], rest: string): DataRow | null {
  if (turns.length === 0) return null;
  const at = turns.findLastIndex(({ role }) => role === 'assistant');
  const before = at === -1 ? turns : turns.slice(0, at);
  const answer = turns[at];
  const asked = before.some(
    ({ role, text, identity }) => !isSystem(role) && (text.trim() !== '' || identity.length > 40),
  );
  const prompt = before.map(({ identity }) => identity).join('\n');
  const promptText = comparable(before);
  const answerText = answer === undefined ? '' : answer.text;
  return {
    exact: hashNumber(turns.map(({ identity }) => identity).join('\n') + rest),
    prompt: asked ? hashNumber(prompt) : null,
    answer: answer === undefined ? null : hashNumber(answer.identity + rest),
    answerText,
    wholeText: answer === undefined ? promptText : `${promptText} ${normalise(answerText)}`.trim(),
    promptText,
  };
}

function isSystem(role: string): boolean {
  return role === 'system' || role === 'developer';
}

function comparable(turns: readonly Turn[]): string {
  return normalise(
    turns
      .filter(({ role }) => !isSystem(role))
      .map(({ text }) => text)
      .join('\n'),
  );
}

/** Lower case, white space collapsed. */
export function normalise(text: string): string {
  // Single spaces are most of the white space, and stay.
  return text
    .toLowerCase()
    .replace(/\s{2,}|[^\S ]/g, ' ')
    .trim();
}

/** JSON with the keys of every object in order. Nesting is limited by the rules; deeper values are cut. */
export function canonical(value: unknown, depth = 0): string {
  if (depth > 100) return '…';
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonical(item, depth + 1)).join(',')}]`;
  if (isRecord(value))
    return `{${Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(value[key], depth + 1)}`)
      .join(',')}}`;
  return JSON.stringify(value ?? null);
}
