import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { createCsvReader, sniffDelimiter, type CsvRecord } from './csv.ts';
import { createJsonValueReader, onOneLine, type JsonPiece } from './jsonValues.ts';
import { detectKind } from '../kind.ts';
import { isRecord } from '../check/rules/rule.ts';

/** Columns of a table that become messages, by their names in its first row. */
export interface ColumnMapping {
  readonly user: string;
  readonly assistant: string;
  readonly system: string | null;
}

export interface ConvertOptions {
  /** System message for every example without its own. */
  readonly systemText?: string;
}

export interface SkippedRow {
  /** Line of the source, from 1. */
  readonly line: number;
  /** Reason in one sentence. */
  readonly reason: string;
}

/** Converts text in pieces of any size to lines of chat JSONL without their endings. */
export interface Converter {
  push(text: string): Generator<string, void, undefined>;
  end(): Generator<string, void, undefined>;
  /** Rows that could not be converted so far, the first 100; `skippedCount` counts all. */
  readonly skipped: readonly SkippedRow[];
  readonly skippedCount: number;
  readonly converted: number;
}

const MAX_SKIPPED = 100;

export interface TableFacts {
  readonly delimiter: string;
  readonly columns: readonly string[];
  /** Likely columns; null when no two columns are likely. */
  readonly suggested: ColumnMapping | null;
}

const USER_NAMES =
  /^(?:text|prompt|question|input|query|instruction|user|source|sentence|utterance|message|description|context)$/i;
const ASSISTANT_NAMES =
  /^(?:category|label|intent|answer|completion|response|output|target|assistant|class|price|summary|reply|sentiment)$/i;
const SYSTEM_NAMES = /^system(?:[ _-]?(?:prompt|message))?$/i;

/** Reads a table's facts from the first few thousand characters of a file; null when it is no table with a header. */
export function tableFacts(start: string): TableFacts | null {
  const delimiter = sniffDelimiter(start);
  if (delimiter === null) return null;
  const [header] = [...createCsvReader(delimiter).push(`${start}\n`)];
  const columns = header?.fields.map((name) => name.trim()) ?? [];
  const user = columns.find((name) => USER_NAMES.test(name));
  const assistant = columns.find((name) => name !== user && ASSISTANT_NAMES.test(name));
  const system = columns.find((name) => SYSTEM_NAMES.test(name)) ?? null;
  const two = columns.filter((name) => name !== system);
  const suggested =
    user !== undefined && assistant !== undefined
      ? { user, assistant, system }
      : two.length === 2 && two[0] !== undefined && two[1] !== undefined
        ? { user: two[0], assistant: two[1], system }
        : null;
  return { delimiter, columns, suggested };
}

/** Converts CSV or TSV with a header row to chat JSONL. */
export function createTableConverter(
  delimiter: string,
  mapping: ColumnMapping,
  options: ConvertOptions = {},
): Converter {
  const reader = createCsvReader(delimiter);
  let columns: readonly string[] | null = null;
  return converter<CsvRecord>(reader, ({ fields }) => {
    if (columns === null) {
      columns = fields.map((name) => name.trim());
      const missing = [mapping.user, mapping.assistant].find((name) => columns?.includes(name) !== true);
      return missing === undefined ? null : fail(t('The table has no column "{0}".', missing));
    }
    const of = (name: string | null): string => (name === null ? '' : (fields[columns?.indexOf(name) ?? -1] ?? ''));
    const [user, assistant, system] = [of(mapping.user), of(mapping.assistant), of(mapping.system)];
    if (user.trim() === '' || assistant.trim() === '') return fail(t('The prompt or the answer is empty.'));
    return ok(
      chatLine(
        system,
        [
          ['user', user],
          ['assistant', assistant],
        ],
        options,
      ),
    );
  });
}

/** Converts a JSON list, pretty-printed or concatenated objects, or JSONL with prompt/completion, Alpaca, ShareGPT or chat rows. */
export function createJsonConverter(options: ConvertOptions = {}): Converter {
  return converter<JsonPiece>(createJsonValueReader(), ({ text }) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return fail(t('The row is not JSON.'));
    }
    return isRecord(value) ? convertRow(value, text, options) : fail(t('The row is not an object.'));
  });
}

