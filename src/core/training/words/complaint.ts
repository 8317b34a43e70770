// Places in a training file that a provider's refusal names, in one of several ways of counting. Messages seen so far:
// `Example 100, message 2 Discriminator 'role' is missing in value`, `Line 1 is not a dictionary`,
// `Example 1273 cannot be parsed. … line 1 column 79 (char 78) (line 1273)`, `Flagged lines: 4, 13, 14, 18, 35 ...`.

import { t } from '../../base/messages.ts';

/** Place that a message names, in the message's own counting. */
export interface NamedPlace {
  /** Unit of the number. `line`: line of the file, blank ones included. `example`: blank lines are not counted. */
  readonly unit: 'line' | 'example';
  readonly number: number;
  /** Number of the first one. */
  readonly origin: 0 | 1;
  /** Ordinal of the message in the example, from 1; null when none is named. */
  readonly message: number | null;
}

export interface ComplaintPlace {
  /** Line in the file, from 1. */
  readonly line: number;
  readonly message: number | null;
  /** Phrase about the way of counting that led there. */
  readonly reading: string;
}

/** Limits of a message; more places than a user reads. */
const MAX_PLACES = 200;
const MAX_LENGTH = 20_000;

const LIST =
  /\b(?<unit>lines|examples|rows)\b(?:\s+(?:numbers?|with errors|flagged))*\s*[:=]?\s*[[(]?(?<numbers>\d{1,9}(?:\s*,\s*(?:and\s+)?\d{1,9}|\s+and\s+\d{1,9})*)/gi;
const SINGLE =
  /\b(?<unit>line|example|row)(?:\s+(?<index>index)|\s+(?:number|no\.?))?\s*[:#=]?\s*(?<number>\d{1,9})\b(?!\s*,?\s*col)(?:,?\s*(?:in\s+)?(?:message\s+(?<message>\d{1,6})|messages\[(?<zero>\d{1,6})\]))?/gi;

/** Places that the message names, in its order, each once; empty when it names none. */
export function namedPlaces(message: string): readonly NamedPlace[] {
  const text = message.slice(0, MAX_LENGTH);
  const found = new Map<string, NamedPlace>();
  const add = (unit: string, number: number, zero: boolean, inMessage: number | null): void => {
    const place: NamedPlace = {
      unit: unit.toLowerCase().startsWith('line') ? 'line' : 'example',
      number,
      origin: zero ? 0 : 1,
      message: inMessage,
    };
    const key = `${place.unit} ${String(number)}`;
    if (!found.has(key) && found.size < MAX_PLACES) found.set(key, place);
  };
  for (const { groups } of text.matchAll(LIST)) {
    const unit = groups?.['unit'] ?? 'line';
    const numbers = [...(groups?.['numbers'] ?? '').matchAll(/\d+/g)].map(([digits]) => Number(digits));
    // `Number of examples: 8` is a count, not a place.
    if (unit.toLowerCase() !== 'lines' && numbers.length < 2) continue;
    for (const number of numbers) add(unit, number, false, null);
  }
  for (const { groups } of text.matchAll(SINGLE)) {
    const { unit = 'line', number, index, message: one, zero } = groups ?? {};
    const inMessage = one !== undefined ? Number(one) : zero !== undefined ? Number(zero) + 1 : null;
    add(unit, Number(number), index !== undefined, inMessage);
  }
  const places = [...found.values()];
  // A number zero means that the message counts from zero.
  const fromZero = places.some(({ number }) => number === 0);
  // `Example 1273 … (line 1273)` is one place; the line is the more reliable name.
  const lines = new Set(places.flatMap(({ unit, number }) => (unit === 'line' ? [number] : [])));
  const messageOf = new Map(
    places.flatMap(({ number, message: one }) => (one === null ? [] : [[number, one] as const])),
  );
  return places
    .filter(({ unit, number }) => unit === 'line' || !lines.has(number))
    .map((place) => ({
      ...place,
      origin: fromZero ? 0 : place.origin,
      message: place.message ?? messageOf.get(place.number) ?? null,
    }));
}

/** Special tokens (`<|fim_suffix|>`) that the message names: the line that is meant must contain them. */
function tokensIn(message: string): readonly string[] {
  return [...message.slice(0, MAX_LENGTH).matchAll(/<\|[\w-]{1,40}\|>/g)].map(([token]) => token);
}

/**
 * Lines of the file that the message means, by the message's own counting. Where it names a special token that is in the
 * neighboring line and not in the named one, the other way of counting applies instead, and `reading` says so. Places
 * outside the file are omitted.
 */
export function placesInFile(message: string, lines: readonly string[]): readonly ComplaintPlace[] {
  const named = namedPlaces(message);
  if (named.length === 0) return [];
  const examples = lines.flatMap((line, index) => (line.trim() === '' ? [] : [index + 1]));
  const tokens = tokensIn(message);
  const holdsToken = (line: number | undefined): boolean =>
    line !== undefined && tokens.some((token) => lines[line - 1]?.includes(token) === true);
  const lineOf = (place: NamedPlace, origin: 0 | 1): number | undefined => {
    const ordinal = place.number - origin;
    if (ordinal < 0) return undefined;
    return place.unit === 'example' ? examples[ordinal] : ordinal < lines.length ? ordinal + 1 : undefined;
  };
  const seen = new Set<number>();
  return named.flatMap((place) => {
    let { origin } = place;
    const other = origin === 1 ? 0 : 1;
    if (tokens.length > 0 && !holdsToken(lineOf(place, origin)) && holdsToken(lineOf(place, other))) origin = other;
    const line = lineOf(place, origin);
    if (line === undefined || seen.has(line)) return [];
    seen.add(line);
    return [{ line, message: place.message, reading: readingOf(place, origin) }];
  });
}

function readingOf({ unit, number }: NamedPlace, origin: 0 | 1): string {
  // Grouped digits would not be found in the provider's message.
  const place = String(number);
  return unit === 'example'
    ? t("the provider's example {0}, counted from {1} without blank lines", place, origin)
    : t("the provider's line {0}, counted from {1}", place, origin);
}
