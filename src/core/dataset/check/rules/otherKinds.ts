import { t } from '../../../base/messages.ts';
import type { JsonPath } from '../../../jsonl/locate.ts';
import { messageNotEmpty, rolesAlternate } from './answer.ts';
import { MESSAGE_RULES } from './messages.ts';
import { clip, describe, isRecord, roleOf, saysNothing, type ObjectRule, type Rule, type RuleFinding } from './rule.ts';
import { noSpecialTokensInTools } from './specialTokens.ts';
import {
  functionMessagesNamed,
  toolArguments,
  toolCallsAnswered,
  toolCallShape,
  toolMessagesAnswer,
  toolsDeclared,
} from './toolCalls.ts';
import { toolSchemas } from './toolSchemas.ts';

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
    if (output.length > 1)
      add(
        t('"{0}" has {1} messages where one is needed.', key, output.length),
        t('Keep the answer alone, and move earlier messages to "input".'),
        [key, 1],
      );
    output.forEach((message: unknown, index) => {
      if (roleOf(message) !== 'assistant')
        add(t('"{0}" has a message that is not from the assistant.', key), t('Give it the role "assistant".'), [
          key,
          index,
          ...(isRecord(message) && 'role' in message ? ['role'] : []),
        ]);
      else if (isRecord(message) && saysNothing(message))
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

/** Rules of chat messages that hold for the prompt of a pair, its tools, and for the prompt of reinforcement. */
const PROMPT_RULES: readonly Rule[] = [
  ...MESSAGE_RULES,
  noSpecialTokensInTools,
  messageNotEmpty,
  rolesAlternate,
  toolCallShape,
  toolsDeclared,
  toolCallsAnswered,
  toolMessagesAnswer,
  functionMessagesNamed,
  toolArguments,
  toolSchemas,
];

/** Rules that hold for an answer of a pair; its emptiness is `preferenceShape`'s. */
const OUTPUT_RULES: readonly Rule[] = [...MESSAGE_RULES, toolCallShape, toolsDeclared, toolArguments];

/** Prompt, tools and answers of a pair, by the rules of chat examples. */
export const preferenceMessages: ObjectRule = (value) => {
  const input = isRecord(value['input']) ? value['input'] : {};
  const { messages } = input;
  const ofInput = (Array.isArray(messages) ? PROMPT_RULES : [toolSchemas]).flatMap((rule) =>
    rule({ value: input, messages: Array.isArray(messages) ? messages : [] }),
  );
  const ofOutputs = (['preferred_output', 'non_preferred_output'] as const).flatMap((key) => {
    const output = value[key];
    if (!Array.isArray(output)) return [];
    return OUTPUT_RULES.flatMap((rule) => rule({ value: input, messages: output })).map((finding) => ({
      ...finding,
      path: [key, ...finding.path.slice(1)],
    }));
  });
  return [...ofInput.map((finding) => ({ ...finding, path: ['input', ...finding.path] })), ...ofOutputs];
};

/** Messages and tools of a row for reinforcement, by the rules of chat examples. */
export const reinforcementMessages: ObjectRule = (value) => {
  const { messages } = value;
  return Array.isArray(messages) ? PROMPT_RULES.flatMap((rule) => rule({ value, messages })) : [];
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
