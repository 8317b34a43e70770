/** JSON value of a text, unchanged. */
export interface JsonPiece {
  /** Line where it begins, from 1. */
  readonly line: number;
  readonly text: string;
  /** True for an item of the list that the text begins with. */
  readonly inList: boolean;
}

/**
 * Cuts a text into its values, in a list, one per line, spread over lines or one after the other. Takes
 * pieces of any size; holds one value at a time. A broken value is passed on unchanged, up to the next line that is a value.
 */
export interface JsonValueReader {
  push(text: string): Generator<JsonPiece, void, undefined>;
  end(): Generator<JsonPiece, void, undefined>;
}

/** A longer value is cut: JavaScript has no text of more than 2^29 units. */
const MAX_UNITS = 2 ** 28;

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

export function createJsonValueReader(): JsonValueReader {
  return new ValueReader();
}

class ValueReader implements JsonValueReader {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inList = false;
  #any = false;
  #line = 1;
  #startLine = 1;
  /** Lines of the open value so far, and the beginning of its current line. */
  #held: string[] = [];
  #units = 0;
  #current = '';
  #open = false;
  /** True for a value that is neither an object, a list nor a text: it ends with its line. */
  #isWord = false;
  /** Last sign outside of texts that is not white space. */
  #last = 0;
  /** State at the beginning of the current line. */
  #lastBefore = 0;
  #inStringBefore = false;

  *push(text: string): Generator<JsonPiece, void, undefined> {
    let start = 0;
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i);
      if (code === 0x0a) this.#line += 1;
      if (!this.#open) {
        // Between values: white space, commas of the list, the list's own brackets.
        if (isSpace(code) || code === 0x2c || code === 0xfeff) continue;
        if (code === 0x5b && !this.#any) {
          this.#any = true;
          this.#inList = true;
          continue;
        }
        this.#any = true;
        if (code === 0x5d && this.#inList) {
          this.#inList = false;
          continue;
        }
        this.#begin(code);
        start = i;
      }
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (code === 0x5c) this.#escaped = true;
        else if (code === 0x22) {
          this.#inString = false;
          this.#last = code;
          if (this.#depth === 0) {
            yield this.#finish(text.slice(start, i + 1));
            continue;
          }
        }
      } else if (code === 0x22) this.#inString = true;
      else if (code === 0x7b || code === 0x5b) this.#depth += 1;
      else if (code === 0x7d || code === 0x5d) {
        this.#depth -= 1;
        if (this.#depth <= 0 && !this.#isWord) {
          yield this.#finish(text.slice(start, i + 1));
          continue;
        }
      }
      if (!this.#inString && !isSpace(code)) this.#last = code;
      if (code !== 0x0a) continue;
      if (this.#isWord) {
        // Words outside any bracket: no value, but a line to report.
        yield this.#finish(text.slice(start, i));
        continue;
      }
      this.#current += text.slice(start, i + 1);
      start = i + 1;
      yield* this.#atLineEnd();
    }
    if (this.#open) this.#current += text.slice(start);
  }

  *end(): Generator<JsonPiece, void, undefined> {
    if (this.#open) {
      this.#line += 1;
      yield* this.#atLineEnd();
    }
    if (this.#open && this.#held.some((line) => line.trim() !== '')) yield this.#finish('');
    this.#open = false;
  }

  #begin(code: number): void {
    this.#open = true;
    this.#isWord = code !== 0x7b && code !== 0x5b && code !== 0x22;
    this.#startLine = this.#line;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
  }

  #finish(rest: string): JsonPiece {
    const piece = {
      line: this.#startLine,
      text: `${this.#held.join('')}${this.#current}${rest}`,
      inList: this.#inList,
    };
    this.#held = [];
    this.#units = 0;
    this.#current = '';
    this.#open = false;
    return piece;
  }

  /**
   * Tells values that never end from those that go on: a line that is an object by itself, where none may follow, begins a new
   * value, and the one before is passed on as it is.
   */
  *#atLineEnd(): Generator<JsonPiece, void, undefined> {
    const line = this.#current;
    if (this.#held.length > 0 && this.#isMisplaced(line.trim().replace(/,$/, ''))) {
      this.#current = '';
      yield this.#finish('');
      yield { line: this.#line - 1, text: line.trim().replace(/,$/, ''), inList: this.#inList };
      return;
    }
    this.#held.push(line);
    this.#units += line.length;
    this.#current = '';
    this.#lastBefore = this.#last;
    this.#inStringBefore = this.#inString;
    if (this.#units > MAX_UNITS) yield this.#finish('');
  }

  #isMisplaced(line: string): boolean {
    if (!line.startsWith('{"') || !line.endsWith('}')) return false;
    // After a comma, a colon or an opening bracket a value is needed.
    if (!this.#inStringBefore && ',:[{'.includes(String.fromCharCode(this.#lastBefore))) return false;
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === 'object' && value !== null;
    } catch {
      return false;
    }
  }
}

/** Puts JSON on one line: line feeds and returns outside text become spaces; everything else stays byte for byte. */
export function onOneLine(json: string): string {
  return joinedLines(json, (text) => text);
}

/** Puts JSON on one line whose texts go on over lines: line feeds and other raw control characters in texts become escapes. */
export function withEscapedBreaks(json: string): string {
  return joinedLines(json, (text) => (/\p{Cc}/u.test(text) ? text.replace(/\\?\r?\n|\\[^]|\p{Cc}/gu, escaped) : text));
}

function escaped(raw: string): string {
  if (raw.endsWith('\n')) return '\\n';
  // Escapes, and controls beyond ASCII, may be in JSON as they are.
  return raw >= ' ' ? raw : JSON.stringify(raw).slice(1, -1);
}

function joinedLines(json: string, ofText: (text: string) => string): string {
  if (!/[\n\r\t]/.test(json)) return json;
  let result = '';
  let from = 0;
  let textStart = -1;
  for (let i = 0; i < json.length; i += 1) {
    const code = json.charCodeAt(i);
    if (textStart !== -1) {
      if (code === 0x5c) i += 1;
      else if (code === 0x22) {
        result += ofText(json.slice(textStart, i));
        from = i;
        textStart = -1;
      }
    } else if (code === 0x22) {
      result += json.slice(from, i + 1);
      textStart = i + 1;
      from = i + 1;
    } else if (code === 0x0a || code === 0x0d) {
      let end = i;
      while (/[\n\r\t ]/.test(json[end] ?? '')) end += 1;
      result += `${json.slice(from, i)} `;
      from = end;
      i = end - 1;
    }
  }
  return result + (textStart === -1 ? json.slice(from) : ofText(json.slice(textStart)));
}
