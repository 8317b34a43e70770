// Conversations as other programs and providers write them.
import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { fixLine } from '../check/fixes.ts';
import { isRecord } from '../check/rules/rule.ts';
import { turnsOfTemplate } from '../templates.ts';
import { chatOf, fromTurns, type ConvertOptions, type Made } from './chatBody.ts';
import { isNothing, parsedJson, type Reason, type SourceRow } from './sourceRow.ts';
import { messagesOf, systemTextOf } from './turns.ts';

/** Chat messages of other programs or providers: as text, with other roles, keys or parts. */
export function fromMessages(row: SourceRow, options: ConvertOptions): Result<Made, Reason> {
  const given = row.take('messages');
  if (typeof row.value['schemaVersion'] === 'string') row.take('schemaVersion');
  const list = typeof given === 'string' ? listFromText(given) : given;
  if (!Array.isArray(list)) return fail(t('"messages" is not a list.'));
  const messages = messagesOf(list, row);
  if (!messages.ok) return messages;
  const system = systemTextOf(row.value['system'] ?? row.value['system_prompt']);
  const [first] = messages.value;
  if (system.ok && system.value.trim() !== '' && first?.role === 'system' && first['content'] !== system.value)
    return fail(t('The row has a "system" and another system message.'));
  const made = chatOf(row, null, messages.value, options);
  if (!made.ok) return made;
  // Keys that chat examples may have stay.
  const kept = ['metadata', 'id', 'name'].filter((key) => !isNothing(row.value[key]));
  const rest = Object.fromEntries(kept.map((key) => [key, row.take(key)]));
  return ok({ ...made.value, body: { ...made.value.body, ...rest } });
}

/** A list as JSON, or as Python prints it. */
function listFromText(text: string): unknown {
  const value = parsedJson(text);
  if (value !== undefined) return value;
  const fixed = fixLine(text, (code) => code.startsWith('json-'));
  return fixed === null ? undefined : parsedJson(fixed);
}

export function fromShareGpt(row: SourceRow, options: ConvertOptions): Result<Made, Reason> {
  const turns = row.takeFirst('conversations', 'conversation');
  const list = Array.isArray(turns) ? (turns as readonly unknown[]).flatMap(turnsOfPair) : turns;
  return fromTurns(row, null, list, options);
}

/** Names of XTuner and of Firefly. */
const TURN_PAIRS = [
  ['input', 'output'],
  ['human', 'assistant'],
] as const;

/** Two turns of an object that holds a question and its answer; other turns as they are. */
function turnsOfPair(turn: unknown): readonly unknown[] {
  if (!isRecord(turn)) return [turn];
  const names = TURN_PAIRS.find(
    ([question, said]) => typeof turn[question] === 'string' && typeof turn[said] === 'string',
  );
  if (names === undefined || Object.keys(turn).length > 2) return [turn];
  const [question, said] = names;
  return [
    { role: 'user', content: turn[question] },
    { role: 'assistant', content: turn[said] },
  ];
}

export function fromGemini(row: SourceRow, options: ConvertOptions): Result<Made, Reason> {
  return fromTurns(row, null, row.take('contents'), options);
}

export function fromTemplate(row: SourceRow, options: ConvertOptions): Result<Made, Reason> {
  const turns = turnsOfTemplate(row.text('text'));
  if (turns === null) return fail(t('The text does not follow its chat template to its end.'));
  return fromTurns(row, 'text', turns, options);
}

/** A list of messages without an object round it. */
export function fromList(list: readonly unknown[], row: SourceRow, options: ConvertOptions): Result<Made, Reason> {
  const messages = messagesOf(list, row);
  return messages.ok ? chatOf(row, null, messages.value, options) : messages;
}
