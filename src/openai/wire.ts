// Readers for the answers of providers. Only fields that the product cannot do without are required (an id, a status); a missing, extra
// or oddly shaped field never loses the rest. Null means that the answer is not of the requested kind.
import * as z from 'zod/mini';
import type { TokenUsage } from '../core/evaluation/types.ts';
import type { AdapterInfo, ChatReply, ImportedAdapter, ModelInfo, ProviderFile, Upload } from '../core/provider/api.ts';
import type { Checkpoint, Job, JobEvent } from '../core/training/job.ts';
import { parseEvent } from '../core/training/parseEvent.ts';
import { parseCheckpoint, parseJob } from '../core/training/parseJob.ts';
import { record, text } from '../core/training/wire.ts';

const number = z.catch(z.nullable(z.number()), null);
const id = z.string().check(z.minLength(1));

export function readJob(body: unknown): Job | null {
  const parsed = parseJob(body);
  // An id alone may be anything; a job always has a status.
  return parsed.ok && parsed.value.status !== 'unknown' ? parsed.value : null;
}

export function readEvent(body: unknown): JobEvent | null {
  const parsed = parseEvent(body);
  return parsed.ok ? parsed.value : null;
}

export function readCheckpoint(body: unknown): Checkpoint | null {
  const parsed = parseCheckpoint(body);
  return parsed.ok ? parsed.value : null;
}

const fileSchema = z.object({ id, filename: text, bytes: number, created_at: number, purpose: text, status: text });

export function readFile(body: unknown): ProviderFile | null {
  const parsed = fileSchema.safeParse(body);
  if (!parsed.success) return null;
  const { created_at, filename, purpose, ...rest } = parsed.data;
  return { ...rest, filename: filename ?? '', createdAt: created_at ?? 0, purpose: purpose ?? '' };
}

const modelSchema = z.object({
  id,
  created: number,
  created_at: number,
  owned_by: text,
  shutdown_date: text,
  capabilities: record,
  deprecation: record,
});

export function readModel(body: unknown): ModelInfo | null {
  const parsed = modelSchema.safeParse(body);
  if (!parsed.success) return null;
  const { created, created_at, owned_by, shutdown_date, capabilities, deprecation } = parsed.data;
  const tunable = capabilities['fine_tune'];
  return {
    id: parsed.data.id,
    createdAt: created ?? created_at,
    ownedBy: owned_by,
    // Azure has a field of its own: the end of inference, in Unix seconds.
    shutdownDate: day(shutdown_date) ?? day(number.parse(deprecation['inference'])),
    tunable: typeof tunable === 'boolean' ? tunable : null,
  };
}

/** Formats a date, a time or Unix seconds as `YYYY-MM-DD`. */
function day(value: string | number | null): string | null {
  if (typeof value === 'string') return /^\d{4}-\d{2}-\d{2}(?!\d)/.exec(value)?.[0] ?? null;
  return value !== null && value > 0 && value < 1e11 ? new Date(value * 1000).toISOString().slice(0, 10) : null;
}

const adapterSchema = z.object({
  base: z.string(),
  source: z.string(),
  revision: z.nullable(z.string()),
  folder: z.string(),
});

export function readAdapter(body: unknown): AdapterInfo | null {
  return adapterSchema.safeParse(body).data ?? null;
}

export function readId(body: unknown): string | null {
  return z.object({ id }).safeParse(body).data?.id ?? null;
}

const uploadSchema = z.object({ id, expires_at: number, file: z.optional(z.unknown()) });

export function readUpload(body: unknown): Upload | null {
  const parsed = uploadSchema.safeParse(body);
  return parsed.success ? { id: parsed.data.id, expiresAt: parsed.data.expires_at } : null;
}

export function readUploadedFile(body: unknown): ProviderFile | null {
  return readFile(uploadSchema.safeParse(body).data?.file);
}

const importedSchema = z.object({ job: id, model: id, steps: number });

export function readImported(body: unknown): ImportedAdapter | null {
  const parsed = importedSchema.safeParse(body);
  return parsed.success ? { ...parsed.data, steps: parsed.data.steps ?? 0 } : null;
}

/** Accepts `{id, deleted: true}` and the empty answer of some providers: only a refusal is no deletion. */
export function readDeleted(body: unknown): true | null {
  if (body === undefined || body === null || body === '') return true;
  const { deleted } = record.parse(body);
  return typeof body === 'object' && deleted !== false ? true : null;
}

/** Reads the numbers of tokens by the API's names; undefined unless both are there. */
function readUsage(usage: Readonly<Record<string, unknown>>): TokenUsage | undefined {
  const { prompt_tokens: input, completion_tokens: output } = usage;
  if (!isCount(input) || !isCount(output)) return undefined;
  const details = record.parse(usage['completion_tokens_details']);
  const reasoning = details['reasoning_tokens'];
  return isCount(reasoning) && reasoning > 0 ? { input, output, reasoning } : { input, output };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

const chatSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: text, refusal: text }),
        finish_reason: text,
      }),
    )
    .check(z.minLength(1)),
  usage: record,
});

export function readChat(body: unknown): ChatReply | null {
  const parsed = chatSchema.safeParse(body);
  const choice = parsed.data?.choices[0];
  if (!choice) return null;
  const usage = readUsage(parsed.data?.usage ?? {});
  return {
    text: choice.message.content ?? choice.message.refusal ?? '',
    finishReason: choice.finish_reason ?? 'unknown',
    ...(usage === undefined ? {} : { usage }),
  };
}

export interface WirePage {
  readonly data: readonly unknown[];
  /** Null when the provider leaves it out. */
  readonly hasMore: boolean | null;
}

export function readPage(body: unknown): WirePage | null {
  const parsed = z
    .object({ data: z.array(z.unknown()), has_more: z.catch(z.nullable(z.boolean()), null) })
    .safeParse(body);
  return parsed.success ? { data: parsed.data.data, hasMore: parsed.data.has_more } : null;
}
