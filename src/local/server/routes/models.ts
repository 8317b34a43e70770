import { ApiError } from '../apiError.ts';
import { modelNotFound } from '../completions.ts';
import type { Reply, Request } from '../http.ts';
import type { WireModel } from '../wire.ts';
import type { Context } from './context.ts';

// 2026-01-01: the base is code, so its date is the day it was written, not the day the server started.
const BASE_CREATED = 1_767_225_600;

function wire(id: string, created: number): WireModel {
  return { id, object: 'model', created, owned_by: 'local', shutdown_date: null };
}

/** GET /models, GET and DELETE /models/{id} */
export function models(request: Request, { store, engines }: Context): Reply | null {
  const [, id, ...more] = request.segments;
  if (more.length > 0) return null;
  if (id === undefined) {
    if (request.method !== 'GET') return null;
    const tuned = [...store.models.values()].sort((a, b) => b.created - a.created || (a.id < b.id ? -1 : 1));
    return {
      json: {
        object: 'list',
        data: [
          ...engines.baseModels.map((base) => wire(base, BASE_CREATED)),
          ...tuned.map((model) => wire(model.id, model.created)),
        ],
      },
    };
  }
  const record = store.models.get(id);
  if (request.method === 'GET') {
    if (engines.baseModels.includes(id)) return { json: wire(id, BASE_CREATED) };
    if (!record) throw modelNotFound(id);
    return { json: wire(record.id, record.created) };
  }
  if (request.method === 'DELETE') {
    if (engines.baseModels.includes(id))
      throw new ApiError(403, 'model_not_deletable', 'A base model cannot be deleted.', 'model');
    if (!record) throw modelNotFound(id);
    store.deleteModel(record);
    return { json: { id, object: 'model', deleted: true } };
  }
  return null;
}
