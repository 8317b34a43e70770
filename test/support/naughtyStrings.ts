// Strings that try to become something else: the big list of naughty strings, where its folder is known, and our own.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { PAYLOADS } from './webviewHarness/payloads.ts';

const BELL = '\u0007';
const ESCAPE = '\u001b';

/** Our own, for the places an editor has: Markdown, links with commands, icons, formulas, terminals, file names. */
export const OWN_STRINGS: readonly string[] = [
  ...PAYLOADS,
  '[x](command:workbench.action.quit)',
  '[x](command:workbench.action.terminal.sendSequence?%7B%22text%22%3A%22id%5Cn%22%7D "title")',
  '[ x ]( command:tuningFork.showLog )',
  '[x][y]\n\n[y]: command:workbench.action.quit',
  '<command:workbench.action.quit>',
  'command:workbench.action.quit',
  '[x](https://example.com/collect) and https://example.com/collect?data=secret',
  '[x](file:///etc/passwd) vscode://settings/editor.fontSize',
  '![x](https://example.com/x.png) ![x][y]',
  '$(zap) $(sync~spin) \\$(zap) $(zap',
  '$(rocket)$(error)$(warning)',
  '# title\n\n* list\n> quote\n\n---\n| a | b |\n|---|---|\n| **c** | _d_ |',
  '```\n[x](command:workbench.action.quit)\n```',
  '~~~\n[x](command:workbench.action.quit)\n~~~\n````\n</code></pre>',
  '`[x](command:workbench.action.quit)`',
  '\\[x\\](command:workbench.action.quit)',
  '**bold** _em_ ~~gone~~ <kbd>k</kbd> &nbsp;&lt;b&gt;&#91;x&#93;',
  '    indented code\n\t[x](command:workbench.action.quit)',
  "=cmd|' /C calc'!A0",
  '=HYPERLINK("https://example.com";"click")',
  '+1+cmd|x',
  '-2+3+cmd|x',
  '@SUM(1+1)*cmd|x',
  '\t=1+1',
  '\r=1+1',
  '\0=1+1',
  '"=1+1","x"',
  `${ESCAPE}[2J${ESCAPE}[31mred${ESCAPE}]0;title${BELL}`,
  `${ESCAPE}]8;;https://example.com${ESCAPE}\\link${ESCAPE}]8;;${ESCAPE}\\`,
  'a\u202ereversed\u202c \u2066isolated\u2069 \u200f\u200e\u061c',
  'zero\u200bwidth\u2060joined\ufeff',
  'line\u2028separator\u2029paragraph\u0085next',
  '\0NUL\0',
  '\ud800', // a high surrogate alone
  '\udc00\ud83d', // the wrong way round
  '\ud83d\ude00\ud83d',
  'w'.repeat(5000),
  `${'e\u0301'.repeat(40)}${'\u0335\u0489'.repeat(200)}`,
  '::error file=x,line=1::pwned',
  '%0A::set-output name=x::y',
  '../../../../etc/passwd',
  'CON',
  '-rf',
  '<|endoftext|>',
  'constructor',
];

/** The big list, or null where `TUNING_FORK_BLNS_DIR` does not say where it is. */
export function bigList(): readonly string[] | null {
  const folder = process.env['TUNING_FORK_BLNS_DIR'];
  if (folder === undefined) return null;
  return JSON.parse(readFileSync(path.join(folder, 'blns.json'), 'utf8')) as string[];
}

/** Names of files that Linux allows: no slash, no NUL, no half characters, at most 255 bytes with the ending. */
export function asFileNames(strings: readonly string[], ending = '.jsonl'): readonly string[] {
  const names = strings
    .map((text) => {
      let name = text.replace(/[/\0\p{Cs}]/gu, '_');
      while (Buffer.byteLength(name) > 255 - ending.length) name = name.slice(0, -1).replace(/\p{Cs}$/u, '');
      return name;
    })
    .filter((name) => name.trim() !== '');
  return [...new Set(names)].map((name) => `${name}${ending}`);
}

