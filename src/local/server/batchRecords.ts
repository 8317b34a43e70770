import * as z from 'zod/mini';

const time = z.optional(z.number());

/** Batch on the wire: absent values are left out, because the published description has no null here. */
const batchSchema = z.object({
  id: z.string(),
  object: z.literal('batch'),
  endpoint: z.string(),
  model: z.optional(z.string()),
  errors: z.optional(
    z.object({
      object: z.literal('list'),
      data: z.array(
        z.object({
          code: z.string(),
          message: z.string(),
          line: z.nullable(z.number()),
          param: z.nullable(z.string()),
        }),
      ),
    }),
  ),
  input_file_id: z.string(),
  completion_window: z.literal('24h'),
  status: z.enum([
    'validating',
    'failed',
    'in_progress',
    'finalizing',
    'completed',
    'expired',
    'cancelling',
    'cancelled',
  ]),
  output_file_id: z.optional(z.string()),
  error_file_id: z.optional(z.string()),
  created_at: z.number(),
  in_progress_at: time,
  expires_at: time,
  finalizing_at: time,
  completed_at: time,
  failed_at: time,
  expired_at: time,
  cancelling_at: time,
  cancelled_at: time,
  request_counts: z.object({ total: z.number(), completed: z.number(), failed: z.number() }),
  usage: z.optional(
    z.object({
      input_tokens: z.number(),
      input_tokens_details: z.object({ cached_tokens: z.number() }),
      output_tokens: z.number(),
      output_tokens_details: z.object({ reasoning_tokens: z.number() }),
      total_tokens: z.number(),
    }),
  ),
  metadata: z.nullable(z.record(z.string(), z.string())),
});

export const batchRecordSchema = z.object({
  order: z.number(),
  batch: batchSchema,
  /** Ids of the files it will end in, decided at the start: after a crash they tell what has been done. */
  outputId: z.string(),
  errorId: z.string(),
  /** Seconds these are kept; null: for good. */
  expiresAfter: z.nullable(z.number()),
});

export type BatchRecord = z.infer<typeof batchRecordSchema>;
export type WireBatch = BatchRecord['batch'];

/** A line of an output or error file. */
export interface Row {
  readonly id: string;
  readonly custom_id: string;
  readonly response: { readonly status_code: number; readonly request_id: string; readonly body: unknown } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export function hasFailed({ response }: Row): boolean {
  return response?.status_code !== 200;
}

export function usageOf(input_tokens: number, output_tokens: number): NonNullable<WireBatch['usage']> {
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input_tokens + output_tokens,
  };
}
