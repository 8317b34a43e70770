import { t } from '../../../base/messages.ts';
import type { JsonPath } from '../../../jsonl/locate.ts';
import { clip, describe, isRecord, roleOf, type RawExample, type Rule, type RuleFinding } from './rule.ts';

interface Call {
  readonly call: unknown;
  readonly path: JsonPath;
  readonly message: number;
}

function callsOf(messages: readonly unknown[]): readonly Call[] {
  return messages.flatMap((message, index) =>
    isRecord(message) && Array.isArray(message['tool_calls'])
      ? message['tool_calls'].map((call: unknown, at) => ({
          call,
          path: ['messages', index, 'tool_calls', at],
          message: index,
        }))
      : [],
  );
}

/** Tool calls are a list of {id, type: "function", function: {name, arguments}}, in assistant messages. */
export const toolCallShape: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  const add = (message: string, action: string, path: JsonPath): void => {
    findings.push({ code: 'tool-call-shape', message, action, path });
  };
  messages.forEach((message, index) => {
    if (!isRecord(message) || message['tool_calls'] === undefined || message['tool_calls'] === null) return;
    const path = ['messages', index, 'tool_calls'];
    if (!Array.isArray(message['tool_calls'])) {
      add(
        t('"tool_calls" of message {0} is {1} where a list is needed.', index + 1, describe(message['tool_calls'])),
        t('Write it as [{"id": …, "type": "function", "function": {"name": …, "arguments": "{…}"}}].'),
        path,
      );
    } else if (message['role'] !== 'assistant' && message['tool_calls'].length > 0) {
      add(
        t('Message {0} calls tools but is not an assistant message.', index + 1),
        t('Move the calls to an assistant message.'),
        path,
      );
    }
  });
  for (const { call, path, message } of callsOf(messages)) {
    const at = message + 1;
    if (!isRecord(call) || !isRecord(call['function'])) {
      add(
        t('A tool call of message {0} has no function.', at),
        t('Write it as {"id": …, "type": "function", "function": {"name": …, "arguments": "{…}"}}.'),
        path,
      );
      continue;
    }
    const { name } = call['function'];
    if (typeof name !== 'string' || name === '')
      add(t('A tool call of message {0} has no name.', at), t('Add the name of the tool.'), [
        ...path,
        'function',
        'name',
      ]);
    if (typeof call['id'] !== 'string' || call['id'] === '')
      add(
        t('A tool call of message {0} has no id.', at),
        t('Add an "id", which the tool message repeats as "tool_call_id".'),
        path,
      );
    if (call['type'] !== undefined && call['type'] !== 'function')
      add(
        t('A tool call of message {0} has the type {1} where "function" is needed.', at, describe(call['type'])),
        t('Write "function" as the type.'),
        [...path, 'type'],
      );
  }
  return findings;
};

/** Every tool that is called is declared. */
export const toolsDeclared: Rule = ({ value, messages }) => {
  const declared = declaredNames(value);
  const findings: RuleFinding[] = [];
  for (const { call, path } of callsOf(messages)) {
    const name = isRecord(call) && isRecord(call['function']) ? call['function']['name'] : undefined;
    if (typeof name !== 'string' || name === '' || declared.has(name)) continue;
    findings.push({
      code: 'tool-not-declared',
      message: t('The tool "{0}" is called but not declared in the example.', clip(name)),
      action: t('Add it to "tools" of the example, as in later requests to the model.'),
      path: [...path, 'function', 'name'],
    });
  }
  return findings;
};

function declaredNames(value: RawExample['value']): ReadonlySet<string> {
  const names = new Set<string>();
  if (Array.isArray(value['tools']))
    for (const tool of value['tools'] as readonly unknown[])
      if (isRecord(tool) && isRecord(tool['function']) && typeof tool['function']['name'] === 'string')
        names.add(tool['function']['name']);
  return names;
}

