import type { ChatExample, ChatMessage } from '../core/dataset/example.ts';
import { ROLES } from '../core/dataset/example.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { WireError } from './wire.ts';

/** OpenAI's own minimum. */
export const FEWEST_EXAMPLES = 10;

type FileParam = 'training_file' | 'validation_file';

/** The examples of a chat JSONL file, or the first reason why the job must fail, naming the line. */
export function parseTrainingFile(bytes: Uint8Array, param: FileParam): Result<ChatExample[], WireError> {
  const refuse = (message: string): Result<ChatExample[], WireError> =>
    fail({
      code: `invalid_${param}`,
      message: `The ${param === 'training_file' ? 'training' : 'validation'} file cannot be used: ${message}`,
      param,
    });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const examples: ChatExample[] = [];
  let line = 0;
  for (let from = 0; from < bytes.length;) {
    const feed = bytes.indexOf(0x0a, from);
    const end = feed < 0 ? bytes.length : feed;
    line += 1;
    const place = `line ${String(line)}`;
    let text: string;
    try {
      text = decoder.decode(bytes.subarray(from, end));
    } catch {
      return refuse(`${place} is not UTF-8.`);
    }
    from = end + 1;
    if (text.trim() === '') continue;
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch (error) {
      return refuse(`${place} is not JSON (${error instanceof Error ? error.message : 'syntax error'}).`);
    }
    const reason = problemOf(row);
    if (reason !== null) return refuse(`${place} ${reason}.`);
    examples.push(row as ChatExample);
  }
  if (examples.length === 0) return refuse('it has no examples.');
  if (param === 'training_file' && examples.length < FEWEST_EXAMPLES) {
    return fail({
      code: 'invalid_n_examples',
      message: `The training file has ${String(examples.length)} example${examples.length === 1 ? '' : 's'}, but must have at least ${String(FEWEST_EXAMPLES)}.`,
      param,
    });
  }
  return ok(examples);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problemOf(row: unknown): string | null {
  if (!isObject(row)) return 'is not a JSON object';
  const { messages } = row;
  if (!Array.isArray(messages) || messages.length === 0) return 'has no "messages" list';
  for (const [index, message] of messages.entries()) {
    const reason = messageProblem(message);
    if (reason !== null) return `has a message (number ${String(index + 1)}) that ${reason}`;
  }
  if (!messages.some((message: ChatMessage) => message.role === 'assistant'))
    return 'has no message from the assistant';
  return null;
}

function messageProblem(message: unknown): string | null {
  if (!isObject(message)) return 'is not an object';
  const { role, content, weight } = message;
  if (typeof role !== 'string' || !(ROLES as readonly string[]).includes(role))
    return `has no role out of ${ROLES.join(', ')}`;
  const parts = Array.isArray(content) && content.every((part) => isObject(part) && typeof part['type'] === 'string');
  const absent = content === null || content === undefined;
  if (absent) {
    if (role !== 'assistant' || !Array.isArray(message['tool_calls'])) return 'has no content';
    message['content'] = null;
  } else if (typeof content !== 'string' && !parts) return 'has content that is neither text nor a list of parts';
  if (weight !== undefined) {
    if (role !== 'assistant') return 'has a weight, which only messages from the assistant may have';
    if (weight !== 0 && weight !== 1) return 'has a weight that is neither 0 nor 1';
  }
  return null;
}
