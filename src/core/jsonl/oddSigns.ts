// Signs that other programs write in the place of those of JSON.

/** Quotation marks of word processors. */
const CURLY = /^[\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02]$/;
/** White space that JSON does not know. */
const SPACE = /^[\u0085\u00a0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000]$/;

export function isCurlyQuote(char: string): boolean {
  return char > '\u007f' && CURLY.test(char);
}

export function isOddSpace(char: string): boolean {
  return char === '\v' || char === '\f' || (char > '\u007f' && SPACE.test(char));
}
