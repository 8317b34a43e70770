// Records of earlier versions hold all events in one array: 36 MB of JSON for 100,000 of them, which would block the thread when parsed at
// once.
import { slices } from '../../storage/slices.ts';

const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, COMMA] = Buffer.from('"\\{}[],');
const KEY = Buffer.from('"events":[');
/** A smaller file is parsed at once. */
const SMALL = 65_536;
/** About the bytes of JSON that are parsed at once. */
const PART = 65_536;
/** Bytes looked at between two looks at the clock. */
const STRETCH = 65_536;

/**
 * Takes the events out of a record's file.
 * @returns `json`: the record with an empty list of events; `parts`: JSON lists of its events in their order. The file's whole text and no
 * parts where it is small or has no such list.
 */
export async function withoutEvents(
  bytes: Buffer,
): Promise<{ readonly json: string; readonly parts: readonly string[] }> {
  const start = bytes.length < SMALL ? -1 : await startOfList(bytes);
  if (start < 0) return { json: bytes.toString('utf8'), parts: [] };
  const parts: string[] = [];
  const turn = slices();
  let depth = 0;
  let isText = false;
  let from = start;
  let at = start;
  for (; at < bytes.length; at++) {
    if (at % STRETCH === 0) await turn();
    const byte = bytes[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === OPEN || byte === OPEN_LIST) depth += 1;
    else if (depth > 0 && (byte === CLOSE || byte === CLOSE_LIST)) depth -= 1;
    else if (depth === 0 && (byte === CLOSE_LIST || (byte === COMMA && at - from > PART))) {
      if (at > from) parts.push(`[${bytes.toString('utf8', from, at)}]`);
      if (byte === CLOSE_LIST) break;
      from = at + 1;
    }
  }
  return { json: bytes.toString('utf8', 0, start) + bytes.toString('utf8', at), parts };
}

/** Finds the first byte of the list under the record's own key `events`; -1 when there is none. */
async function startOfList(bytes: Buffer): Promise<number> {
  const turn = slices();
  let depth = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at++) {
    if (at % STRETCH === 0) await turn();
    const byte = bytes[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) {
      if (depth === 1 && bytes.compare(KEY, 0, KEY.length, at, at + KEY.length) === 0) return at + KEY.length;
      isText = true;
    } else if (byte === OPEN || byte === OPEN_LIST) depth += 1;
    else if (byte === CLOSE || byte === CLOSE_LIST) depth -= 1;
  }
  return -1;
}
