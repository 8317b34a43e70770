import type { CheckedLine } from '../check/checkedLine.ts';
import { trimmedEnd, trimmedStart, unitsOfText, UnitsWriter, type Units } from './comparable.ts';
import { detectKind } from '../kind.ts';
import { createQuickScanner } from '../../jsonl/quickScan.ts';
import { MessageBytes } from '../check/messageBytes.ts';
import { canonical, canonicalOf, isBookkeeping, parseWritten } from './canonical.ts';
import { RowHash } from './rowHash.ts';
import { hashOfRole, hashOfTurns, turn, turnsOf, type Turn } from './rowTurns.ts';
import { isRecord } from '../check/rules/rule.ts';

/** Content of one row of any kind, for the comparison with others. Hashes have 53 bits. */
export interface DataRow {
  /**
   * Hash of everything in the row that a model would be trained on or asked with. What is not understood counts as its JSON;
   * the order of keys, white space and bookkeeping (`id`, `metadata`) do not count.
   */
  readonly exact: number;
  /** Hash of the prompt with its system message and tools; null when the prompt is empty. */
  readonly prompt: number | null;
  /** Hash of the answer; null when the row has none (reinforcement examples). */
  readonly answer: number | null;
  /** Answers that the row calls good and bad (preference pairs, `label`); absent when its answer is simply to be learned. */
  readonly judged?: JudgedAnswers;
  /** The answer as text; empty for tool calls without text. */
  readonly answerText: string;
  /** Question and answer without the system message, lower case, white space collapsed: for near comparisons. */
  readonly wholeText: string;
  /** The same without the answer. */
  readonly promptText: string;
  /** Hashes of what is in neither text (images, calls, tools, what is not understood); absent when there is nothing. */
  readonly others?: { readonly whole: number; readonly prompt: number };
  /** `wholeText` or `promptText` as units, where that takes less than the text; valid until another row's are asked for. */
  units?(part: 'whole' | 'prompt'): Units;
}

/** Hashes of a row's good and bad answer; null when it has none. */
export interface JudgedAnswers {
  readonly accepted: number | null;
  readonly rejected: number | null;
}

/**
 * Makes the row of a line that was just checked; null for blank lines and for rows that cannot be compared. While the line is the last one that
 * was checked its texts can be had, its hashes always.
 */
export function rowOfLine(line: CheckedLine): DataRow | null {
  if (line.messages !== null) return new LineRow(line.messages);
  return line.blank || line.text === null ? null : rowOf(line.text);
}

/** Makes the row of a line's text (no byte order mark); null when it is not an object, or has nothing to compare. */
export function rowOf(text: string): DataRow | null {
  try {
    const value = parseWritten(text);
    return isRecord(value) ? rowOfValue(value) : null;
  } catch {
    // Not JSON, or nested too deep.
    return null;
  }
}

/** Parts of a row beside its turns. */
interface Extras {
  /** What the model is asked with: tools and everything that no rule reads. */
  readonly asked: string;
  /** What belongs to the answer. */
  readonly told: string;
  readonly judged?: JudgedAnswers;
}

/** Makes the row of a line's object; null when it has nothing to compare. */
export function rowOfValue(value: Readonly<Record<string, unknown>>): DataRow | null {
  const kind = detectKind(value);
  switch (kind) {
    case 'chat':
      return answered(value, ['messages'], turnsOf(value['messages']));
    case 'reinforcement': {
      const asked = Object.keys(value).filter((key) => ASKED_WITH.has(key));
      const told = Object.keys(value).filter((key) => key !== 'messages' && !ASKED_WITH.has(key));
      const extras = { asked: canonicalOf(value, asked), told: canonicalOf(value, told) };
      return fromTurns(turnsOf(value['messages']), [], extras);
    }
    case 'preference':
      return pairRow(value);
    case 'prompt-completion':
    case 'prompt-messages':
      return answered(
        value,
        ['prompt', 'completion'],
        [turn('user', value['prompt']), turn('assistant', value['completion'])],
      );
    case 'conversations': {
      const key = Array.isArray(value['conversations']) ? 'conversations' : 'conversation';
      return answered(value, [key], turnsOf(value[key]));
    }
    case 'instruction': {
      const reply = 'output' in value ? 'output' : 'response';
      const asked = ['instruction', 'input'].filter((key) => typeof value[key] === 'string');
      const question = asked.map((key) => value[key]).filter((part) => part !== '');
      const turns = [turn('user', question.join('\n\n')), turn('assistant', value[reply])];
      return answered(value, [...asked, reply], turns);
    }
    default:
      return null;
  }
}

