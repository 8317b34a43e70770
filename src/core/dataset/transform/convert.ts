import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { fixLine } from '../check/fixes.ts';
import { isFence, isMessage, isMessageList } from '../check/messageList.ts';
import { describe, isRecord } from '../check/rules/rule.ts';
import { ASSISTANT_NAMES, SYSTEM_NAMES, USER_NAMES } from '../pairNames.ts';
import type { ConvertOptions } from './chatBody.ts';
import { createCsvReader, delimiterHint, sniffDelimiter, type CsvRecord } from './csv.ts';
import { expand } from './expand.ts';
import { convertList, convertObject } from './forms.ts';
import { createJsonValueReader, withEscapedBreaks, type JsonPiece } from './jsonValues.ts';
import { Tally, type ConversionCounts } from './tally.ts';

export type { ConvertOptions } from './chatBody.ts';

/** Columns of a table that become messages, by their names in its first row. */
export interface ColumnMapping {
  readonly user: string;
  readonly assistant: string;
  readonly system: string | null;
}

/** Converts text in pieces of any size to lines of JSONL without their endings. */
export interface Converter extends ConversionCounts {
  push(text: string): Generator<string, void, undefined>;
  end(): Generator<string, void, undefined>;
}

/** Converts rows that are values already to lines of JSONL without their endings. */
export interface RowConverter extends ConversionCounts {
  /** `line`: the row's number in the source, from 1. */
  row(value: unknown, line: number): Generator<string, void, undefined>;
}

export interface TableFacts {
  readonly delimiter: string;
  readonly columns: readonly string[];
  /** Likely columns; null when no two columns are likely. */
  readonly suggested: ColumnMapping | null;
}

/** Reads a table's facts from the first few thousand characters of a file; null when it is no table with a header. */
export function tableFacts(start: string): TableFacts | null {
  const hinted = delimiterHint(start);
  const table = hinted === null ? start : start.slice(hinted.end);
  const delimiter = hinted?.delimiter ?? sniffDelimiter(table);
  if (delimiter === null) return null;
  const [header] = [...createCsvReader(delimiter).push(`${table}\n`)];
  const columns = header?.fields.map((name) => name.trim()) ?? [];
  return { delimiter, columns, suggested: suggestedColumns(columns) };
}

/** Likely columns by their names; null when no two columns are likely. */
export function suggestedColumns(columns: readonly string[]): ColumnMapping | null {
  const user = columns.find((name) => USER_NAMES.test(name));
  const assistant = columns.find((name) => name !== user && ASSISTANT_NAMES.test(name));
  const system = columns.find((name) => SYSTEM_NAMES.test(name)) ?? null;
  if (user !== undefined && assistant !== undefined) return { user, assistant, system };
  const [first, second, ...others] = columns.filter((name) => name !== system);
  return first !== undefined && second !== undefined && others.length === 0
    ? { user: first, assistant: second, system }
    : null;
}

/** Converts CSV or TSV with a header row to chat JSONL. */
export function createTableConverter(
  delimiter: string,
  mapping: ColumnMapping,
  options: ConvertOptions = {},
): Converter {
  const tally = new Tally();
  const reader = createCsvReader(delimiter);
  let columns: readonly string[] | null = null;
  const convert = ({ line, fields }: CsvRecord): Iterable<string> => {
    if (columns === null) {
      if (line === 1 && delimiterHint(fields.join(delimiter)) !== null) return [];
      columns = fields.map((name) => name.trim());
      const missing = [mapping.user, mapping.assistant].find((name) => columns?.includes(name) !== true);
      return missing === undefined ? [] : tally.skip(line, t('The table has no column "{0}".', missing));
    }
    const names = columns;
    const of = (name: string): string => fields[names.indexOf(name)] ?? '';
    return takeColumns(tally, line, { names, of }, mapping, options);
  };
  return converterOf(tally, reader, convert);
}

/** One row's columns as texts. */
interface Texts {
  readonly names: readonly string[];
  readonly of: (name: string) => string;
}

/** Makes an example of the chosen columns. */
function takeColumns(
  tally: Tally,
  line: number,
  { names, of }: Texts,
  mapping: ColumnMapping,
  options: ConvertOptions,
): Iterable<string> {
  const [user, assistant] = [of(mapping.user), of(mapping.assistant)];
  const system = mapping.system === null ? '' : of(mapping.system);
  if (user.trim() === '' || assistant.trim() === '') return tally.skip(line, t('The prompt or the answer is empty.'));
  const first = system.trim() === '' ? (options.systemText ?? '') : system;
  const messages = [
    ...(first.trim() === '' ? [] : [{ role: 'system', content: first }]),
    { role: 'user', content: user },
    { role: 'assistant', content: assistant },
  ];
  const kept = [mapping.user, mapping.assistant, mapping.system];
  const leftOut = names.filter((name) => !kept.includes(name) && of(name).trim() !== '');
  return tally.take(line, convertObject({ messages }, null), leftOut);
}

