// Base model of an adapter among the open-weights models of this machine.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../core/base/messages.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import { untrustedText } from '../core/base/untrustedText.ts';
import type { Adapter } from './adapter.ts';
import { snapshotOf } from './hubCache.ts';
import type { OpenWeightsModel } from './registry.ts';
import { readTensors, type Tensor } from './safetensors.ts';

const SHOWN = 120;
/** Files of weights whose headers are read: larger models have more, and are not on this list. */
const MOST_SHARDS = 64;

/** Model of the list that the adapter was trained on, by its name and by the shapes of its layers where those can be read. */
export async function baseOf(
  adapter: Adapter,
  models: readonly OpenWeightsModel[],
  env: NodeJS.ProcessEnv,
): Promise<Result<OpenWeightsModel>> {
  const model = named(adapter.base, models);
  if (model === null) return fail(unknownBase(adapter.base));
  const layer = misfit(adapter, (await tensorsOf(model, env)) ?? new Map<string, Tensor>());
  return layer === null ? ok(model) : fail(otherBase(model.id, layer));
}

/** The model by its id or its source, else by the last part of these, as for a folder of another machine. */
function named(base: string, models: readonly OpenWeightsModel[]): OpenWeightsModel | null {
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  return (
    models.find(({ id }) => same(id, base)) ??
    models.find(({ source }) => same(source, base)) ??
    models.find(({ id, source }) => [id, source].some((one) => same(lastOf(one), lastOf(base)))) ??
    null
  );
}

function lastOf(name: string): string {
  return name.split(/[/\\]/).findLast((part) => part !== '') ?? name;
}

/** Name of the first layer whose shape is another than the adapter's; null where all fit, and where nothing can be told. */
function misfit({ tensors }: Adapter, base: ReadonlyMap<string, Tensor>): string | null {
  const layers = [...tensors].flatMap(([name, { shape }]) => {
    const found = /^(?:base_model\.model\.)?(.+)\.lora_(A|B)\.(?:default\.)?weight$/.exec(name);
    const weight = found && base.get(`${found[1] ?? ''}.weight`);
    return found ? [{ layer: found[1] ?? name, side: found[2] ?? '', shape, weight }] : [];
  });
  // Formats that write other names for all layers can be as good.
  if (!layers.some(({ weight }) => weight)) return null;
  const wrong = layers.find(({ side, shape, weight }) => {
    if (!weight) return true;
    // Either side first: some models keep their weights transposed.
    const width = side === 'A' ? shape[1] : shape[0];
    return weight.shape.length === 2 && shape.length === 2 && !weight.shape.includes(width ?? -1);
  });
  return wrong?.layer ?? null;
}

/** Tensors of a model's files; null where they are no safetensors of this machine. */
async function tensorsOf(model: OpenWeightsModel, env: NodeJS.ProcessEnv): Promise<ReadonlyMap<string, Tensor> | null> {
  const { source, revision } = model;
  const folder = path.isAbsolute(source) ? source : await snapshotOf(source, revision, env);
  if (folder === null) return null;
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.safetensors'));
  if (files.length === 0 || files.length > MOST_SHARDS) return null;
  const tensors = new Map<string, Tensor>();
  for (const file of files) {
    const found = await readTensors(path.join(folder, file)).catch(() => null);
    if (found === null) return null;
    for (const [name, tensor] of found) tensors.set(name, tensor);
  }
  return tensors;
}

function unknownBase(base: string): Problem {
  return {
    code: 'unknown-base',
    message: t('The adapter was trained on {0}, which is not on this machine.', untrustedText(base, [], SHOWN)),
    action: t('Add that model with “Add Open-Weights Model…”, then import the adapter again.'),
  };
}

function otherBase(model: string, layer: string): Problem {
  return {
    code: 'other-base',
    message: t(
      'The adapter does not fit {0}: its layer {1} has another shape.',
      untrustedText(model, [], SHOWN),
      untrustedText(layer, [], SHOWN),
    ),
    action: t('Add the model that it was trained on, or choose another adapter.'),
  };
}
