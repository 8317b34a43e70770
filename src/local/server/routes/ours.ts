// What only this server has, for the product's own use.
import path from 'node:path';
import * as z from 'zod/mini';
import { importAdapter } from '../../training/importAdapter.ts';
import { invalid } from '../apiError.ts';
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

/** POST /tuning_fork/adapters */
export async function ours(request: Request, { store, engines }: Context): Promise<Reply | null> {
  const [, kind, ...more] = request.segments;
  if (kind !== 'adapters' || more.length > 0 || request.method !== 'POST') return null;
  const { folder, suffix = null } = parsed(adapterSchema, await readJson(request.raw));
  if (!path.isAbsolute(folder)) throw invalid('The folder must be an absolute path.', 'folder');
  return { json: await importAdapter(store, engines, { folder, suffix }, request.signal) };
}
