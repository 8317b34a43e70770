import path from 'node:path';
import type { AdapterInfo } from '../../../core/provider/api.ts';
import type { CardBase, CardFile, CardTraining, ExportForm } from '../../../core/training/card/cardInput.ts';
import { modelCard } from '../../../core/training/card/modelCard.ts';
import { evaluationsOf } from '../../../evals/modelEvaluations.ts';
import type { JobRecord, LocalFacts } from '../../../jobs/store/jobRecord.ts';
import { hashOfFile } from '../../../jobs/start/snapshot.ts';
import { KNOWN_MODELS } from '../../../openWeights/knownModels.ts';
import { placesIn } from '../../../openWeights/places.ts';
import { readRegistry } from '../../../openWeights/registry.ts';
import type { Services } from '../../services.ts';
import type { ChosenModel } from './chooseModel.ts';

/** Base of an adapter, without a path of this machine. */
export async function baseOf(
  folder: string,
  { base, source, revision }: Pick<AdapterInfo, 'base' | 'source' | 'revision'>,
): Promise<CardBase & { readonly parameters: number | null }> {
  const { models } = await readRegistry(placesIn(folder).server);
  // The entry of its name may be of another model by now.
  const entry = models.find((model) => model.source === source);
  const known = KNOWN_MODELS.find(({ id }) => id === source);
  const isAtHub = !path.isAbsolute(source);
  return {
    name: isAtHub ? source : base,
    isAtHub,
    revision,
    licence: entry?.licence ?? known?.licence ?? null,
    parameters: entry?.parameters ?? known?.parameters ?? null,
  };
}

/** Text of the model card, from what this machine knows. */
export async function makeCard(
  { runs }: Pick<Services, 'runs'>,
  { connectionId, model, step, record }: ChosenModel,
  { name, form, base }: { readonly name: string; readonly form: ExportForm; readonly base: CardBase },
  signal: AbortSignal,
): Promise<string> {
  await runs.load();
  return modelCard({
    name,
    form,
    step,
    base,
    training: record === null ? null : await trainingOf(record, signal),
    evaluations: await evaluationsOf({ connectionId, model }, runs, signal),
    at: Date.now(),
  });
}

async function trainingOf({ job, curve, local }: JobRecord, signal: AbortSignal): Promise<CardTraining> {
  const { examples, sourcePath, sourceSha256, splitSeed, trainingPath, validationPath } = local;
  const own = await fileOf(trainingPath, signal);
  return {
    job,
    curve,
    trainingFile: {
      name: nameOf(splitSeed === null ? (sourcePath ?? trainingPath) : trainingPath),
      sha256: own ?? (splitSeed === null ? sourceSha256 : null),
      rows: examples,
    },
    validationFile: await validationOf(job.validationFile, validationPath, signal),
    split: splitOf(local),
  };
}

async function validationOf(id: string | null, file: string | null, signal: AbortSignal): Promise<CardFile | null> {
  if (id === null && file === null) return null;
  return { name: nameOf(file), sha256: await fileOf(file, signal), rows: null };
}

function splitOf({ splitSeed, sourcePath, sourceSha256 }: LocalFacts): CardTraining['split'] {
  if (splitSeed === null) return null;
  return { seed: splitSeed, name: nameOf(sourcePath), sha256: sourceSha256, rows: null };
}

/** Null where the file is gone. */
async function fileOf(file: string | null, signal: AbortSignal): Promise<string | null> {
  return file === null ? null : hashOfFile(file, signal);
}

function nameOf(file: string | null): string | null {
  return file === null ? null : path.basename(file);
}
