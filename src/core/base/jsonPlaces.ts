// Places of values in the text of a JSON file, for problems that an editor shows.

/** Offsets in UTF-16 units: `start` of the first one, `end` after the last one. */
export interface JsonPlace {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the value with a path such as `contestants[1].label`, or the nearest value around it; of a missing key the place is the bracket
 * of its object. The text must be valid JSON; the empty path is the whole value.
 */
export function placeInJson(text: string, path: string): JsonPlace {
  const steps = [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([step, index]) => index ?? step);
  const reader = new Reader(text);
  return reader.find(steps);
}

/** Line of an offset, from 1. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  find(steps: readonly string[]): JsonPlace {
    this.#skipSpace();
    const start = this.#at;
    const open = this.#text[start];
    const [step, ...rest] = steps;
    if (step !== undefined && (open === '{' || open === '[')) {
      this.#at += 1;
      for (let index = 0; this.#hasMore(); index += 1) {
        const key = open === '[' ? String(index) : this.#key();
        if (key === step) return this.find(rest);
        this.#skipValue();
        this.#skipSpace();
        if (this.#text[this.#at] === ',') this.#at += 1;
      }
      return { start, end: start + 1 };
    }
    this.#skipValue();
    return open === '{' || open === '[' ? { start, end: start + 1 } : { start, end: this.#at };
  }

  /** Tells whether another entry follows in the object or array. */
  #hasMore(): boolean {
    this.#skipSpace();
    const next = this.#text[this.#at];
    return next !== undefined && next !== '}' && next !== ']';
  }

  #key(): string {
    const start = this.#at;
    this.#skipText();
    const key = JSON.parse(this.#text.slice(start, this.#at)) as string;
    this.#skipSpace();
    // The colon.
    this.#at += 1;
    return key;
  }

  #skipValue(): void {
    this.#skipSpace();
    const open = this.#text[this.#at];
    if (open === '"') this.#skipText();
    else if (open === '{' || open === '[') {
      let depth = 0;
      do {
        const unit = this.#text[this.#at];
        if (unit === '"') {
          this.#skipText();
          continue;
        }
        if (unit === '{' || unit === '[') depth += 1;
        if (unit === '}' || unit === ']') depth -= 1;
        this.#at += 1;
      } while (depth > 0 && this.#at < this.#text.length);
    } else while (this.#at < this.#text.length && !/[\s,\]}]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #skipText(): void {
    this.#at += 1;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"')
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at += 1;
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }
}
