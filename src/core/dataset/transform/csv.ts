/** Record of a table with the line of the file where it begins, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Reads a table in pieces of any size (RFC 4180; also lone CR and LF as endings, and quotes in the middle of a field unchanged). */
export interface CsvReader {
  push(text: string): Generator<CsvRecord, void, undefined>;
  end(): Generator<CsvRecord, void, undefined>;
}

export function createCsvReader(delimiter: string): CsvReader {
  let fields: string[] = [];
  let field = '';
  let quoted = false;
  /** State after a quote inside quotes: a second one is a quote, anything else ends the quoting. */
  let closing = false;
  let afterReturn = false;
  let line = 1;
  let startLine = 1;
  let started = false;

  const finish = (): CsvRecord | null => {
    const record = { line: startLine, fields: [...fields, field] };
    const blank = record.fields.length === 1 && field === '' && !started;
    fields = [];
    field = '';
    quoted = false;
    closing = false;
    started = false;
    return blank ? null : record;
  };

  return {
    *push(text) {
      let from = 0;
      if (line === 1 && startLine === 1 && !started && fields.length === 0 && text.startsWith('\uFEFF')) from = 1;
      for (let i = from; i < text.length; i += 1) {
        const char = text[i] ?? '';
        if (afterReturn) {
          afterReturn = false;
          if (char === '\n') {
            if (quoted && !closing) field += char;
            continue;
          }
        }
        if (quoted && !closing) {
          if (char === '"') closing = true;
          else {
            field += char;
            if (char === '\n' || char === '\r') {
              line += 1;
              afterReturn = char === '\r';
            }
          }
          continue;
        }
        if (closing) {
          closing = false;
          if (char === '"') {
            field += '"';
            continue;
          }
          quoted = false;
        }
        if (char === '"' && field === '' && !started) {
          quoted = true;
          started = true;
        } else if (char === delimiter) {
          fields.push(field);
          field = '';
          started = false;
        } else if (char === '\n' || char === '\r') {
          const record = finish();
          line += 1;
          startLine = line;
          afterReturn = char === '\r';
          if (record !== null) yield record;
        } else {
          field += char;
          started = true;
        }
      }
    },
    *end() {
      if (fields.length === 0 && field === '' && !started) return;
      const record = finish();
      if (record !== null) yield record;
    },
  };
}

/**
 * Delimiter that the first line names for Excel (`sep=;`), and the end of that line in UTF-16 units; null when it names none.
 * The line is no row of the table.
 */
export function delimiterHint(start: string): { readonly delimiter: string; readonly end: number } | null {
  const match = /^\uFEFF?"?sep=([^\r\n"])"?[ ;,\t]*(?:\r\n|\r|\n|$)/i.exec(start);
  return match === null ? null : { delimiter: match[1] ?? '', end: match[0].length };
}

/** Finds the delimiter that cuts the first lines into the same number of fields, more than one; null when it is no table. */
export function sniffDelimiter(start: string): string | null {
  const scores = [',', '\t', ';', '|'].map((delimiter) => {
    const reader = createCsvReader(delimiter);
    // The last line may be cut off.
    const records = [...reader.push(start)].slice(0, 20);
    if (records.length === 0) records.push(...reader.end());
    const width = records[0]?.fields.length ?? 0;
    const even = records.filter(({ fields }) => fields.length === width).length;
    return { delimiter, width, share: records.length === 0 ? 0 : even / records.length };
  });
  const fit = scores
    .filter(({ width, share }) => width > 1 && share > 0.8)
    .sort((a, b) => b.share - a.share || b.width - a.width);
  return fit[0]?.delimiter ?? null;
}
