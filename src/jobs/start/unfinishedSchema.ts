// Loaded on first use: activation pays for no schema.
import * as z from 'zod/mini';

// `v` stays 1: earlier versions read the connections and ignore what they do not know.
export const unfinishedSchema = z.object({
  v: z.literal(1),
  connections: z.array(z.string()),
  starts: z.catch(z.array(z.string()), []),
  sweeps: z.catch(z.array(z.string()), []),
});
