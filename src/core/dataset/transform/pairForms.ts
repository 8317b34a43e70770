// A question and an answer under the names of many programs.
import { t } from '../../base/messages.ts';
import { fail, type Result } from '../../base/result.ts';
import { turnsOfTemplate } from '../templates.ts';
import { pairNames } from '../pairNames.ts';
import {
  answer,
  asTurns,
  chatOf,
  fromTurns,
  historyOf,
  join,
  user,
  type ConvertOptions,
  type Made,
} from './chatBody.ts';
import type { Reason, SourceRow } from './sourceRow.ts';

export function fromPromptCompletion(row: SourceRow, options: ConvertOptions): Result<Made, Reason> {
  if (/^\s*Human:/.test(row.text('prompt'))) {
    const turns = turnsOfTemplate(`${row.text('prompt').trimEnd()} ${row.text('completion').trim()}`);
    if (turns !== null) return fromTurns(row, 'completion', turns, options);
  }
  // Classes and prices are often numbers.
  const [prompt, completion] = [withoutSeparator(row.text('prompt')), row.scalar('completion').trim()];
  if (isOther(row.value['prompt']) || isOther(row.value['completion']))
    return fail(t('The prompt or the completion is not text.'));
  if (prompt === '' || completion === '') return fail(t('The prompt or the completion is empty.'));
  return chatOf(row, 'completion', [user(prompt), answer(completion)], options);
}

/** Lists of messages as prompt and completion, as TRL writes them. */
export function fromPromptMessages(row: SourceRow, options: ConvertOptions): Result<Made, Reason> {
  const turns = [...asTurns(row.take('prompt'), 'user'), ...asTurns(row.take('completion'), 'assistant')];
  return fromTurns(row, 'completion', turns, options);
}

/** Questions that may be about another text. */
const CONTEXTS: ReadonlySet<string> = new Set(['question', 'query', 'instruction']);

export function fromPair(row: SourceRow, options: ConvertOptions): Result<Made, Reason> {
  const names = pairNames(row.value);
  if (names === null) return fail(t('A row of this kind cannot be converted to a chat example.'));
  const question = row.text(names.question);
  const context = CONTEXTS.has(names.question.toLowerCase())
    ? row.takeFirst('context', 'passage', 'document', 'article')
    : '';
  const input = names.question.toLowerCase() === 'instruction' ? row.text('input') : '';
  const said = row.scalar(names.answer);
  if (question.trim() === '' || said.trim() === '') return fail(t('The question or the answer is empty.'));
  const history = historyOf(row);
  if (!history.ok) return history;
  return chatOf(
    row,
    names.answer,
    [...history.value, user(join(typeof context === 'string' ? context : '', question, input)), answer(said)],
    options,
  );
}

export function fromAlpaca(row: SourceRow, options: ConvertOptions): Result<Made, Reason> {
  const given = join(row.text('input'), row.text('context'));
  const question = join(row.text('instruction'), given === '' ? row.text('content') : given);
  const key = row.scalar('output') === '' ? 'response' : 'output';
  const said = row.scalar(key);
  if (question === '' || said.trim() === '') return fail(t('The instruction or the output is empty.'));
  const history = historyOf(row);
  if (!history.ok) return history;
  return chatOf(row, key, [...history.value, user(question), answer(said)], options);
}

/** A list or an object, which says something that is no text. */
function isOther(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** Removes the mark at the end of old prompts that told the model to begin (`\n\n###\n\n`, ` ->`). */
function withoutSeparator(prompt: string): string {
  return prompt.replace(/\s*(?:#{3,}|->|=>)\s*$/, '').trim();
}
