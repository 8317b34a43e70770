// Text of datasets, models and servers may hold characters that cannot be seen or that reorder what is seen. A page shows
// them as escapes, as they would be written in JSON.
import { replaceHidden } from '../src/core/base/untrustedText.ts';

/** The text with invisible and reordering characters as escapes (`\u202e`); tabs and newlines stay, CRLF counts as a newline. */
export function visibleText(text: string): string {
  return replaceHidden(text.replaceAll('\r\n', '\n'), escaped, '\n\t');
}

/** The same on one line: runs of white space become one space. */
export function visibleLine(text: string): string {
  return visibleText(text.replace(/[\t\n\r ]+/g, ' ').trim());
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