/** Characters that are not seen or that move others, by name, each in a text in which it has no use. */
export const HIDDEN_CHARACTERS: readonly (readonly [name: string, character: string])[] = [
  ['null', '\0'],
  ['bell', BELL],
  ['backspace', '\b'],
  ['vertical tab', '\v'],
  ['form feed', '\f'],
  ['carriage return', '\r'],
  ['escape', ESCAPE],
  ['delete', '\u007f'],
  ['next line (C1)', '\u0085'],
  ['control sequence introducer (C1)', '\u009b'],
  ['soft hyphen', '\u00ad'],
  ['combining grapheme joiner', '\u034f'],
  ['Arabic letter mark', '\u061c'],
  ['Hangul filler', '\u3164'],
  ['Mongolian vowel separator', '\u180e'],
  ['zero-width space', '\u200b'],
  ['zero-width non-joiner', '\u200c'],
  ['zero-width joiner', '\u200d'],
  ['left-to-right mark', '\u200e'],
  ['right-to-left mark', '\u200f'],
  ['line separator', '\u2028'],
  ['paragraph separator', '\u2029'],
  ['left-to-right embedding', '\u202a'],
  ['right-to-left embedding', '\u202b'],
  ['pop directional formatting', '\u202c'],
  ['left-to-right override', '\u202d'],
  ['right-to-left override', '\u202e'],
  ['word joiner', '\u2060'],
  ['invisible times', '\u2062'],
  ['left-to-right isolate', '\u2066'],
  ['right-to-left isolate', '\u2067'],
  ['first strong isolate', '\u2068'],
  ['pop directional isolate', '\u2069'],
  ['nominal digit shapes', '\u206f'],
  ['byte order mark', '\ufeff'],
  ['interlinear annotation', '\ufff9'],
  ['noncharacter', '\uffff'],
  ['noncharacter of another plane', '\u{1fffe}'],
  ['language tag', '\u{e0001}'],
  ['tag letter', '\u{e0041}'],
  ['supplementary variation selector', '\u{e0155}'],
  ['high surrogate alone', '\ud800'],
  ['low surrogate alone', '\udfff'],
];
/** Characters that look like some of them and have a use: line breaks and tabs are for each surface to decide. */
export const USEFUL_TEXTS: readonly (readonly [name: string, text: string])[] = [
  ['other scripts', 'Größe 価格 سعر מחיר'],
  ['joiners of Persian', 'می\u200cخواهم'],
  ['joiners of Devanagari', 'क्\u200dष'],
  ['emoji of several parts', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{1f44d}\u{1f3fd} \u2764\ufe0f'],
  ['variants of ideographs', '葛\u{e0100}飾'],
  ['signs of Arabic numbers', '\u0600١٢'],
];
/** A character that is not seen or that moves others. */
export const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;
/** What VS Code draws as an icon. */
export const ICON = /\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/;
/** What VS Code makes a link of in a notification. */
export const NOTIFICATION_LINK = /\[[^\]]+\]\((?:https?:\/\/|command:|file:)[^)\s]+/i;

/**
 * What of a Markdown text could be markup: the text outside its fenced code blocks (CommonMark: a fence ends at one at least as
 * long), with what is escaped by a backslash left out.
 */
export function outsideOfCode(markdown: string): string {
  const outside: string[] = [];
  let fence: string | null = null;
  for (const line of markdown.split('\n')) {
    if (fence !== null) {
      const closing = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1];
      if (closing !== undefined && closing[0] === fence[0] && closing.length >= fence.length) fence = null;
      continue;
    }
    const opening = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/.exec(line)?.[1];
    if (opening !== undefined) fence = opening;
    else outside.push(line);
  }
  return outside.join('\n').replace(/\\[!-/:-@[-`{-~]/g, '');
}
