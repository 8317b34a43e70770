import type { RuleCode } from './check/ruleTable.ts';
import { isRecord } from './check/rules/rule.ts';

/** What sort of example a line is. Supervised fine-tuning takes only `chat`; the others are recognised and named. */
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

/** From the keys of a line's object. `graded`: a grader is given, so rows with messages are rows for reinforcement. */
export function detectKind(value: Readonly<Record<string, unknown>>, graded = false): ExampleKind {
  if (isRecord(value['input']) && ('preferred_output' in value || 'non_preferred_output' in value)) return 'preference';
  const { messages } = value;
  if (Array.isArray(messages)) {
    if (graded) return 'reinforcement';
    // A row for reinforcement ends in the question and carries what its grader reads in keys of its own.
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

/** What to say about a whole file of that kind. */
export const UNSUPPORTED_KINDS: Readonly<
  Partial<Record<ExampleKind, { readonly code: RuleCode; readonly message: string; readonly action: string }>>
> = {
  preference: {
    code: 'kind-preference',
    message: 'These are preference pairs (DPO), and chat examples are needed here.',
    action: 'Choose a file of chat examples that end in an assistant message.',
  },
  reinforcement: {
    code: 'kind-reinforcement',
    message: 'These are rows for reinforcement fine-tuning (RFT), and chat examples are needed here.',
    action: 'Choose a file of chat examples that end in an assistant message.',
  },
  'prompt-completion': {
    code: 'kind-prompt-completion',
    message: 'The file is in the old prompt/completion form, which chat models cannot be trained on.',
    action: 'Turn each prompt into a user message and each completion into an assistant message.',
  },
  conversations: {
    code: 'kind-conversations',
    message: 'The file is in the "conversations" form of other tools (from, value), which providers do not take.',
    action: 'Rename "conversations" to "messages", "from" to "role" and "value" to "content".',
  },
  instruction: {
    code: 'kind-instruction',
    message: 'The file is in the instruction/output form of other tools (Alpaca), which providers do not take.',
    action: 'Turn each instruction into a user message and each output into an assistant message.',
  },
  request: {
    code: 'kind-request',
    message: 'These are batch requests (custom_id, body), not examples to train on.',
    action: 'Choose a file of chat examples that end in an assistant message.',
  },
};
