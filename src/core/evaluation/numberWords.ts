// Words and signs beside a number that say what it counts. Single letters count only where they can mean nothing else.

const SPACE = String.raw`[ \u00a0\u202f\u2009]`;
const WORD_END = String.raw`(?![\p{L}\p{N}])`;

const CODES =
  'USD|EUR|GBP|JPY|CNY|INR|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BRL|MXN|ZAR|KRW|RUB|TRY|UAH|ILS|SGD|HKD|TWD|THB|IDR|PHP|VND|AED|SAR';
const NAMES = [
  'dollars?',
  'euros?',
  String.raw`pounds?\ssterling`,
  'cents?',
  'bucks',
  'francs?',
  'Franken',
  'yen',
  'yuan',
  'rupees?',
  'rupien?',
  'pesos?',
  'reais',
  'real',
  'kronor',
  'kroner',
  'kronen?',
  'zł',
  'złotych',
  'Kč',
  'kr',
  'Rs',
].join('|');

/** Name or sign of a currency right before a number, with a sign or an opening bracket of the number between them. */
const MONEY_BEFORE = new RegExp(
  String.raw`(?:\p{Sc}|(?<![\p{L}\p{N}])(?:${CODES}|R\$|Rs\.?|kr\.?|Fr\.))${SPACE}?[*_(]{0,2}[-+\u2212]?$`,
  'u',
);
// A sign with a digit right behind it belongs to that digit: `Item 5 $20`.
const MONEY_AFTER = new RegExp(
  String.raw`${SPACE}?(?:(?:${CODES})${WORD_END}|\p{Sc}(?!\d)|(?:${NAMES})${WORD_END})`,
  'uiy',
);
const UNIT_AFTER = new RegExp(
  String.raw`[ \u00a0\u202f\u2009-]?(?:[%‰°℃℉]|${SPACE}?(?:percent|per cent|kg|mg|g|lbs?|oz|km|cm|mm|m|mi|ft|yd|ml|cl|L|l|h|hrs?|min|ms|kW|kWh|W|MW|V|Hz|kHz|MHz|GHz|kB|KB|MB|GB|TB|px|mph|kmh|km/h|m²|m³|kcal|cal|K|` +
    'kilograms?|grams?|pounds?|ounces?|tons?|tonnes?|kilomet(?:er|re)s?|met(?:er|re)s?|centimet(?:er|re)s?|millimet(?:er|re)s?|miles?|feet|foot|inch(?:es)?|yards?|lit(?:er|re)s?|gallons?|' +
    String.raw`seconds?|minutes?|hours?|days?|weeks?|months?|years?|degrees?|watts?|volts?|points?|calories)${WORD_END})`,
  'uy',
);

/** Powers of ten of the words behind a number. */
const WORDS: ReadonlyMap<string, number> = new Map([
  ['hundred', 2],
  ['thousand', 3],
  ['lakh', 5],
  ['million', 6],
  ['mio', 6],
  ['crore', 7],
  ['billion', 9],
  ['mrd', 9],
  ['trillion', 12],
]);
const FACTOR_WORD = new RegExp(
  String.raw`[ \u00a0\u202f\u2009-]?(hundred|thousand|lakh|million|mio|crore|billion|mrd|trillion)(?:s|en)?(?![\p{L}\p{N}])\.?`,
  'uiy',
);
/** Letters right behind the digits; `m`, `b` and `t` are meters, bits and tons unless a currency says otherwise. */
const FACTOR_LETTER = new RegExp(String.raw`(k|K|M|MM|B|bn|Bn|mn|T|m|b|t)${WORD_END}`, 'uy');
const LETTERS: ReadonlyMap<string, number> = new Map([
  ['k', 3],
  ['m', 6],
  ['mm', 6],
  ['mn', 6],
  ['b', 9],
  ['bn', 9],
  ['t', 12],
]);
const ONLY_OF_MONEY: ReadonlySet<string> = new Set(['MM', 'T', 'm', 'b', 't']);

export interface Factor {
  /** Power of ten that the number is multiplied with. */
  readonly power: number;
  /** Position behind the word, where a currency or a unit may follow. */
  readonly end: number;
}

/** Finds `k`, `million` and the like behind a number that ends at `end`. */
export function factorAfter(text: string, end: number, isMoney: boolean): Factor {
  if (end === text.length) return { power: 0, end };
  const word = matchAt(FACTOR_WORD, text, end);
  if (word) return { power: WORDS.get((word[1] ?? '').toLowerCase()) ?? 0, end: end + word[0].length };
  const letter = matchAt(FACTOR_LETTER, text, end)?.[1];
  if (letter === undefined) return { power: 0, end };
  const behind = end + letter.length;
  if (ONLY_OF_MONEY.has(letter) && !isMoney && !isMoneyAfter(text, behind)) return { power: 0, end };
  return { power: LETTERS.get(letter.toLowerCase()) ?? 0, end: behind };
}

export function isMoneyBefore(lead: string): boolean {
  if (lead === '') return false;
  if (lead.endsWith('$') || lead.endsWith('€')) return true;
  return MONEY_BEFORE.test(lead);
}

export function isMoneyAfter(text: string, end: number): boolean {
  return end < text.length && matchAt(MONEY_AFTER, text, end) !== null;
}

export function isUnitAfter(text: string, end: number): boolean {
  return end < text.length && matchAt(UNIT_AFTER, text, end) !== null;
}

function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}
