import { factorAfter, isMoneyAfter, isMoneyBefore, isUnitAfter } from './numberWords.ts';

/** Mark before the decimals of a file's numbers. It decides only what is open: `1,299` and, where it is `comma`, `1.299`. */
export type DecimalMark = 'point' | 'comma';

/** Number of a text, with what its way of writing leaves open. */
export interface FoundNumber {
  /** Value as read with a decimal point. */
  readonly point: number;
  /** Value as read with a decimal comma; the same unless the number is one group of three digits behind a mark. */
  readonly comma: number;
  /** Decimal mark that this number shows; null when it shows none (`7`, `1,299`, `1.299`). */
  readonly shows: DecimalMark | null;
}

/**
 * Number of a reply or an answer as a reader would name it; null when there is none.
 *
 * - `1.5`, `1,5`, `1,299.00`, `1.299,00`, `1'299.00` and `1 299,00` (also with no-break and narrow spaces) are what they look like.
 *   `1,299` is a thousand unless `mark` is `comma`.
 * - A number beside a currency wins over one beside a unit, and that over one beside neither; among equals the first wins.
 * - `$20k` and `3.5 million` are multiplied; `-$5`, `$-5`, U+2212 and a text that is nothing but `($5.00)` are negative. A sign counts
 *   only where a number can begin: `GTX-1.5` is 1.5 and `10-20` is 10. An exponent counts (`1e3`).
 * - A value that is too large for a double is no number.
 */
export function readNumber(text: string, mark: DecimalMark = 'point', before = ''): number | null {
  const found = findNumber(text, before);
  return found && found[mark];
}

/**
 * Finds the number that `readNumber` reads. Takes linear time.
 * @param before beginning that was cut off: its own numbers do not count, but its currency or sign may stand before the first number
 */
export function findNumber(text: string, before = ''): FoundNumber | null {
  const kept = before.slice(-MOST_BEFORE);
  const whole = kept + text;
  let best: FoundNumber | null = null;
  let bestRank = -1;
  NEXT.lastIndex = kept.length;
  for (let next = NEXT.exec(whole); next !== null; next = NEXT.exec(whole)) {
    // The point of `1.` is none of a number behind it.
    const index = next[0].length === 2 && isDigit(whole.charCodeAt(next.index - 1)) ? next.index + 1 : next.index;
    const written = writtenAt(whole, index);
    const end = index + written.length;
    NEXT.lastIndex = skipRest(whole, end);
    const lead = whole.slice(Math.max(0, index - LOOK_AROUND), index);
    const hasMoneyBefore = isMoneyBefore(lead);
    const factor = factorAfter(whole, end, hasMoneyBefore);
    const isMoney = hasMoneyBefore || isMoneyAfter(whole, factor.end);
    const rank = isMoney ? MONEY : isUnitAfter(whole, factor.end) ? UNIT : BARE;
    if (rank <= bestRank) continue;
    const sign = isNegative(lead) || (isMoney && isAccounting(whole, index, factor.end)) ? '-' : '';
    const found = valued(sign, written, factor.power);
    if (found === null) continue;
    best = found;
    bestRank = rank;
    if (rank === MONEY) break;
  }
  return best;
}

const BARE = 0;
const UNIT = 1;
const MONEY = 2;

/** Characters looked at before a number: a sign and the name of a currency. */
const LOOK_AROUND = 16;
/** Characters of the beginning that was cut off that are looked at. */
const MOST_BEFORE = 100;

const SEPARATOR = ",.'\u2019\u00a0\u202f\u2009";
/** Beginning of a number: a digit, or a point with a digit behind it. */
const NEXT = /\.?\d/g;
/** Groups of three digits, all behind the same mark, with or without decimals behind another one. */
const GROUPED = new RegExp(
  String.raw`([1-9]\d{0,2})([${SEPARATOR}])(\d{3}(?:\2\d{3})*)(?:(?!\2)([.,])(\d+))?(?![${SEPARATOR}]?\d)`,
  'y',
);
/** Groups behind an ordinary space count only with a decimal comma or a currency behind them: `7 299` may be two numbers. */
const SPACED =
  /([1-9]\d{0,2})( )(\d{3}(?: \d{3}){0,4})(?:(,)(\d{1,2})(?![,.]?\d)|(?= ?(?:[€£¥₹₽₩]|EUR|kr|zł|Kč)(?![\p{L}\d])))/uy;
