import { t } from '../../../base/messages.ts';
import type { JsonPath } from '../../../jsonl/locate.ts';
import { MESSAGE_RULES } from './messages.ts';
import { clip, describe, hasToolCalls, isRecord, rawText, roleOf, type ObjectRule, type RuleFinding } from './rule.ts';

/** A preference pair: the prompt, the preferred answer and the non-preferred one, each of one assistant message. */
export const preferenceShape: ObjectRule = (value) => {
  const findings: RuleFinding[] = [];
  const add = (message: string, action: string, path: JsonPath): void => {
    findings.push({ code: 'preference-shape', message, action, path });
  };
  const { input } = value;
  const messages = isRecord(input) ? input['messages'] : undefined;
  if (!Array.isArray(messages) || messages.length === 0) {
    add(
      t('The pair has no input messages.'),
      t('Write the question as {"input": {"messages": [{"role": "user", "content": …}]}}.'),
      'input' in value ? ['input'] : [],
    );
  } else if (roleOf(messages.at(-1)) === 'assistant') {
    add(
      t('The input ends in an assistant message, where the two answers should follow.'),
      t('Move the answer to "preferred_output".'),
      ['input', 'messages', messages.length - 1],
    );
  }
  for (const key of ['preferred_output', 'non_preferred_output'] as const) {
    const output = value[key];
    if (!Array.isArray(output) || output.length === 0) {
      add(
        t('"{0}" has no message.', key),
        t('Write the answer as {"{0}": [{"role": "assistant", "content": …}]}.', key),
        key in value ? [key] : [],
      );
      continue;
    }
    output.forEach((message: unknown, index) => {
      if (roleOf(message) !== 'assistant')
        add(t('"{0}" has a message that is not from the assistant.', key), t('Give it the role "assistant".'), [
          key,
          index,
          ...(isRecord(message) && 'role' in message ? ['role'] : []),
        ]);
      else if (isRecord(message) && rawText(message['content']).trim() === '' && !hasToolCalls(message))
        add(t('"{0}" is empty.', key), t('Write the answer, or remove the line.'), [
          key,
          index,
          ...('content' in message ? ['content'] : []),
        ]);
    });
  }
  if (Array.isArray(value['preferred_output']) && findings.length === 0) {
    if (JSON.stringify(value['preferred_output']) === JSON.stringify(value['non_preferred_output']))
      add(t('The preferred and the non-preferred answer are the same.'), t('Make them differ, or remove the line.'), [
        'non_preferred_output',
      ]);
  }
  return findings;
};

/** The messages of a pair, by the rules of chat messages. */
export const preferenceMessages: ObjectRule = (value) => {
  const lists: readonly (readonly [JsonPath, unknown])[] = [
    [['input', 'messages'], isRecord(value['input']) ? value['input']['messages'] : undefined],
    [['preferred_output'], value['preferred_output']],
    [['non_preferred_output'], value['non_preferred_output']],
  ];
  return lists.flatMap(([path, messages]) =>
    Array.isArray(messages)
      ? MESSAGE_RULES.flatMap((rule) => rule({ value, messages })).map((finding) => ({
          ...finding,
          path: [...path, ...finding.path.slice(1)],
        }))
      : [],
  );
};

/** A row for reinforcement ends in the question. */
export const reinforcementShape: ObjectRule = (value) => {
  const { messages } = value;
  if (!Array.isArray(messages) || messages.length === 0 || roleOf(messages.at(-1)) === 'user') return [];
  return [
    {
      code: 'reinforcement-shape',
      message: t('The last message is not from the user, so the model is asked nothing.'),
      action: t('End the messages with the question, and keep the reference answer in its own key.'),
      path: ['messages', messages.length - 1],
    },
  ];
};

/** Prompt and completion are texts, and the completion says something. */
export const promptCompletionShape: ObjectRule = (value) => {
  const findings: RuleFinding[] = [];
  for (const key of ['prompt', 'completion'] as const) {
    const text = value[key];
    if (typeof text === 'string' && (key === 'prompt' || text.trim() !== '')) continue;
    findings.push({
      code: 'prompt-completion-shape',
      message:
        typeof text === 'string'
          ? t('The completion is empty.')
          : t('"{0}" is {1} where text is needed.', key, describe(text)),
      action:
        typeof text === 'string'
          ? t('Write the answer, or remove the line.')
          : t('Write "{0}" as text in double quotes.', key),
      path: [key],
    });
  }
  return findings;
};

/** Every field that the grader reads is there. `fields` as `graderFields` gives them: `reference_answer`, `meta.label`. */
export function graderFieldsPresent(
  value: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): readonly RuleFinding[] {
  return fields
    .filter((field) => !hasField(value, field))
    .slice(0, 1)
    .map((field) => ({
      code: 'grader-field-missing',
      message: t('The line has no key "{0}", which the grader reads as item.{0}.', clip(field)),
      action: t('Add the key "{0}" to every line, or change the grader.', clip(field)),
      path: [],
    }));
}

function hasField(value: unknown, field: string): boolean {
  let at = value;
  for (const key of field.split('.')) {
    if (Array.isArray(at) && /^\d+$/.test(key)) at = (at as readonly unknown[])[Number(key)];
    else if (isRecord(at) && Object.hasOwn(at, key)) at = at[key];
    else return false;
  }
  return at !== undefined;
}
