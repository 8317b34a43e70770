import { t } from '../base/messages.ts';
import { isCurlyQuote, isOddSpace } from './oddSigns.ts';

// Finds where and why a text is not JSON. V8's own message often has no position (`Unexpected token 'x', "{"a": x}" is not
// valid JSON`), so the place is found by a scanner of ours. It runs only on lines that JSON.parse has refused.

/** The sort of an error, each a rule of its own because each has its own cure; `json-syntax` is all the others. */
export type JsonErrorCode =
  | 'json-syntax'
  | 'json-trailing-comma'
  | 'json-single-quotes'
  | 'json-typographic-quotes'
  | 'json-space'
  | 'json-unquoted-key'
  | 'json-unescaped-quote'
  | 'json-comment'
  | 'json-concatenated'
  | 'json-number'
  | 'json-python-literal'
  | 'json-control-character'
  | 'json-bad-escape'
  | 'nul-character'
  | 'lone-cr';

/** A half-open range of UTF-16 units, with the reason as a whole sentence. */
export interface JsonSyntaxError {
  readonly code: JsonErrorCode;
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

/** Deeper nesting is refused: structuredClone and JSON.stringify overflow the stack at about 5,000 levels. */
export const MAX_DEPTH = 500;

/** Levels of brackets outside strings. */
export function nestingDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return deepest;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const LITERAL = /true|false|null/y;
const WORD = /[\p{L}\p{N}_$.+-]+/uy;

/** The first error in reading order, or null when the text is JSON. Not recursive: any depth is fine. */
export function findJsonError(text: string): JsonSyntaxError | null {
  return new Scanner(text).run();
}

type Expect = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma' | 'done';

class Scanner {
  private readonly text: string;
  private at = 0;
  private readonly stack: ('{' | '[')[] = [];
  /** End of the last string (after its quote); -1 when something else was read since. */
  private stringEnd = -1;

  constructor(text: string) {
    this.text = text;
  }

