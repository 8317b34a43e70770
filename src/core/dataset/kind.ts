import { columnsOf, wrappedKey } from './manyRows.ts';
import { pairNames } from './pairNames.ts';
import { isTemplated } from './templates.ts';
import { isRecord } from './check/rules/rule.ts';

/** Kinds that models are trained on. */
export type TrainedKind = 'chat' | 'preference' | 'reinforcement';

/** Kinds of other programs and providers, most of which can be converted. */
export type ForeignKind =
  | 'prompt-completion'
  | 'prompt-messages'
  | 'pairs'
  | 'conversations'
  | 'instruction'
  | 'chosen-rejected'
  | 'gemini'
  | 'bedrock'
  | 'templated'
  | 'messages-text'
  | 'encoded-twice'
  | 'wrapped'
  | 'columns'
  | 'request';

/** Kind of example on a line. Supervised fine-tuning takes only `chat`; the others are recognized and named. */
export type ExampleKind = TrainedKind | ForeignKind | 'unknown';

const CHAT_KEYS: ReadonlySet<string> = new Set([
  'messages',
  'tools',
  'parallel_tool_calls',
  'functions',
  'metadata',
  'id',
  'name',
  'system',
  'system_prompt',
]);

/** Tells the kind from the keys of a line's object. `graded`: a grader is given, so rows with messages are reinforcement examples. */
export function detectKind(value: Readonly<Record<string, unknown>>, graded = false): ExampleKind {
  if (isRecord(value['input']) && ('preferred_output' in value || 'non_preferred_output' in value)) return 'preference';
  const { messages } = value;
  if (Array.isArray(messages)) {
    if (graded) return 'reinforcement';
    if (isBedrock(value)) return 'bedrock';
    // A reinforcement example ends in the question and has the fields for its grader in other keys.
    const last: unknown = messages.at(-1);
    const endsInUser = isRecord(last) && last['role'] === 'user';
    if (endsInUser && isChosenRejected(value)) return 'chosen-rejected';
    const answered = messages.some((message) => isRecord(message) && message['role'] === 'assistant');
    if (endsInUser && !answered && Object.keys(value).some((key) => !CHAT_KEYS.has(key))) return 'reinforcement';
    return Array.isArray(messages[0]) && columnsOf(value) !== null ? 'columns' : 'chat';
  }
  if (typeof messages === 'string' && isListAsText(messages)) return 'messages-text';
  if (isChosenRejected(value)) return 'chosen-rejected';
  if ('messages' in value && !isRecord(messages)) return 'chat';
  if ('custom_id' in value && 'body' in value) return 'request';
  if (isListOfObjects(value['contents'])) return 'gemini';
  const of = columnsOf(value);
  if (of !== null && kindOfRow(of) !== 'unknown') return 'columns';
  if ('messages' in value) return 'chat';
  if ('prompt' in value && 'completion' in value)
    return isListOfObjects(value['prompt']) || isListOfObjects(value['completion'])
      ? 'prompt-messages'
      : 'prompt-completion';
  if (Array.isArray(value['conversations']) || Array.isArray(value['conversation'])) return 'conversations';
  if (typeof value['instruction'] === 'string' && ('output' in value || 'response' in value)) return 'instruction';
  if (pairNames(value) !== null) return 'pairs';
  if (typeof value['text'] === 'string' && isTemplated(value['text'])) return 'templated';
  const key = wrappedKey(value);
  if (key !== null && (key === 'columns' || kindOfRow(firstOf(value[key])) !== 'unknown')) return 'wrapped';
  return 'unknown';
}

/** Tells whether a text, as JSON or as Python prints it, is a list of objects. */
function isListAsText(text: string): boolean {
  return /^\s*\[\s*\{\s*['"]/.test(text);
}

/** Rows for Amazon Bedrock name their schema; those of its Converse interface have a list of texts as the system prompt. */
function isBedrock({ schemaVersion, system }: Readonly<Record<string, unknown>>): boolean {
  if (typeof schemaVersion === 'string' && schemaVersion.startsWith('bedrock')) return true;
  return isListOfObjects(system) && system.every((part) => isRecord(part) && 'text' in part && !('type' in part));
}

function isListOfObjects(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && isRecord(value[0]);
}

/** A chosen and a rejected answer, as texts, messages or lists of them. */
function isChosenRejected({ chosen, rejected }: Readonly<Record<string, unknown>>): boolean {
  const isAnswer = (answer: unknown): boolean =>
    typeof answer === 'string' || isListOfObjects(answer) || (isRecord(answer) && !('0' in answer));
  return isAnswer(chosen) && isAnswer(rejected);
}

function firstOf(list: unknown): unknown {
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  // Rows of the Hugging Face dataset server are in `row`.
  return isRecord(first) && isRecord(first['row']) ? first['row'] : first;
}

/** Kind of a row inside another value; such values are not looked for once more. */
function kindOfRow(row: unknown): ExampleKind {
  if (!isRecord(row)) return 'unknown';
  const kind = columnsOf(row) !== null || wrappedKey(row) !== null ? 'unknown' : detectKind(row);
  return kind;
}
