/**
 * Extracts the number in a reply as the lesson does, for its figures and for runs of earlier versions; `readNumber` is the reader of
 * new runs. The lesson's rule (`$` and `,` are dropped, then the first match of
 * `[-+]?\d*\.\d+|\d+` counts) holds, with these differences, each where the lesson's result is not the intended one:
 *
 * - a reply without a number is `null`, not 0: an unreadable reply is not a guess;
 * - a sign also counts before a whole number (`$-5` is −5, the lesson's rule gives 5), but only where a number can
 *   begin: `GTX-1.5` is 1.5 and `10-20` is 10; the minus sign U+2212 is one too;
 * - an exponent counts (`1e3` is 1000, the lesson's rule gives 1);
 * - a value too large for a double is no number.
 *
 * `1,299.00` is 1299 and `1,5` is 15, as in the lesson.
 */
export function extractNumber(text: string): number | null {
  const plain = text.replace(/[$,]/g, '').replaceAll('\u2212', '-');
  const match = NUMBER.exec(plain);
  if (match === null) return null;
  const value = Number(match[0]);
  // −0 would show as "-0".
  return Number.isFinite(value) ? value + 0 : null;
}

const NUMBER = /(?:(?<![\p{L}\p{N}])[-+])?(?:\d*\.\d+|\d+)(?:[eE][-+]?\d{1,3}(?![\p{L}\d]))?/u;