/**
 * Converts a JSON list, pretty-printed or concatenated objects, or JSONL, of every form that is known (`forms.ts`), to chat
 * examples or preference pairs: what the first row is. Slips that have a fix are fixed. With `mapping` two keys of each row are
 * the question and the answer, whatever its form.
 */
export function createJsonConverter(options: ConvertOptions = {}, mapping: ColumnMapping | null = null): Converter {
  const tally = new Tally();
  let turns: { line: number; messages: unknown[] } | null = null;
  const flush = function* (): Generator<string, void, undefined> {
    if (turns === null) return;
    const { line, messages } = turns;
    turns = null;
    yield* tally.take(line, convertList(messages, options));
  };
  const convert = function* ({ line, text, inList }: JsonPiece): Generator<string, void, undefined> {
    const json = readable(text);
    if (json === null) {
      yield* flush();
      // The marks round a block of code in Markdown are no row.
      if (!isFence(text)) yield* tally.skip(line, t('The row is not JSON.'));
      return;
    }
    const value: unknown = JSON.parse(json);
    // A list of messages without an object round it comes in pieces.
    if (inList && isMessage(value) && isRecord(value) && !('messages' in value)) {
      turns ??= { line, messages: [] };
      turns.messages.push(value);
      return;
    }
    yield* flush();
    yield* takeValue(tally, line, value, json, { options, mapping });
  };
  return converterOf(tally, createJsonValueReader(), convert, flush);
}

/** As `createJsonConverter`, for rows that were not read from JSON, such as those of a Parquet file. */
export function createRowConverter(options: ConvertOptions, mapping: ColumnMapping | null): RowConverter {
  const tally = new Tally();
  return Object.assign(tally, {
    row: (value: unknown, line: number) => takeValue(tally, line, value, null, { options, mapping }),
  });
}

/** Converts a value that is a row, or holds several; `json`: its text, where it was read from one. */
function* takeValue(
  tally: Tally,
  line: number,
  value: unknown,
  json: string | null,
  { options, mapping }: { readonly options: ConvertOptions; readonly mapping: ColumnMapping | null },
): Generator<string, void, undefined> {
  const { rows, raw, leftOut } = expand(value, json);
  for (const row of rows) {
    if (isRecord(row))
      yield* mapping === null
        ? tally.take(line, convertObject(row, raw, options), leftOut)
        : takeColumns(tally, line, textsOf(row), mapping, options);
    else if (isMessageList(row)) yield* tally.take(line, convertList(row, options), leftOut);
    else yield* tally.skip(line, t('The row is {0} where an object is needed.', describe(row)));
  }
}

/** Texts of a row; numbers and truth values as JSON writes them, lists and objects as JSON. */
function textsOf(row: Readonly<Record<string, unknown>>): Texts {
  const of = (name: string): string => {
    const value = Object.hasOwn(row, name) ? row[name] : null;
    if (typeof value === 'string') return value;
    return value === null || value === undefined ? '' : JSON.stringify(value);
  };
  return { names: Object.keys(row), of };
}

/** JSON of a piece, with the fixes that need no decision; null when it is none. */
function readable(text: string): string | null {
  if (isJson(text)) return text;
  const joined = withEscapedBreaks(text);
  if (isJson(joined)) return joined;
  const fixed = fixLine(joined, (code) => code.startsWith('json-') || code === 'nul-character');
  return fixed !== null && isJson(fixed) ? fixed : null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function converterOf<Row>(
  tally: Tally,
  reader: { push(text: string): Generator<Row>; end(): Generator<Row> },
  convert: (row: Row) => Iterable<string>,
  flush: () => Iterable<string> = () => [],
): Converter {
  const lines = function* (rows: Iterable<Row>): Generator<string, void, undefined> {
    for (const row of rows) yield* convert(row);
  };
  return Object.assign(tally, {
    push: (text: string) => lines(reader.push(text)),
    *end() {
      yield* lines(reader.end());
      yield* flush();
    },
  });
}

/** Converts one object to one line; `raw` is its JSON, which chat examples keep. */
export function convertRow(
  value: Readonly<Record<string, unknown>>,
  raw: string,
  options: ConvertOptions = {},
): Result<string, string> {
  const row = convertObject(value, raw, options);
  return row.ok ? ok(row.value.line) : fail(row.error);
}
