// Small models of a list that was written from memory: size and license of a model are asked of the hub before it is downloaded.

import { t } from '../core/base/messages.ts';
import { bytesInWords } from '../core/base/bytes.ts';

/** Day on which the list was written. */
export const KNOWN_MODELS_DATE = '2026-11-27';

export interface KnownModel {
  /** Id at the hub. */
  readonly id: string;
  /** As at the hub. */
  readonly licence: string;
  /** The license has to be accepted at the hub before a download. */
  readonly gated: boolean;
  readonly parameters: number;
  /** Bytes of the weights in bfloat16. */
  readonly download: number;
  /** Bytes of memory that LoRA takes on a CPU, in 32 bits, batches of one and a few hundred tokens; estimated, but for models we ran. */
  readonly memory: number;
  /** Trained and asked by us; others are named by their makers' facts alone. */
  readonly ranByUs: boolean;
}

const table: readonly (readonly [id: string, licence: string, millions: number, gated?: 'gated'])[] = [
  ['HuggingFaceTB/SmolLM2-135M-Instruct', 'apache-2.0', 134.5],
  ['google/gemma-3-270m-it', 'gemma', 268.1, 'gated'],
  ['HuggingFaceTB/SmolLM2-360M-Instruct', 'apache-2.0', 361.8],
  ['Qwen/Qwen2.5-0.5B-Instruct', 'apache-2.0', 494],
  ['Qwen/Qwen3-0.6B', 'apache-2.0', 751.6],
  ['google/gemma-3-1b-it', 'gemma', 999.9, 'gated'],
  ['meta-llama/Llama-3.2-1B-Instruct', 'llama3.2', 1235.8, 'gated'],
  ['Qwen/Qwen2.5-1.5B-Instruct', 'apache-2.0', 1543.7],
  ['HuggingFaceTB/SmolLM2-1.7B-Instruct', 'apache-2.0', 1711.4],
];

const RAN: ReadonlySet<string> = new Set(['HuggingFaceTB/SmolLM2-135M-Instruct']);

/** Models by size, smallest first. */
export const KNOWN_MODELS: readonly KnownModel[] = table.map(([id, licence, millions, gated]) => ({
  id,
  licence,
  gated: gated === 'gated',
  parameters: Math.round(millions * 1e6),
  download: millions * 1e6 * 2,
  memory: memoryToTrain(millions * 1e6),
  ranByUs: RAN.has(id),
}));

/**
 * Estimated bytes of memory to train with LoRA on a CPU: weights in 32 bits, as much as a tenth of them again for adapters with their
 * optimizer state, and 1 GB for Python, torch and activations.
 */
export function memoryToTrain(parameters: number): number {
  return parameters * 4 * 1.1 + 1e9;
}

/** Largest model of the list whose training fits into so many bytes; null when none does. */
export function largestThatFits(available: number): KnownModel | null {
  return KNOWN_MODELS.findLast(({ memory }) => memory <= available) ?? null;
}

/**
 * Sentence about the largest model of the list that fits; empty where it is no smaller than the model that did not fit: then the
 * settings are what is too large.
 * @param available bytes
 * @param parameters weights of the model that did not fit; null when unknown
 */
export function largestInWords(available: number, parameters: number | null): string {
  const model = largestThatFits(available);
  if (model === null) return t('No model of the list fits into {0}.', bytesInWords(available));
  if (parameters !== null && model.parameters >= parameters) return '';
  return t('The largest model of the list that fits into {0} is {1}.', bytesInWords(available), model.id);
}

/**
 * What to do about an error of the trainer: its own advice and, where memory is missing, the largest model of the list that fits.
 * @param parameters weights of the job's base model; null when unknown
 */
export function adviceOf(
  error: {
    readonly code: string;
    readonly action: string;
    /** Bytes. */
    readonly memory_available?: number | undefined;
  },
  parameters: number | null,
): string {
  const { code, action, memory_available: available } = error;
  const other = code === 'no-memory' && available !== undefined ? largestInWords(available, parameters) : '';
  return [action, other].filter(Boolean).join(' ');
}
