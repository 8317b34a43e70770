// Sorts a provider's list of models and the models known from jobs: base models, fine-tuned models, their checkpoints.
import { isServedHere, type ConnectionKind } from './connection.ts';
import { undatedName } from '../cost/prices.ts';
import type { ModelInfo } from './api.ts';
import { parseModelName } from '../training/modelName.ts';

interface TunedModel {
  readonly id: string;
  /** Unix seconds; null when unknown. */
  readonly createdAt: number | null;
  /** Names of the checkpoints, last step first. */
  readonly checkpoints: readonly string[];
}

export interface SortedModels {
  /** Models that jobs can start from, as far as known. */
  readonly bases: readonly string[];
  /** Fine-tuned models, newest first. */
  readonly tuned: readonly TunedModel[];
}

/**
 * Sorts models into base models and fine-tuned ones. OpenAI's list does not say which models can be tuned: there the table of prices
 * decides, as far as the list has them. Azure marks each model. Elsewhere every model that is not itself tuned may be a base.
 * @param known tuned models and checkpoints of jobs, which some providers leave out of their list
 */
export function sortModels(
  kind: ConnectionKind,
  listed: readonly ModelInfo[],
  priced: readonly string[],
  known: readonly { readonly id: string; readonly createdAt: number; readonly checkpoints: readonly string[] }[] = [],
): SortedModels {
  const names = new Set(listed.map(({ id }) => id));
  const plain = listed.filter(({ id }) => parseModelName(id).form === 'plain');
  const offered = (model: string): boolean => names.has(model) || names.has(undatedName(model));
  const bases =
    kind === 'openai'
      ? priced.filter((model) => listed.length === 0 || offered(model))
      : plain.filter(({ tunable }) => tunable !== false).map(({ id }) => id);
  const tuned = new Map<string, Entry & { readonly checkpoints: Set<string> }>();
  const of = (id: string): Entry & { readonly checkpoints: Set<string> } => {
    const entry = tuned.get(id) ?? { createdAt: null, checkpoints: new Set<string>() };
    tuned.set(id, entry);
    return entry;
  };
  for (const { id, createdAt } of listed) {
    const name = parseModelName(id);
    if (name.form === 'plain') continue;
    if (name.checkpointStep === null) of(id).createdAt = createdAt;
    else of(id.slice(0, id.lastIndexOf(':'))).checkpoints.add(id);
  }
  for (const model of known) {
    const entry = of(model.id);
    entry.createdAt ??= model.createdAt;
    for (const checkpoint of model.checkpoints) if (checkpoint !== model.id) entry.checkpoints.add(checkpoint);
  }
  // Models missing from the list were deleted, as far as the list has tuned models at all; checkpoints are models of their own and may remain.
  const complete = isServedHere({ kind }) ? names.size > 0 : plain.length < listed.length;
  const left = complete ? [...tuned].flatMap(([id, entry]) => remaining(id, entry, names)) : [...tuned];
  return {
    bases,
    tuned: left
      .map(([id, { createdAt, checkpoints }]) => ({ id, createdAt, checkpoints: [...checkpoints].sort(byStep) }))
      .sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0) || (a.id < b.id ? -1 : 1)),
  };
}

interface Entry {
  createdAt: number | null;
  readonly checkpoints: ReadonlySet<string>;
}

function remaining(id: string, { createdAt, checkpoints }: Entry, names: ReadonlySet<string>): [string, Entry][] {
  if (names.has(id)) return [[id, { createdAt, checkpoints }]];
  const alone: Entry = { createdAt, checkpoints: new Set() };
  return [...checkpoints].filter((checkpoint) => names.has(checkpoint)).map((checkpoint) => [checkpoint, alone]);
}

function byStep(a: string, b: string): number {
  return (parseModelName(b).checkpointStep ?? 0) - (parseModelName(a).checkpointStep ?? 0) || (a < b ? -1 : 1);
}

/** Announced retirement dates of a provider's models, by name; kept with the connection. */
export function retirementsOf(listed: readonly ModelInfo[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    listed.flatMap(({ id, shutdownDate }) => (shutdownDate === null ? [] : [[id, shutdownDate]])),
  );
}
