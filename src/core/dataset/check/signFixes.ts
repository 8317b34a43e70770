// Fixes of lines that are JSON but for the signs between their texts.
import { isCurlyQuote, isOddSpace } from '../../jsonl/oddSigns.ts';

const QUOTE = '["\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02]';
/** What follows the end of a text, by its place: an inner quote is seldom followed by the same. */
const FOLLOWS = {
  key: /^\s*:/,
  value: new RegExp(`^\\s*(?:\\}|,\\s*${QUOTE}[^"\\u201c-\\u201f]{1,60}${QUOTE}\\s*:)`),
  item: new RegExp(`^\\s*(?:\\]|,\\s*(?:${QUOTE}|[[{\\d-]|true\\b|false\\b|null\\b))`),
};

/** Replaces typographic quotes where they begin and end texts; those inside texts stay. Null when that does not make it JSON. */
export function withStraightQuotes(line: string): string | null {
  const parts: string[] = [];
  const stack: string[] = [];
  let last = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === '"' || isCurlyQuote(char)) {
      const place = stack.at(-1) !== '{' ? 'item' : last === ':' ? 'value' : 'key';
      const end = endOfText(line, at, FOLLOWS[place]);
      if (end === -1) return null;
      const inside = line.slice(at + 1, end);
      parts.push('"', char === '"' ? inside : inside.replace(/\\[^]|"/g, (sign) => (sign === '"' ? '\\"' : sign)), '"');
      at = end;
      last = '"';
      continue;
    }
    if (char === '{' || char === '[') stack.push(char);
    else if (char === '}' || char === ']') stack.pop();
    if (char.trim() !== '') last = char;
    parts.push(char);
  }
  return jsonOrNull(parts.join(''));
}

/** Closing quote of the text that begins at `start`; -1 when there is none. */
function endOfText(line: string, start: number, follows: RegExp): number {
  const isStraight = line.charAt(start) === '"';
  for (let at = start + 1; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === '\\') at += 1;
    else if (char === '"' && isStraight) return at;
    else if ((char === '"' || isCurlyQuote(char)) && !isStraight && follows.test(line.slice(at + 1, at + 200)))
      return at;
  }
  return -1;
}

/** Replaces white space of other kinds between texts. Null when there is none. */
export function withPlainSpaces(line: string): string | null {
  let inText = false;
  let changed = '';
  let from = 0;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (inText) {
      if (char === '\\') at += 1;
      else if (char === '"') inText = false;
    } else if (char === '"') inText = true;
    else if (isOddSpace(char)) {
      changed += `${line.slice(from, at)} `;
      from = at + 1;
    }
  }
  return from === 0 ? null : changed + line.slice(from);
}

function jsonOrNull(text: string): string | null {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return null;
  }
}
