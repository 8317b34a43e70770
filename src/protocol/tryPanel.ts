import * as z from 'zod/mini';
import type { ChatMessage } from '../core/dataset/example.ts';
import { chatMessage, count, nullableNumber, problem, sampling, type Same } from './panelShared.ts';

export interface TryPanelState {
  readonly panel: 'try';
  readonly connectionId: string;
  readonly connectionName: string;
  readonly model: string;
  /** The rows of the chosen dataset offered to pick from, their truths without the beginning that all share; null before one was chosen. */
  readonly dataset: {
    readonly name: string;
    readonly rows: readonly { readonly line: number; readonly title: string; readonly truth: string }[];
    readonly total: number;
    /** Beginning of all answers that the reply can go on from; null when they share none. */
    readonly prefix: string | null;
    /** Line that is chosen at first. */
    readonly chosen: number | null;
  } | null;
  readonly busy: boolean;
  readonly sampling: { readonly temperature: number; readonly maxTokens: number; readonly seed: number };
  readonly result: TryResult | null;
  readonly problem: { readonly message: string; readonly action: string } | null;
}

export interface TryResult {
  /** The messages that were sent, word for word. */
  readonly sent: readonly ChatMessage[];
  readonly reply: string;
  readonly finishReason: string;
  /** The number taken from the reply; null when there is none. */
  readonly number: number | null;
  /** The held-back answer, when a line of a dataset was asked. */
  readonly truth: string | null;
  readonly truthNumber: number | null;
  readonly line: number | null;
  /** Parameters that were not sent, in words; null when all of the sampling was. */
  readonly leftOut: string | null;
}

export type FromTryPanel =
  | { readonly type: 'chooseDataset' }
  /** Ask with the row at this line of the chosen dataset, its answer held back. */
  | {
      readonly type: 'askLine';
      readonly line: number;
      readonly keepPrefix: boolean;
      readonly sampling: TryPanelState['sampling'];
    }
  | {
      readonly type: 'askPrompt';
      readonly system: string;
      readonly prompt: string;
      readonly prefix: string;
      readonly sampling: TryPanelState['sampling'];
    }
  | { readonly type: 'stopAsking' };

export const tryState = z.object({
  panel: z.literal('try'),
  connectionId: z.string(),
  connectionName: z.string(),
  model: z.string(),
  dataset: z.nullable(
    z.object({
      name: z.string(),
      rows: z.array(z.object({ line: count, title: z.string(), truth: z.string() })),
      total: count,
      prefix: z.nullable(z.string()),
      chosen: z.nullable(count),
    }),
  ),
  busy: z.boolean(),
  sampling,
  result: z.nullable(
    z.object({
      sent: z.array(chatMessage),
      reply: z.string(),
      finishReason: z.string(),
      number: nullableNumber,
      truth: z.nullable(z.string()),
      truthNumber: nullableNumber,
      line: z.nullable(count),
      leftOut: z.nullable(z.string()),
    }),
  ),
  problem: z.nullable(problem),
});

// A page that was taken over may send anything: its messages have the bounds of typed input.
const typed = z.string().check(z.maxLength(1_000_000));
const askedSampling = z.object({
  temperature: z.number().check(z.gte(0), z.lte(2)),
  maxTokens: z.int().check(z.positive(), z.lte(1_000_000)),
  seed: z.int(),
});

export const fromTryPanel = z.discriminatedUnion('type', [
  z.object({ type: z.literal('chooseDataset') }),
  z.object({ type: z.literal('askLine'), line: count, keepPrefix: z.boolean(), sampling: askedSampling }),
  z.object({ type: z.literal('askPrompt'), system: typed, prompt: typed, prefix: typed, sampling: askedSampling }),
  z.object({ type: z.literal('stopAsking') }),
]);

true satisfies Same<z.output<typeof tryState>, TryPanelState>;
true satisfies Same<z.output<typeof fromTryPanel>, FromTryPanel>;
