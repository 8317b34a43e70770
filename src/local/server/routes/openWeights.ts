// Adapters of open-weights models, for the product's own use: OpenAI has no such thing.
import path from 'node:path';
import * as z from 'zod/mini';
import { importAdapter } from '../../training/importAdapter.ts';
import { ApiError, invalid } from '../apiError.ts';
import { modelNotFound } from '../completions.ts';
import { parsed, readJson, type Reply, type Request } from '../http.ts';
import type { Context } from './context.ts';

const adapterSchema = z.strictObject({
  /** Folder of this machine. */
  folder: z.string().check(z.minLength(1)),
  suffix: z.optional(
    z.nullable(
      z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/u, 'up to 64 letters, digits, hyphens and underscores')),
    ),
  ),
});

/**
 * `GET /open_weights/adapters/{id}`: where the adapter of a fine-tuned model lies on this machine. `POST /open_weights/adapters`: an adapter
 * of a folder of this machine becomes a job and a model.
 */
export async function openWeights(request: Request, context: Context): Promise<Reply | null> {
  const [, kind, id, ...more] = request.segments;
  if (kind !== 'adapters' || more.length > 0) return null;
  if (id === undefined) return request.method === 'POST' ? await adopt(request, context) : null;
  return request.method === 'GET' ? await find(id, context) : null;
}

async function find(id: string, { store, engines }: Context): Promise<Reply> {
  const record = store.models.get(id);
  if (!record) throw modelNotFound(id);
  const place = engines.adapterOf(await store.blob(record.blob));
  if (!place) {
    throw new ApiError(404, 'no_adapter', `The model ${id} has no adapter on the disk of this machine.`, 'model');
  }
  const { source, revision, folder, step } = place;
  return { json: { object: 'open_weights.adapter', model: id, base: record.base, source, revision, folder, step } };
}

async function adopt(request: Request, { store, engines }: Context): Promise<Reply> {
  const { folder, suffix = null } = parsed(adapterSchema, await readJson(request.raw));
  if (!path.isAbsolute(folder)) throw invalid('The folder must be an absolute path.', 'folder');
  return { json: await importAdapter(store, engines, { folder, suffix }, request.signal) };
}
