import { t } from '../../../base/messages.ts';
import type { JsonPath } from '../../../jsonl/locate.ts';
import { clip, describe, isPresent, isRecord, roleOf, type RawExample, type Rule, type RuleFinding } from './rule.ts';

/** A call in `tool_calls`, or the legacy `function_call` of a message. */
interface Call {
  /** The whole call; of a legacy one the function alone. */
  readonly call: unknown;
  /** Name and arguments; undefined when the call has no function. */
  readonly called: Readonly<Record<string, unknown>> | undefined;
  readonly path: JsonPath;
  /** Path of `called`. */
  readonly calledPath: JsonPath;
  /** Index of the message. */
  readonly message: number;
  readonly legacy: boolean;
}

function callsOf(messages: readonly unknown[]): readonly Call[] {
  return messages.flatMap((message, index) => {
    if (!isRecord(message)) return [];
    const { tool_calls: list, function_call: legacy } = message;
    const calls: Call[] = !Array.isArray(list)
      ? []
      : list.map((call: unknown, at) => {
          const path = ['messages', index, 'tool_calls', at];
          const called = isRecord(call) && isRecord(call['function']) ? call['function'] : undefined;
          return { call, called, path, calledPath: [...path, 'function'], message: index, legacy: false };
        });
    if (isRecord(legacy)) {
      const path = ['messages', index, 'function_call'];
      calls.push({ call: legacy, called: legacy, path, calledPath: path, message: index, legacy: true });
    }
    return calls;
  });
}

/** Tool calls are a list of {id, type: "function", function: {name, arguments}}, in assistant messages; the legacy form is one {name, arguments}. */
export const toolCallShape: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  const add = (message: string, action: string, path: JsonPath): void => {
    findings.push({ code: 'tool-call-shape', message, action, path });
  };
  messages.forEach((message, index) => {
    if (!isRecord(message)) return;
    const { tool_calls: list, function_call: legacy } = message;
    const path: JsonPath = ['messages', index, 'tool_calls'];
    const isAssistant = message['role'] === 'assistant';
    if (isPresent(list) && !Array.isArray(list)) {
      add(
        t('"tool_calls" of message {0} is {1} where a list is needed.', index + 1, describe(list)),
        t('Write it as [{"id": …, "type": "function", "function": {"name": …, "arguments": "{…}"}}].'),
        path,
      );
    } else if (isPresent(list) && !isAssistant) {
      add(
        t('Message {0} calls tools but is not an assistant message.', index + 1),
        t('Move the calls to an assistant message.'),
        path,
      );
    }
    const legacyPath: JsonPath = ['messages', index, 'function_call'];
    if (legacy === undefined || legacy === null) return;
    if (!isRecord(legacy))
      add(
        t('"function_call" of message {0} is {1} where an object is needed.', index + 1, describe(legacy)),
        t('Write it as {"name": …, "arguments": "{…}"}.'),
        legacyPath,
      );
    else if (!isAssistant)
      add(
        t('Message {0} calls a function but is not an assistant message.', index + 1),
        t('Move the call to an assistant message.'),
        legacyPath,
      );
  });
  for (const { call, called, path, calledPath, message, legacy } of callsOf(messages)) {
    const at = message + 1;
    if (called === undefined || !isRecord(call)) {
      add(
        t('A tool call of message {0} has no function.', at),
        t('Write it as {"id": …, "type": "function", "function": {"name": …, "arguments": "{…}"}}.'),
        path,
      );
      continue;
    }
    const { name } = called;
    if (typeof name !== 'string' || name === '')
      add(
        legacy
          ? t('The function call of message {0} has no name.', at)
          : t('A tool call of message {0} has no name.', at),
        t('Add the name of the tool.'),
        [...calledPath, 'name'],
      );
    if (legacy) continue;
    if (typeof call['id'] !== 'string' || call['id'] === '')
      add(
        t('A tool call of message {0} has no id.', at),
        t('Add an "id", which the tool message repeats as "tool_call_id".'),
        path,
      );
    if (call['type'] !== 'function')
      add(
        call['type'] === undefined
          ? t('A tool call of message {0} has no type.', at)
          : t('A tool call of message {0} has the type {1} where "function" is needed.', at, describe(call['type'])),
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
  for (const { called, calledPath, legacy } of callsOf(messages)) {
    const name = called?.['name'];
    if (typeof name !== 'string' || name === '' || declared.has(name)) continue;
    findings.push({
      code: 'tool-not-declared',
      message: legacy
        ? t('The function "{0}" is called but not declared in the example.', clip(name))
        : t('The tool "{0}" is called but not declared in the example.', clip(name)),
      action: legacy
        ? t('Add it to "functions" of the example, as in later requests to the model.')
        : t('Add it to "tools" of the example, as in later requests to the model.'),
      path: [...calledPath, 'name'],
    });
  }
  return findings;
};

/** Names in `tools` and in the legacy `functions`. */
function declaredNames(value: RawExample['value']): ReadonlySet<string> {
  const { tools, functions } = value;
  const declared: readonly unknown[] = [
    ...(Array.isArray(tools) ? tools.map((tool: unknown) => (isRecord(tool) ? tool['function'] : undefined)) : []),
    ...(Array.isArray(functions) ? (functions as readonly unknown[]) : []),
  ];
  return new Set(declared.flatMap((one) => (isRecord(one) && typeof one['name'] === 'string' ? [one['name']] : [])));
}

/** Every result of a function says which one it is of. */
export const functionMessagesNamed: Rule = ({ messages }) =>
  messages.flatMap((message, index) =>
    roleOf(message) !== 'function' || (isRecord(message) && typeof message['name'] === 'string')
      ? []
      : [
          {
            code: 'tool-message-without-call' as const,
            message: t('Message {0} is from a function but does not say which one.', index + 1),
            action: t('Give it the "name" of the function that was called.'),
            path: ['messages', index],
          },
        ],
  );

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
    for (const { call, path, legacy } of callsOf(messages.slice(index, index + 1))) {
      const id = isRecord(call) && !legacy ? call['id'] : undefined;
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
  for (const { called, path, calledPath } of callsOf(messages)) {
    if (called === undefined) continue;
    const { name: given } = called;
    // A missing name is reported by `toolCallShape`.
    const name = typeof given === 'string' ? clip(given) : path.slice(2).join('.');
    const finding = argumentsFinding(called['arguments'], name);
    if (finding !== null) findings.push({ ...finding, path: [...calledPath, 'arguments'] });
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
