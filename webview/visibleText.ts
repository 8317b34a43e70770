// Text of datasets, models and servers may hold characters that cannot be seen or that reorder what is seen
// ("Trojan Source", CVE-2021-42574). They are shown as escapes, as they would be written in JSON.

// C0 and C1 controls without tab and newline, soft hyphen, Arabic letter mark, Mongolian vowel separator, zero-width space, bidi marks,
// embeddings and isolates, line and paragraph separators, invisible operators, byte order mark, interlinear annotation, lone surrogates, tags.
const HIDDEN =
  // eslint-disable-next-line no-control-regex -- control characters are the subject
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}\p{Cs}]/gu;

// Joiners belong between letters of some scripts and inside emoji; anywhere else they only hide differences.
const JOINER = /[\u200c\u200d]/g;
const BEFORE_JOINER = /[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$/u;
const AFTER_JOINER = /^[\p{L}\p{M}\p{Extended_Pictographic}]/u;

/** The text with invisible and reordering characters as escapes (`\u202e`); tabs and newlines stay, CRLF counts as a newline. */
export function visibleText(text: string): string {
  // Nearly all text is plain ASCII: one cheap test saves the rest.
  if (/^[\n\t\x20-\x7e]*$/.test(text)) return text;
  return text.replaceAll('\r\n', '\n').replace(HIDDEN, escaped).replace(JOINER, escapedUnlessJoining);
}

/** The same on one line: runs of white space become one space. */
export function visibleLine(text: string): string {
  return visibleText(text.replace(/[\t\n\r ]+/g, ' ').trim());
}

function escapedUnlessJoining(joiner: string, at: number, text: string): string {
  // Two UTF-16 units hold any neighbour.
  const joins =
    BEFORE_JOINER.test(text.slice(Math.max(0, at - 2), at)) && AFTER_JOINER.test(text.slice(at + 1, at + 3));
  return joins ? joiner : escaped(joiner);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
