/** Keys and indexes from the root of a JSON value, e.g. `['messages', 2, 'role']`. */
export type JsonPath = readonly (string | number)[];

/** A half-open range of UTF-16 units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the value at `path` in `text`, which must be valid JSON. When the path ends early (a missing key), the
 * innermost value that exists is meant; null when not even the root is one that can be entered.
 */
export function locate(text: string, path: JsonPath): TextRange | null {
  let at = skipSpace(text, 0);
  let found = 0;
  for (const segment of path) {
    const next = typeof segment === 'number' ? enterList(text, at, segment) : enterObject(text, at, segment);
    if (next === null) break;
    at = next;
    found += 1;
  }
  if (found === 0 && path.length > 0) return null;
  return { start: at, end: skipValue(text, at) };
}

/** Finds the key at the end of `path`, with its quotes; the last of equal ones. Null when it does not exist. */
export function locateKey(text: string, path: JsonPath): TextRange | null {
  const key = path.at(-1);
  if (typeof key !== 'string') return null;
  let at = skipSpace(text, 0);
  for (const segment of path.slice(0, -1)) {
    const next = typeof segment === 'number' ? enterList(text, at, segment) : enterObject(text, at, segment);
    if (next === null) return null;
    at = next;
  }
  const value = enterObject(text, at, key);
  if (value === null) return null;
  let end = value - 1;
  while (text[end] !== ':') end -= 1;
  end -= 1;
  while (text[end] !== '"') end -= 1;
  let start = end - 1;
  // Back to the opening quote: a quote inside a key has an odd number of backslashes before it.
  for (;;) {
    while (text[start] !== '"') start -= 1;
    let slashes = 0;
    while (text[start - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return { start, end: end + 1 };
    start -= 1;
  }
}

/**
 * Finds a part of a text. `range` is the JSON string with its quotes, `part` counts UTF-16 units of what it
 * says: escapes are longer in the file.
 */
export function locatePart(
  text: string,
  range: TextRange,
  part: { readonly start: number; readonly end: number },
): TextRange {
  let at = range.start + 1;
  let units = 0;
  let start = at;
  while (units < part.end && at < range.end - 1) {
    if (units === part.start) start = at;
    at += text[at] !== '\\' ? 1 : text[at + 1] === 'u' ? 6 : 2;
    units += 1;
  }
  return { start: part.start >= units ? at : start, end: at };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return at;
    at += 1;
  }
}

function skipString(text: string, from: number): number {
  // `indexOf` is many times as fast as a loop over the units, above all before the loop is compiled.
  for (let quote = text.indexOf('"', from + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

function skipValue(text: string, from: number): number {
  let at = from;
  let depth = 0;
  while (at < text.length) {
    const char = text[at];
    if (char === '"') at = skipString(text, at);
    else if (char === '{' || char === '[') {
      depth += 1;
      at += 1;
    } else if (char === '}' || char === ']') {
      if (depth === 0) return at;
      depth -= 1;
      at += 1;
    } else if (depth === 0 && (char === ',' || char === ' ' || char === '\t' || char === '\n' || char === '\r'))
      return at;
    else {
      at += 1;
      continue;
    }
    if (depth === 0) return at;
  }
  return at;
}

/** Start of the item, or null. */
function enterList(text: string, from: number, index: number): number | null {
  if (text[from] !== '[') return null;
  let at = skipSpace(text, from + 1);
  for (let i = 0; text[at] !== ']' && at < text.length; i += 1) {
    if (i === index) return at;
    at = skipSpace(text, skipValue(text, at));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return null;
}

/** Start of the value; of two equal keys the last one counts, as in JSON.parse. */
function enterObject(text: string, from: number, key: string): number | null {
  if (text[from] !== '{') return null;
  let at = skipSpace(text, from + 1);
  let found: number | null = null;
  while (text[at] === '"') {
    const keyEnd = skipString(text, at);
    const name: unknown = JSON.parse(text.slice(at, keyEnd));
    at = skipSpace(text, keyEnd);
    if (text[at] !== ':') break;
    at = skipSpace(text, at + 1);
    if (name === key) found = at;
    at = skipSpace(text, skipValue(text, at));
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return found;
}
