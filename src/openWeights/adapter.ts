// Adapters of PEFT that were trained elsewhere: looked at before anything of them is used. Nothing here loads weights.
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../core/base/messages.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import { untrustedText } from '../core/base/untrustedText.ts';
import { fieldsOf, parseJson, textOf, type Fields } from './json.ts';
import { readTensors, type Tensor } from './safetensors.ts';

export const CONFIG = 'adapter_config.json';
export const WEIGHTS = 'adapter_model.safetensors';
export const STATE = 'trainer_state.json';
/** Settings of the training, as our trainer and our notebooks write them. */
export const FACTS = 'training.json';

/** Files of a tokenizer, with the chat template that the adapter was trained with. */
const TOKENIZER: readonly string[] = [
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
  'tokenizer.model',
  'spiece.model',
  'sentencepiece.bpe.model',
];
/** Files that an adapter may have; nothing else is copied or unpacked. */
export const ADAPTER_FILES: readonly string[] = [CONFIG, WEIGHTS, ...TOKENIZER, FACTS];

const GB = 1e9;
/** Largest adapter: of rank 1024 for the largest model of the list it is 3 GB. */
export const MOST_WEIGHTS_BYTES = 4 * GB;
/** Largest of the other files: the tokenizer of Gemma has 33 MB. */
export const MOST_TEXT_BYTES = 100e6;
const MOST_CONFIG_BYTES = 4e6;
const SHOWN = 120;

/** Adapter that can be read. */
export interface Adapter {
  readonly folder: string;
  readonly config: Fields;
  /** Name of the base as the adapter tells it: an id at the hub, or a path of the machine where it was trained. */
  readonly base: string;
  readonly rank: number;
  readonly alpha: number | null;
  readonly targetModules: unknown;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Names of the files that belong to it, and their bytes together. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** There are curves of its training. */
  readonly hasState: boolean;
}

/** Reads what an adapter says of itself, and the header of its weights. */
export async function readAdapter(folder: string): Promise<Result<Adapter>> {
  const names = new Set(await readdir(folder).catch(() => []));
  if (!names.has(CONFIG)) return fail(notAdapter());
  if (!names.has(WEIGHTS)) return fail([...names].some(isPickled) ? pickled() : noWeights());
  const files = ADAPTER_FILES.filter((name) => names.has(name));
  let bytes = 0;
  for (const name of [...files, ...(names.has(STATE) ? [STATE] : [])]) {
    const found = await stat(path.join(folder, name));
    if (!found.isFile()) return fail(notAdapter());
    if (found.size > mostBytesOf(name)) return fail(tooLarge(name));
    if (name !== STATE) bytes += found.size;
  }
  const config = fieldsOf(parseJson(await readFile(path.join(folder, CONFIG), 'utf8')));
  if (config === null) return fail(damaged(CONFIG));
  const read = settingsOf(config);
  if (!read.ok) return read;
  if (names.has('tokenizer_config.json')) {
    const own = fieldsOf(parseJson(await readFile(path.join(folder, 'tokenizer_config.json'), 'utf8')));
    if (own === null) return fail(damaged('tokenizer_config.json'));
    if ('auto_map' in own) return fail(needsCode());
  }
  const tensors = await readTensors(path.join(folder, WEIGHTS));
  if (tensors === null || ![...tensors.keys()].some((name) => name.includes('.lora_A.'))) return fail(damaged(WEIGHTS));
  return ok({ folder, config, ...read.value, tensors, files, bytes, hasState: names.has(STATE) });
}

export function mostBytesOf(name: string): number {
  if (name === WEIGHTS) return MOST_WEIGHTS_BYTES;
  return name === CONFIG || name === FACTS ? MOST_CONFIG_BYTES : MOST_TEXT_BYTES;
}

/** Tells files that Python would load by running what they say. */
export function isPickled(name: string): boolean {
  return /^adapter_model\.(?:bin|pt|pth|ckpt|pkl)$/i.test(name);
}

function settingsOf(config: Fields): Result<Pick<Adapter, 'base' | 'rank' | 'alpha' | 'targetModules'>> {
  const { peft_type: kind, r: rank, lora_alpha: alpha, init_lora_weights: init } = config;
  if (kind !== 'LORA')
    return fail({
      code: 'not-lora',
      message: t('The adapter is of the kind {0}, and only LoRA adapters answer here.', shown(kind)),
      action: t('Choose a LoRA adapter.'),
    });
  const base = textOf(config['base_model_name_or_path']);
  if (base === null)
    return fail({
      code: 'no-base',
      message: t('The adapter does not say which base model it was trained on.'),
      action: t('Write its id as {0} into {1}, and import it again.', 'base_model_name_or_path', CONFIG),
    });
  if (typeof rank !== 'number' || !Number.isInteger(rank) || rank < 1) return fail(damaged(CONFIG));
  // Such a setting names a module of Python that is imported.
  if (config['megatron_config'] !== undefined && config['megatron_config'] !== null) return fail(needsCode());
  if (typeof init === 'string' && !['gaussian', 'orthogonal', 'eva'].includes(init))
    return fail({
      code: 'changed-base',
      message: t('The adapter was begun with {0}, which changes the weights of its base model, too.', shown(init)),
      action: t('Convert it to a plain LoRA adapter with PEFT, and import that.'),
    });
  return ok({
    base,
    rank,
    alpha: typeof alpha === 'number' ? alpha : null,
    targetModules: config['target_modules'],
  });
}

function shown(value: unknown): string {
  return untrustedText(typeof value === 'string' ? value : JSON.stringify(value ?? null), [], SHOWN);
}

export function notAdapter(): Problem {
  return {
    code: 'no-adapter',
    message: t('There is no {0}, so this is not an adapter of PEFT.', CONFIG),
    action: t('Choose the folder or the zip file that has it.'),
  };
}

function noWeights(): Problem {
  return {
    code: 'no-weights',
    message: t('The adapter has no weights: there is no {0}.', WEIGHTS),
    action: t('Choose the folder or the zip file that has it.'),
  };
}

export function pickled(): Problem {
  return {
    code: 'pickled-weights',
    message: t('The weights of the adapter are pickled, and such a file can run code when it is opened.'),
    action: t('Save the adapter as safetensors where it was trained, and import that.'),
  };
}

function needsCode(): Problem {
  return {
    code: 'remote-code',
    message: t('The adapter needs Python code of its own, and code of a model is never run.'),
    action: t('Choose another adapter.'),
  };
}

export function damaged(name: string): Problem {
  return {
    code: 'damaged',
    message: t('{0} of the adapter is damaged.', name),
    action: t('Copy or download the adapter again.'),
  };
}

export function tooLarge(name: string): Problem {
  return {
    code: 'too-large',
    message: t('{0} is larger than an adapter can be.', untrustedText(name, [], SHOWN)),
    action: t('Choose the folder of an adapter, without its base model.'),
  };
}
