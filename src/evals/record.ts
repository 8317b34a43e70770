import * as z from 'zod/mini';
import type {
  RowResult,
  RowSample,
  RunConfig,
  RunStatus,
  SamplingParameter,
  TestItem,
} from '../core/evaluation/types.ts';
import type { Look } from '../core/statistics/earlyStop.ts';
import type { Problem } from '../core/base/result.ts';

/** Line of a run's journal. */
export type RunRecord =
  | { readonly k: 'run'; readonly v: 1; readonly config: RunConfig }
  | { readonly k: 'item'; readonly item: TestItem }
  | { readonly k: 'row'; readonly row: RowResult }
  /** One of several replies for a row that was not complete yet; older versions skip the line. */
  | { readonly k: 'sample'; readonly contestant: string; readonly item: number; readonly sample: RowSample }
  /** Look at the difference between a contestant and the baseline; older versions skip the line. */
  | { readonly k: 'look'; readonly contestant: string; readonly look: Look }
  /** Parameters that a contestant's model turned out to refuse; older versions skip the line. */
  | { readonly k: 'leftOut'; readonly contestant: string; readonly parameters: readonly SamplingParameter[] }
  | { readonly k: 'status'; readonly status: RunStatus; readonly notice: Problem | null; readonly answered: number };

const text = z.string();

const configSchema = z.looseObject({
  v: z.literal(1),
  id: text,
  createdAt: z.number(),
  name: text,
  testFile: z.looseObject({ path: text, sha256: text, items: z.number() }),
  contestants: z.array(z.looseObject({ id: text, kind: z.enum(['fine-tuned', 'base', 'constant']), label: text })),
  grader: z.enum(['number', 'string_check', 'contains', 'regex', 'label']),
  sampling: z.looseObject({ temperature: z.number(), maxTokens: z.number(), seed: z.number() }),
  answerPrefix: z.nullable(text),
  concurrency: z.number(),
  numberReader: z.optional(z.looseObject({ version: z.literal(2), decimalMark: z.enum(['point', 'comma']) })),
});

const headSchema = z.object({ k: z.literal('run'), v: z.literal(1), config: configSchema });

const leftOutSchema = z.object({
  k: z.literal('leftOut'),
  contestant: text,
  parameters: z.array(z.enum(['temperature', 'seed', 'max_tokens'])),
});

const statusSchema = z.object({
  k: z.literal('status'),
  status: z.enum(['running', 'cancelled', 'interrupted', 'paused', 'finished', 'stopped-early']),
  notice: z.nullable(z.object({ code: text, message: text, action: text })),
  answered: z.number(),
});

const lookSchema = z.object({
  k: z.literal('look'),
  contestant: text,
  look: z.object({
    look: z.number(),
    rows: z.number(),
    estimate: z.object({ value: z.number(), low: z.number(), high: z.number() }),
    t: z.number(),
    limit: z.number(),
    verdict: z.enum(['different', 'futile', 'continue', 'end']),
  }),
});

/** Null for what this version does not understand. Items and rows come by the ten thousand: they are looked at by hand. */
export function parseRecord(record: unknown): RunRecord | null {
  if (!isObject(record)) return null;
  switch (record['k']) {
    case 'row':
      return isRow(record['row']) ? { k: 'row', row: record['row'] } : null;
    case 'item':
      return isItem(record['item']) ? { k: 'item', item: record['item'] } : null;
    case 'sample':
      return isSampleRecord(record) ? record : null;
    case 'look':
      return lookSchema.safeParse(record).data ?? null;
    case 'run':
      return headSchema.safeParse(record).success ? (record as unknown as RunRecord) : null;
    case 'leftOut':
      return leftOutSchema.safeParse(record).data ?? null;
    case 'status':
      return statusSchema.safeParse(record).data ?? null;
    default:
      return null;
  }
}

const STATUSES: ReadonlySet<unknown> = new Set(['graded', 'no-number', 'error', 'ungradable']);
const COLOURS: ReadonlySet<unknown> = new Set(['green', 'orange', 'red', null]);

function isRow(row: unknown): row is RowResult {
  if (!isObject(row)) return false;
  const { contestant, item, status, sample, guess, truth, error, colour, samples } = row;
  return (
    typeof contestant === 'string' &&
    typeof item === 'number' &&
    STATUSES.has(status) &&
    (sample === null || typeof sample === 'string') &&
    (guess === null || isValue(guess)) &&
    isValue(truth) &&
    (error === null || typeof error === 'number') &&
    COLOURS.has(colour) &&
    (samples === undefined || (Array.isArray(samples) && samples.every(isSample)))
  );
}

function isSample(sample: unknown): sample is RowSample {
  if (!isObject(sample)) return false;
  const { status, guess, error, colour } = sample;
  return (
    typeof sample['sample'] === 'string' &&
    STATUSES.has(status) &&
    (guess === null || isValue(guess)) &&
    (error === null || typeof error === 'number') &&
    COLOURS.has(colour)
  );
}

function isSampleRecord(
  record: Readonly<Record<string, unknown>>,
): record is Readonly<Record<string, unknown>> & Extract<RunRecord, { k: 'sample' }> {
  const { contestant, item, sample } = record;
  return typeof contestant === 'string' && typeof item === 'number' && isSample(sample);
}

function isItem(item: unknown): item is TestItem {
  if (!isObject(item)) return false;
  const { index, line, title, messages, truth } = item;
  return (
    typeof index === 'number' &&
    typeof line === 'number' &&
    typeof title === 'string' &&
    Array.isArray(messages) &&
    messages.every((message) => isObject(message) && typeof message['role'] === 'string') &&
    typeof truth === 'string'
  );
}

function isValue(value: unknown): value is number | string {
  return typeof value === 'number' || typeof value === 'string';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
