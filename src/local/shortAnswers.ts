import { median } from '../core/dataset/report/answers.ts';
import { toPieces } from './engines/linear/pieces.ts';
import { countTokens } from './tokens.ts';

/** Answers below which four fifths of a file teach too little. */
export const FEWEST_ANSWERS = 50;
/** Tokens of an answer that the linear engine still learns; half of the answers may have more. */
const LONG = 30;
/** Kinds of answers by their number, above which they do not repeat enough to be learned. */
const DISTINCT = 0.5;

/** Whether answers are of a kind that the linear engine does not learn as a whole: long, or mostly distinct, numbers in them apart. */
export function areLongOrDistinct(answers: readonly string[]): boolean {
  const kinds = new Set(
    answers.map((answer) =>
      toPieces(answer, false)
        .map((piece) => (piece.kind === 'number' ? '0' : piece.text))
        .join(''),
    ),
  );
  return median(answers.map(countTokens)) > LONG || kinds.size > DISTINCT * answers.length;
}
