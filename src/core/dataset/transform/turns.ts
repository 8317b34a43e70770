// Conversations of any form as messages.
import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { MESSAGE_KEYS } from '../check/rules/keys.ts';
import { isRecord } from '../check/rules/rule.ts';
import { contentOf, imagePart } from './content.ts';
import { isNothing, learnedFrom, type Reason, type SourceRow } from './sourceRow.ts';
import { callsOf, markedCalls, markedResults, resultsOf } from './tools.ts';

export type Message = Readonly<Record<string, unknown>> & { readonly role: string };

/** Authors of other formats; a map, because an author may be called `constructor`. */
const AUTHORS: ReadonlyMap<string, string> = new Map([
  ['system', 'system'],
  ['developer', 'developer'],
  ...['user', 'human', 'customer', 'prompter', 'usr'].map((name) => [name, 'user'] as const),
  ...['assistant', 'gpt', 'chatgpt', 'bing', 'bard', 'bot', 'ai', 'model', 'chatbot', 'claude'].map(
    (name) => [name, 'assistant'] as const,
  ),
  ...['function_call', 'tool_call'].map((name) => [name, 'call'] as const),
  ...['tool', 'observation', 'function', 'function_response', 'tool_response', 'ipython'].map(
    (name) => [name, 'result'] as const,
  ),
]);

const AUTHOR_KEYS = ['role', 'from', 'author', 'speaker', 'sender'] as const;
const CONTENT_KEYS = ['content', 'value', 'parts', 'text', 'message'] as const;
const FLAGS = ['weight', 'loss', 'loss_weight', 'train'] as const;

/** Messages of a list of turns; calls without an id get one. Keys of turns without a place are noted in `row`. */
export function messagesOf(turns: unknown, row: SourceRow): Result<Message[], Reason> {
  if (!Array.isArray(turns) || turns.length === 0) return fail(t('The conversation is empty.'));
  const reader = new TurnReader(row);
  for (const turn of turns as readonly unknown[]) {
    const reason = isRecord(turn) ? reader.add(turn) : t('A turn is not an object.');
    if (reason !== null) return fail(reason);
  }
  return ok(reader.messages);
}

class TurnReader {
  readonly messages: Message[] = [];
  readonly #row: SourceRow;
  #calls = 0;
  /** Ids of calls without a result. */
  #open: string[] = [];

  constructor(row: SourceRow) {
    this.#row = row;
  }

  /** Returns the reason why the turn cannot be converted; null when it can. */
  add(turn: Readonly<Record<string, unknown>>): Reason | null {
    const authorKey = AUTHOR_KEYS.find((key) => typeof turn[key] === 'string') ?? 'role';
    const author = turn[authorKey];
    const role = typeof author === 'string' ? AUTHORS.get(author.trim().toLowerCase()) : undefined;
    if (role === undefined) return t('A turn has an unknown author.');
    const contentKey = CONTENT_KEYS.find((key) => turn[key] !== undefined);
    const made = contentOf(contentKey === undefined ? undefined : turn[contentKey]);
    if (!made.ok) return made.error;
    for (const key of Object.keys(turn)) {
      const known =
        key === authorKey || key === contentKey || MESSAGE_KEYS.includes(key) || FLAGS.some((f) => f === key);
      if (!known && !isNothing(turn[key])) this.#row.leaveOut(key);
    }
    const learned = FLAGS.map((flag) => learnedFrom(turn[flag]));
    if (learned.includes(null)) return t('A turn has a weight other than 0 and 1.');
    const isContext = learned.includes(false);
    const asksToLearn = FLAGS.some((flag) => turn[flag] === true || turn[flag] === 1);
    if (role !== 'assistant' && role !== 'call') {
      if (asksToLearn && role !== 'result') return t('A turn that is not an answer is to be learned.');
    }
    const { content, calls, results } = made.value;
    if (results.length > 0) {
      const reason = this.#results(
        results.map(({ value }) => value),
        results.map(({ id }) => id),
      );
      if (reason !== null || content === null) return reason;
    }
    if (role === 'call') return this.#answer(turn, null, contentKey === undefined ? null : turn[contentKey], isContext);
    if (role === 'result') return this.#result(turn, content);
    if (role === 'assistant') {
      const marked = typeof content === 'string' ? markedCalls(content) : null;
      const given = calls.length > 0 ? calls : (marked?.calls ?? null);
      return this.#answer(turn, marked === null ? content : marked.text === '' ? null : marked.text, given, isContext);
    }
    this.messages.push({ role, content, ...(typeof turn['name'] === 'string' ? { name: turn['name'] } : {}) });
    return null;
  }

  #answer(
    turn: Readonly<Record<string, unknown>>,
    content: unknown,
    given: unknown,
    isContext: boolean,
  ): Reason | null {
    const own = isNothing(turn['tool_calls']) ? turn['function_call'] : turn['tool_calls'];
    const value = given ?? (isNothing(own) ? null : own);
    const calls = value === null ? null : callsOf(value, this.#calls + 1);
    if (calls !== null && !calls.ok) return calls.error;
    if (calls?.ok === true) {
      this.#calls += calls.value.length;
      this.#open = calls.value.map(({ id }) => id);
    }
    this.messages.push({
      role: 'assistant',
      ...(content === null && calls !== null ? {} : { content }),
      ...(calls === null ? {} : { tool_calls: calls.value }),
      ...(typeof turn['name'] === 'string' ? { name: turn['name'] } : {}),
      ...(typeof turn['refusal'] === 'string' ? { refusal: turn['refusal'] } : {}),
      ...(isContext ? { weight: 0 } : {}),
    });
    return null;
  }

  #result(turn: Readonly<Record<string, unknown>>, content: unknown): Reason | null {
    if (typeof turn['tool_call_id'] === 'string') return this.#results([content], [turn['tool_call_id']]);
    const marked = typeof content === 'string' ? markedResults(content) : null;
    return this.#results(marked ?? [content], []);
  }

  /** Adds a tool message for each value. */
  #results(values: readonly unknown[], ids: readonly unknown[]): Reason | null {
    const texts =
      values.length > 1 || this.#open.length === 0 ? values.map(asText) : resultsOf(values[0], this.#open.length);
    const named = ids.length === values.length && ids.every((id) => typeof id === 'string');
    const list = named ? values.map(asText) : texts;
    if (list === null || (!named && list.length > this.#open.length))
      return t('A result cannot be told to belong to one of the calls.');
    const open = this.#open;
    list.forEach((text, index) => {
      const id = named ? (ids[index] as string) : (open[index] ?? '');
      this.messages.push({ role: 'tool', tool_call_id: id, content: text });
      this.#open = this.#open.filter((one) => one !== id);
    });
    return null;
  }
}

