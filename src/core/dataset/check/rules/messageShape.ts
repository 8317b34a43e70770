import { ROLES, type Role } from '../../example.ts';
import { distance } from './keys.ts';
import { describe, hasToolCalls, isRecord, type Rule, type RuleFinding } from './rule.ts';

/** Every message is an object. */
export const messageIsObject: Rule = ({ messages }) =>
  messages.flatMap((message, index) =>
    isRecord(message)
      ? []
      : [
          {
            code: 'message-not-object' as const,
            message: `Message ${String(index + 1)} is ${describe(message)} where an object with role and content is needed.`,
            action: 'Write the message as {"role": …, "content": …}.',
            path: ['messages', index],
          },
        ],
  );

/** Other tools' words for the same thing, to say what was probably meant. */
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
          ? `Message ${String(index + 1)} has no role.`
          : `The role of message ${String(index + 1)} is ${describe(role)}, which is not one of ${ROLES.join(', ')}.`,
      action:
        meant === null
          ? 'Give the message one of these roles: system, user or assistant.'
          : `Write "${meant}" as the role.`,
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
      // An assistant message without both is the answer rules' business.
      if (message['role'] === 'assistant' || hasToolCalls(message)) return;
      findings.push({
        code: 'content-missing',
        message: `Message ${String(index + 1)} has no content.`,
        action: 'Add a "content" with the text of the message.',
        path,
      });
      return;
    }
    if (Array.isArray(content)) {
      const wrong = content.findIndex(
        (part: unknown) =>
          !isRecord(part) ||
          typeof part['type'] !== 'string' ||
          (part['type'] === 'text' && typeof part['text'] !== 'string'),
      );
      if (wrong === -1) return;
      findings.push({
        code: 'content-type',
        message: `Part ${String(wrong + 1)} of the content of message ${String(index + 1)} is not an object with a type and its text.`,
        action: 'Write each part as {"type": "text", "text": …}, or the whole content as one text.',
        path: [...path, wrong],
      });
      return;
    }
    findings.push({
      code: 'content-type',
      message: `The content of message ${String(index + 1)} is ${describe(content)} where text is needed.`,
      action: 'Put the content in double quotes, as text.',
      path,
    });
  });
  return findings;
};
