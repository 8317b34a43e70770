import * as z from 'zod/mini';
import { invalid } from './apiError.ts';

/** `expires_after` of a file: one hour to thirty days after it was created. */
export const expiresAfterSchema = z.strictObject({
  anchor: z.literal('created_at'),
  seconds: z.int().check(z.minimum(3600), z.maximum(2_592_000)),
});

/** Input of batches is kept for thirty days unless another time is asked for; everything else for good. */
const BATCH_INPUT_SECONDS = 2_592_000;

export function secondsToKeep(
  purpose: string,
  asked: z.infer<typeof expiresAfterSchema> | null | undefined,
): number | null {
  return asked?.seconds ?? (purpose === 'batch' ? BATCH_INPUT_SECONDS : null);
}

/** The same, from the fields of a form: `expires_after[anchor]`, `expires_after[seconds]`. */
export function secondsToKeepFromForm(purpose: string, fields: ReadonlyMap<string, string>): number | null {
  const anchor = fields.get('expires_after[anchor]');
  const seconds = fields.get('expires_after[seconds]');
  if (anchor === undefined && seconds === undefined) return secondsToKeep(purpose, null);
  const asked = expiresAfterSchema.safeParse({ anchor, seconds: Number(seconds) });
  if (!asked.success)
    throw invalid('expires_after needs the anchor created_at and 3600 to 2592000 seconds.', 'expires_after');
  return secondsToKeep(purpose, asked.data);
}
