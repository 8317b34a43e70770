import { ApiError, invalid } from '../apiError.ts';
import { secondsToKeepFromForm } from '../expiry.ts';
import type { Reply, Request } from '../http.ts';
import { receiveForm } from '../multipart.ts';
import { pageOf } from '../paging.ts';
import type { FileRecord } from '../records.ts';
import { discard } from '../store.ts';
import type { Context } from './context.ts';

/** OpenAI's limit for a file; larger ones come in parts. */
export const FILE_LIMIT = 512 * 1024 * 1024;

/** Known purposes of files. */
const PURPOSES: readonly string[] = ['fine-tune', 'batch'];

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
    return request.method === 'GET' ? { content: context.store.streamFile(file), length: file.bytes } : null;
  }
  if (request.method === 'GET') return { json: file };
  if (request.method !== 'DELETE') return null;
  context.store.deleteFile(file);
  return { json: { id, object: 'file', deleted: true } };
}

export function checkedPurpose(purpose: string | undefined): string {
  if (purpose === undefined || !PURPOSES.includes(purpose))
    throw invalid(`The purpose must be one of ${PURPOSES.join(', ')}: this server keeps no other files.`, 'purpose');
  return purpose;
}

async function upload(request: Request, { store }: Context): Promise<FileRecord> {
  const path = store.temporaryPath();
  const { fields, file } = await receiveForm(request.raw, {
    fileField: 'file',
    target: { path, keep: null },
    limit: FILE_LIMIT,
  });
  try {
    for (const name of fields.keys())
      if (!/^(?:purpose|expires_after\[(?:anchor|seconds)\])$/.test(name))
        throw invalid(`Unknown parameter: '${name}'. Extra inputs are not permitted.`, name, 'unknown_parameter');
    const purpose = checkedPurpose(fields.get('purpose'));
    const expiresAfter = secondsToKeepFromForm(purpose, fields);
    if (!file?.filename) throw invalid("The form has no part 'file' with a file name.", 'file');
    if (file.bytes === 0) throw invalid('The file is empty.', 'file', 'empty_file');
    return store.adoptFile({ filename: file.filename, purpose, expiresAfter }, path, file.bytes);
  } catch (error) {
    discard(path);
    throw error;
  }
}

function list(request: Request, { store }: Context): unknown {
  const purpose = request.query.get('purpose');
  const order = request.query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw invalid("order must be 'asc' or 'desc'.", 'order');
  const items = [...store.files.values()].filter((file) => purpose === null || file.purpose === purpose);
  // A stable sort: files of one second keep the order in which they came.
  items.sort((a, b) => a.created_at - b.created_at);
  const page = pageOf(order === 'asc' ? items : items.reverse(), request.query, { limit: 10_000, most: 10_000 });
  // Here, and only here, the published description has texts and no null.
  return { ...page, first_id: page.first_id ?? '', last_id: page.last_id ?? '' };
}
