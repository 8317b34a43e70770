// `leaving.json`: what was taken from a provider, what could not be, and the recordings. Kept beside the files that it lists.
import * as z from 'zod/mini';
import { t } from '../base/messages.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Problem } from '../base/result.ts';

export const INDEX_NAME = 'leaving.json';

/** Kinds of what is taken. */
const WHATS = ['training file', 'validation file', 'result file', 'other file', 'job', 'events'] as const;
export type What = (typeof WHATS)[number];

/** File that was taken. */
export interface TakenFile {
  /** Relative to the folder, with slashes. */
  readonly path: string;
  readonly what: What;
  /** Id of the file, or of the job. */
  readonly id: string;
  /** Jobs that it belongs to. */
  readonly jobs: readonly string[];
  /** Name at the provider; null for what is no file there. */
  readonly name: string | null;
  /** `here`: the copy of this machine, since the provider has it no more. */
  readonly from: 'provider' | 'here';
  readonly bytes: number;
  readonly sha256: string;
  /** Whether the provider's bytes are those that were uploaded from here; null without a copy here. */
  readonly sameAsHere: boolean | null;
}

/** What could not be had, and why. */
export interface MissingFile {
  readonly what: What;
  readonly id: string;
  readonly jobs: readonly string[];
  readonly reason: string;
}

/** Golden outputs of a model. */
export interface RecordedModel {
  readonly model: string;
  /** Id of the run that holds them; null when nothing could be started. */
  readonly run: string | null;
  /** Run file for `verify`, relative to the folder; null before it was written. */
  readonly path: string | null;
  readonly sha256: string | null;
  readonly testFile: string | null;
  readonly items: number;
  readonly recorded: number;
  /** Lines of the test file whose answers are missing, a thousand at most. */
  readonly missingLines: readonly number[];
  /** Why not all were recorded; null when they were. */
  readonly reason: string | null;
}

export interface LeavingIndex {
  readonly v: 1;
  readonly provider: { readonly id: string; readonly name: string; readonly baseUrl: string };
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly files: readonly TakenFile[];
  readonly missing: readonly MissingFile[];
  readonly recordings: readonly RecordedModel[];
}

const text = z.string();
const count = z.number();
const what = z.enum(WHATS);
/** Places inside the folder: the file may have been changed by anybody. */
const inside = z.string().check(z.regex(/^(?:files|jobs|recordings)\/[^/\\]+$/));

const schema = z.looseObject({
  v: z.literal(1),
  provider: z.object({ id: text, name: text, baseUrl: text }),
  startedAt: count,
  updatedAt: count,
  files: z.array(
    z.object({
      path: inside,
      what,
      id: text,
      jobs: z.array(text),
      name: z.nullable(text),
      from: z.enum(['provider', 'here']),
      bytes: count,
      sha256: text,
      sameAsHere: z.nullable(z.boolean()),
    }),
  ),
  missing: z.array(z.object({ what, id: text, jobs: z.array(text), reason: text })),
  recordings: z.array(
    z.object({
      model: text,
      run: z.nullable(text),
      path: z.nullable(inside),
      sha256: z.nullable(text),
      testFile: z.nullable(text),
      items: count,
      recorded: count,
      missingLines: z.array(count),
      reason: z.nullable(text),
    }),
  ),
});

export function newIndex(provider: LeavingIndex['provider'], now: number): LeavingIndex {
  return { v: 1, provider, startedAt: now, updatedAt: now, files: [], missing: [], recordings: [] };
}

export function parseIndex(content: string): Result<LeavingIndex> {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return fail(unreadable());
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? ok(parsed.data) : fail(unreadable());
}

function unreadable(): Problem {
  return {
    code: 'index-unreadable',
    message: t('{0} in the folder is not understood.', INDEX_NAME),
    action: t('Choose another folder.'),
  };
}
