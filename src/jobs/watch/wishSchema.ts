// Read on first use: activation pays for no schema.
import * as z from 'zod/mini';

/** What a window that does not ask leaves for the one that does. */
export const wishSchema = z.object({
  v: z.literal(1),
  shown: z.union([z.literal('all'), z.array(z.string())]),
  pokes: z.number(),
});
