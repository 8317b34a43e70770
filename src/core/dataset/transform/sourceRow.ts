import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { locate } from '../../jsonl/locate.ts';
import { isRecord } from '../check/rules/rule.ts';

/** Reason in one sentence why a row cannot be converted. */
export type Reason = string;

/** Row of a source that notes which of its keys were read: the others are reported as left out. */
export class SourceRow {
  readonly value: Readonly<Record<string, unknown>>;
  /** JSON of the row, for numbers as they were written; null when the row is a part of another value. */
  readonly raw: string | null;
  readonly #read = new Set<string>();
  readonly #inside = new Set<string>();

  constructor(value: Readonly<Record<string, unknown>>, raw: string | null) {
    this.value = value;
    this.raw = raw;
  }

  take(key: string): unknown {
    this.#read.add(key);
    return Object.hasOwn(this.value, key) ? this.value[key] : undefined;
  }

  /** The value of the first of these keys that says something; the others stay unread. */
  takeFirst(...keys: readonly string[]): unknown {
    const key = keys.find((name) => !isNothing(this.value[name]));
    return key === undefined ? undefined : this.take(key);
  }

  /** A text; empty when there is none. */
  text(key: string): string {
    const value = this.take(key);
    return typeof value === 'string' ? value : '';
  }

  /** A text, or a number or literal as it was written. */
  scalar(key: string): string {
    const value = this.take(key);
    if (typeof value === 'string') return value;
    if (typeof value !== 'number' && typeof value !== 'boolean') return '';
    const place = this.raw === null ? null : locate(this.raw, [key]);
    return place === null || this.raw === null ? String(value) : this.raw.slice(place.start, place.end).trim();
  }

  /** Notes a key of a turn that the result has no place for. */
  leaveOut(key: string): void {
    this.#inside.add(key);
  }

  /** Keys with a value that nothing has read. */
  leftOut(): readonly string[] {
    const keys = Object.keys(this.value).filter((key) => !this.#read.has(key) && !isNothing(this.value[key]));
    return [...keys, ...this.#inside];
  }
}

/** Tells whether a value says nothing: null, and empty texts, lists and objects. */
export function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

/** Values of JSON inside text; undefined when the text is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True: learned from; false: not learned from; null: a value that has no such meaning. Nothing counts as true. */
export function learnedFrom(value: unknown): boolean | null {
  if (value === undefined || value === null || value === true || value === 1) return true;
  return value === false || value === 0 ? false : null;
}

/** What a question is about and no example can hold. Pictures have a place. */
export const MEDIA = ['videos', 'video', 'audios', 'audio'] as const;

/** Without these the question is another one. */
const ASKED = [...MEDIA, 'choices', 'options'] as const;

/**
 * Refuses a row whose other keys say that it is not to be learned, or hold what an example has no place for. Keys that say
 * nothing new count as read. `answer`: key of the answer, which is no flag.
 */
export function refuseByFlags(row: SourceRow, answer: string | null): Result<null, Reason> {
  for (const key of ['label', 'kto_tag', 'desirable'] as const) {
    if (key === answer || !Object.hasOwn(row.value, key)) continue;
    const value = row.value[key];
    if (value === false || value === 0) return fail(t('"{0}" says that the answer is a bad one.', key));
    if (value === true || value === 1) row.take(key);
  }
  for (const key of ['weight', 'loss', 'train'] as const) {
    if (key === answer) continue;
    const learned = learnedFrom(row.take(key));
    if (learned === false) return fail(t('"{0}" says that the row is not to be learned.', key));
    if (learned === null) return fail(t('An example has no place for the value of "{0}".', key));
  }
  const asked = ASKED.find((key) => !isNothing(row.value[key]));
  return asked === undefined ? ok(null) : fail(t('An example has no place for "{0}".', asked));
}
