// Open-weights models on this machine and the Python that trains them: `open-weights.json` in the folder of the local server, which the
// extension writes and the server reads.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { updateFile } from '../storage/atomicFile.ts';
import { systemCode } from '../storage/storageProblem.ts';
import { fieldsOf, parseJson, textOf, type Fields } from './json.ts';

export interface OpenWeightsModel {
  /** Name in lists and requests; also the key of the entry. */
  readonly id: string;
  /** Id at the hub, absolute path of a folder or of a GGUF file. */
  readonly source: string;
  /** Commit at the hub; null for folders and files. */
  readonly revision: string | null;
  /** As the model's card names it; null when unknown. */
  readonly licence: string | null;
  /** Weights; null when unknown. */
  readonly parameters: number | null;
  /** ISO 8601. */
  readonly addedAt: string;
}

export interface OpenWeightsRegistry {
  /** Absolute path of the Python that has the trainer; null: training is not set up. */
  readonly python: string | null;
  readonly models: readonly OpenWeightsModel[];
}

const NONE: OpenWeightsRegistry = { python: null, models: [] };

export function registryFile(folder: string): string {
  return path.join(folder, 'open-weights.json');
}

/**
 * Reads the registry; an absent or unreadable file is an empty one, and an entry that cannot be read is left out.
 * @param folder folder of the local server
 */
export async function readRegistry(folder: string): Promise<OpenWeightsRegistry> {
  const text = await readFile(registryFile(folder), 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  });
  return text === null ? NONE : parseRegistry(text);
}

/** Changes the registry under its lock, so that no change of another window is lost. Rejects with the system's error. */
export async function updateRegistry(
  folder: string,
  change: (registry: OpenWeightsRegistry) => OpenWeightsRegistry,
): Promise<void> {
  await updateFile(registryFile(folder), (text) => {
    const changed = change(text === null ? NONE : parseRegistry(text));
    return `${JSON.stringify(changed, null, 2)}\n`;
  });
}

export function parseRegistry(text: string): OpenWeightsRegistry {
  const value = fieldsOf(parseJson(text)) ?? {};
  const models = Array.isArray(value['models']) ? value['models'] : [];
  return {
    python: textOf(value['python']),
    models: models.flatMap((entry: unknown) => modelOf(fieldsOf(entry) ?? {}) ?? []),
  };
}

function modelOf(entry: Fields): OpenWeightsModel | null {
  const { parameters } = entry;
  const id = textOf(entry['id']);
  const source = textOf(entry['source']);
  if (id === null || source === null) return null;
  return {
    id,
    source,
    revision: textOf(entry['revision']),
    licence: textOf(entry['licence']),
    parameters: typeof parameters === 'number' && parameters > 0 ? parameters : null,
    addedAt: textOf(entry['addedAt']) ?? new Date(0).toISOString(),
  };
}