function converter<Row extends { readonly line: number }>(
  reader: { push(text: string): Generator<Row>; end(): Generator<Row> },
  convert: (row: Row) => Result<string, string> | null,
): Converter {
  const skipped: SkippedRow[] = [];
  let skippedCount = 0;
  let converted = 0;
  function* lines(rows: Iterable<Row>): Generator<string, void, undefined> {
    for (const row of rows) {
      const result = convert(row);
      if (result === null) continue;
      if (result.ok) {
        converted += 1;
        yield result.value;
        continue;
      }
      skippedCount += 1;
      if (skipped.length < MAX_SKIPPED) skipped.push({ line: row.line, reason: result.error });
    }
  }
  return {
    push: (text) => lines(reader.push(text)),
    end: () => lines(reader.end()),
    skipped,
    get skippedCount() {
      return skippedCount;
    },
    get converted() {
      return converted;
    },
  };
}

/** Converts one object to one line; `raw` is its JSON, which chat examples keep. */
export function convertRow(
  value: Readonly<Record<string, unknown>>,
  raw: string,
  options: ConvertOptions = {},
): Result<string, string> {
  const text = (key: string): string => (typeof value[key] === 'string' ? value[key] : '');
  switch (detectKind(value)) {
    case 'chat':
      return ok(onOneLine(raw));
    case 'prompt-completion': {
      const [prompt, completion] = [withoutSeparator(text('prompt')), text('completion').trim()];
      if (prompt === '' || completion === '') return fail(t('The prompt or the completion is empty.'));
      return ok(
        chatLine(
          '',
          [
            ['user', prompt],
            ['assistant', completion],
          ],
          options,
        ),
      );
    }
    case 'instruction': {
      const user = [text('instruction'), text('input')].filter((part) => part.trim() !== '').join('\n\n');
      const answer = text('output') === '' ? text('response') : text('output');
      if (user === '' || answer.trim() === '') return fail(t('The instruction or the output is empty.'));
      return ok(
        chatLine(
          text('system'),
          [
            ['user', user],
            ['assistant', answer],
          ],
          options,
        ),
      );
    }
    case 'conversations':
      return fromShareGpt(value, options);
    default:
      return fail(t('A row of this kind cannot be converted to a chat example.'));
  }
}

const SHAREGPT: Readonly<Record<string, 'system' | 'user' | 'assistant'>> = {
  system: 'system',
  human: 'user',
  user: 'user',
  gpt: 'assistant',
  assistant: 'assistant',
  chatgpt: 'assistant',
  bing: 'assistant',
  bard: 'assistant',
};

function fromShareGpt(value: Readonly<Record<string, unknown>>, options: ConvertOptions): Result<string, string> {
  const turns = value['conversations'] ?? value['conversation'];
  if (!Array.isArray(turns) || turns.length === 0) return fail(t('The conversation is empty.'));
  let system = typeof value['system'] === 'string' ? value['system'] : '';
  const messages: (readonly [string, string])[] = [];
  for (const turn of turns as readonly unknown[]) {
    const from = isRecord(turn) ? (turn['from'] ?? turn['role']) : undefined;
    const said = isRecord(turn) ? (turn['value'] ?? turn['content']) : undefined;
    const role = typeof from === 'string' && Object.hasOwn(SHAREGPT, from) ? SHAREGPT[from] : undefined;
    if (role === undefined || typeof said !== 'string') return fail(t('A turn has an unknown author or no text.'));
    if (role === 'system') system = system === '' ? said : `${system}\n\n${said}`;
    else messages.push([role, said]);
  }
  // Conversations are often cut after an unanswered question.
  while (messages.length > 0 && messages.at(-1)?.[0] === 'user') messages.pop();
  if (messages.length === 0) return fail(t('The conversation has no answer.'));
  return ok(chatLine(system, messages, options));
}

function chatLine(system: string, turns: readonly (readonly [string, string])[], options: ConvertOptions): string {
  const first = system.trim() === '' ? (options.systemText ?? '') : system;
  return JSON.stringify({
    messages: [
      ...(first.trim() === '' ? [] : [{ role: 'system', content: first }]),
      ...turns.map(([role, content]) => ({ role, content })),
    ],
  });
}

/** Removes the mark at the end of old prompts that told the model to begin (`\n\n###\n\n`, ` ->`). */
function withoutSeparator(prompt: string): string {
  return prompt.replace(/\s*(?:#{3,}|->|=>)\s*$/, '').trim();
}
