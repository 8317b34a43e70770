import type { GraderType } from '../../evaluation/types.ts';
import { findNumber, type DecimalMark, type FoundNumber } from '../../evaluation/readNumber.ts';
import { hashText } from '../identity.ts';

/** Figures about the answers of a dataset; the same shape as the dataset worker's. */
export interface AnswerFigures {
  readonly count: number;
  readonly distinct: number;
  readonly meanTokens: number;
  /** Share of answers with a number, 0…1. */
  readonly numericShare: number;
  /** Number of answers without a number after the shared beginning: the number grader has nothing to compare with. */
  readonly withoutNumber: number;
  /** Number of answers with nothing but white space. */
  readonly empty: number;
  /** Median of the numbers after the shared beginning; null when fewer than half are numeric. */
  readonly medianNumber: number | null;
  /** Earliest of the most frequent answers; null when none occurs twice (unless there is only one). */
  readonly mostFrequent: string | null;
  readonly commonPrefix: string | null;
  readonly proposedGrader: GraderType;
  /** Mark that more of the answers' numbers show before their decimals than the other; a point when they show none. */
  readonly decimalMark: DecimalMark;
}

/** Collects figures answer by answer; memory grows by a hash or a short text per answer, never by a long text. */
export interface AnswerCollector {
  add(answer: string): void;
  state(): AnswerState;
  /** Adds the state of the answers that follow those so far. */
  join(state: AnswerState): void;
  /**
   * True: the most frequent answer is a long one that occurred once in each of the joined parts, so its text was not
   * kept.
   */
  readonly textLost: boolean;
  figures(): AnswerFigures;
  /** Number of each answer after the shared beginning, in the order of the answers; NaN: none. */
  numbers(): Float64Array;
}

/** State of the answers of a part of a file, as plain values. */
export interface AnswerState {
  readonly count: number;
  readonly tokens: number;
  readonly empty: number;
  /** See `NumberList`. */
  readonly numbers: Float64Array;
  readonly places: Uint16Array;
  readonly counts: ReadonlyMap<string, number>;
  readonly longTexts: ReadonlyMap<string, string>;
  readonly prefix: string | null;
  readonly shortest: number;
  readonly shortestText: string;
}

