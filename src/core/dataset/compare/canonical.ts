// The JSON of what no rule reads, in one form: equal values have equal texts, whatever the order of their keys.
import { MAX_DEPTH } from '../../jsonl/jsonSyntax.ts';
import { isRecord } from '../check/rules/rule.ts';

/** Number that JavaScript would write differently, kept as the file has it: `1.0`, `12345678901234567890`. */
export class WrittenNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

const keepSource: Reviver = (_key, value, context) => {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return String(value) === context.source ? value : new WrittenNumber(context.source);
};

/** Parses JSON; a number that JavaScript would write differently becomes a {@link WrittenNumber}. Throws on bad JSON. */
export function parseWritten(text: string): unknown {
  // A line of texts alone, which is nearly every line, is not visited value by value.
  if (!/[[:,][ \t\r\n]*-?\d/.test(text)) return JSON.parse(text);
  return JSON.parse(text, keepSource);
}

/**
 * JSON with the keys of every object in order and the numbers as written.
 * @throws RangeError for values nested more than 500 levels deep, which no rule accepts
 */
export function canonical(value: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) throw new RangeError('Nested too deep to be compared');
  if (value instanceof WrittenNumber) return value.source;
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonical(item, depth + 1)).join(',')}]`;
  if (isRecord(value))
    return `{${Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(value[key], depth + 1)}`)
      .join(',')}}`;
  return JSON.stringify(value ?? null);
}

/** Keys that only tell rows from each other for their owner; no model reads them. */
const BOOKKEEPING =
  /^_*(?:id|uuid|guid|idx|index|row|line|key|[a-z]+_id|metadata|meta|name|source|split|url|timestamp|(?:created|updated)(?:_at)?)$/i;

export function isBookkeeping(key: string): boolean {
  return BOOKKEEPING.test(key);
}

/** Canonical JSON of the given keys that say something; empty when none does: absent, null and an empty list are the same. */
export function canonicalOf(value: Readonly<Record<string, unknown>>, keys: readonly string[]): string {
  const parts = [...keys].sort().flatMap((key) => {
    const item = value[key];
    if (item === undefined || item === null || (Array.isArray(item) && item.length === 0)) return [];
    return [`${JSON.stringify(key)}:${canonical(item)}`];
  });
  return parts.join(',');
}