  run(): JsonSyntaxError | null {
    let expect: Expect = 'value';
    let commaAt = -1;
    for (;;) {
      this.skipSpace();
      const start = this.at;
      const char = this.text[start];
      if (char === undefined) {
        if (expect === 'done') return null;
        const open = this.stack.at(-1);
        const length = this.text.length;
        if (open === undefined) return this.error(length, length, t('The line is not JSON: it is empty.'));
        return this.error(
          length,
          length,
          open === '{'
            ? t('The line is not JSON: it ends before the object is closed with }.')
            : t('The line is not JSON: it ends before the list is closed with ].'),
        );
      }
      if (isOddSpace(char))
        return this.error(
          start,
          start + 1,
          t('The line is not JSON: {0} is no white space of JSON.', quote(char)),
          'json-space',
        );
      if (char === '/' && (this.text[start + 1] === '/' || this.text[start + 1] === '*'))
        return this.error(start, start + 2, t('The line is not JSON, which has no comments.'), 'json-comment');
      switch (expect) {
        case 'done':
          // Files of old Macs end their lines with a lone CR, which is white space inside JSON.
          if (char === '{' && this.text.lastIndexOf('\r', start) > this.text.lastIndexOf('}', start - 1))
            return this.error(
              start,
              start + 1,
              t('The line is not JSON: a second object begins after a lone carriage return.'),
              'lone-cr',
            );
          if (char === '{')
            return this.error(
              start,
              start + 1,
              t('The line is not JSON: a second object begins on the same line.'),
              'json-concatenated',
            );
          if (char === ',' && /^[ \t\r]*$/.test(this.text.slice(start + 1)))
            return this.error(
              start,
              start + 1,
              t('The line is not JSON: a comma follows the object.'),
              'json-trailing-comma',
            );
          return this.error(
            start,
            start + 1,
            t('The line is not JSON: {0} follows where the line should end.', quote(char)),
          );
        case 'comma': {
          const open = this.stack.at(-1);
          if (char === ',') {
            commaAt = start;
            this.at += 1;
            expect = open === '{' ? 'key' : 'value';
            break;
          }
          if (char === (open === '{' ? '}' : ']')) {
            this.at += 1;
            this.stringEnd = -1;
            this.stack.pop();
            expect = this.stack.length === 0 ? 'done' : 'comma';
            break;
          }
          if (char === '}' || char === ']')
            return this.error(
              start,
              start + 1,
              t('The line is not JSON: {0} closes a bracket that was opened with {1}.', quote(char), quote(open ?? '')),
            );
          if (this.stringEnd !== -1 && char !== '"' && char !== '{' && char !== '[' && char !== ':')
            return this.error(
              this.stringEnd - 1,
              this.stringEnd,
              t('The line is not JSON: the text ends at this double quote, but {0} follows.', this.word(start)),
              'json-unescaped-quote',
            );
          return this.error(
            start,
            this.wordEnd(start),
            open === '{'
              ? t('The line is not JSON: a comma or } is missing before {0}.', this.word(start))
              : t('The line is not JSON: a comma or ] is missing before {0}.', this.word(start)),
          );
        }
        case 'colon':
          if (char !== ':')
            return this.error(start, start + 1, t('The line is not JSON: a colon is missing after the key.'));
          this.at += 1;
          expect = 'value';
          break;
        case 'key':
        case 'key-or-end': {
          if (char === '}') {
            if (expect === 'key')
              return this.error(
                commaAt,
                commaAt + 1,
                t('The line is not JSON: there is an extra comma before }.'),
                'json-trailing-comma',
              );
            this.at += 1;
            this.stack.pop();
            expect = this.stack.length === 0 ? 'done' : 'comma';
            break;
          }
          if (isCurlyQuote(char)) return this.curly(start);
          if (char !== '"')
            return this.error(
              start,
              this.wordEnd(start),
              char === "'"
                ? t('The line is not JSON: keys need double quotes instead of single quotes.')
                : char === ','
                  ? t('The line is not JSON: there is an extra comma.')
                  : t('The line is not JSON: the key {0} needs double quotes.', this.word(start)),
              char === "'" ? 'json-single-quotes' : /[\p{L}_$]/u.test(char) ? 'json-unquoted-key' : undefined,
            );
          const broken = this.string();
          if (broken !== null) return broken;
          expect = 'colon';
          break;
        }
        case 'value':
        case 'value-or-end': {
          if (char === ']' && this.stack.at(-1) === '[') {
            if (expect === 'value')
              return this.error(
                commaAt,
                commaAt + 1,
                t('The line is not JSON: there is an extra comma before ].'),
                'json-trailing-comma',
              );
            this.at += 1;
            this.stack.pop();
            expect = this.stack.length === 0 ? 'done' : 'comma';
            break;
          }
          if (char === '{' || char === '[') {
            this.stack.push(char);
            this.at += 1;
            this.stringEnd = -1;
            expect = char === '{' ? 'key-or-end' : 'value-or-end';
            break;
          }
          const broken = char === '"' ? this.string() : this.scalar(start, char);
          if (char !== '"') this.stringEnd = -1;
          if (broken !== null) return broken;
          expect = this.stack.length === 0 ? 'done' : 'comma';
        }
      }
    }
  }

  private error(
    start: number,
    end: number,
    message: string,
    code: JsonErrorCode = this.text.charCodeAt(start) === 0 ? 'nul-character' : 'json-syntax',
  ): JsonSyntaxError {
    return { code, start, end, message };
  }

  private curly(start: number): JsonSyntaxError {
    return this.error(
      start,
      start + 1,
      t('The line is not JSON: {0} is a typographic quote where a double quote is needed.', this.text.charAt(start)),
      'json-typographic-quotes',
    );
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return;
      this.at += 1;
    }
  }

