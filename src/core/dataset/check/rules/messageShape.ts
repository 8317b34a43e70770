import { t } from '../../../base/messages.ts';
import { ROLES, type Role } from '../../example.ts';
import { distance } from './keys.ts';
import { describe, isRecord, saysNothing, type Rule, type RuleFinding } from './rule.ts';

/** Every message is an object. */
export const messageIsObject: Rule = ({ messages }) =>
  messages.flatMap((message, index) =>
    isRecord(message)
      ? []
      : [
          {
            code: 'message-not-object' as const,
            message: t(
              'Message {0} is {1} where an object with role and content is needed.',
              index + 1,
              describe(message),
            ),
            action: t('Write the message as {"role": …, "content": …}.'),
            path: ['messages', index],
          },
        ],
  );

/** Names that other tools use for the roles. */
const MEANT_ROLES: Readonly<Record<string, Role>> = {
  human: 'user',
  customer: 'user',
  prompter: 'user',
  gpt: 'assistant',
  bot: 'assistant',
  ai: 'assistant',
  model: 'assistant',
  chatbot: 'assistant',
};

/** `function` is the deprecated form of `tool`, still taken by providers. */
const KNOWN: ReadonlySet<unknown> = new Set<unknown>([...ROLES, 'function']);

/** The role that was probably meant by another word or a slip; null when nothing suggests itself. */
export function meantRole(role: string): Role | null {
  const lower = role.trim().toLowerCase();
  if (Object.hasOwn(MEANT_ROLES, lower)) return MEANT_ROLES[lower] ?? null;
  if (lower.length < 3 || lower.length > 20) return null;
  return (
    ROLES.find((known) => lower === known) ?? ROLES.find((known) => distance(lower, known) * 4 <= known.length) ?? null
  );
}

/** Every message has one of the five roles. */
export const knownRole: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  messages.forEach((message, index) => {
    if (!isRecord(message) || KNOWN.has(message['role'])) return;
    const role = message['role'];
    const meant = typeof role === 'string' ? meantRole(role) : null;
    findings.push({
      code: 'unknown-role',
      message:
        role === undefined
          ? t('Message {0} has no role.', index + 1)
          : t(
              'The role of message {0} is {1}, which is none of system, developer, user, assistant and tool.',
              index + 1,
              describe(role),
            ),
      action:
        meant === null
          ? t('Give the message one of the roles system, user and assistant.')
          : t('Write "{0}" as the role.', meant),
      path: ['messages', index, 'role'],
    });
  });
  return findings;
};

/** Content is text, or a list of parts; only an assistant message with tool calls may go without. */
export const contentType: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  messages.forEach((message, index) => {
    if (!isRecord(message)) return;
    const content = message['content'];
    const path = ['messages', index, 'content'];
    if (typeof content === 'string') return;
    if (content === undefined || content === null) {
      // The last answer has its own rule (`answerNotEmpty`); a result of a function may be nothing.
      if (message['role'] === 'assistant' && index === messages.length - 1) return;
      if (!saysNothing(message) || (message['role'] === 'function' && content === null)) return;
      findings.push({
        code: 'content-missing',
        message: t('Message {0} has no content.', index + 1),
        action: t('Add a "content" with the text of the message.'),
        path,
      });
      return;
    }
    if (Array.isArray(content)) {
      const wrong = content.findIndex(
        (part: unknown) =>
          !isRecord(part) ||
          typeof part['type'] !== 'string' ||
          (part['type'] === 'text' && typeof part['text'] !== 'string') ||
          (part['type'] === 'refusal' && typeof part['refusal'] !== 'string'),
      );
      if (wrong === -1) return;
      findings.push({
        code: 'content-type',
        message: t(
          'Part {0} of the content of message {1} is not an object with a type and its text.',
          wrong + 1,
          index + 1,
        ),
        action: t('Write each part as {"type": "text", "text": …}, or the whole content as one text.'),
        path: [...path, wrong],
      });
      return;
    }
    findings.push({
      code: 'content-type',
      message: t('The content of message {0} is {1} where text is needed.', index + 1, describe(content)),
      action: t('Put the content in double quotes, as text.'),
      path,
    });
  });
  return findings;
};

/** Names of messages, tools and functions that providers accept. */
export const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** The name of a message, where it has one, has the form that providers check. */
export const messageName: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  messages.forEach((message, index) => {
    if (!isRecord(message)) return;
    const { name } = message;
    if (name === undefined || name === null || (typeof name === 'string' && NAME.test(name))) return;
    findings.push({
      code: 'message-name',
      message: t(
        'The name of message {0} is {1}, which is not 1 to 64 letters, digits, _ and -.',
        index + 1,
        describe(name),
      ),
      action: t('Write a name of letters, digits, _ and -, or remove it.'),
      path: ['messages', index, 'name'],
    });
  });
  return findings;
};
