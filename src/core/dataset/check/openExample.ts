// An example that goes on over lines: a text with raw line breaks inside, or an object spread over lines.
import { MAX_LINE_BYTES } from '../../jsonl/lines.ts';
import { withEscapedBreaks } from '../transform/jsonValues.ts';
import { isMessage } from './messageList.ts';
import { isRecord } from './rules/rule.ts';

export interface HeldLine {
  /** Line number from 1. */
  readonly number: number;
  readonly text: string;
}

/** `open`: the example goes on; `complete`: this line ends it; `over`: the line is no part of it, nor is any later one. */
export type Continuation = 'open' | 'complete' | 'over';

type Expected = 'value' | 'key' | 'colon' | 'comma' | 'end';

/** Words and numbers, in JSON and near it. */
const SCALAR = /[^\s,:{}[\]"]+/y;

/** Lines of one example so far. Only lines that failed by themselves get here. */
export class OpenExample {
  readonly lines: HeldLine[] = [];
  readonly #firstKey: string;
  readonly #stack: ('{' | '[')[] = [];
  #expected: Expected = 'value';
  #inText = false;
  #units = 0;
  #broken = false;
  #hasBreak = false;

  private constructor(line: HeldLine) {
    this.#firstKey = keyOf(line.text);
    this.#take(line);
  }

  /** The example that a line begins and does not end; null when something else is wrong with the line. */
  static begin(line: HeldLine): OpenExample | null {
    if (!/^\s*\{/.test(line.text)) return null;
    const example = new OpenExample(line);
    return example.#broken || example.#isComplete() ? null : example;
  }

  /** True when a text goes on over lines; otherwise the object is only spread over them. */
  get hasBreak(): boolean {
    return this.#hasBreak;
  }

  /** Something else is wrong with it, too. */
  get broken(): boolean {
    return this.#broken;
  }

  add(line: HeldLine): Continuation {
    if (this.#units + line.text.length > MAX_LINE_BYTES || this.#isOfOther(line.text)) return 'over';
    this.#take(line);
    // Where a text has gone on, its end cannot be told any more: up to the next row all belongs to it.
    if (this.#broken && !this.#hasBreak) {
      this.lines.pop();
      return 'over';
    }
    if (this.#broken) return 'open';
    return this.#isComplete() ? 'complete' : 'open';
  }

  /** Takes blank lines off the end, which belong to nothing. */
  withoutTail(): readonly HeldLine[] {
    const tail: HeldLine[] = [];
    while (this.lines.length > 1 && this.lines.at(-1)?.text.trim() === '') tail.unshift(...this.lines.splice(-1));
    return tail;
  }

  /** The example on one line. */
  joined(): string {
    return joinLines(this.lines.map(({ text }) => text));
  }

  #isComplete(): boolean {
    return this.#expected === 'end' && !this.#inText;
  }

  /** Tells whether a line begins another row. */
  #isOfOther(text: string): boolean {
    if (this.#inText || this.#broken) return /^\s*\{\s*["'“{]/.test(text);
    if (!/^\s*\{/.test(text)) return false;
    if (/^\{/.test(text) && this.#firstKey !== '' && keyOf(text) === this.#firstKey) return true;
    const value = objectOf(text);
    // Right after a row that breaks off, a whole object is the next row; later, it may be an item of a list.
    return value !== null && !isMessage(value) && (this.#expected !== 'value' || this.lines.length === 1);
  }

  #take(line: HeldLine): void {
    if (this.#inText) this.#hasBreak = true;
    this.lines.push(line);
    this.#units += line.text.length + 1;
    if (!this.#broken) this.#broken = !this.#scan(line.text);
  }

  /** Reads the next line; false when it is not how JSON goes on. Escapes and control characters inside texts do not matter here. */
  #scan(text: string): boolean {
    for (let at = 0; at < text.length; at += 1) {
      const char = text.charAt(at);
      if (this.#inText) {
        if (char === '\\') at += 1;
        else if (char === '"') {
          this.#inText = false;
          this.#expected = this.#expected === 'key' ? 'colon' : this.#afterValue();
        }
        continue;
      }
      if (char === ' ' || char === '\t' || char === '\r') continue;
      if (char === '"') {
        if (this.#expected !== 'key' && this.#expected !== 'value') return false;
        this.#inText = true;
      } else if (char === '{' || char === '[') {
        if (this.#expected !== 'value') return false;
        this.#stack.push(char);
        this.#expected = char === '{' ? 'key' : 'value';
      } else if (char === '}' || char === ']') {
        const open = this.#stack.pop();
        if (open !== (char === '}' ? '{' : '[') || this.#expected === 'colon') return false;
        this.#expected = this.#afterValue();
      } else if (char === ':') {
        if (this.#expected !== 'colon') return false;
        this.#expected = 'value';
      } else if (char === ',') {
        if (this.#expected === 'end') continue;
        if (this.#expected !== 'comma') return false;
        this.#expected = this.#stack.at(-1) === '{' ? 'key' : 'value';
      } else {
        SCALAR.lastIndex = at;
        const word = SCALAR.exec(text)?.[0] ?? '';
        if (this.#expected !== 'value' || word === '') return false;
        at += word.length - 1;
        this.#expected = this.#afterValue();
      }
    }
    return true;
  }

  #afterValue(): Expected {
    return this.#stack.length === 0 ? 'end' : 'comma';
  }
}

/** Lines of one example on one line: breaks inside texts become escapes, others white space. */
export function joinLines(lines: readonly string[]): string {
  return withEscapedBreaks(lines.join('\n')).replace(/,\s*$/, '');
}

/** First key of an object at the beginning of a line; empty when there is none. */
function keyOf(text: string): string {
  return /^\s*\{\s*"([^"\\]*)"/.exec(text)?.[1] ?? '';
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
