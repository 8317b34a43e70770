import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { unfinishedSchema } from './unfinishedSchema.ts';
import { updateFile } from '../../storage/atomicFile.ts';

/** Content of the one small file that is read after activation. */
export interface Unfinished {
  /** Ids of connections with a job in progress. */
  readonly connections: readonly string[];
  /** Intents whose start has not ended. */
  readonly starts: readonly string[];
  /** Sweeps with runs to come. */
  readonly sweeps: readonly string[];
}

const NOTHING: Unfinished = { connections: [], starts: [], sweeps: [] };

function fileOf(folder: string): string {
  return path.join(folder, 'unfinished.json');
}

type Schema = typeof unfinishedSchema;

function parse(text: string | null, schema: Schema): Unfinished {
  if (text === null) return NOTHING;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    if (!parsed.success) return NOTHING;
    const { connections, starts, sweeps } = parsed.data;
    return { connections, starts, sweeps };
  } catch {
    return NOTHING;
  }
}

/** Reads the file; empty when it is absent or unreadable: it only saves work, the journals and records are the truth. */
export async function readUnfinished(folder: string): Promise<Unfinished> {
  const text = await readFile(fileOf(folder), 'utf8').catch(() => null);
  if (text === null) return NOTHING;
  const { unfinishedSchema: schema } = await import('./unfinishedSchema.ts');
  return parse(text, schema);
}

/** Changes what `change` answers with in the file, and keeps the rest. Rejects with the system's error. */
export async function updateUnfinished(
  folder: string,
  change: (before: Unfinished) => Partial<Unfinished>,
): Promise<void> {
  const { unfinishedSchema: schema } = await import('./unfinishedSchema.ts');
  await updateFile(fileOf(folder), (text) => {
    const before = parse(text, schema);
    const { connections, starts, sweeps } = { ...before, ...change(before) };
    return `${JSON.stringify({
      v: 1,
      connections: [...new Set(connections)].sort(),
      starts: [...new Set(starts)],
      ...(sweeps.length === 0 ? {} : { sweeps: [...new Set(sweeps)] }),
    })}\n`;
  });
}
