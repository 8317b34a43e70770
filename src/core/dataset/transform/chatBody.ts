import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { TrainedKind } from '../kind.ts';
import { isNothing, refuseByFlags, type Reason, type SourceRow } from './sourceRow.ts';
import { toolsOf } from './tools.ts';
import { messagesOf, systemTextOf, withImages, withSystem, type Message } from './turns.ts';

export interface ConvertOptions {
  /** System message for every example without its own. */
  readonly systemText?: string;
  /** Chat examples lose the keys that providers do not know, which they keep otherwise. */
  readonly onlyKnownKeys?: boolean;
}

/** Object of a converted row. */
export interface Made {
  readonly body: Readonly<Record<string, unknown>>;
  readonly trained: TrainedKind;
}

export const user = (content: string): Message => ({ role: 'user', content });
export const answer = (content: string): Message => ({ role: 'assistant', content });

/** A text or a list of turns as turns. */
export function asTurns(value: unknown, role: string): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  return typeof value === 'string' ? [{ role, content: value }] : [value];
}

/**
 * Makes an example of messages, with everything else of the row that an example has a place for. `answerKey`: where the answer
 * was, which is no flag.
 */
export function chatOf(
  row: SourceRow,
  answerKey: string | null,
  messages: readonly Message[],
  options: ConvertOptions,
): Result<Made, Reason> {
  const flags = refuseByFlags(row, answerKey);
  if (!flags.ok) return flags;
  const system = systemTextOf(row.takeFirst('system', 'system_prompt', 'systemInstruction', 'system_instruction'));
  if (!system.ok) return system;
  const tools = toolsOf(row.takeFirst('tools', ...(isNothing(row.value['functions']) ? [] : ['functions'])));
  if (!tools.ok) return tools;
  const pictured = withImages(row, messages);
  if (!pictured.ok) return pictured;
  const hasOwn = pictured.value.some(({ role }) => role === 'system' || role === 'developer');
  const text = system.value.trim() === '' && !hasOwn ? (options.systemText ?? '') : system.value;
  const parallel = row.take('parallel_tool_calls');
  return ok({
    body: {
      messages: withSystem(text, pictured.value),
      ...(tools.value === null ? {} : { tools: tools.value }),
      ...(typeof parallel === 'boolean' ? { parallel_tool_calls: parallel } : {}),
    },
    trained: 'chat',
  });
}

/** Makes an example of turns of any form. */
export function fromTurns(
  row: SourceRow,
  answerKey: string | null,
  turns: unknown,
  options: ConvertOptions,
): Result<Made, Reason> {
  const messages = messagesOf(turns, row);
  if (!messages.ok) return messages;
  const { value } = messages;
  // Conversations are often cut after an unanswered question.
  while (value.length > 0 && value.at(-1)?.role !== 'assistant') value.pop();
  if (value.length === 0) return fail(t('The conversation has no answer.'));
  return chatOf(row, answerKey, value, options);
}

/** Earlier turns of a row: pairs of a question and an answer. */
export function historyOf(row: SourceRow): Result<readonly Message[], Reason> {
  const given = row.take('history');
  if (isNothing(given)) return ok([]);
  const messages: Message[] = [];
  for (const pair of Array.isArray(given) ? (given as readonly unknown[]) : [given]) {
    const [question, said] = Array.isArray(pair) && pair.length === 2 ? (pair as readonly unknown[]) : [];
    if (typeof question !== 'string' || typeof said !== 'string')
      return fail(t('The history is not a list of questions and answers.'));
    messages.push(user(question), answer(said));
  }
  return ok(messages);
}

/** Joins the texts that say something. */
export function join(...parts: readonly string[]): string {
  return parts.filter((part) => part.trim() !== '').join('\n\n');
}
