// Turns of a row of any kind: what is understood as text, and all else that a model would read as its JSON.
import { isRecord, rawText } from '../check/rules/rule.ts';
import { canonical, canonicalOf, isBookkeeping } from './canonical.ts';
import { RowHash } from './rowHash.ts';

export interface Turn {
  readonly role: string;
  /** Text of the content; empty when there is none, or it is not understood. */
  readonly text: string;
  /** Canonical JSON of everything but role and text: images, calls, names, content that is not understood. Empty when there is none. */
  readonly rest: string;
  /** Tells turns apart: role, text trimmed at its ends, rest. */
  readonly hash: number;
}

/** A map: a role may be called `__proto__`. */
const SHAREGPT_ROLES: ReadonlyMap<string, string> = new Map([
  ['human', 'user'],
  ['gpt', 'assistant'],
]);

/** Makes the turns of a list of messages; none of anything else. */
export function turnsOf(messages: unknown): readonly Turn[] {
  if (!Array.isArray(messages)) return [];
  const ids = new CallIds();
  return messages.map((message: unknown) => turnOf(message, ids));
}

/** Ids link results to calls and are made up again for every row: the position of a call stands for its id. */
class CallIds {
  readonly #known = new Map<string, number>();

  /** The calls of a message with their positions as ids. */
  ofCalls(calls: readonly unknown[]): readonly unknown[] {
    return calls.map((call) => {
      if (!isRecord(call)) return call;
      const { id, type, ...others } = call;
      if (typeof id === 'string' && !this.#known.has(id)) this.#known.set(id, this.#known.size);
      return { ...others, ...(type === undefined || type === 'function' ? {} : { type }), id: this.ofId(id) };
    });
  }

  ofId(id: unknown): unknown {
    return typeof id === 'string' ? (this.#known.get(id) ?? id) : id;
  }
}

function turnOf(message: unknown, ids: CallIds): Turn {
  if (!isRecord(message)) return makeTurn('', '', canonical(message));
  const roleKey = message['role'] === undefined || message['role'] === null ? 'from' : 'role';
  const contentKey = message['content'] === undefined || message['content'] === null ? 'value' : 'content';
  const given = message[roleKey];
  const role = typeof given === 'string' ? (SHAREGPT_ROLES.get(given) ?? given) : '';
  const others: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(message)) {
    if (key === contentKey || (key === roleKey && typeof given === 'string')) continue;
    if (key === 'tool_calls' && Array.isArray(item)) others[key] = ids.ofCalls(item);
    else if (key === 'tool_call_id') others[key] = ids.ofId(item);
    // An answer is trained on unless its weight is 0.
    else if (key === 'name' || !isBookkeeping(key)) others[key] = key === 'weight' && item === 1 ? null : item;
  }
  return makeContentTurn(role, message[contentKey], canonicalOf(others, Object.keys(others)));
}

/** Makes a turn of one content alone: a prompt, a completion. */
export function turn(role: string, content: unknown): Turn {
  return makeContentTurn(role, content, '');
}

function makeContentTurn(role: string, content: unknown, others: string): Turn {
  if (isUnderstood(content)) return makeTurn(role, rawText(content), others);
  hash.reset();
  const rest = `content:${canonical(content)}${others === '' ? '' : `,${others}`}`;
  // The text between images is compared with that of other rows; it is in the rest as well.
  return { ...makeTurn(role, '', rest), text: rawText(content) };
}

/** Tells whether all of a content is text: none, text, or parts of text with nothing else in them. */
function isUnderstood(content: unknown): boolean {
  if (content === undefined || content === null || typeof content === 'string') return true;
  return (
    Array.isArray(content) &&
    content.every(
      (part: unknown) =>
        isRecord(part) && part['type'] === 'text' && typeof part['text'] === 'string' && Object.keys(part).length === 2,
    )
  );
}

function makeTurn(role: string, text: string, rest: string): Turn {
  hash.reset();
  hash.addText(text.trim());
  if (rest !== '') hash.addText(rest);
  hash.addNumber(hashOfRole(role));
  return { role, text, rest, hash: hash.number() };
}

const hash = new RowHash();
/** Hashes of the first 64 roles; others are hashed each time. */
const roleHashes = new Map<string, number>();

export function hashOfRole(role: string): number {
  const known = roleHashes.get(role);
  if (known !== undefined) return known;
  const own = new RowHash();
  own.addText(role);
  if (roleHashes.size < 64) roleHashes.set(role, own.number());
  return own.number();
}

/** Hashes of turns to one, with what else tells the row apart. */
export function hashOfTurns(turns: readonly { readonly hash: number }[], rest: string): number {
  hash.reset();
  for (const each of turns) hash.addNumber(each.hash);
  if (rest !== '') hash.addText(rest);
  return hash.number();
}
