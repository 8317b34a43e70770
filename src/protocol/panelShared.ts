// Schemas that several panels share, and the comparison that holds each schema to its interface.
import * as z from 'zod/mini';
import { ROLES } from '../core/dataset/example.ts';

export const count = z.int().check(z.nonnegative());
export const nullableNumber = z.nullable(z.number());

export const chatMessage = z.object({
  role: z.enum(ROLES),
  content: z.nullable(
    z.union([z.string(), z.array(z.object({ type: z.string(), text: z.exactOptional(z.string()) }))]),
  ),
  name: z.exactOptional(z.string()),
  weight: z.exactOptional(z.union([z.literal(0), z.literal(1)])),
  tool_calls: z.exactOptional(
    z.array(
      z.object({
        id: z.exactOptional(z.string()),
        type: z.exactOptional(z.string()),
        function: z.object({ name: z.string(), arguments: z.string() }),
      }),
    ),
  ),
  tool_call_id: z.exactOptional(z.string()),
  function_call: z.exactOptional(z.object({ name: z.string(), arguments: z.string() })),
});

export const headline = z.object({ tone: z.enum(['neutral', 'good', 'warning', 'bad']), text: z.string() });

/** One sentence that a panel opens with, and its tone. */
export interface PanelHeadline {
  readonly tone: 'neutral' | 'good' | 'warning' | 'bad';
  readonly text: string;
}

export const sampling = z.object({ temperature: z.number(), maxTokens: z.number(), seed: z.number() });

export const problem = z.object({ message: z.string(), action: z.string() });

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** True when both types are the same, readonly apart: `true satisfies Same<Output, Interface>` fails to compile when they differ. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the usual way to ask the compiler for identity
type Same<A, B> = (<T>() => T extends Frozen<A> ? 1 : 2) extends <T>() => T extends Frozen<B> ? 1 : 2 ? true : false;
export type { Same };
