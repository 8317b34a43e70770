import * as z from 'zod/mini';
import { invalid } from '../apiError.ts';
import { BATCH_ENDPOINT } from '../batchInput.ts';
import { expiresAfterSchema } from '../expiry.ts';
import type { Reply, Request } from '../http.ts';
import { parsed, readJson } from '../http.ts';
import { checkedMetadata, metadataSchema } from '../metadata.ts';
import { pageOf } from '../paging.ts';
import type { Context } from './context.ts';

/** OpenAI's limit. */
const INPUT_LIMIT = 200 * 1024 * 1024;

const createSchema = z.strictObject({
  input_file_id: z.string(),
  endpoint: z.string(),
  completion_window: z.literal('24h'),
  metadata: metadataSchema,
  output_expires_after: z.optional(z.nullable(expiresAfterSchema)),
});

/** GET and POST /batches, GET /batches/{id}, POST /batches/{id}/cancel */
export async function batches(request: Request, context: Context): Promise<Reply | null> {
  const [, id, action, ...more] = request.segments;
  const { method } = request;
  if (more.length > 0) return null;
  if (id === undefined) {
    if (method === 'POST') return { json: await create(request, context) };
    return method === 'GET' ? { json: list(request, context) } : null;
  }
  if (action === undefined) return method === 'GET' ? { json: context.batches.get(id) } : null;
  return action === 'cancel' && method === 'POST' ? { json: context.batches.cancel(id) } : null;
}

async function create(request: Request, context: Context): Promise<unknown> {
  const asked = parsed(createSchema, await readJson(request.raw));
  if (asked.endpoint !== BATCH_ENDPOINT)
    throw invalid(`Batches are for ${BATCH_ENDPOINT} here.`, 'endpoint', 'unsupported_endpoint');
  const file = context.store.files.get(asked.input_file_id);
  if (!file) throw invalid(`${asked.input_file_id} does not exist.`, 'input_file_id', 'file_not_found');
  if (file.purpose !== 'batch')
    throw invalid(`${file.id} was not uploaded with the purpose 'batch'.`, 'input_file_id', 'invalid_purpose');
  if (file.bytes > INPUT_LIMIT)
    throw invalid(`${file.id} is larger than the 200 MB a batch can have.`, 'input_file_id', 'file_too_large');
  const metadata = checkedMetadata(asked.metadata);
  return context.batches.create(file, metadata, asked.output_expires_after?.seconds ?? null);
}

function list(request: Request, context: Context): unknown {
  const { first_id, last_id, ...page } = pageOf(context.batches.all(), request.query, { limit: 20, most: 100 });
  // An empty list has no ends, and the published description no null for them.
  return { ...page, ...(first_id === null ? {} : { first_id }), ...(last_id === null ? {} : { last_id }) };
}