/** Longest answer that is a key itself; longer ones have their hash as key. */
const SHORT = 64;
/** Form of the key of a long answer. */
const LONG_KEY = /^#[0-9a-f]{28}$/;
/** End of a prefix: white space, or a mark that opens something. */
const PREFIX_END = /[\s:$€£¥=("'[{>#]/;
/** Longest prefix; a longer one is prose that happens to begin alike. */
const MAX_PREFIX = 200;
/** Longest answer that is read as a number, about `The price is $1,299.00 in total.`: prose holds numbers too. */
const NUMBER_ANSWER_LENGTH = 60;
/** Share of answers that must be short and numeric for the number grader to be proposed. */
const NUMBER_SHARE = 0.9;

/** Creates a collector. `countTokens` gives the tokens of one answer. */
export function createAnswerCollector(countTokens: (text: string) => number): AnswerCollector {
  let count = 0;
  let tokens = 0;
  let empty = 0;
  const numbers = new NumberList();
  const counts = new Map<string, number>();
  const longTexts = new Map<string, string>();
  let best: { key: string; count: number } | null = null;
  let prefix: string | null = null;
  let shortest = Infinity;
  /** Beginning of the shortest answer, which decides how much must remain after the prefix. */
  let shortestText = '';

  /** Finds the first of the most frequent answers; null when none occurs twice (unless there is only one). */
  const mostFrequentKey = (): string | null => {
    if (best === null || (best.count === 1 && count > 1)) return null;
    // Among equally frequent answers the first in the file, not the first to reach the count.
    for (const [key, seen] of counts) if (seen === best.count) return key;
    return null;
  };

  return {
    add(answer) {
      count += 1;
      tokens += countTokens(answer);
      const trimmed = answer.trim();
      if (trimmed === '') empty += 1;
      const key = trimmed.length <= SHORT ? trimmed : `#${hashText(trimmed)}`;
      const seen = (counts.get(key) ?? 0) + 1;
      counts.set(key, seen);
      if ((seen === 2 || count === 1) && trimmed.length > SHORT) longTexts.set(key, trimmed);
      if (best === null || seen > best.count) best = { key, count: seen };

      const start = answer.slice(0, MAX_PREFIX + 1);
      prefix = prefix === null ? start : sharedStart(prefix, start);
      numbers.add(answer, prefix, trimmed.length <= NUMBER_ANSWER_LENGTH);
      const length = answer.trimEnd().length;
      if (length < shortest) {
        shortest = length;
        shortestText = start;
      }
    },
    state: () => ({
      count,
      tokens,
      empty,
      ...numbers.state(),
      counts,
      longTexts,
      prefix,
      shortest,
      shortestText,
    }),
    join(state) {
      count += state.count;
      tokens += state.tokens;
      empty += state.empty;
      numbers.join(state);
      for (const [key, more] of state.counts) {
        const seen = (counts.get(key) ?? 0) + more;
        counts.set(key, seen);
        if (best === null || seen > best.count) best = { key, count: seen };
      }
      for (const [key, text] of state.longTexts) if (!longTexts.has(key)) longTexts.set(key, text);
      if (state.prefix !== null) prefix = prefix === null ? state.prefix : sharedStart(prefix, state.prefix);
      if (state.shortest < shortest) {
        shortest = state.shortest;
        shortestText = state.shortestText;
      }
    },
    get textLost() {
      const key = mostFrequentKey();
      return key !== null && !longTexts.has(key) && LONG_KEY.test(key);
    },
    numbers: () =>
      Float64Array.from(
        numbers.after(count < 2 || prefix === null ? 0 : (cutPrefix(prefix, shortest, shortestText)?.length ?? 0)).each,
      ),
    figures() {
      const commonPrefix = count < 2 || prefix === null ? null : cutPrefix(prefix, shortest, shortestText);
      const { values, short, decimalMark } = numbers.after(commonPrefix?.length ?? 0);
      const numericShare = count === 0 ? 0 : values.length / count;
      const frequent = mostFrequentKey();
      const mostFrequent = frequent === null ? null : (longTexts.get(frequent) ?? frequent);
      return {
        count,
        distinct: counts.size,
        meanTokens: count === 0 ? 0 : tokens / count,
        numericShare,
        withoutNumber: count - values.length,
        empty,
        medianNumber: numericShare < 0.5 || values.length === 0 ? null : median(values),
        mostFrequent,
        commonPrefix,
        proposedGrader: count > 0 && short / count >= NUMBER_SHARE ? 'number' : 'string_check',
        decimalMark,
      };
    },
  };
}

/** Bits of a place: the answer is short; the entry is the first of its answer. */
const IS_SHORT = 1;
const IS_FIRST = 2;
/** Bits of a place: the number is a thousandth with a decimal comma, or with a decimal point; it shows which of them its file has. */
const OPEN_COMMA = 4;
const OPEN_POINT = 8;
const SHOWS_COMMA = 16;
const SHOWS_POINT = 32;
const BITS = 6;

/**
 * Number of each answer, while the shared beginning and the decimal mark are still unknown. The beginning only becomes shorter, so
 * where it holds a digit (`GPT-4 estimate: $`) each of its possible ends is kept with the number after it; elsewhere one number per
 * answer is kept. `places`: length of that beginning × 64, and the bits. A missing number is NaN.
 */
class NumberList {
  readonly #numbers: number[] = [];
  readonly #places: number[] = [];

  /** Adds an answer. `shared`: the beginning that it shares with all before it. */
  add(answer: string, shared: string, short: boolean): void {
    const isShort = short ? IS_SHORT : 0;
    let last = findNumber(answer);
    this.#push(last, 0, isShort | IS_FIRST);
    const lastDigit = shared.search(/[\d.][^\d.]*$/);
    // A number may go on behind the beginning (`$2` of $226.95).
    const goesOn = /^[.,]?\d/.test(answer.slice(shared.length, shared.length + 2));
    const lastEnd = goesOn && lastDigit !== -1 ? shared.length : lastDigit;
    for (let end = 1; end <= shared.length && lastEnd !== -1; end += 1) {
      if (!PREFIX_END.test(shared.charAt(end - 1))) continue;
      const before = shared.slice(0, end).trimEnd();
      const found = findNumber(answer.slice(before.length), before);
      if (!sameNumber(found, last)) this.#push(found, before.length, isShort);
      last = found;
      // Behind the last digit the number is the same wherever the beginning ends.
      if (end > lastEnd) return;
    }
  }

  state(): { readonly numbers: Float64Array; readonly places: Uint16Array } {
    return { numbers: Float64Array.from(this.#numbers), places: Uint16Array.from(this.#places) };
  }

  join({ numbers, places }: { readonly numbers: Float64Array; readonly places: Uint16Array }): void {
    for (const number of numbers) this.#numbers.push(number);
    for (const place of places) this.#places.push(place);
  }

  /** Numbers behind a beginning of this length, the number of them in short answers, and the mark that most of them show. */
  after(length: number): Numbers {
    const read: { readonly number: number; readonly bits: number }[] = [];
    let commas = 0;
    let short = 0;
    let number = NaN;
    let bits = 0;
    const { length: entries } = this.#numbers;
    for (let index = 0; index < entries; index += 1) {
      const place = this.#places[index] ?? 0;
      if (place >> BITS <= length) [number, bits] = [this.#numbers[index] ?? NaN, place];
      const isLast = index + 1 === entries || ((this.#places[index + 1] ?? 0) & IS_FIRST) !== 0;
      if (!isLast) continue;
      read.push({ number, bits });
      if (Number.isNaN(number)) continue;
      short += place & IS_SHORT;
      if ((bits & SHOWS_COMMA) !== 0) commas += 1;
      else if ((bits & SHOWS_POINT) !== 0) commas -= 1;
    }
    const decimalMark = commas > 0 ? 'comma' : 'point';
    const open = decimalMark === 'comma' ? OPEN_COMMA : OPEN_POINT;
    const each = read.map((one) => ((one.bits & open) === 0 ? one.number : one.number / 1000));
    return {
      each,
      values: each.filter((one) => !Number.isNaN(one)),
      short,
      decimalMark,
    };
  }

  #push(found: FoundNumber | null, length: number, bits: number): void {
    const { point, comma, shows } = found ?? { point: NaN, comma: NaN, shows: null };
    const isPointLarger = Math.abs(point) > Math.abs(comma);
    const open = point === comma || found === null ? 0 : isPointLarger ? OPEN_COMMA : OPEN_POINT;
    const shown = shows === null ? 0 : shows === 'comma' ? SHOWS_COMMA : SHOWS_POINT;
    this.#numbers.push(isPointLarger ? point : comma);
    this.#places.push((length << BITS) | bits | open | shown);
  }
}

interface Numbers {
  /** Number of every answer; NaN: none. */
  readonly each: readonly number[];
  readonly values: readonly number[];
  readonly short: number;
  readonly decimalMark: DecimalMark;
}

function sameNumber(a: FoundNumber | null, b: FoundNumber | null): boolean {
  return a?.point === b?.point && a?.comma === b?.comma && a?.shows === b?.shows;
}

/** Middle of the sorted values; the mean of the two middle ones for an even number. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  if (sorted.length % 2 === 1) return sorted[middle] ?? NaN;
  const [low, high] = [sorted[middle - 1] ?? NaN, sorted[middle] ?? NaN];
  // Two halves where the sum is more than a double can hold.
  return Number.isFinite(low + high) ? (low + high) / 2 : low / 2 + high / 2;
}

function sharedStart(a: string, b: string): string {
  const limit = Math.min(a.length, b.length);
  let i = 0;
  while (i < limit && a.charCodeAt(i) === b.charCodeAt(i)) i += 1;
  return a.slice(0, i);
}

/**
 * Cuts a shared start to a usable beginning of answers: whole words, before the number that is
 * asked for, with some text remaining in every answer; no white space at its end (models continue ` word`).
 */
function cutPrefix(shared: string, shortest: number, shortestText: string): string | null {
  let prefix = shared;
  // Some text must remain in the shortest answer: when nothing does, its last word is the answer proper.
  if (prefix.length >= shortest) {
    prefix = shortestText.slice(0, shortest);
    prefix = prefix.replace(/[\p{L}\p{N}\p{M}]*[^\p{L}\p{N}\s]*$/u, '');
    if (prefix.length >= shortest) return null;
  }
  // Back to the last white space or opening mark: never inside a number (`Price is $2` of $226.95 and $27) or a word.
  let end = prefix.length;
  while (end > 0 && (!PREFIX_END.test(prefix.charAt(end - 1)) || isInsideNumber(shortestText, end))) end -= 1;
  prefix = prefix.slice(0, end);
  prefix = prefix.trimEnd();
  return prefix === '' || prefix.length > MAX_PREFIX ? null : prefix;
}

/** Tells whether the space before this position groups the digits of a number (`1 299,00`). */
function isInsideNumber(text: string, end: number): boolean {
  return (
    /(?<!\d)[1-9]\d{0,2}(?:\s\d{3})*\s$/.test(text.slice(Math.max(0, end - 20), end)) &&
    /^\d{3}(?!\d)/.test(text.slice(end, end + 4))
  );
}
