// Loaded on first use: activation pays for no schema.
import * as z from 'zod/mini';

/** Wish that a window leaves for the polling one. */
export const wishSchema = z.object({
  v: z.literal(1),
  shown: z.union([z.literal('all'), z.array(z.string())]),
  pokes: z.number(),
});
