import { t } from '../../../base/messages.ts';
import { isRecord, roleOf, saysNothing, type Rule, type RuleFinding } from './rule.ts';

/** At least one assistant message gives an answer to learn. */
export const hasAssistant: Rule = ({ messages }) =>
  messages.length === 0 || messages.some((message) => roleOf(message) === 'assistant')
    ? []
    : [
        {
          code: 'no-assistant',
          message: t('The example has no assistant message, so there is no answer to learn.'),
          action: t('Add the answer as the last message, with the role "assistant".'),
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
      message: t('The last message is not from the assistant, so the example does not end in an answer.'),
      action: t('End the example with an assistant message, or remove the messages after the answer.'),
      path: ['messages', last],
    },
  ];
};

/** The answer says something: text or a tool call. */
export const answerNotEmpty: Rule = ({ messages }) => {
  const last = messages.length - 1;
  const message = messages[last];
  if (!isRecord(message) || message['role'] !== 'assistant' || !saysNothing(message)) return [];
  return [
    {
      code: 'empty-answer',
      message: t('The answer is empty: the last assistant message has no text and no tool call.'),
      action: t('Write the answer, or remove the line.'),
      path: ['messages', last, 'content'],
    },
  ];
};

/** Every message before the answer says something. */
export const messageNotEmpty: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  messages.forEach((message, index) => {
    // A missing content is reported by `contentType`.
    if (!isRecord(message) || message['content'] === undefined || message['content'] === null) return;
    // The last answer has its own rule; an empty result of a tool is a result.
    if (message['role'] === 'tool' || message['role'] === 'function') return;
    if (index === messages.length - 1 && message['role'] === 'assistant') return;
    if (!saysNothing(message)) return;
    findings.push({
      code: 'empty-message',
      message: t('Message {0} has no text.', index + 1),
      action: t('Write its text, or remove the message.'),
      path: ['messages', index, 'content'],
    });
  });
  return findings;
};

/** Roles alternate; only tools may answer several times in a row. */
export const rolesAlternate: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  for (let i = 1; i < messages.length; i += 1) {
    const role = roleOf(messages[i]);
    if ((role !== 'user' && role !== 'assistant') || role !== roleOf(messages[i - 1])) continue;
    findings.push({
      code: 'consecutive-roles',
      message:
        role === 'user'
          ? t('Messages {0} and {1} are both from the user.', i, i + 1)
          : t('Messages {0} and {1} are both from the assistant.', i, i + 1),
      action: t('Join the two messages, or insert the missing one between them.'),
      path: ['messages', i, 'role'],
    });
  }
  return findings;
};
