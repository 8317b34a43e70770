import { ApiError } from '../apiError.ts';
import { modelNotFound } from '../completions.ts';
import type { Reply, Request } from '../http.ts';
import type { Context } from './context.ts';

/**
 * GET /open_weights/adapters/{id}: where the adapter of a fine-tuned model lies on this machine. Our own; OpenAI has no such thing.
 */
export async function openWeights(request: Request, { store, engines }: Context): Promise<Reply | null> {
  const [, kind, id, ...more] = request.segments;
  if (kind !== 'adapters' || id === undefined || more.length > 0 || request.method !== 'GET') return null;
  const record = store.models.get(id);
  if (!record) throw modelNotFound(id);
  const place = engines.adapterOf(await store.blob(record.blob));
  if (!place) {
    throw new ApiError(404, 'no_adapter', `The model ${id} has no adapter on the disk of this machine.`, 'model');
  }
  const { source, revision, folder, step } = place;
  return { json: { object: 'open_weights.adapter', model: id, base: record.base, source, revision, folder, step } };
}
