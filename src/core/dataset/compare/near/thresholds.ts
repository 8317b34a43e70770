// The numbers by which `verify.ts` decides that two rows are nearly the same; `nearIndex.ts` looks for candidates by them.

/** Shortest text that is compared, in UTF-16 units. Shorter texts have so few shingles that one word more or less is another text. */
export const MIN_NEAR_LENGTH = 60;
/** Length below which an answer is short, in UTF-16 units. Shorter answers are a label or a number: they are the same, or they are not. */
export const SHORT_ANSWER = 60;
/** Share of their shingles, 0…1, that two rows have in common to be nearly the same: one word of a dozen is another. */
export const NEAR_THRESHOLD = 0.8;
/**
 * The same for long texts. Products of one maker share whole paragraphs: among 500 real descriptions of about 900 characters,
 * different products with the same price were up to 0.89 alike. Five other words in one of them leave it above 0.9.
 */
export const LONG_NEAR_THRESHOLD = 0.9;
/** Length of a long text, in UTF-16 units. */
export const LONG_TEXT = 400;

/** The threshold for two texts; lengths in UTF-16 units. */
export function nearThreshold(a: { readonly length: number }, b: { readonly length: number }): number {
  return Math.min(a.length, b.length) < LONG_TEXT ? NEAR_THRESHOLD : LONG_NEAR_THRESHOLD;
}
