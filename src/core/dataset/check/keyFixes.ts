// Fixes that move or remove a key.
import { t } from '../../base/messages.ts';
import { locate, locateKey } from '../../jsonl/locate.ts';
import type { LineFix, MakeEdit } from './lineFix.ts';
import { isRecord } from './rules/rule.ts';

/** Moves a system prompt into a first message; null when there is one already. `start`: of its key. */
export function systemMoved(text: string, start: number, edit: MakeEdit): LineFix | null {
  const value = parsed(text);
  if (!isRecord(value) || !Array.isArray(value['messages'])) return null;
  const key = parsed(/^"(?:[^"\\]|\\.)*"/.exec(text.slice(start))?.[0] ?? '');
  const messages = value['messages'] as readonly unknown[];
  const hasOwn = messages.some(
    (message) => isRecord(message) && (message['role'] === 'system' || message['role'] === 'developer'),
  );
  const place = typeof key === 'string' && typeof value[key] === 'string' ? locate(text, [key]) : null;
  const list = locate(text, ['messages']);
  if (place === null || list === null || hasOwn) return null;
  // eslint-disable-next-line tuning-fork/translated -- JSON
  const message = `{"role": "system", "content": ${text.slice(place.start, place.end)}}`;
  const removed = withoutKey('', text, start, place.end, edit);
  const into = {
    column: list.start + 2,
    endColumn: list.start + 2,
    text: messages.length > 0 ? `${message}, ` : message,
  };
  return { title: t('Move it into a first system message'), edits: [...removed.edits, into] };
}

/** Removes a key with its value, and the comma that goes with them. */
function withoutKey(title: string, text: string, start: number, end: number, edit: MakeEdit): LineFix {
  const before = text.slice(0, start).trimEnd();
  if (before.endsWith(',')) return edit(title, '', before.length - 1, end);
  const after = /^\s*,\s*/.exec(text.slice(end));
  return edit(title, '', start, end + (after?.[0].length ?? 0));
}

/** Removes the weight of a message. */
export function withoutWeight(text: string, start: number, end: number, edit: MakeEdit): LineFix | null {
  const value = parsed(text);
  const messages = isRecord(value) && Array.isArray(value['messages']) ? (value['messages'] as readonly unknown[]) : [];
  for (const [index, message] of messages.entries()) {
    if (!isRecord(message) || !Object.hasOwn(message, 'weight')) continue;
    const path = ['messages', index, 'weight'];
    if (locate(text, path)?.start !== start) continue;
    const key = locateKey(text, path);
    if (key === null) return null;
    return withoutKey(t('Remove the weight'), text, key.start, end, edit);
  }
  return null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
