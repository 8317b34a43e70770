import { hasToolCalls, isRecord, rawText, type Rule } from './rule.ts';

function roleOf(message: unknown): unknown {
  return isRecord(message) ? message['role'] : undefined;
}

/** There is something to be learnt: at least one assistant message. */
export const hasAssistant: Rule = ({ messages }) =>
  messages.length === 0 || messages.some((message) => roleOf(message) === 'assistant')
    ? []
    : [
        {
          code: 'no-assistant',
          severity: 'error',
          message: 'The example has no assistant message, so there is no answer to learn.',
          action: 'Add the answer as a last message with the role "assistant".',
          path: ['messages'],
        },
      ];

/** The conversation ends in the answer. */
export const lastIsAssistant: Rule = ({ messages }) => {
  const last = messages.length - 1;
  if (last < 0 || roleOf(messages[last]) === 'assistant') return [];
  if (!messages.some((message) => roleOf(message) === 'assistant')) return [];
  return [
    {
      code: 'last-not-assistant',
      severity: 'error',
      message: 'The last message is not from the assistant, so the example does not end in an answer.',
      action: 'End the example with an assistant message, or remove what follows the answer.',
      path: ['messages', last],
    },
  ];
};

/** The answer says something: text or a tool call. */
export const answerNotEmpty: Rule = ({ messages }) => {
  const last = messages.length - 1;
  const message = messages[last];
  if (!isRecord(message) || message['role'] !== 'assistant' || hasToolCalls(message)) return [];
  const content = message['content'];
  // A wrong type is reported by `contentType`.
  if (content !== undefined && content !== null && typeof content !== 'string' && !Array.isArray(content)) return [];
  if (rawText(content).trim() !== '') return [];
  return [
    {
      code: 'empty-answer',
      severity: 'error',
      message: 'The answer is empty: the last assistant message has no text and no tool call.',
      action: 'Write the answer, or remove the line.',
      path: ['messages', last, 'content'],
    },
  ];
};