function asText(value: unknown): unknown {
  return typeof value === 'string' || Array.isArray(value) ? value : JSON.stringify(value ?? null);
}

/** Puts a system text first. Texts of the first messages are joined, as programs that read such rows do. */
export function withSystem(system: string, messages: readonly Message[]): Message[] {
  let text = system.trim() === '' ? '' : system;
  let at = 0;
  for (; messages[at]?.role === 'system' && typeof messages[at]?.['content'] === 'string'; at += 1) {
    const own = messages[at]?.['content'] as string;
    if (own.trim() === text.trim()) continue;
    text = text === '' ? own : `${text}\n\n${own}`;
  }
  return [...(text.trim() === '' ? [] : [{ role: 'system', content: text }]), ...messages.slice(at)];
}

/** Text of a system prompt: text, parts, or an object with parts. */
export function systemTextOf(value: unknown): Result<string, Reason> {
  if (value === undefined || value === null) return ok('');
  const made = contentOf(isRecord(value) && Array.isArray(value['parts']) ? value['parts'] : value);
  if (!made.ok) return made;
  const { content } = made.value;
  if (typeof content === 'string') return ok(content);
  if (content === null) return ok('');
  const texts = Array.isArray(content)
    ? content.map((part: unknown) => (isRecord(part) ? part['text'] : undefined))
    : [];
  return texts.length > 0 && texts.every((text) => typeof text === 'string')
    ? ok(texts.join('\n\n'))
    : fail(t('The system prompt is not text.'));
}

/** Puts the row's pictures at their marks (`<image>`), or before the first question. */
export function withImages(row: SourceRow, messages: readonly Message[]): Result<readonly Message[], Reason> {
  const given = row.takeFirst('images', 'image');
  if (isNothing(given)) return ok(messages);
  const images = (Array.isArray(given) ? given : [given]).map((image: unknown) =>
    typeof image === 'string'
      ? imagePart(image)
      : isRecord(image) && typeof image['url'] === 'string'
        ? imagePart(image['url'])
        : null,
  );
  if (images.includes(null)) return fail(t('The pictures of the row are files, which an example cannot hold.'));
  const marks = messages.reduce(
    (sum, { content }) => sum + (typeof content === 'string' ? content.split('<image>').length - 1 : 0),
    0,
  );
  if (marks !== 0 && marks !== images.length) return fail(t('The row has other pictures than its texts name.'));
  let next = 0;
  let first = marks === 0;
  return ok(
    messages.map((message) => {
      const { content } = message;
      if (message.role !== 'user' || typeof content !== 'string') return message;
      if (first) {
        first = false;
        return { ...message, content: [...images, { type: 'text', text: content }] };
      }
      const texts = content.split('<image>');
      if (texts.length === 1) return message;
      const parts = texts.flatMap((text, index) => [
        ...(index === 0 ? [] : [images[next++]]),
        ...(text.trim() === '' ? [] : [{ type: 'text', text: text.trim() }]),
      ]);
      return { ...message, content: parts };
    }),
  );
}
