import * as z from 'zod/mini';
import { ApiError, invalid } from '../apiError.ts';
import { expiresAfterSchema, secondsToKeep } from '../expiry.ts';
import type { Reply, Request } from '../http.ts';
import { parsed, readJson } from '../http.ts';
import { receiveForm } from '../multipart.ts';
import type { UploadRecord } from '../records.ts';
import type { Context } from './context.ts';
import { checkedPurpose } from './files.ts';

/** OpenAI's limits. */
const UPLOAD_LIMIT = 8 * 1024 ** 3;
const PART_LIMIT = 64 * 1024 * 1024;

const createSchema = z.strictObject({
  filename: z.string().check(z.minLength(1), z.maxLength(255)),
  purpose: z.string(),
  bytes: z.int().check(z.minimum(1), z.maximum(UPLOAD_LIMIT)),
  mime_type: z.string(),
  expires_after: z.optional(z.nullable(expiresAfterSchema)),
});

const completeSchema = z.strictObject({
  part_ids: z.array(z.string()).check(z.minLength(1)),
  md5: z.optional(z.nullable(z.string())),
});

/** POST /uploads, POST /uploads/{id}/parts, …/complete, …/cancel */
export async function uploads(request: Request, context: Context): Promise<Reply | null> {
  const [, id, action, ...more] = request.segments;
  if (more.length > 0 || request.method !== 'POST') return null;
  if (id === undefined) return { json: await create(request, context) };
  switch (action) {
    case 'parts':
      return { json: await addPart(request, context, id) };
    case 'complete': {
      context.uploads.get(id);
      const { part_ids, md5 } = parsed(completeSchema, await readJson(request.raw));
      return { json: present(await context.uploads.complete(id, part_ids, md5 ?? null), context) };
    }
    case 'cancel':
      return { json: present(context.uploads.cancel(id), context) };
    default:
      return null;
  }
}

async function create(request: Request, context: Context): Promise<unknown> {
  const { filename, bytes, purpose, expires_after } = parsed(createSchema, await readJson(request.raw));
  const expiresAfter = secondsToKeep(checkedPurpose(purpose), expires_after);
  return present(context.uploads.create({ filename, bytes, purpose, expiresAfter }), context);
}

async function addPart(request: Request, { uploads: all }: Context, id: string): Promise<unknown> {
  // Before 64 MB are received for nothing.
  const part = all.begin(id);
  try {
    const { file } = await receiveForm(request.raw, { fileField: 'data', target: part.target, limit: PART_LIMIT });
    if (!file) throw invalid("The form has no part 'data'.", 'data');
    if (file.bytes === 0) throw new ApiError(400, 'empty_file', 'The part is empty.', 'data');
    const added = part.add(file.bytes);
    return { id: added.id, object: 'upload.part', created_at: added.created_at, upload_id: id };
  } finally {
    part.end();
  }
}

function present(record: UploadRecord, { uploads: all }: Context): unknown {
  const { id, bytes, created_at, expires_at, filename, purpose, status } = record;
  const file = all.file(record);
  return { id, object: 'upload', bytes, created_at, expires_at, filename, purpose, status, ...(file ? { file } : {}) };
}
