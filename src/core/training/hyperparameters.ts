import { fail, ok, type Result } from '../result.ts';
import type { Hyperparameters } from './job.ts';

export const EPOCHS = { min: 1, max: 50 } as const;
export const BATCH_SIZE = { min: 1, max: 256 } as const;
export const MAX_SUFFIX = 64;
/** Azure OpenAI takes 40 characters and only these: letters, digits, hyphen, underscore. */
export const MAX_SUFFIX_AZURE = 40;
/** Seeds are signed 32-bit numbers on most servers. */
export const MAX_SEED = 2147483647;

const TITLES: Readonly<Record<keyof Hyperparameters, string>> = {
  n_epochs: 'The number of epochs',
  batch_size: 'The batch size',
  learning_rate_multiplier: 'The learning-rate multiplier',
};

/** What a person typed for a hyperparameter; `auto` and nothing mean `auto`. */
export function validateHyperparameter(name: keyof Hyperparameters, typed: string): Result<number | 'auto'> {
  const text = typed.trim();
  if (text === '' || text.toLowerCase() === 'auto') return ok('auto');
  const title = TITLES[name];
  const bounds = name === 'n_epochs' ? EPOCHS : name === 'batch_size' ? BATCH_SIZE : null;
  const action =
    bounds === null
      ? 'Type a number such as 0.5 or 2, or auto.'
      : `Type a whole number from ${String(bounds.min)} to ${String(bounds.max)}, or auto.`;
  // Number() would also take 0x10 and Infinity.
  const value = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : NaN;
  const bad = (message: string): Result<number | 'auto'> => fail({ code: 'bad-hyperparameter', message, action });
  if (Number.isNaN(value)) return bad(`${title} must be a number or auto.`);
  if (bounds === null)
    return value > 0 && Number.isFinite(value) ? ok(value) : bad(`${title} must be greater than zero.`);
  if (!Number.isInteger(value)) return bad(`${title} must be a whole number.`);
  if (value < bounds.min || value > bounds.max)
    return bad(`${title} must be between ${String(bounds.min)} and ${String(bounds.max)}.`);
  return ok(value);
}

/** What a person typed as the suffix; nothing means none (null). `azure` narrows it to what Azure OpenAI takes. */
export function validateSuffix(typed: string, options: { readonly azure?: boolean } = {}): Result<string | null> {
  const text = typed.trim();
  if (text === '') return ok(null);
  const max = options.azure === true ? MAX_SUFFIX_AZURE : MAX_SUFFIX;
  if (text.length > max) {
    return fail({
      code: 'suffix-too-long',
      message: `The suffix has ${String(text.length)} characters; at most ${String(max)} are allowed.`,
      action: `Shorten it to ${String(max)} characters.`,
    });
  }
  // The colon separates the parts of a model's name, and the name becomes part of addresses.
  if (!/^[A-Za-z0-9_-]+$/.test(text)) {
    return fail({
      code: 'suffix-characters',
      message: 'The suffix may only have letters from a to z, digits, hyphens and underscores.',
      action: 'Remove the other characters.',
    });
  }
  return ok(text);
}

/** What a person typed as the seed; nothing means that the provider chooses (null). */
export function validateSeed(typed: string): Result<number | null> {
  const text = typed.trim();
  if (text === '') return ok(null);
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value <= MAX_SEED) return ok(value);
  return fail({
    code: 'bad-seed',
    message: `The seed must be a whole number from 0 to ${String(MAX_SEED)}.`,
    action: 'Type a number such as 42, or nothing.',
  });
}
