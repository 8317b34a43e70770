// Loaded on first use: activation pays for no schema.
import * as z from 'zod/mini';
import type { StartJobInput } from '../start/startContract.ts';

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const nullableText = z.nullable(z.string());
const values = z.readonly(z.array(z.number()));

const settings = z.object({ rate: z.number(), rank: z.nullable(z.number()), epochs: z.number() });

const run = z.object({
  settings,
  /** Start of the run; null: not begun. */
  intentId: nullableText,
  jobId: nullableText,
  /** Status of its job at the end, `refused` where there is none, or `canceled` before it began; null: not over. */
  end: nullableText,
  /** Why it has no model, where that is known. */
  reason: nullableText,
});

export const sweepRecordSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  /** Name of the dataset. */
  name: z.string(),
  /** Unix milliseconds. */
  at: z.number(),
  /** Settings that all runs share. Written by this version, as the parameters in the journal of a start. */
  base: z.custom<Omit<StartJobInput, 'intentId'>>(isObject),
  axes: z.object({ rates: values, ranks: z.nullable(values), epochs: values }),
  /** Seed of the design by which the runs were chosen. */
  seed: z.number(),
  runs: z.array(run),
  /** Whether all runs are started at once, for a cluster that trains as many beside each other as it has room for. */
  together: z.optional(z.boolean()),
  state: z.enum(['running', 'ended', 'canceled']),
});

export type SweepRecord = z.output<typeof sweepRecordSchema>;
export type SweepRun = SweepRecord['runs'][number];