/** Keys of a reinforcement row that the model is asked with; the others are for its grader. */
const ASKED_WITH: ReadonlySet<string> = new Set([
  'tools',
  'functions',
  'function_call',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
]);

/** A row that ends in an answer, which a `label` may call good or bad; `read`: keys whose values are the turns. */
function answered(
  value: Readonly<Record<string, unknown>>,
  read: readonly string[],
  turns: readonly Turn[],
): DataRow | null {
  const { label } = value;
  const judges = typeof label === 'boolean';
  const asked = Object.keys(value).filter(
    (key) => !read.includes(key) && !isBookkeeping(key) && !(judges && key === 'label'),
  );
  const at = turns.findLastIndex(({ role }) => role === 'assistant');
  const [before, after] = at === -1 ? [turns, []] : [turns.slice(0, at), turns.slice(at)];
  const extras = { asked: canonicalOf(value, asked), told: judges ? canonicalOf(value, ['label']) : '' };
  if (!judges) return fromTurns(before, after, extras);
  const answer = after.length === 0 ? null : hashOfTurns(after, '');
  const judged = label ? { accepted: answer, rejected: null } : { accepted: null, rejected: answer };
  return fromTurns(before, after, { ...extras, judged });
}

function pairRow(value: Readonly<Record<string, unknown>>): DataRow | null {
  const { input, preferred_output: preferred, non_preferred_output: rejected, ...others } = value;
  const isRead = isRecord(input) && Array.isArray(input['messages']);
  const asked = [
    isRead
      ? canonicalOf(
          input,
          Object.keys(input).filter((key) => key !== 'messages'),
        )
      : canonical(input),
    canonicalOf(
      others,
      Object.keys(others).filter((key) => !isBookkeeping(key)),
    ),
  ];
  const told = [preferred, rejected].map((output) => (Array.isArray(output) ? '' : canonical(output)));
  const judged = { accepted: hashOfOutput(preferred), rejected: hashOfOutput(rejected) };
  return fromTurns(isRead ? turnsOf(input['messages']) : [], turnsOf(preferred), {
    asked: asked.filter((part) => part !== '').join(','),
    told: `${told.join(',')},${String(judged.rejected)}`,
    judged,
  });
}

function hashOfOutput(output: unknown): number {
  return hashOfTurns(turnsOf(output), Array.isArray(output) ? '' : canonical(output));
}

const hash = new RowHash();

/** `after`: the answer and everything after it. */
function fromTurns(before: readonly Turn[], after: readonly Turn[], { asked, told, judged }: Extras): DataRow | null {
  if (before.length + after.length === 0) return null;
  const [answer] = after;
  const isAsked = before.some((each) => !isSystem(each.role) && (each.text.trim() !== '' || each.rest !== ''));
  const promptText = comparable(before);
  const answerText = answer === undefined ? '' : answer.text;
  const restOf = (turns: readonly Turn[], rest: string): number =>
    rest === '' && turns.every((each) => each.rest === '')
      ? 0
      : hashOfTurns([], JSON.stringify([...turns.map((each) => each.rest), rest]));
  const others = { whole: restOf([...before, ...after], `${asked}${told}`), prompt: restOf(before, asked) };
  return {
    exact: hashOfTurns([...before, ...after], asked === '' && told === '' ? '' : JSON.stringify([asked, told])),
    prompt: isAsked ? hashOfTurns(before, asked) : null,
    answer: answer === undefined ? null : hashOfTurns([answer], told),
    ...(judged === undefined ? {} : { judged }),
    answerText,
    wholeText: answer === undefined ? promptText : `${promptText} ${normalize(answerText)}`.trim(),
    promptText,
    ...(others.whole === 0 ? {} : { others }),
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
