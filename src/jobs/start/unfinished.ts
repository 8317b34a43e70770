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
}

const NOTHING: Unfinished = { connections: [], starts: [] };

function fileOf(folder: string): string {
  return path.join(folder, 'unfinished.json');
}

type Schema = typeof unfinishedSchema;

function parse(text: string | null, schema: Schema): Unfinished {
  if (text === null) return NOTHING;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? { connections: parsed.data.connections, starts: parsed.data.starts } : NOTHING;
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

/** Changes the file. Rejects with the system's error. */
export async function updateUnfinished(folder: string, change: (before: Unfinished) => Unfinished): Promise<void> {
  const { unfinishedSchema: schema } = await import('./unfinishedSchema.ts');
  await updateFile(fileOf(folder), (text) => {
    const { connections, starts } = change(parse(text, schema));
    return `${JSON.stringify({ v: 1, connections: [...new Set(connections)].sort(), starts: [...new Set(starts)] })}\n`;
  });
}
