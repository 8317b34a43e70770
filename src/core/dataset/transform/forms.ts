// One row of any known form as an example to train on.
import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { checkExample } from '../check/parseExample.ts';
import { EXAMPLE_KEYS, MESSAGE_KEYS } from '../check/rules/keys.ts';
import { isRecord } from '../check/rules/rule.ts';
import { detectKind, type ExampleKind, type TrainedKind } from '../kind.ts';
import type { ConvertOptions, Made } from './chatBody.ts';
import { fromGemini, fromList, fromMessages, fromShareGpt, fromTemplate } from './conversationForms.ts';
import { onOneLine } from './jsonValues.ts';
import { fromAlpaca, fromPair, fromPromptCompletion, fromPromptMessages } from './pairForms.ts';
import { fromChoice } from './preference.ts';
import { isNothing, MEDIA, SourceRow, type Reason } from './sourceRow.ts';

export interface ConvertedRow {
  /** JSON on one line. */
  readonly line: string;
  readonly kind: TrainedKind;
  /** Keys that the result has no place for. */
  readonly leftOut: readonly string[];
}

/** Converts one object; `raw` is its JSON, which rows of a trained kind keep when nothing is wrong with them. */
export function convertObject(
  value: Readonly<Record<string, unknown>>,
  raw: string | null,
  options: ConvertOptions = {},
): Result<ConvertedRow, Reason> {
  const kind = detectKind(value);
  if (kind === 'preference' || kind === 'reinforcement' || (kind === 'chat' && !needsChange(value, options))) {
    const kept = accepted(raw === null ? JSON.stringify(value) : onOneLine(raw), kind, []);
    if (kept.ok || kind !== 'chat') return kept;
  }
  const row = new SourceRow(value, raw);
  return finish(bodyOf(kind, row, options), row);
}

/** Converts a list of messages that no object is round. */
export function convertList(list: readonly unknown[], options: ConvertOptions = {}): Result<ConvertedRow, Reason> {
  const row = new SourceRow({}, null);
  return finish(fromList(list, row, options), row);
}

function finish(made: Result<Made, Reason>, row: SourceRow): Result<ConvertedRow, Reason> {
  if (!made.ok) return made;
  const leftOut = row.leftOut();
  const lost = leftOut.find((key) => MEANINGFUL.includes(key));
  if (lost !== undefined) return fail(t('An example has no place for "{0}".', lost));
  return accepted(JSON.stringify(made.value.body), made.value.trained, leftOut);
}

/** Converted rows are those that *Check* accepts; its first error is the reason of the others. */
function accepted(line: string, kind: TrainedKind, leftOut: readonly string[]): Result<ConvertedRow, Reason> {
  const error = checkExample(line, 1).findings.find(({ severity }) => severity === 'error');
  return error === undefined ? ok({ line, kind, leftOut }) : fail(error.message);
}

/** Keys with a meaning that a chat example has no place for, or another one. */
const MEANINGFUL = ['system', 'system_prompt', 'images', 'image', 'functions', 'loss', 'train', 'weight', 'history'];

/** Tells whether something of a chat example would be ignored by providers, although it passes. */
function needsChange(value: Readonly<Record<string, unknown>>, { onlyKnownKeys = false }: ConvertOptions): boolean {
  if (onlyKnownKeys && hasUnknownKeys(value)) return true;
  if ('label' in value || MEDIA.some((key) => !isNothing(value[key]))) return true;
  if (MEANINGFUL.some((key) => key !== 'functions' && !isNothing(value[key]))) return true;
  const { messages, tools } = value;
  if (typeof tools === 'string') return true;
  return (
    Array.isArray(messages) &&
    messages.some(
      (message: unknown) =>
        isRecord(message) &&
        ('loss' in message || 'loss_weight' in message || 'train' in message || hasForeignParts(message['content'])),
    )
  );
}

function hasUnknownKeys(value: Readonly<Record<string, unknown>>): boolean {
  if (Object.keys(value).some((key) => !EXAMPLE_KEYS.includes(key))) return true;
  const { messages } = value;
  return (
    Array.isArray(messages) &&
    messages.some(
      (message: unknown) => isRecord(message) && Object.keys(message).some((key) => !MESSAGE_KEYS.includes(key)),
    )
  );
}

function hasForeignParts(content: unknown): boolean {
  return (
    Array.isArray(content) &&
    content.some((part: unknown) => !isRecord(part) || (part['type'] !== 'text' && part['type'] !== 'image_url'))
  );
}

function bodyOf(kind: ExampleKind, row: SourceRow, options: ConvertOptions): Result<Made, Reason> {
  switch (kind) {
    case 'chat':
    case 'bedrock':
    case 'messages-text':
      return fromMessages(row, options);
    case 'prompt-completion':
      return fromPromptCompletion(row, options);
    case 'prompt-messages':
      return fromPromptMessages(row, options);
    case 'pairs':
      return fromPair(row, options);
    case 'instruction':
      return fromAlpaca(row, options);
    case 'conversations':
      return fromShareGpt(row, options);
    case 'gemini':
      return fromGemini(row, options);
    case 'templated':
      return fromTemplate(row, options);
    case 'chosen-rejected':
      return fromChoice(row);
    case 'request':
      return fail(t('A batch request has no answer.'));
    default:
      return fail(t('A row of this kind cannot be converted to a chat example.'));
  }
}
