/** Two rows that share at least this share of their shingles are nearly the same: one word of a dozen is another. */
export const NEAR_THRESHOLD = 0.8;
/**
 * Of long texts. Products of one maker share whole paragraphs: among 500 real descriptions of about 900 characters,
 * different products with the same price were up to 0.89 alike. Five other words in one of them leave it above 0.9.
 */
export const LONG_NEAR_THRESHOLD = 0.9;
/** In UTF-16 units. */
export const LONG_TEXT = 400;

/** The threshold for two texts; lengths in UTF-16 units. */
export function nearThreshold(a: { readonly length: number }, b: { readonly length: number }): number {
  return Math.min(a.length, b.length) < LONG_TEXT ? NEAR_THRESHOLD : LONG_NEAR_THRESHOLD;
}
