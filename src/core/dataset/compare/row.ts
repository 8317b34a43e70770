import type { CheckedLine } from '../check/checkedLine.ts';
import { trimmedEnd, trimmedStart, unitsOfText, UnitsWriter, type Units } from './comparable.ts';
import type { ChatExample } from '../example.ts';
import { detectKind } from '../kind.ts';
import { createQuickScanner } from '../../jsonl/quickScan.ts';
import { MessageBytes } from '../check/messageBytes.ts';
import { RowHash } from './rowHash.ts';
import { isRecord, rawText } from '../check/rules/rule.ts';

/** Content of one row of any kind, for the comparison with others. Hashes have 53 bits. */
export interface DataRow {
  /** Hash of the whole example; the order of its keys, white space and other fields (`id`, `metadata`) do not count. */
  readonly exact: number;
  /** Hash of the prompt with its system message; null when the prompt is empty. */
  readonly prompt: number | null;
  /** Hash of the answer; null when the row has none (reinforcement examples). */
  readonly answer: number | null;
  /** The answer as text; empty for tool calls without text. */
  readonly answerText: string;
  /** Question and answer without the system message, lower case, white space collapsed: for near comparisons. */
  readonly wholeText: string;
  /** The same without the answer. */
  readonly promptText: string;
  /** `wholeText` or `promptText` as units, where that takes less than the text; valid until another row's are asked for. */
  units?(part: 'whole' | 'prompt'): Units;
}

interface Turn {
  readonly role: string;
  readonly text: string;
  /** Images and tool calls as they are; empty when there are none. */
  readonly rest: string;
  /** Tells turns apart: role, text trimmed at its ends, images and tool calls. */
  readonly hash: number;
}

/**
 * Makes the row of a line that was just checked; null for blank lines and for rows that cannot be compared. While the line is the last one that
 * was checked its texts can be had, its hashes always.
 */
export function rowOfLine(line: CheckedLine): DataRow | null {
  if (line.messages !== null) return new LineRow(line.messages);
  if (line.example !== null) return rowOfExample(line.example);
  return line.blank || line.text === null ? null : rowOf(line.text);
}

/** Makes the row of a line's text (no byte order mark); null when it is not an object, or has nothing to compare. */
export function rowOf(text: string): DataRow | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isRecord(value) ? rowOfValue(value) : null;
}

/** Makes the row of an example, the same as that of its line. */
export function rowOfExample(example: ChatExample): DataRow | null {
  return fromTurns(turnsOf(example.messages), '');
}

export function rowOfValue(value: Readonly<Record<string, unknown>>): DataRow | null {
  const kind = detectKind(value);
  switch (kind) {
    case 'chat':
      return fromTurns(turnsOf(value['messages']), '');
    case 'reinforcement': {
      const { messages, ...rest } = value;
      return fromTurns(turnsOf(messages), canonical(rest));
    }
    case 'preference': {
      const input = isRecord(value['input']) ? turnsOf(value['input']['messages']) : [];
      const outputs = canonical([value['preferred_output'], value['non_preferred_output']]);
      const preferred = turnsOf(value['preferred_output']);
      return fromTurns([...input, ...preferred], outputs);
    }
    case 'prompt-completion':
      return fromTurns([turn('user', value['prompt']), turn('assistant', value['completion'])], '');
    case 'conversations':
      return fromTurns(turnsOf(value['conversations'] ?? value['conversation']), '');
    case 'instruction':
      return fromTurns(
        [
          turn(
            'user',
            [value['instruction'], value['input']]
              .filter((part) => typeof part === 'string' && part !== '')
              .join('\n\n'),
          ),
          turn('assistant', value['output'] ?? value['response']),
        ],
        '',
      );
    default:
      return null;
  }
}

/** A map: a role may be called `__proto__`. */
const SHAREGPT_ROLES: ReadonlyMap<string, string> = new Map([
  ['human', 'user'],
  ['gpt', 'assistant'],
]);

function turnsOf(messages: unknown): readonly Turn[] {
  if (!Array.isArray(messages)) return [];
  return messages.flatMap((message: unknown) => {
    if (!isRecord(message)) return [];
    const given = message['role'] ?? message['from'];
    const role = typeof given === 'string' ? (SHAREGPT_ROLES.get(given) ?? given) : '';
    return [turn(role, message['content'] ?? message['value'], message['tool_calls'])];
  });
}

function turn(role: string, content: unknown, calls?: unknown): Turn {
  const text = rawText(content);
  const parts = Array.isArray(content) && content.some((part: unknown) => isRecord(part) && part['type'] !== 'text');
  const callList = Array.isArray(calls)
    ? calls.map((call: unknown) =>
        isRecord(call) && isRecord(call['function']) ? [call['function']['name'], call['function']['arguments']] : null,
      )
    : [];
  const rest = parts || callList.length > 0 ? JSON.stringify([parts ? canonical(content) : '', callList]) : '';
  hash.reset();
  if (!parts) hash.addText(text.trim());
  if (rest !== '') hash.addText(rest);
  hash.addNumber(hashOfRole(role));
  return { role, text, rest, hash: hash.number() };
}

const hash = new RowHash();
/** Hashes of the first 64 roles; others are hashed each time. */
const roleHashes = new Map<string, number>();

function hashOfRole(role: string): number {
  const known = roleHashes.get(role);
  if (known !== undefined) return known;
  const own = new RowHash();
  own.addText(role);
  if (roleHashes.size < 64) roleHashes.set(role, own.number());
  return own.number();
}

