import { t } from '../../base/messages.ts';
import { decodeUtf8, sniffEncoding } from '../../jsonl/utf8.ts';
import { createQuickScanner } from '../../jsonl/quickScan.ts';
import { findDamage } from '../../jsonl/textDamage.ts';
import type { RawLine } from '../../jsonl/lines.ts';
import { locateKey } from '../../jsonl/locate.ts';
import type { Finding } from '../finding.ts';
import { checkExample } from './parseExample.ts';
import { systemMoved, withoutWeight } from './keyFixes.ts';
import type { Edit, LineFix, MakeEdit } from './lineFix.ts';
import { withPlainSpaces, withStraightQuotes } from './signFixes.ts';
import { isFence, isMessageListText } from './messageList.ts';
import { joinLines } from './openExample.ts';
import { meantPart } from './rules/contentParts.ts';
import { EXAMPLE_KEYS, meantKey, meantMessages, MESSAGE_KEYS } from './rules/keys.ts';
import { meantRole } from './rules/messageShape.ts';
import { isRecord } from './rules/rule.ts';

export type { Edit, LineFix } from './lineFix.ts';

/** The fix of one finding that needs no decision; null when there is none. `text` is the line without its ending. */
export function fixOf(text: string, finding: Finding): LineFix | null {
  const { code, column, endColumn } = finding;
  const start = column - 1;
  const end = endColumn - 1;
  const marked = text.slice(start, end);
  const edit = (title: string, newText: string, from = start, to = end): LineFix => ({
    title,
    edits: [{ column: from + 1, endColumn: to + 1, text: newText }],
  });
  switch (code) {
    case 'blank-line':
      return { title: t('Remove the blank line'), edits: [], removeLine: true };
    case 'json-trailing-comma':
      return edit(t('Remove the comma'), '');
    case 'json-python-literal': {
      const literal = marked === 'True' ? 'true' : marked === 'False' ? 'false' : 'null';
      return edit(t('Write {0}', literal), literal);
    }
    case 'json-typographic-quotes': {
      const straight = withStraightQuotes(text);
      return straight === null ? null : edit(t('Use double quotes'), straight, 0, text.length);
    }
    case 'json-space': {
      const plain = withPlainSpaces(text);
      return plain === null ? null : edit(t('Use plain spaces'), plain, 0, text.length);
    }
    case 'json-line-break':
    case 'json-spread': {
      const whole = joinedExample(text);
      if (whole === null) return null;
      const title = code === 'json-spread' ? t('Put the object on one line') : t('Write \\n for the line breaks');
      return { title, edits: [], whole };
    }
    case 'markdown-fence':
      return { title: t('Remove the marks of the block'), edits: [], removeLine: true };
    case 'not-object':
      return isMessageListText(text)
        ? edit(t('Wrap it in {"messages": …}'), `{"messages": ${text.trim()}}`, 0, text.length)
        : null;
    case 'system-beside-messages':
      return systemMoved(text, start, edit);
    case 'json-unquoted-key':
      return edit(t('Put the key in double quotes'), JSON.stringify(marked));
    case 'json-single-quotes':
      return singleQuoted(text, start, edit);
    case 'json-comment': {
      const close = text.startsWith('/*', start) ? text.indexOf('*/', start + 2) : text.length - 2;
      return close < start ? null : edit(t('Remove the comment'), '', start, close + 2);
    }
    case 'json-concatenated':
    case 'lone-cr':
      return { title: t('Put each object on its own line'), edits: borders(text, start).map(lineFeed) };
    case 'json-control-character':
      return edit(t('Write it as an escape'), JSON.stringify(marked).slice(1, -1));
    case 'json-bad-escape':
      return badEscape(marked, edit);
    case 'nul-character':
    case 'nul-escape':
      return edit(t('Remove the NUL character'), '');
    case 'control-character':
    case 'latex-escape':
      return damagedEscape(text, finding, marked, edit);
    case 'twice-decoded': {
      const meant = findDamage(text).twiceDecoded;
      if (meant?.start !== start) return null;
      return edit(
        t('Write "{0}"', meant.meant.trim() === '' ? ' ' : meant.meant),
        JSON.stringify(meant.meant).slice(1, -1),
      );
    }
    case 'line-separator':
      return edit(t('Write it as an escape'), `\\u${marked.charCodeAt(0).toString(16).padStart(4, '0')}`);
    case 'carriage-return':
      return edit(t('Remove the carriage return'), '');
    case 'unknown-role': {
      const role = parsed(marked);
      const meant = typeof role === 'string' ? meantRole(role) : null;
      return meant === null ? null : edit(t('Write "{0}"', meant), `"${meant}"`);
    }
    case 'content-type': {
      const value = parsed(marked);
      if (typeof value !== 'number' && typeof value !== 'boolean') return null;
      return edit(t('Put it in double quotes'), `"${marked}"`);
    }
    case 'content-part': {
      const meant = meantPart(parsed(marked));
      // A part of an image has another form in the interfaces that name it otherwise.
      return meant === 'text' ? edit(t('Write "{0}"', meant), `"${meant}"`) : null;
    }
    case 'tool-call-shape':
    case 'tool-schema':
      return missingKey(marked, start, edit);
    case 'arguments-not-string':
      return isRecord(parsed(marked)) ? edit(t('Write the arguments as text'), JSON.stringify(marked)) : null;
    case 'arguments-double-encoded': {
      const once = parsed(marked);
      const twice = typeof once === 'string' ? parsed(once) : null;
      return typeof twice === 'string' ? edit(t('Encode the arguments once'), JSON.stringify(twice)) : null;
    }
    case 'no-messages':
    case 'unknown-key':
    case 'unknown-message-key':
      return renamedKey(text, finding, edit);
    case 'weight-not-assistant':
      return withoutWeight(text, start, end, edit);
    default:
      return null;
  }
}

