import { t } from '../../base/messages.ts';
import { decodeUtf8, type Encoding } from '../../jsonl/utf8.ts';
import { signatureOf, type FileShape } from './fileSignature.ts';

import { isMessageList, isMessageListText } from './messageList.ts';
import { isRecord } from './rules/rule.ts';

export type { FileShape } from './fileSignature.ts';

/** Tells the shape of a file from its first line; null when the line may be one of JSONL. */
export function shapeOf(bytes: Uint8Array, encoding: Encoding): FileShape | null {
  const shape = shapeOfEncoding(encoding);
  if (shape !== null) return shape;
  const signature = signatureOf(bytes);
  if (signature !== null) return signature;
  const decoded = decodeUtf8(encoding === 'utf-8-bom' ? bytes.subarray(3) : bytes);
  return decoded.ok ? shapeOfText(decoded.value) : null;
}

/** Recognizes files of another form by their first line, so that not every line is reported. */
export function shapeOfText(first: string): FileShape | null {
  const text = first.trim();
  // One conversation that lacks the object round it.
  if (isMessageListText(text)) return null;
  if (text === '[' || /^\[\s*[{[]/.test(text)) {
    return {
      code: 'json-array',
      message: t('The file is one JSON list instead of one JSON object per line (JSONL).'),
      action: t('Write one JSON object per line, without a list around them and without commas between them.'),
      line: 1,
      ...(isListOfObjects(text) ? { certain: true } : {}),
    };
  }
  if (/^"?sep=[^\r\n"]"?$/i.test(text) || (!/[{}[\]]/.test(text) && beginsLikeTable(text))) {
    return {
      code: 'csv',
      message: t('The file looks like a table (CSV) instead of one JSON object per line (JSONL).'),
      action: t(
        'Turn each row into {"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}]}.',
      ),
      line: 1,
    };
  }
  return null;
}

/** A first cell of a few words, then a comma, semicolon or tab. */
function beginsLikeTable(text: string): boolean {
  // One pass, then the words: a pattern for both tries every way to cut a long word into pieces, which takes half a minute.
  const cell = /^"?([^,;\t]{1,300})[,;\t]/.exec(text)?.[1];
  return cell !== undefined && !/^\s|\s\s|\s$/.test(cell) && cell.split(/\s/).length <= 5;
}

/** A whole list of two objects or more. */
function isListOfObjects(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.length > 1 && (value.every(isRecord) || value.every(isMessageList));
  } catch {
    return false;
  }
}

export function shapeOfEncoding(encoding: Encoding): FileShape | null {
  if (encoding === 'utf-8' || encoding === 'utf-8-bom') return null;
  const name = encoding === 'utf-32' ? 'UTF-32' : encoding === 'utf-16be' ? 'UTF-16 BE' : 'UTF-16 LE';
  return {
    code: encoding === 'utf-32' ? 'utf-32' : 'utf-16',
    message: t('The file is encoded in {0} instead of UTF-8.', name),
    action: t('Save the file with the encoding UTF-8.'),
    line: 0,
  };
}

/** Nothing but JSON's own white space. */
export function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** Tells whether the line is a JSON object by itself, as in JSONL. */
export function isObject(bytes: Uint8Array): boolean {
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok) return false;
  try {
    return isRecord(JSON.parse(decoded.value));
  } catch {
    return false;
  }
}