/** Every call is answered before the next message that is not an answer; the last message may end in calls. */
export const toolCallsAnswered: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  messages.forEach((message, index) => {
    if (index === messages.length - 1 || roleOf(message) !== 'assistant') return;
    const answered = new Set<unknown>();
    for (let next = index + 1; next < messages.length; next += 1) {
      const answer = messages[next];
      if (!isRecord(answer) || answer['role'] !== 'tool') break;
      answered.add(answer['tool_call_id']);
    }
    for (const { call, path } of callsOf(messages.slice(index, index + 1))) {
      const id = isRecord(call) ? call['id'] : undefined;
      if (typeof id !== 'string' || answered.has(id)) continue;
      findings.push({
        code: 'tool-call-unanswered',
        message: t('The tool call "{0}" is not answered before the next message.', clip(id)),
        action: t('Add a message {"role": "tool", "tool_call_id": "{0}", "content": …} after it.', clip(id)),
        path: ['messages', index, ...path.slice(2), 'id'],
      });
    }
  });
  return findings;
};

/** Every tool message answers a call of the assistant message before it. */
export const toolMessagesAnswer: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  let open = new Set<unknown>();
  messages.forEach((message, index) => {
    if (roleOf(message) !== 'tool') {
      open = new Set(callsOf([message]).map(({ call }) => (isRecord(call) ? call['id'] : undefined)));
      return;
    }
    const id = isRecord(message) ? message['tool_call_id'] : undefined;
    if (typeof id === 'string' && open.has(id)) return;
    findings.push({
      code: 'tool-message-without-call',
      message:
        typeof id === 'string'
          ? t(
              'Message {0} answers the tool call "{1}", which the assistant message before it does not have.',
              index + 1,
              clip(id),
            )
          : t('Message {0} is from a tool but does not say which call it answers.', index + 1),
      action: t('Give it the "tool_call_id" of a call in the assistant message before it.'),
      path: ['messages', index, 'tool_call_id'],
    });
  });
  return findings;
};

/** Arguments are the text of a JSON object. */
export const toolArguments: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  for (const { call, path } of callsOf(messages)) {
    if (!isRecord(call) || !isRecord(call['function'])) continue;
    const { name: given } = call['function'];
    // A missing name is reported by `toolCallShape`.
    const name = typeof given === 'string' ? clip(given) : `tool_calls[${String(path.at(-1))}]`;
    const finding = argumentsFinding(call['function']['arguments'], name);
    if (finding !== null) findings.push({ ...finding, path: [...path, 'function', 'arguments'] });
  }
  return findings;
};

function argumentsFinding(given: unknown, name: string): Omit<RuleFinding, 'path'> | null {
  if (typeof given !== 'string') {
    const action = t('Write them as text: "{\\"key\\": \\"value\\"}".');
    if (given === undefined)
      return { code: 'arguments-not-string', message: t('The call of {0} has no arguments.', name), action };
    return {
      code: 'arguments-not-string',
      message: t('The arguments of {0} are {1} where the text of a JSON object is needed.', name, describe(given)),
      action,
    };
  }
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    return {
      code: 'arguments-not-json',
      message: t('The arguments of {0} are not JSON.', name),
      action: t('Write them as the text of a JSON object; "{}" when there are none.'),
    };
  }
  if (isRecord(value)) return null;
  if (typeof value === 'string') {
    try {
      if (isRecord(JSON.parse(value))) {
        return {
          code: 'arguments-double-encoded',
          message: t('The arguments of {0} are encoded twice: a text inside a text.', name),
          action: t('Encode them once.'),
        };
      }
    } catch {
      // Some other text: not an object, as below.
    }
  }
  return {
    code: 'arguments-not-object',
    message: t('The arguments of {0} are {1} where an object is needed.', name, describe(value)),
    action: t('Write them as the text of a JSON object; "{}" when there are none.'),
  };
}
