import * as z from 'zod/mini';
import { invalid } from './apiError.ts';

/** OpenAI's limits: 16 pairs, keys of 64 and values of 512 characters. */
export const metadataSchema = z.optional(
  z.nullable(z.record(z.string().check(z.maxLength(64)), z.string().check(z.maxLength(512)))),
);

export function checkedMetadata(metadata: z.infer<typeof metadataSchema>): Record<string, string> {
  if (Object.keys(metadata ?? {}).length > 16) throw invalid('metadata has more than 16 pairs.', 'metadata');
  return metadata ?? {};
}