/** Lines of one example on one line; null when that is no object, even with the other fixes that need no decision. */
export function joinedExample(text: string): string | null {
  if (!text.includes('\n')) return null;
  const joined = joinLines(text.split('\n'));
  if (isRecord(parsed(joined))) return joined;
  const fixed = fixLine(joined, (code) => code.startsWith('json-'));
  return fixed !== null && isRecord(parsed(fixed)) ? joined : null;
}
/** Doubles the backslash where the rest of a LaTeX command follows the escape. */
function damagedEscape(text: string, { code, column }: Finding, marked: string, edit: MakeEdit): LineFix | null {
  const { control, latex } = findDamage(text);
  const damage = code === 'latex-escape' ? latex : control;
  if (damage?.start !== column - 1 || damage.command === null) return null;
  return edit(t('Write {0}', damage.command), `\\${marked}`);
}

/** Adds the type of a tool or of a call, or the properties of parameters, where nothing else can be meant. */
function missingKey(marked: string, start: number, edit: MakeEdit): LineFix | null {
  const value = parsed(marked);
  if (!isRecord(value)) return null;
  const insert = (title: string, key: string, json: string): LineFix => {
    const comma = Object.keys(value).length === 0 ? '' : ', ';
    return edit(title, `"${key}": ${json}${comma}`, start + 1, start + 1);
  };
  if (isRecord(value['function']) && value['type'] === undefined && !isIdMissing(value))
    return insert(t('Add "type": "function"'), 'type', '"function"');
  if (value['type'] === 'object' && value['properties'] === undefined)
    return insert(t('Add "properties"'), 'properties', '{}');
  return null;
}

