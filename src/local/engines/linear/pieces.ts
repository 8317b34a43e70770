import { wellFormed } from '../../../core/tokens/o200kTexts.ts';
import { tokenTexts } from '../../tokens.ts';

/** A number in an answer, as it is written: `1,234.50` is integer 1234, fraction `50`, grouped. */
export interface NumberPiece {
  readonly kind: 'number';
  readonly integer: number;
  readonly fraction: string;
  readonly grouped: boolean;
  readonly text: string;
  readonly tokens: number;
}

export interface WordPiece {
  readonly kind: 'word';
  readonly text: string;
  readonly tokens: number;
}

/** Piece of an answer: an o200k token, except that a number is one piece, however o200k splits its digits. */
export type Piece = NumberPiece | WordPiece;

// Up to 12 digits before and 6 after the point: every such number and its neighbors are exact in a double. Digits
// with leading zeros, and what follows a letter, a digit or a point (identifiers, versions), stay ordinary tokens.
const NUMBER =
  /(?<![\p{L}\p{N}_.]|\d,)(?:[1-9]\d{0,2}(?:,\d{3}){1,3}|0|[1-9]\d{0,11})(?:\.\d{1,6})?(?![\p{L}\p{N}_])(?!,\d)(?!\.\d)/gu;

export function valueOf(number: Pick<NumberPiece, 'integer' | 'fraction'>): number {
  return number.fraction === '' ? number.integer : Number(`${String(number.integer)}.${number.fraction}`);
}

/** o200k cuts digits into groups of up to three from the left; the point and each comma are tokens of their own. */
export function numberTokens(text: string): number {
  let tokens = 0;
  for (const run of text.split(/([.,])/u)) tokens += run === '.' || run === ',' ? 1 : Math.ceil(run.length / 3);
  return tokens;
}

export function numberText(integer: number, fraction: string, grouped: boolean): string {
  const digits = String(integer);
  const whole = grouped ? digits.replace(/\B(?=(\d{3})+$)/gu, ',') : digits;
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** Cuts a text into pieces. `asWords`: numbers are names here (few different ones, often repeated), so their tokens are learned like words. */
export function toPieces(text: string, asWords: boolean): Piece[] {
  const whole = wellFormed(text);
  const pieces: Piece[] = [];
  const words = (part: string): void => {
    for (const token of tokenTexts(part)) pieces.push({ kind: 'word', text: token.text, tokens: token.tokens });
  };
  if (asWords) {
    words(whole);
    return pieces;
  }
  let from = 0;
  for (const match of whole.matchAll(NUMBER)) {
    words(whole.slice(from, match.index));
    const [text] = match;
    const [integer = '0', fraction = ''] = text.split('.');
    pieces.push({
      kind: 'number',
      integer: Number(integer.replaceAll(',', '')),
      fraction,
      grouped: integer.includes(','),
      text,
      tokens: numberTokens(text),
    });
    from = match.index + text.length;
  }
  words(whole.slice(from));
  return pieces;
}
