import { ROLES } from '../example.ts';
import { describe, hasToolCalls, isRecord, type Rule, type RuleFinding } from './rule.ts';

/** Every message is an object. */
export const messageIsObject: Rule = ({ messages }) =>
  messages.flatMap((message, index) =>
    isRecord(message)
      ? []
      : [
          {
            code: 'message-not-object',
            severity: 'error' as const,
            message: `Message ${String(index + 1)} is ${describe(message)} where an object with role and content is needed.`,
            action: 'Write the message as {"role": …, "content": …}.',
            path: ['messages', index],
          },
        ],
  );

/** Other tools' words for the same thing, to say what was probably meant. */
const MEANT: Readonly<Record<string, string>> = {
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

/** Every message has one of the five roles. */
export const knownRole: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  messages.forEach((message, index) => {
    if (!isRecord(message) || KNOWN.has(message['role'])) return;
    const role = message['role'];
    const lower = typeof role === 'string' ? role.trim().toLowerCase() : '';
    const meant = Object.hasOwn(MEANT, lower)
      ? MEANT[lower]
      : (ROLES as readonly string[]).includes(lower)
        ? lower
        : undefined;
    findings.push({
      code: 'unknown-role',
      severity: 'error',
      message:
        role === undefined
          ? `Message ${String(index + 1)} has no role.`
          : `The role of message ${String(index + 1)} is ${describe(role)}, which is not one of ${ROLES.join(', ')}.`,
      action:
        meant === undefined
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
        severity: 'error',
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
        severity: 'error',
        message: `Part ${String(wrong + 1)} of the content of message ${String(index + 1)} is not an object with a type and its text.`,
        action: 'Write each part as {"type": "text", "text": …}, or the whole content as one text.',
        path: [...path, wrong],
      });
      return;
    }
    findings.push({
      code: 'content-type',
      severity: 'error',
      message: `The content of message ${String(index + 1)} is ${describe(content)} where text is needed.`,
      action: 'Put the content in double quotes, as text.',
      path,
    });
  });
  return findings;
};

/** `weight` is 0 or 1, and only on assistant messages. */
export const messageWeight: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  messages.forEach((message, index) => {
    if (!isRecord(message) || message['weight'] === undefined) return;
    const weight = message['weight'];
    const path = ['messages', index, 'weight'];
    if (message['role'] !== 'assistant') {
      findings.push({
        code: 'weight-not-assistant',
        severity: 'error',
        message: `Message ${String(index + 1)} has a weight but is not an assistant message.`,
        action: 'Remove the weight, or move it to an assistant message.',
        path,
      });
    } else if (weight !== 0 && weight !== 1) {
      findings.push({
        code: 'weight-value',
        severity: 'error',
        message: `The weight of message ${String(index + 1)} is ${describe(weight)} where only 0 and 1 are allowed.`,
        action: 'Write 0 to leave the message out of training, or 1 to train on it.',
        path,
      });
    }
  });
  return findings;
};
