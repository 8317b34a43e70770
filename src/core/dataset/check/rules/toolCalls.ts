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
        `The tool calls of message ${String(index + 1)} are ${describe(message['tool_calls'])} where a list is needed.`,
        'Write them as [{"id": …, "type": "function", "function": {"name": …, "arguments": "{…}"}}].',
        path,
      );
    } else if (message['role'] !== 'assistant' && message['tool_calls'].length > 0) {
      add(
        `Message ${String(index + 1)} calls tools but is not an assistant message.`,
        'Move the calls to an assistant message.',
        path,
      );
    }
  });
  for (const { call, path, message } of callsOf(messages)) {
    const of = `A tool call of message ${String(message + 1)}`;
    if (!isRecord(call) || !isRecord(call['function'])) {
      add(
        `${of} has no function.`,
        'Write it as {"id": …, "type": "function", "function": {"name": …, "arguments": "{…}"}}.',
        path,
      );
      continue;
    }
    const { name } = call['function'];
    if (typeof name !== 'string' || name === '')
      add(`${of} has no name.`, 'Add the name of the tool.', [...path, 'function', 'name']);
    if (typeof call['id'] !== 'string' || call['id'] === '')
      add(`${of} has no id.`, 'Add an "id", which the tool message answers with "tool_call_id".', path);
    if (call['type'] !== undefined && call['type'] !== 'function')
      add(
        `${of} has the type ${describe(call['type'])} where only "function" is known.`,
        'Write "function" as the type.',
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
      message: `The tool "${clip(name)}" is called but not declared in the example.`,
      action: 'Add it to "tools" of the example, as it will be declared when the model is asked.',
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
        message: `The tool call "${clip(id)}" is not answered before the next message.`,
        action: `Add a message {"role": "tool", "tool_call_id": "${clip(id)}", "content": …} after it.`,
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
          ? `Message ${String(index + 1)} answers the tool call "${clip(id)}", which the assistant has not made before it.`
          : `Message ${String(index + 1)} is from a tool but does not say which call it answers.`,
      action: 'Give it the "tool_call_id" of a call in the assistant message before it.',
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
    const name = typeof call['function']['name'] === 'string' ? clip(call['function']['name']) : 'the tool';
    const finding = argumentsFinding(call['function']['arguments'], name);
    if (finding !== null) findings.push({ ...finding, path: [...path, 'function', 'arguments'] });
  }
  return findings;
};

function argumentsFinding(given: unknown, name: string): Omit<RuleFinding, 'path'> | null {
  if (typeof given !== 'string') {
    return {
      code: 'arguments-not-string',
      message: `The arguments of ${name} are ${describe(given)} where the text of a JSON object is needed.`,
      action: 'Write them as text: "{\\"key\\": \\"value\\"}".',
    };
  }
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    return {
      code: 'arguments-not-json',
      message: `The arguments of ${name} are not JSON.`,
      action: 'Write them as the text of a JSON object; "{}" when there are none.',
    };
  }
  if (isRecord(value)) return null;
  if (typeof value === 'string') {
    try {
      if (isRecord(JSON.parse(value))) {
        return {
          code: 'arguments-double-encoded',
          message: `The arguments of ${name} are encoded twice: a text inside a text.`,
          action: 'Encode them once.',
        };
      }
    } catch {
      // Some other text: not an object, as below.
    }
  }
  return {
    code: 'arguments-not-object',
    message: `The arguments of ${name} are ${describe(value)} where an object is needed.`,
    action: 'Write them as the text of a JSON object; "{}" when there are none.',
  };
}
