import { isRecord } from './rules/rule.ts';

/** What sort of example a line is. Only `chat` can be trained on today; the others are recognised and named. */
export type ExampleKind =
  'chat' | 'preference' | 'reinforcement' | 'prompt-completion' | 'conversations' | 'request' | 'unknown';

const CHAT_KEYS: ReadonlySet<string> = new Set([
  'messages',
  'tools',
  'parallel_tool_calls',
  'functions',
  'metadata',
  'id',
  'name',
]);

/** From the keys of a line's object. */
export function detectKind(value: Readonly<Record<string, unknown>>): ExampleKind {
  if (isRecord(value['input']) && ('preferred_output' in value || 'non_preferred_output' in value)) return 'preference';
  const { messages } = value;
  if (Array.isArray(messages)) {
    // A row for reinforcement ends in the question and carries what its grader reads in keys of its own.
    const last: unknown = messages.at(-1);
    const endsInUser = isRecord(last) && last['role'] === 'user';
    const answered = messages.some((message) => isRecord(message) && message['role'] === 'assistant');
    if (endsInUser && !answered && Object.keys(value).some((key) => !CHAT_KEYS.has(key))) return 'reinforcement';
    return 'chat';
  }
  if ('messages' in value) return 'chat';
  if ('prompt' in value && 'completion' in value) return 'prompt-completion';
  if (Array.isArray(value['conversations'])) return 'conversations';
  if ('custom_id' in value && 'body' in value) return 'request';
  return 'unknown';
}

/** What to say about a whole file of that kind. */
export const UNSUPPORTED_KINDS: Readonly<
  Partial<Record<ExampleKind, { readonly code: string; readonly message: string; readonly action: string }>>
> = {
  preference: {
    code: 'kind-preference',
    message: 'These are preference pairs (DPO), which cannot be trained on from here yet.',
    action: 'Choose a file of chat examples that end in an assistant message.',
  },
  reinforcement: {
    code: 'kind-reinforcement',
    message: 'These are rows for reinforcement fine-tuning (RFT), which cannot be trained on from here yet.',
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
  request: {
    code: 'kind-request',
    message: 'These are batch requests (custom_id, body), not examples to train on.',
    action: 'Choose a file of chat examples that end in an assistant message.',
  },
};
