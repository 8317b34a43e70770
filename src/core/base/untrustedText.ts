// Text from datasets, models, servers and file names, made harmless: the single definition of the characters that are
// invisible or that change how others are read ("Trojan Source", CVE-2021-42574). Each surface decides only about their
// replacement and about line breaks: `plainText`, `inert` and `logLine` in the window, `visibleText`
// on the pages, `visible` in the terminal, `untrustedText` inside sentences.
import { redact } from './redact.ts';

/** Letter or emoji that a joiner can join. Latin letters have no joined forms, so there it only hides a difference. */
const JOINED = String.raw`(?!\p{Default_Ignorable_Code_Point}|\p{Script=Latin})[\p{L}\p{M}\p{Extended_Pictographic}]`;

const HIDDEN = new RegExp(
  [
    // Controls steer terminals (escape, C1's CSI), end strings (NUL) and begin lines (CR, LF, NEL).
    String.raw`\p{Cc}`,
    // Line and paragraph separators begin lines too, where only LF is looked for.
    String.raw`[\p{Zl}\p{Zp}]`,
    // Half of a surrogate pair is no character: files, JSON and terminals show it each in their own way.
    String.raw`\p{Cs}`,
    // Code points that will never be characters, and interlinear annotations, which hide a text behind another.
    String.raw`[\p{Noncharacter_Code_Point}\ufff9-\ufffb]`,
    // Code points without a glyph: marks, overrides and isolates of direction, which reorder their
    // neighbors; soft hyphen, zero-width space, word joiner, fillers, invisible operators and byte order mark, which
    // make two names look the same; tags, which spell whole messages that only a model reads. Joiners and variation
    // selectors are among them and have uses, see below.
    String.raw`(?![\u200c\u200d\p{Variation_Selector}])\p{Default_Ignorable_Code_Point}`,
    // The 240 supplementary variation selectors choose forms of ideographs; anywhere else they can carry bytes. The
    // other selectors are left alone: emoji and Mongolian need them.
    String.raw`(?<!\p{Ideographic})[\u{e0100}-\u{e01ef}]`,
    // Joiners belong inside emoji and between letters of scripts that join.
    String.raw`(?<!${JOINED}|[\p{Emoji_Modifier}\ufe0f])[\u200c\u200d]`,
    String.raw`[\u200c\u200d](?!${JOINED})`,
  ].join('|'),
  'gu',
);

/** Printable ASCII, in which nothing is hidden: nearly all text passes this cheap test and skips the rest. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Puts `replacement` in the place of every hidden character.
 * @param kept hidden characters that have a use where the text is shown: `\n`, `\t`
 */
export function replaceHidden(text: string, replacement: string | ((character: string) => string), kept = ''): string {
  if (PLAIN.test(text)) return text;
  return text.replace(HIDDEN, (character) => {
    if (kept.includes(character)) return character;
    return typeof replacement === 'string' ? replacement : replacement(character);
  });
}

/** Prepares text from a server for a sentence: one line, no keys, `limit` characters at most. */
export function untrustedText(text: string, secrets: readonly (string | null | undefined)[] = [], limit = 300): string {
  // Cut before the patterns run: a megabyte of a hostile message must not cost time. The cut may halve a pair.
  const seen = replaceHidden(text.slice(0, limit * 8), (character) => (/\p{Cs}/u.test(character) ? '\uFFFD' : ' '));
  const line = redact(seen.replace(/ {2,}/g, ' ').trim(), secrets);
  if (line.length <= limit) return line;
  const cut = line.slice(0, limit - 1);
  // Never half a surrogate pair.
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
