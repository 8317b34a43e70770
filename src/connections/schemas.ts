// Schemas of the files of connections. Loaded on first use: activation pays for no schema.
import * as z from 'zod/mini';

/** `limits.json`. */
const amount = z.number().check(z.nonnegative());
export const storedLimits = z.object({
  v: z.literal(1),
  cap: z.nullable(amount),
  prices: z.record(z.string(), amount),
});

/** Line that the server prints. */
export const serverAddress = z.object({ base_url: z.string(), api_key: z.string() });
/** `server.json`. */
export const serverState = z.object({ pid: z.number(), base_url: z.string(), token: z.string() });

const capability = z.union([z.literal('yes'), z.literal('unknown'), z.object({ no: z.string() })]);
const names = z.record(z.string(), z.string());
const text = z.string();

/** Entry of `connections.json`. */
// Fields that are not needed to reach the provider are dropped when they cannot be read; the connection stays.
export const connectionEntry = z.object({
  id: text,
  kind: z.enum(['ray', 'openai', 'azure', 'nebius', 'compatible']),
  name: text,
  baseUrl: text,
  organization: z.catch(z.optional(text), undefined),
  project: z.catch(z.optional(text), undefined),
  cluster: z.optional(z.object({ storage: text, workers: z.int().check(z.minimum(1)), gpu: z.boolean() })),
  checked: z.catch(
    z.optional(
      z.object({
        at: z.number(),
        capabilities: z.object({ models: capability, files: capability, fineTuning: capability, batches: capability }),
      }),
    ),
    undefined,
  ),
  retirements: z.catch(z.optional(names), undefined),
  deployments: z.catch(z.optional(names), undefined),
});
const removedSchema = z.array(z.object({ id: text, kind: text, baseUrl: text }));
export const connectionsFile = z.object({
  v: z.literal(1),
  connections: z.array(z.unknown()),
  removed: z.catch(removedSchema, []),
});
