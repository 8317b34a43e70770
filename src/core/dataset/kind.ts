import { t } from '../base/messages.ts';
import type { RuleCode } from './check/ruleTable.ts';
import { isRecord } from './check/rules/rule.ts';

/** Kind of example on a line. Supervised fine-tuning takes only `chat`; the others are recognized and named. */
export type ExampleKind =
  | 'chat'
  | 'preference'
  | 'reinforcement'
  | 'prompt-completion'
  | 'conversations'
  | 'instruction'
  | 'request'
  | 'unknown';

const CHAT_KEYS: ReadonlySet<string> = new Set([
  'messages',
  'tools',
  'parallel_tool_calls',
  'functions',
  'metadata',
  'id',
  'name',
]);

/** Tells the kind from the keys of a line's object. `graded`: a grader is given, so rows with messages are reinforcement examples. */
export function detectKind(value: Readonly<Record<string, unknown>>, graded = false): ExampleKind {
  if (isRecord(value['input']) && ('preferred_output' in value || 'non_preferred_output' in value)) return 'preference';
  const { messages } = value;
  if (Array.isArray(messages)) {
    if (graded) return 'reinforcement';
    // A reinforcement example ends in the question and has the fields for its grader in other keys.
    const last: unknown = messages.at(-1);
    const endsInUser = isRecord(last) && last['role'] === 'user';
    const answered = messages.some((message) => isRecord(message) && message['role'] === 'assistant');
    if (endsInUser && !answered && Object.keys(value).some((key) => !CHAT_KEYS.has(key))) return 'reinforcement';
    return 'chat';
  }
  if ('messages' in value) return 'chat';
  if ('prompt' in value && 'completion' in value) return 'prompt-completion';
  if (Array.isArray(value['conversations']) || Array.isArray(value['conversation'])) return 'conversations';
  if (typeof value['instruction'] === 'string' && ('output' in value || 'response' in value)) return 'instruction';
  if ('custom_id' in value && 'body' in value) return 'request';
  return 'unknown';
}

/** Problem of a whole file of that kind; null for kinds that are trained on here, and for `unknown`. */
export function unsupportedKind(
  kind: ExampleKind,
): { readonly code: RuleCode; readonly message: string; readonly action: string } | null {
  switch (kind) {
    case 'preference':
      return {
        code: 'kind-preference',
        message: t('These are preference pairs (DPO), but chat examples are needed here.'),
        action: t('Choose a file of chat examples that end in an assistant message.'),
      };
    case 'reinforcement':
      return {
        code: 'kind-reinforcement',
        message: t('These are reinforcement examples (RFT), but chat examples are needed here.'),
        action: t('Choose a file of chat examples that end in an assistant message.'),
      };
    case 'prompt-completion':
      return {
        code: 'kind-prompt-completion',
        message: t('The file is in the legacy prompt/completion format, which chat models cannot be trained on.'),
        action: t('Turn each prompt into a user message and each completion into an assistant message.'),
      };
    case 'conversations':
      return {
        code: 'kind-conversations',
        message: t(
          'The file is in the ShareGPT format ("conversations", "from", "value"), which providers do not accept.',
        ),
        action: t('Rename "conversations" to "messages", "from" to "role" and "value" to "content".'),
      };
    case 'instruction':
      return {
        code: 'kind-instruction',
        message: t('The file is in the Alpaca format ("instruction", "output"), which providers do not accept.'),
        action: t('Turn each instruction into a user message and each output into an assistant message.'),
      };
    case 'request':
      return {
        code: 'kind-request',
        message: t('These are batch requests ("custom_id", "body"), not examples to train on.'),
        action: t('Choose a file of chat examples that end in an assistant message.'),
      };
    case 'chat':
    case 'unknown':
      return null;
  }
}