/** A finding about a missing id marks the call as well, and has no fix. */
function isIdMissing(call: Readonly<Record<string, unknown>>): boolean {
  return isRecord(call['function']) && 'arguments' in call['function'] && typeof call['id'] !== 'string';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Replaces the quotes from the opening `'` to the one that ends the text, which only a sign that may follow a text comes after. */
function singleQuoted(text: string, start: number, edit: MakeEdit): LineFix | null {
  let content = '';
  for (let i = start + 1; i < text.length; i += 1) {
    const char = text[i] ?? '';
    if (char === '\\') {
      const next = text[i + 1] ?? '';
      content += next === "'" ? "'" : char + next;
      i += 1;
    } else if (char === "'") {
      const next = text.slice(i + 1).trimStart()[0];
      if (next === undefined || ',:}]'.includes(next))
        return edit(t('Use double quotes'), `"${content}"`, start, i + 1);
      content += "'";
    } else if (char === '"') content += '\\"';
    else content += char < ' ' ? JSON.stringify(char).slice(1, -1) : char;
  }
  return null;
}

function badEscape(marked: string, edit: MakeEdit): LineFix | null {
  if (marked === "\\'") return edit(t('Remove the backslash'), "'");
  // `\u` without its four digits may be a name or a slip.
  if (!/^\\[^u]$/.test(marked) || marked.charCodeAt(1) < 0x20) return null;
  return edit(t('Double the backslash'), `\\${marked}`);
}

function renamedKey(text: string, finding: Finding, edit: MakeEdit): LineFix | null {
  const value = parsed(text);
  if (!isRecord(value)) return null;
  const rename = (
    key: string,
    owner: Readonly<Record<string, unknown>>,
    known: readonly string[],
    path: readonly (string | number)[],
  ): LineFix | null => {
    const meant = meantKey(key, owner, known);
    const range = meant === null ? null : locateKey(text, [...path, key]);
    return meant === null || range === null
      ? null
      : edit(t('Write "{0}"', meant), `"${meant}"`, range.start, range.end);
  };
  if (finding.code === 'no-messages') {
    const key = meantMessages(value);
    return key === null ? null : rename(key, value, ['messages'], []);
  }
  const key = parsed(text.slice(finding.column - 1, finding.endColumn - 1));
  if (typeof key !== 'string') return null;
  if (finding.code === 'unknown-key') return rename(key, value, EXAMPLE_KEYS, []);
  const messages = Array.isArray(value['messages']) ? (value['messages'] as readonly unknown[]) : [];
  for (const [index, message] of messages.entries()) {
    if (!isRecord(message) || !Object.hasOwn(message, key)) continue;
    if (locateKey(text, ['messages', index, key])?.start === finding.column - 1)
      return rename(key, message, MESSAGE_KEYS, ['messages', index]);
  }
  return null;
}

interface Border {
  /** Starts of the white space between two objects and of the second object. */
  readonly gap: number;
  readonly start: number;
}

function lineFeed({ gap, start }: Border): Edit {
  return { column: gap + 1, endColumn: start + 1, text: '\n' };
}

/**
 * Borders between objects, from the second one on, which begins at `first`. All at once, because a file written on one line would
 * be read again for each of its objects.
 */
function borders(text: string, first: number): readonly Border[] {
  const found: Border[] = [{ gap: text.slice(0, first).trimEnd().length, start: first }];
  // Strings, brackets, and any other text that may be between two objects.
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[[{]|[\]}]|[^\s"[\]{}]+/y;
  let depth = 0;
  let end = first;
  for (let at = first; at < text.length;) {
    token.lastIndex = at;
    const word = token.exec(text)?.[0];
    if (word === undefined) {
      // White space, or a string without an end: the piece it is in tells.
      if (!/\s/.test(text.charAt(at))) break;
      at += 1;
      continue;
    }
    if (word === '{' || word === '[') {
      if (depth === 0 && at > first) {
        if (word === '[' || text.slice(end, at).trim() !== '') break;
        found.push({ gap: end, start: at });
      }
      depth += 1;
    } else if (word === '}' || word === ']') {
      depth -= 1;
      if (depth < 0) break;
      end = at + 1;
    }
    at += word.length;
  }
  return found;
}

/** Edits of one line, which must not overlap; columns are those of the text before. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { column, endColumn, text: newText } of [...edits].sort((a, b) => a.column - b.column)) {
    parts.push(text.slice(at, column - 1), newText);
    at = endColumn - 1;
  }
  return parts.join('') + text.slice(at);
}

/** Most fixes in one line: each is found by reading the line again. */
const MAX_ROUNDS = 500;

/**
 * One line with every fix that needs no decision, also those that only come to light after others; null when the line
 * is removed. `accepts` chooses codes. The same text when there is nothing to fix.
 */
export function fixLine(text: string, accepts: (code: string) => boolean = () => true): string | null {
  const done: string[] = [];
  // Not recursive: a line of ten thousand objects becomes ten thousand lines, one after the other.
  const waiting = [text];
  let isWhole = true;
  for (let line = waiting.pop(); line !== undefined; line = waiting.pop()) {
    const fixed = fixRounds(line, accepts);
    if (fixed === null) {
      if (isWhole) return null;
    } else if (fixed.includes('\n')) {
      // A fix has inserted a line feed: each piece is a separate line from now on.
      for (const piece of fixed.split('\n').reverse()) waiting.push(piece);
    } else done.push(fixed);
    isWhole = false;
  }
  return done.join('\n');
}

/** Applies fix after fix, until there is none left or the line becomes several; null when the line is removed. */
function fixRounds(text: string, accepts: (code: string) => boolean): string | null {
  let fixed = text;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (/^[ \t\r]*$/.test(fixed)) return accepts('blank-line') ? null : fixed;
    if (isFence(fixed)) return accepts('markdown-fence') ? null : fixed;
    if (fixed.includes('\n')) return fixed;
    let next: string | null = null;
    for (const finding of checkExample(fixed, 1).findings) {
      const fix = accepts(finding.code) ? fixOf(fixed, finding) : null;
      if (fix === null) continue;
      next = allAlike(fixed, finding) ?? applyEdits(fixed, fix.edits);
      break;
    }
    if (next === null || next === fixed) return fixed;
    fixed = next;
  }
  return fixed;
}

/**
 * Fixes the frequent findings of damaged files in one pass from this finding on: one by one, each would cost a reading of the line.
 * Null for other findings.
 */
function allAlike(text: string, { code, column }: Finding): string | null {
  switch (code) {
    case 'nul-character':
      return text.replaceAll('\0', '');
    case 'nul-escape':
      // Valid JSON has backslashes in texts only; one that is escaped itself begins nothing.
      return text.replace(/\\(?:u0000|[^])/g, (escape) => (escape.length > 2 ? '' : escape));
    case 'json-control-character': {
      // To the end of this text; beyond it they may be white space.
      let at = column - 1;
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
      const inside = text.slice(column - 1, at);
      const escaped = inside.replace(/\\[^]|\p{Cc}/gu, (found) =>
        found.length === 1 && found < ' ' && found !== '\0' ? JSON.stringify(found).slice(1, -1) : found,
      );
      return text.slice(0, column - 1) + escaped + text.slice(at);
    }
    default:
      return null;
  }
}

export interface FixedLine {
  /** New bytes, the same ones for an unchanged line; null when the line is removed. */
  readonly bytes: Uint8Array | null;
  readonly crlf: boolean;
  readonly changed: boolean;
}

/** Fixes a file line by line; `accepts` chooses codes (`crlf`, `byte-order-mark` and `blank-line` among them). */
export function createFixer(accepts: (code: string) => boolean = () => true): (line: RawLine) => FixedLine | null {
  const scanner = createQuickScanner();
  const encoder = new TextEncoder();
  return (line) => {
    // Too long to be read: the caller must copy it from the source.
    if (line.bytes === null) return null;
    const mark = line.offset === 0 && sniffEncoding(line.bytes) === 'utf-8-bom' && accepts('byte-order-mark');
    const bytes = mark ? line.bytes.subarray(3) : line.bytes;
    const endings = line.crlf === true && accepts('crlf');
    const crlf = line.crlf === true && !endings;
    const untouched: FixedLine = { bytes, crlf, changed: mark || endings };
    if (scanner.isGood(bytes) && !scanner.facts.damaged) return untouched;
    const decoded = decodeUtf8(bytes);
    if (!decoded.ok) return untouched;
    const fixed = fixLine(decoded.value, accepts);
    if (fixed === decoded.value) return untouched;
    return { bytes: fixed === null ? null : encoder.encode(fixed), crlf, changed: true };
  };
}

/** The text of a file in UTF-16, with or without byte order mark, as UTF-8; null when it is in another encoding. */
export function utf16ToUtf8(bytes: Uint8Array): Uint8Array | null {
  const encoding = sniffEncoding(bytes);
  if (encoding !== 'utf-16le' && encoding !== 'utf-16be') return null;
  try {
    return new TextEncoder().encode(new TextDecoder(encoding, { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}