  private wordEnd(start: number): number {
    WORD.lastIndex = start;
    const match = WORD.exec(this.text);
    if (match !== null) return start + match[0].length;
    return start + ((this.text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
  }

  private word(start: number): string {
    return quote(this.text.slice(start, Math.min(this.wordEnd(start), start + 30)));
  }

  private scalar(start: number, char: string): JsonSyntaxError | null {
    const pattern = char === '-' || (char >= '0' && char <= '9') ? NUMBER : LITERAL;
    pattern.lastIndex = start;
    const match = pattern.exec(this.text);
    const end = this.wordEnd(start);
    if (match !== null && start + match[0].length === end) {
      this.at = end;
      return null;
    }
    const word = this.text.slice(start, end);
    if (/^[-+]?(?:NaN|Infinity|inf|nan)$/.test(word))
      return this.error(start, end, t('The line is not JSON: {0} is not a JSON number.', quote(word)), 'json-number');
    if (/^(?:True|False|None|undefined)$/.test(word))
      return this.error(
        start,
        end,
        t(
          'The line is not JSON: {0} is written {1} in JSON.',
          quote(word),
          word === 'True' ? 'true' : word === 'False' ? 'false' : 'null',
        ),
        'json-python-literal',
      );
    if (isCurlyQuote(char)) return this.curly(start);
    if (char === "'")
      return this.error(
        start,
        end,
        t('The line is not JSON: text needs double quotes instead of single quotes.'),
        'json-single-quotes',
      );
    if (char === '\uFEFF')
      return this.error(start, end, t('The line is not JSON: a byte order mark is in the middle of the file.'));
    if (char === ',' || char === '}' || char === ']' || char === ':')
      return this.error(start, end, t('The line is not JSON: a value is missing before {0}.', quote(char)));
    if (pattern === NUMBER)
      return this.error(
        start,
        end,
        t('The line is not JSON: {0} is not a JSON number.', this.word(start)),
        'json-number',
      );
    return this.error(
      start,
      end,
      t('The line is not JSON: {0} is not a value; text needs double quotes.', this.word(start)),
    );
  }

  /** Reads a string from its opening quote. */
  private string(): JsonSyntaxError | null {
    const start = this.at;
    for (let i = start + 1; i < this.text.length; i += 1) {
      const code = this.text.charCodeAt(i);
      if (code === 0x22) {
        this.at = i + 1;
        this.stringEnd = this.at;
        return null;
      }
      if (code < 0x20)
        return this.error(i, i + 1, controlCharacter(code), code === 0 ? 'nul-character' : 'json-control-character');
      if (code !== 0x5c) continue;
      const escape = this.text[i + 1];
      if (escape === undefined) break;
      if (escape === 'u') {
        if (!/^[0-9a-fA-F]{4}$/.test(this.text.slice(i + 2, i + 6)))
          return this.error(
            i,
            Math.min(i + 6, this.text.length),
            t('The line is not JSON: \\u must be followed by four hexadecimal digits.'),
            'json-bad-escape',
          );
        i += 5;
      } else if ('"\\/bfnrt'.includes(escape)) i += 1;
      else
        return this.error(
          i,
          i + 2,
          t('The line is not JSON: {0} is not a JSON escape.', `\\${escape}`),
          'json-bad-escape',
        );
    }
    return this.error(
      start,
      this.text.length,
      t('The line is not JSON: the text that begins here is never closed with a double quote.'),
    );
  }
}

function controlCharacter(code: number): string {
  if (code === 9) return t('The line is not JSON: a tab inside text must be escaped.');
  if (code === 13) return t('The line is not JSON: a carriage return inside text must be escaped.');
  return t('The line is not JSON: the control character {0} inside text must be escaped.', codePoint(code));
}

/** `U+0009`. */
function codePoint(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Quotes a text in a message: short, on one line, with invisible characters named. */
function quote(text: string): string {
  const visible = text.replace(/[\p{C}\p{Z}]/gu, (char) => (char === ' ' ? ' ' : codePoint(char.codePointAt(0) ?? 0)));
  return `"${visible}"`;
}
