import { t, tn } from '../base/messages.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Hyperparameters, MethodName } from './job.ts';

export type HyperparameterName = keyof Hyperparameters;
/** Names of the hyperparameters that are numbers or `auto`. */
export type NumberName = Exclude<HyperparameterName, 'reasoning_effort'>;

export interface NumberRule {
  readonly name: NumberName;
  readonly methods: readonly MethodName[];
  /** Smallest allowed value; null when any number above zero is allowed. */
  readonly min: number | null;
  /** Largest allowed value; null when there is none. */
  readonly max: number | null;
  readonly integer: boolean;
  readonly auto: true;
}

const ALL: readonly MethodName[] = ['supervised', 'dpo', 'reinforcement'];

/**
 * Bounds of every hyperparameter that is a number, by OpenAI's published API description (2026-11). A compute multiplier is also at
 * least 0.00001 there; users type nothing that small, so the messages say "greater than zero" only.
 */
export const HYPERPARAMETERS: readonly NumberRule[] = [
  {
    name: 'n_epochs',
    methods: ALL,
    min: 1,
    max: 50,
    integer: true,
    auto: true,
  },
  {
    name: 'batch_size',
    methods: ALL,
    min: 1,
    max: 256,
    integer: true,
    auto: true,
  },
  {
    name: 'learning_rate_multiplier',
    methods: ALL,
    min: null,
    max: null,
    integer: false,
    auto: true,
  },
  {
    name: 'beta',
    methods: ['dpo'],
    min: null,
    max: 2,
    integer: false,
    auto: true,
  },
  {
    name: 'compute_multiplier',
    methods: ['reinforcement'],
    min: null,
    max: 10,
    integer: false,
    auto: true,
  },
  {
    name: 'eval_interval',
    methods: ['reinforcement'],
    min: 1,
    max: null,
    integer: true,
    auto: true,
  },
  {
    name: 'eval_samples',
    methods: ['reinforcement'],
    min: 1,
    max: null,
    integer: true,
    auto: true,
  },
];

/** Levels of thought before an answer, for reinforcement jobs. */
export const REASONING_EFFORTS = ['default', 'low', 'medium', 'high'] as const;

export const MAX_SUFFIX = 64;
/** Largest seed; seeds are signed 32-bit numbers on most servers. */
export const MAX_SEED = 2147483647;

export function isHyperparameterName(name: string): name is HyperparameterName {
  return name === 'reasoning_effort' || HYPERPARAMETERS.some((rule) => rule.name === name);
}

/** Numbers that a method knows, in the order in which the user is asked for them. */
export function hyperparametersOf(method: MethodName): readonly NumberRule[] {
  return HYPERPARAMETERS.filter((rule) => rule.methods.includes(method));
}

/** Bounds in words: `1 … 50`, `above 0, at most 2`, `1 or more`, `above 0`. */
export function boundsInWords({ min, max }: Pick<NumberRule, 'min' | 'max'>): string {
  if (min === null) return max === null ? t('above 0') : t('above 0, at most {0}', max);
  return max === null ? t('{0} or more', min) : t('{0} … {1}', min, max);
}

/** Name of a hyperparameter as the subject of a sentence. */
function hyperparameterTitle(name: NumberName): string {
  switch (name) {
    case 'n_epochs':
      return t('Number of epochs');
    case 'batch_size':
      return t('Batch size');
    case 'learning_rate_multiplier':
      return t('Learning rate multiplier');
    case 'beta':
      return t('Beta');
    case 'compute_multiplier':
      return t('Compute multiplier');
    case 'eval_interval':
      return t('Evaluation interval');
    case 'eval_samples':
      return t('Number of evaluation samples');
  }
}

/** Validates the typed value of a hyperparameter; `auto` and an empty text mean `auto`. */
export function validateHyperparameter(name: NumberName, typed: string): Result<number | 'auto'> {
  const text = typed.trim();
  if (text === '' || text.toLowerCase() === 'auto') return ok('auto');
  const rule = ruleOf(name);
  // Number() would also take 0x10 and Infinity.
  const value = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : NaN;
  return checkNumber(rule, value);
}

function ruleOf(name: NumberName): NumberRule {
  const rule = HYPERPARAMETERS.find((candidate) => candidate.name === name);
  if (!rule) throw new Error(`${name} is no hyperparameter.`);
  return rule;
}

function checkNumber(rule: NumberRule, value: number): Result<number | 'auto'> {
  const { min, max, integer } = rule;
  const title = hyperparameterTitle(rule.name);
  const bad = (message: string): Result<number | 'auto'> =>
    fail({ code: 'bad-hyperparameter', message, action: actionFor(rule) });
  if (Number.isNaN(value)) return bad(t('{0} must be a number or auto.', title));
  if (integer && !Number.isInteger(value)) return bad(t('{0} must be a whole number.', title));
  const tooSmall = min === null ? value <= 0 : value < min;
  if (!tooSmall && Number.isFinite(value) && (max === null || value <= max)) return ok(value);
  if (max === null) {
    return bad(min === null ? t('{0} must be greater than zero.', title) : t('{0} must be at least {1}.', title, min));
  }
  return bad(
    min === null
      ? t('{0} must be greater than zero and at most {1}.', title, max)
      : t('{0} must be between {1} and {2}.', title, min, max),
  );
}

function actionFor({ min, max, integer }: NumberRule): string {
  if (!integer) {
    return max === null
      ? t('Type a number such as 0.5 or 2, or auto.')
      : t('Type a number up to {0} such as 0.5, or auto.', max);
  }
  return max === null
    ? t('Type a whole number from {0} on, or auto.', min ?? 1)
    : t('Type a whole number from {0} to {1}, or auto.', min ?? 1, max);
}

/** Rule for suffixes at a provider: `ProviderProfile.suffix`. */
export interface SuffixRule {
  readonly max: number;
}

/** Validates a typed suffix; an empty text means none (null). */
export function validateSuffix(typed: string, { max }: SuffixRule = { max: MAX_SUFFIX }): Result<string | null> {
  const text = typed.trim();
  if (text === '') return ok(null);
  if (text.length > max) {
    return fail({
      code: 'suffix-too-long',
      message: t('The suffix has {0} characters; at most {1} are allowed.', text.length, max),
      action: tn(max, 'Shorten it to {0} character.', 'Shorten it to {0} characters.'),
    });
  }
  // The colon separates the parts of a model's name, and the name becomes part of addresses. Azure documents the same rule.
  if (!/^[A-Za-z0-9_-]+$/.test(text)) {
    return fail({
      code: 'suffix-characters',
      message: t('The suffix may only have letters from a to z, digits, hyphens, and underscores.'),
      action: t('Remove the other characters.'),
    });
  }
  return ok(text);
}

/** Validates a typed seed; an empty text means that the provider chooses (null). */
export function validateSeed(typed: string): Result<number | null> {
  const text = typed.trim();
  if (text === '') return ok(null);
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value <= MAX_SEED) return ok(value);
  return fail({
    code: 'bad-seed',
    message: t('The seed must be a whole number from 0 to {0}.', String(MAX_SEED)),
    action: t('Type a number such as 42, or leave the field empty.'),
  });
}
