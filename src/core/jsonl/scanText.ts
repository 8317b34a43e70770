// Finds the faults that JSON.parse does not report: duplicate keys, digits that are lost, halves of characters. One pass over the raw text
// of a line that is valid JSON; not recursive.

/** A half-open range of UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface TextFacts {
  /** Levels of brackets. */
  readonly depth: number;
  /** The later one of two equal keys in an object, with its quotes. */
  readonly duplicateKeys: readonly (Span & { readonly key: string })[];
  /** Numbers that become another number when read. */
  readonly imprecise: readonly Span[];
  /** `\ud83d` without its other half, and raw halves. */
  readonly loneSurrogates: readonly Span[];
  /** `\u0000` inside text. */
  readonly nuls: readonly Span[];
  /** Controls that begin an embedding, override or isolate, raw or escaped. */
  readonly bidi: readonly Span[];
  /** Carriage returns outside text. */
  readonly returns: readonly Span[];
}

/** Most faults of one sort: of a line full of them only the first ones are reported. */
const MAX_SPANS = 20;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** `text` must be valid JSON. */
export function scanText(text: string): TextFacts {
  let depth = 0;
  let deepest = 0;
  const duplicateKeys: (Span & { readonly key: string })[] = [];
  const imprecise: Span[] = [];
  const loneSurrogates: Span[] = [];
  const nuls: Span[] = [];
  const bidi: Span[] = [];
  const returns: Span[] = [];
  const add = (list: Span[], start: number, end: number): void => {
    if (list.length < MAX_SPANS) list.push({ start, end });
  };
  /** Keys seen in each open object; null for a list. */
  const stack: (Set<string> | null)[] = [];
  let at = 0;
  let expectKey = false;

  const readString = (): number => {
    let i = at + 1;
    /** Start of a high surrogate that waits for its other half; -1 when none does. */
    let high = -1;
    let highEnd = -1;
    const settle = (unit: number, start: number, end: number): void => {
      if (high !== -1 && (start !== highEnd || unit < 0xdc00 || unit > 0xdfff)) {
        add(loneSurrogates, high, highEnd);
        high = -1;
      }
      if (unit >= 0xd800 && unit <= 0xdbff) {
        high = start;
        highEnd = end;
      } else if (unit >= 0xdc00 && unit <= 0xdfff) {
        if (high === -1) add(loneSurrogates, start, end);
        high = -1;
      } else if (unit === 0) add(nuls, start, end);
      else if (changesDirection(unit)) add(bidi, start, end);
    };
    for (;;) {
      const code = text.charCodeAt(i);
      if (code === QUOTE || i >= text.length) break;
      if (code === BACKSLASH) {
        if (text.charCodeAt(i + 1) === 0x75) {
          settle(parseInt(text.slice(i + 2, i + 6), 16), i, i + 6);
          i += 6;
        } else i += 2;
      } else {
        if (code >= 0x2000) settle(code, i, i + 1);
        i += 1;
      }
    }
    if (high !== -1) add(loneSurrogates, high, highEnd);
    return i + 1;
  };

  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = readString();
      const keys = stack.at(-1);
      if (expectKey && keys) {
        const raw = text.slice(at, end);
        const key = raw.includes('\\') ? String(JSON.parse(raw)) : raw.slice(1, -1);
        if (keys.has(key) && duplicateKeys.length < MAX_SPANS) duplicateKeys.push({ start: at, end, key });
        keys.add(key);
        expectKey = false;
      }
      at = end;
      continue;
    }
    if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
      stack.push(code === 0x7b ? new Set() : null);
      expectKey = code === 0x7b;
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
      stack.pop();
      expectKey = false;
    } else if (code === 0x2c) expectKey = stack.at(-1) !== null && stack.length > 0;
    else if (code === 0x0d) add(returns, at, at + 1);
    else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      let end = at + 1;
      while (end < text.length && /[-+.\deE]/.test(text[end] ?? '')) end += 1;
      if (end - at > 15 || /[eE]/.test(text.slice(at, end))) {
        if (losesPrecision(text.slice(at, end))) add(imprecise, at, end);
      }
      at = end;
      continue;
    }
    at += 1;
  }
  return { depth: deepest, duplicateKeys, imprecise, loneSurrogates, nuls, bidi, returns };
}

/** Tells whether a control begins text of another direction; the ends of such text change nothing by themselves. */
function changesDirection(unit: number): boolean {
  return (unit >= 0x202a && unit <= 0x202e && unit !== 0x202c) || (unit >= 0x2066 && unit <= 0x2068);
}

/** Tells whether a JSON number becomes another one when it is read: `12345678901234567890`, `1e400`, more than 17 digits. */
export function losesPrecision(number: string): boolean {
  const value = Number(number);
  if (!Number.isFinite(value)) return true;
  const mantissa = number.replace(/^-|[eE].*$/g, '');
  const digits = mantissa.replace('.', '').replace(/^0+/, '').replace(/0+$/, '');
  if (value === 0) return digits !== '';
  // 15 digits always survive, 18 never do.
  if (digits.length <= 15) return false;
  if (digits.length > 17) return true;
  if (/^-?\d+$/.test(number)) return BigInt(value) !== BigInt(number);
  const shortest = String(Math.abs(value)).replace(/e.*$/, '').replace('.', '').replace(/^0+/, '').replace(/0+$/, '');
  return shortest !== digits;
}
