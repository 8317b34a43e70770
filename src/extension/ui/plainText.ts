/** Control characters, halves of characters, marks of direction and line breaks: a name with one of them may read as another name. */
const HIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/**
 * A name or a piece of a dataset as it may stand in quick picks and in the outline: one line, and `$(name)`, which is drawn as
 * an icon there, stays text.
 */
export function plainText(text: string): string {
  return text.replace(HIDDEN, '\uFFFD').replace(/\$\((?=[\w-]+(?:~\w+)?\))/g, '$ (');
}