/** Hashes of turns to one, with what else tells the row apart. */
function hashOfTurns(turns: readonly { readonly hash: number }[], rest: string): number {
  hash.reset();
  for (const each of turns) hash.addNumber(each.hash);
  if (rest !== '') hash.addText(rest);
  return hash.number();
}

function fromTurns(turns: readonly Turn[], rest: string): DataRow | null {
  if (turns.length === 0) return null;
  const at = turns.findLastIndex(({ role }) => role === 'assistant');
  const before = at === -1 ? turns : turns.slice(0, at);
  const answer = turns[at];
  const asked = before.some((each) => !isSystem(each.role) && (each.text.trim() !== '' || each.rest !== ''));
  const promptText = comparable(before);
  const answerText = answer === undefined ? '' : answer.text;
  return {
    exact: hashOfTurns(turns, rest),
    prompt: asked ? hashOfTurns(before, '') : null,
    answer: answer === undefined ? null : hashOfTurns([answer], rest),
    answerText,
    wholeText: answer === undefined ? promptText : `${promptText} ${normalize(answerText)}`.trim(),
    promptText,
  };
}

/**
 * Makes rows of texts, as `rowOf`; those of good lines by way of their bytes, which takes less time and memory. The texts
 * of a row can be had until the next one is made.
 */
export function createRowReader(): (text: string) => DataRow | null {
  const scanner = createQuickScanner();
  const messages = new MessageBytes();
  const encoder = new TextEncoder();
  let buffer = new Uint8Array(1 << 14);
  return (text) => {
    if (buffer.length < text.length * 3) buffer = new Uint8Array(text.length * 6);
    const bytes = buffer.subarray(0, encoder.encodeInto(text, buffer).written);
    if (!scanner.isGood(bytes)) return rowOf(text);
    messages.use(bytes, scanner.facts);
    return new LineRow(messages);
  };
}

/** A part of a row as units; valid until those of another part or row are asked for. */
export function unitsOfRow(row: DataRow, part: 'whole' | 'prompt'): Units {
  return row.units?.(part) ?? unitsOfText(part === 'whole' ? row.wholeText : row.promptText);
}

const writer = new UnitsWriter();
/** Line whose texts the writer holds. */
let writtenBy: MessageBytes | null = null;
let writtenVersion = 0;
let promptLength = 0;

/** A row of a line that is still bytes: the same as `rowOf` of its text. The quick look has shown that it ends in an answer. */
class LineRow implements DataRow {
  readonly exact: number;
  readonly prompt: number | null;
  readonly answer: number;
  readonly #messages: MessageBytes;
  readonly #version: number;

  constructor(messages: MessageBytes) {
    this.#messages = messages;
    this.#version = messages.version;
    const { bytes, words, count } = messages;
    let prompt: number | null = null;
    let asked = false;
    const whole = new RowHash();
    let last = 0;
    for (let message = 0; message < count; message += 1) {
      const role = messages.role(message);
      const end = messages.end(message);
      const from = trimmedStart(bytes, messages.start(message), end);
      hash.reset();
      hash.addBytes(words, from, trimmedEnd(bytes, from, end));
      hash.addNumber(hashOfRole(role));
      last = hash.number();
      if (message === count - 1 && asked) prompt = whole.number();
      if (role !== 'system') asked ||= from < end;
      whole.addNumber(last);
    }
    this.exact = whole.number();
    this.prompt = prompt;
    hash.reset();
    hash.addNumber(last);
    this.answer = hash.number();
  }

  get answerText(): string {
    return this.#valid().text(this.#messages.count - 1);
  }

  get wholeText(): string {
    return this.#write().text();
  }

  get promptText(): string {
    return this.#write().text(promptLength);
  }

  units(part: 'whole' | 'prompt'): Units {
    const { units, length } = this.#write();
    return { units, length: part === 'whole' ? length : promptLength };
  }

  #valid(): MessageBytes {
    if (this.#messages.version !== this.#version) throw new Error('Another line has been checked since');
    return this.#messages;
  }

  #write(): UnitsWriter {
    const messages = this.#valid();
    if (writtenVersion === this.#version && writtenBy === messages) return writer;
    writer.reset();
    const { bytes, count } = messages;
    for (let message = 0; message < count; message += 1) {
      if (message === count - 1) promptLength = writer.length;
      if (messages.role(message) === 'system') continue;
      writer.separate();
      writer.addUtf8(bytes, messages.start(message), messages.end(message));
    }
    writtenVersion = this.#version;
    writtenBy = messages;
    return writer;
  }
}

function isSystem(role: string): boolean {
  return role === 'system' || role === 'developer';
}

function comparable(turns: readonly Turn[]): string {
  return normalize(
    turns
      .filter(({ role }) => !isSystem(role))
      .map(({ text }) => text)
      .join('\n'),
  );
}

/** Lower case, white space collapsed. */
export function normalize(text: string): string {
  // Single spaces are most of the white space, and stay.
  return text
    .toLowerCase()
    .replace(/\s{2,}|[^\S ]/g, ' ')
    .trim();
}

/** JSON with the keys of every object in order. Nesting is limited by the rules; deeper values are cut. */
export function canonical(value: unknown, depth = 0): string {
  if (depth > 100) return '…';
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonical(item, depth + 1)).join(',')}]`;
  if (isRecord(value))
    return `{${Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(value[key], depth + 1)}`)
      .join(',')}}`;
  return JSON.stringify(value ?? null);
}
