import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { fixLine } from '../check/fixes.ts';
import { isFence, isMessage, isMessageList } from '../check/messageList.ts';
import { describe, isRecord } from '../check/rules/rule.ts';
import type { TrainedKind } from '../kind.ts';
import { ASSISTANT_NAMES, SYSTEM_NAMES, USER_NAMES } from '../pairNames.ts';
import type { ConvertOptions } from './chatBody.ts';
import { createCsvReader, delimiterHint, sniffDelimiter, type CsvRecord } from './csv.ts';
import { expand } from './expand.ts';
import { convertList, convertObject, type ConvertedRow } from './forms.ts';
import { createJsonValueReader, withEscapedBreaks, type JsonPiece } from './jsonValues.ts';

export type { ConvertOptions } from './chatBody.ts';

/** Columns of a table that become messages, by their names in its first row. */
export interface ColumnMapping {
  readonly user: string;
  readonly assistant: string;
  readonly system: string | null;
}

export interface SkippedRow {
  /** Line of the source, from 1. */
  readonly line: number;
  /** Reason in one sentence. */
  readonly reason: string;
}

/** Rows that were left out for one reason. */
export interface SkippedReason {
  readonly reason: string;
  readonly rows: number;
  /** First line with this reason, from 1. */
  readonly line: number;
}

/** Key of the source that the result has no place for. */
export interface LeftOutKey {
  readonly key: string;
  readonly rows: number;
}

/** Converts text in pieces of any size to lines of JSONL without their endings. */
export interface Converter {
  push(text: string): Generator<string, void, undefined>;
  end(): Generator<string, void, undefined>;
  /** Rows that could not be converted so far, the first 100; `skippedCount` counts all. */
  readonly skipped: readonly SkippedRow[];
  readonly skippedCount: number;
  /** The first 100 reasons, the most frequent one first. */
  readonly reasons: readonly SkippedReason[];
  /** Keys in converted rows, the first 100. */
  readonly leftOut: readonly LeftOutKey[];
  readonly converted: number;
  /** Kind of the lines; null before the first one. */
  readonly kind: TrainedKind | null;
}

const MAX_SKIPPED = 100;

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
    const of = (name: string | null): string => (name === null ? '' : (fields[columns?.indexOf(name) ?? -1] ?? ''));
    const [user, assistant, system] = [of(mapping.user), of(mapping.assistant), of(mapping.system)];
    if (user.trim() === '' || assistant.trim() === '') return tally.skip(line, t('The prompt or the answer is empty.'));
    const first = system.trim() === '' ? (options.systemText ?? '') : system;
    const messages = [
      ...(first.trim() === '' ? [] : [{ role: 'system', content: first }]),
      { role: 'user', content: user },
      { role: 'assistant', content: assistant },
    ];
    const row = convertObject({ messages }, null);
    const kept = [mapping.user, mapping.assistant, mapping.system];
    const leftOut = columns.filter((name, index) => !kept.includes(name) && (fields[index] ?? '').trim() !== '');
    return tally.take(line, row, leftOut);
  };
  return tally.converter(reader, convert);
}

/**
 * Converts a JSON list, pretty-printed or concatenated objects, or JSONL, of every form that is known (`forms.ts`), to chat
 * examples or preference pairs: what the first row is. Slips that have a fix are fixed.
 */
export function createJsonConverter(options: ConvertOptions = {}): Converter {
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
    const { rows, raw, leftOut } = expand(value, json);
    for (const row of rows) {
      if (isRecord(row)) yield* tally.take(line, convertObject(row, raw, options), leftOut);
      else if (isMessageList(row)) yield* tally.take(line, convertList(row, options), leftOut);
      else yield* tally.skip(line, t('The row is {0} where an object is needed.', describe(row)));
    }
  };
  return tally.converter(createJsonValueReader(), convert, flush);
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

/** Counts the rows of one conversion. */
class Tally {
  readonly #skipped: SkippedRow[] = [];
  readonly #reasons = new Map<string, { rows: number; line: number }>();
  readonly #leftOut = new Map<string, number>();
  #skippedCount = 0;
  #converted = 0;
  #kind: TrainedKind | null = null;

  *take(
    line: number,
    row: Result<ConvertedRow, string>,
    leftOut: readonly string[] = [],
  ): Generator<string, void, undefined> {
    if (!row.ok) {
      yield* this.skip(line, row.error);
      return;
    }
    this.#kind ??= row.value.kind;
    if (row.value.kind !== this.#kind) {
      yield* this.skip(line, t('The row is of another kind than the rows before it.'));
      return;
    }
    this.#converted += 1;
    for (const key of [...leftOut, ...row.value.leftOut])
      if (this.#leftOut.has(key) || this.#leftOut.size < MAX_SKIPPED)
        this.#leftOut.set(key, (this.#leftOut.get(key) ?? 0) + 1);
    yield row.value.line;
  }

  /** Returns no lines. */
  skip(line: number, reason: string): readonly string[] {
    this.#skippedCount += 1;
    if (this.#skipped.length < MAX_SKIPPED) this.#skipped.push({ line, reason });
    const seen = this.#reasons.get(reason);
    if (seen !== undefined) seen.rows += 1;
    else if (this.#reasons.size < MAX_SKIPPED) this.#reasons.set(reason, { rows: 1, line });
    return [];
  }

  converter<Row>(
    reader: { push(text: string): Generator<Row>; end(): Generator<Row> },
    convert: (row: Row) => Iterable<string>,
    flush: () => Iterable<string> = () => [],
  ): Converter {
    const lines = function* (rows: Iterable<Row>): Generator<string, void, undefined> {
      for (const row of rows) yield* convert(row);
    };
    const skipped = this.#skipped;
    const skippedCount = (): number => this.#skippedCount;
    const reasons = (): readonly SkippedReason[] =>
      [...this.#reasons].map(([reason, seen]) => ({ reason, ...seen })).sort((a, b) => b.rows - a.rows);
    const leftOut = (): readonly LeftOutKey[] => [...this.#leftOut].map(([key, rows]) => ({ key, rows }));
    const converted = (): number => this.#converted;
    const kind = (): TrainedKind | null => this.#kind;
    return {
      push: (text) => lines(reader.push(text)),
      *end() {
        yield* lines(reader.end());
        yield* flush();
      },
      skipped,
      get skippedCount() {
        return skippedCount();
      },
      get reasons() {
        return reasons();
      },
      get leftOut() {
        return leftOut();
      },
      get converted() {
        return converted();
      },
      get kind() {
        return kind();
      },
    };
  }
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
