import { ApiError, invalid } from '../apiError.ts';
import type { Reply, Request } from '../http.ts';
import { mediaType, readBody } from '../http.ts';
import { pageOf } from '../paging.ts';
import type { FileRecord } from '../records.ts';
import type { Context } from './context.ts';

/** OpenAI's limit for a file, and what a multipart envelope may add. */
const FILE_LIMIT = 512 * 1024 * 1024;
const ENVELOPE = 64 * 1024;

/** GET and POST /files, GET and DELETE /files/{id}, GET /files/{id}/content */
export async function files(request: Request, context: Context): Promise<Reply | null> {
  const [, id, part, ...more] = request.segments;
  if (more.length > 0 || (part !== undefined && part !== 'content')) return null;
  if (id === undefined) {
    if (request.method === 'POST') return { json: await upload(request, context) };
    return request.method === 'GET' ? { json: list(request, context) } : null;
  }
  const file = context.store.files.get(id);
  if (!file) throw new ApiError(404, 'file_not_found', `No such File object: ${id}`, 'id');
  if (part === 'content') {
    return request.method === 'GET' ? { bytes: await context.store.fileContent(file), filename: file.filename } : null;
  }
  if (request.method === 'GET') return { json: file };
  if (request.method !== 'DELETE') return null;
  context.store.deleteFile(file);
  return { json: { id, object: 'file', deleted: true } };
}

async function upload(request: Request, { store }: Context): Promise<FileRecord> {
  if (mediaType(request.raw) !== 'multipart/form-data') {
    throw new ApiError(415, 'unsupported_media_type', 'Files are uploaded as multipart/form-data.');
  }
  const body = await readBody(request.raw, FILE_LIMIT + ENVELOPE);
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': request.raw.headers['content-type'] ?? '' },
    }).formData();
  } catch {
    throw invalid('The multipart body cannot be read.', null, 'invalid_multipart');
  }
  const file = form.get('file');
  const purpose = form.get('purpose');
  if (purpose !== 'fine-tune')
    throw invalid("The purpose must be 'fine-tune': this server keeps files for training only.", 'purpose');
  if (!(file instanceof File)) throw invalid("The form has no part 'file' with a file name.", 'file');
  if (file.size === 0) throw invalid('The file is empty.', 'file', 'empty_file');
  if (file.size > FILE_LIMIT) throw new ApiError(413, 'request_too_large', 'The file is larger than 512 MB.', 'file');
  return store.addFile(file.name.slice(-255), purpose, new Uint8Array(await file.arrayBuffer()));
}

function list(request: Request, { store }: Context): unknown {
  const purpose = request.query.get('purpose');
  const order = request.query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw invalid("order must be 'asc' or 'desc'.", 'order');
  const items = [...store.files.values()].filter((file) => purpose === null || file.purpose === purpose);
  // A stable sort: files of one second keep the order in which they came.
  items.sort((a, b) => a.created_at - b.created_at);
  return pageOf(order === 'asc' ? items : items.reverse(), request.query, { limit: 10_000, most: 10_000 });
}
