import { prepareChat } from '../completions.ts';
import type { Reply, Request } from '../http.ts';
import { readJson } from '../http.ts';
import type { Context } from './context.ts';

/** POST /chat/completions, whole or as server-sent events */
export async function chat(request: Request, context: Context): Promise<Reply | null> {
  if (request.segments[1] !== 'completions' || request.segments.length > 2 || request.method !== 'POST') return null;
  const prepared = await prepareChat(await readJson(request.raw), context, request.signal);
  return prepared.stream ? { events: prepared.chunks() } : { json: await prepared.complete() };
}
