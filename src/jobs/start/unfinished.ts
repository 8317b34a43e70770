import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import { updateFile } from '../../storage/atomicFile.ts';

/** The one small file that is read after start-up: what has not ended. */
export interface Unfinished {
  /** Ids of connections that have a job under way. */
  readonly connections: readonly string[];
  /** Intents whose start has not ended. */
  readonly starts: readonly string[];
}

// `v` stays 1: earlier versions read the connections and ignore the starts.
const schema = z.object({
  v: z.literal(1),
  connections: z.array(z.string()),
  starts: z.catch(z.array(z.string()), []),
});

const NOTHING: Unfinished = { connections: [], starts: [] };

function fileOf(folder: string): string {
  return path.join(folder, 'unfinished.json');
}

function parse(text: string | null): Unfinished {
  if (text === null) return NOTHING;
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? { connections: parsed.data.connections, starts: parsed.data.starts } : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** Empty when there is no such file or it cannot be read: it only saves work, the journals and records are the truth. */
export async function readUnfinished(folder: string): Promise<Unfinished> {
  return parse(await readFile(fileOf(folder), 'utf8').catch(() => null));
}

/** Rejects with the system's error. */
export async function updateUnfinished(folder: string, change: (before: Unfinished) => Unfinished): Promise<void> {
  await updateFile(fileOf(folder), (text) => {
    const { connections, starts } = change(parse(text));
    return `${JSON.stringify({ v: 1, connections: [...new Set(connections)].sort(), starts: [...new Set(starts)] })}\n`;
  });
}