/** Groups of two digits before the last three, as written in India. */
const INDIAN = new RegExp(String.raw`([1-9]\d?)(,)(\d{2}(?:,\d{2})*,\d{3})(?:(\.)(\d+))?(?![${SEPARATOR}]?\d)`, 'y');
const DECIMAL = new RegExp(String.raw`(\d+)([.,])(\d+)(?![.,'\u2019]?\d)`, 'y');
/** Digits with or without decimals that nothing continues: most numbers, read by one pattern. */
const USUAL = new RegExp(String.raw`(\d+)(?:\.(\d+))?(?![${SEPARATOR} ]?\d|[eE])`, 'y');
const PLAIN = /\d*\.\d+|\d+/y;
const EXPONENT = /[eE]([-+]?\d{1,3})(?![\p{L}\d])/uy;
const REST = new RegExp(String.raw`(?:[${SEPARATOR}]\d+)*`, 'y');

interface Written {
  readonly whole: string;
  readonly decimals: string;
  readonly exponent: number;
  readonly length: number;
  readonly shows: DecimalMark | null;
  /** Mark of the only group when it may as well be a decimal mark. */
  readonly open: ',' | '.' | null;
}

function writtenAt(text: string, index: number): Written {
  const usual = at(USUAL, text, index);
  // `1.299` is looked at again below.
  if (usual !== null && usual[2]?.length !== 3) {
    const [{ length }, whole = '', decimals = ''] = usual;
    return { whole, decimals, exponent: 0, length, shows: decimals === '' ? null : 'point', open: null };
  }
  const grouped = at(GROUPED, text, index) ?? at(SPACED, text, index) ?? at(INDIAN, text, index);
  if (grouped) {
    const [all, first = '', mark = '', groups = '', decimalMark, decimals = ''] = grouped;
    const whole = first + groups.replaceAll(mark, '');
    const isOpen = groups.length === 3 && decimalMark === undefined && (mark === ',' || mark === '.');
    const shown = decimalMark ?? (mark === '.' ? ',' : mark === ',' ? '.' : null);
    return {
      whole,
      decimals,
      exponent: 0,
      length: all.length,
      shows: isOpen || shown === null ? null : markOf(shown),
      open: isOpen ? mark : null,
    };
  }
  const decimal = at(DECIMAL, text, index);
  const plain = decimal?.[0] ?? at(PLAIN, text, index)?.[0] ?? '';
  const [whole = '', decimals = ''] = plain.split(/[.,]/);
  const exponent = at(EXPONENT, text, index + plain.length);
  const shown = decimal?.[2];
  return {
    whole,
    decimals,
    exponent: Number(exponent?.[1] ?? 0),
    length: plain.length + (exponent?.[0].length ?? 0),
    shows: shown === undefined ? null : markOf(shown),
    open: null,
  };
}

function at(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

/** Skips the parts of a list or a version that are no numbers of their own: `.3` of `1.2.3`. */
function skipRest(text: string, end: number): number {
  return end + (at(REST, text, end)?.[0].length ?? 0);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function markOf(mark: string): DecimalMark {
  return mark === ',' ? 'comma' : 'point';
}

/** Null when the value is more than a double can hold. */
function valued(sign: string, { whole, decimals, exponent, shows, open }: Written, power: number): FoundNumber | null {
  // One conversion from the digits: a product or a quotient would be rounded once more.
  const value = (shift: number): number => {
    const number = Number(`${sign}${whole === '' ? '0' : whole}.${decimals}e${String(exponent + power + shift)}`);
    // −0 would show as "-0".
    return Number.isFinite(number) ? number + 0 : NaN;
  };
  const point = value(open === '.' ? -3 : 0);
  const comma = open === null ? point : value(open === ',' ? -3 : 0);
  return Number.isNaN(point) || Number.isNaN(comma) ? null : { point, comma, shows };
}

/** Tells whether a minus sign belongs to the number behind this text. */
function isNegative(lead: string): boolean {
  return /(?<![\p{L}\p{N}])[-\u2212](?: ?[A-Z]{0,3}\p{Sc})?$/u.test(lead);
}

/** Tells whether the text is nothing but a negative amount as bookkeepers write it, `($5.00)`, with or without a label. */
function isAccounting(text: string, index: number, end: number): boolean {
  const lead = text.slice(0, index);
  const rest = text.slice(end, end + LOOK_AROUND);
  return (
    lead.length <= 80 &&
    text.length - end <= LOOK_AROUND &&
    /^(?:[^()\d]*[:=])?\s*(?:\p{Sc}\s?\(|\((?:[A-Z]{0,3}\p{Sc}|[A-Z]{3})\s?)$/u.test(lead) &&
    /^\)[\s.*]*$/.test(rest)
  );
}
