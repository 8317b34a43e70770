import * as z from 'zod/mini';
import type { RowResult, RunConfig, RunStatus, TestItem } from '../core/evaluation/types.ts';
import type { Problem } from '../core/base/result.ts';

/** A line of a run's journal. */
export type RunRecord =
  | { readonly k: 'run'; readonly v: 1; readonly config: RunConfig }
  | { readonly k: 'item'; readonly item: TestItem }
  | { readonly k: 'row'; readonly row: RowResult }
  | { readonly k: 'status'; readonly status: RunStatus; readonly notice: Problem | null; readonly answered: number };

const text = z.string();
const value = z.nullable(z.union([z.number(), text]));

const configSchema = z.looseObject({
  v: z.literal(1),
  id: text,
  createdAt: z.number(),
  name: text,
  testFile: z.looseObject({ path: text, sha256: text, items: z.number() }),
  contestants: z.array(z.looseObject({ id: text, kind: z.enum(['fine-tuned', 'base', 'constant']), label: text })),
  grader: z.enum(['number', 'string_check']),
  sampling: z.looseObject({ temperature: z.number(), maxTokens: z.number(), seed: z.number() }),
  answerPrefix: z.nullable(text),
  concurrency: z.number(),
});

const itemSchema = z.looseObject({
  index: z.number(),
  line: z.number(),
  title: text,
  messages: z.array(z.looseObject({ role: text })),
  truth: text,
});

const rowSchema = z.looseObject({
  contestant: text,
  item: z.number(),
  status: z.enum(['graded', 'no-number', 'error']),
  sample: z.nullable(text),
  guess: value,
  truth: z.union([z.number(), text]),
  error: z.nullable(z.number()),
  colour: z.nullable(z.enum(['green', 'orange', 'red'])),
});

export const recordSchema = z.discriminatedUnion('k', [
  z.object({ k: z.literal('run'), v: z.literal(1), config: configSchema }),
  z.object({ k: z.literal('item'), item: itemSchema }),
  z.object({ k: z.literal('row'), row: rowSchema }),
  z.object({
    k: z.literal('status'),
    status: z.enum(['running', 'cancelled', 'interrupted', 'paused', 'finished']),
    notice: z.nullable(z.object({ code: text, message: text, action: text })),
    answered: z.number(),
  }),
]);
