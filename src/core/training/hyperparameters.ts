import { fail, ok, type Result } from '../base/result.ts';
import type { Hyperparameters, MethodName } from './job.ts';

export type HyperparameterName = keyof Hyperparameters;
/** The ones that are numbers or `auto`. */
export type NumberName = Exclude<HyperparameterName, 'reasoning_effort'>;

export interface NumberRule {
  readonly name: NumberName;
  /** As the subject of a sentence. */
  readonly title: string;
  /** What it does, for prompts. */
  readonly help: string;
  readonly methods: readonly MethodName[];
  /** Smallest value that is allowed; null when any number above zero is. */
  readonly min: number | null;
  /** Largest value that is allowed; null when there is none. */
  readonly max: number | null;
  readonly integer: boolean;
  readonly auto: true;
}

const ALL: readonly MethodName[] = ['supervised', 'dpo', 'reinforcement'];

/**
 * Every hyperparameter that is a number, with its bounds: OpenAI's published API description (2026-11). A compute multiplier is also at
 * least 0.00001 there; nothing a person types is that small, so "above zero" is all that is said.
 */
export const HYPERPARAMETERS: readonly NumberRule[] = [
  {
    name: 'n_epochs',
    title: 'The number of epochs',
    help: 'how often every example is seen',
    methods: ALL,
    min: 1,
    max: 50,
    integer: true,
    auto: true,
  },
  {
    name: 'batch_size',
    title: 'The batch size',
    help: 'examples a step',
    methods: ALL,
    min: 1,
    max: 256,
    integer: true,
    auto: true,
  },
  {
    name: 'learning_rate_multiplier',
    title: 'The learning-rate multiplier',
    help: "times the provider's own rate",
    methods: ALL,
    min: null,
    max: null,
    integer: false,
    auto: true,
  },
  {
    name: 'beta',
    title: 'Beta',
    help: 'how strongly the model is held to what it was before',
    methods: ['dpo'],
    min: null,
    max: 2,
    integer: false,
    auto: true,
  },
  {
    name: 'compute_multiplier',
    title: 'The compute multiplier',
    help: 'how much is tried out while it learns; the price grows with it',
    methods: ['reinforcement'],
    min: null,
    max: 10,
    integer: false,
    auto: true,
  },
  {
    name: 'eval_interval',
    title: 'The evaluation interval',
    help: 'steps from one validation to the next',
    methods: ['reinforcement'],
    min: 1,
    max: null,
    integer: true,
    auto: true,
  },
  {
    name: 'eval_samples',
    title: 'The number of evaluation samples',
    help: 'answers that are sampled for each validation example',
    methods: ['reinforcement'],
    min: 1,
    max: null,
    integer: true,
    auto: true,
  },
];

/** Of reinforcement jobs: how long the model thinks before it answers. */
export const REASONING_EFFORTS = ['default', 'low', 'medium', 'high'] as const;

export const MAX_SUFFIX = 64;
/** Seeds are signed 32-bit numbers on most servers. */
export const MAX_SEED = 2147483647;

export function isHyperparameterName(name: string): name is HyperparameterName {
  return name === 'reasoning_effort' || HYPERPARAMETERS.some((rule) => rule.name === name);
}

/** The numbers that a method knows, in the order in which they are asked. */
export function hyperparametersOf(method: MethodName): readonly NumberRule[] {
  return HYPERPARAMETERS.filter((rule) => rule.methods.includes(method));
}

/** `1 … 50`, `above 0, at most 2`, `1 or more`, `above 0`. */
export function boundsInWords({ min, max }: Pick<NumberRule, 'min' | 'max'>): string {
  if (min === null) return max === null ? 'above 0' : `above 0, at most ${String(max)}`;
  return max === null ? `${String(min)} or more` : `${String(min)} … ${String(max)}`;
}

/** What a person typed for a hyperparameter; `auto` and nothing mean `auto`. */
export function validateHyperparameter(name: NumberName, typed: string): Result<number | 'auto'> {
  const text = typed.trim();
  if (text === '' || text.toLowerCase() === 'auto') return ok('auto');
  const rule = ruleOf(name);
  // Number() would also take 0x10 and Infinity.
  const value = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : NaN;
  return checkNumber(rule, value, `${rule.title} must be a number or auto.`);
}

function ruleOf(name: NumberName): NumberRule {
  const rule = HYPERPARAMETERS.find((candidate) => candidate.name === name);
  if (!rule) throw new Error(`${name} is no hyperparameter.`);
  return rule;
}

function checkNumber(rule: NumberRule, value: number, notANumber: string): Result<number | 'auto'> {
  const { title, min, max, integer } = rule;
  const bad = (message: string): Result<number | 'auto'> =>
    fail({ code: 'bad-hyperparameter', message, action: actionFor(rule) });
  if (Number.isNaN(value)) return bad(notANumber);
  if (integer && !Number.isInteger(value)) return bad(`${title} must be a whole number.`);
  const tooSmall = min === null ? value <= 0 : value < min;
  if (!tooSmall && Number.isFinite(value) && (max === null || value <= max)) return ok(value);
  if (max === null) {
    return bad(min === null ? `${title} must be greater than zero.` : `${title} must be at least ${String(min)}.`);
  }
  return bad(
    min === null
      ? `${title} must be greater than zero and at most ${String(max)}.`
      : `${title} must be between ${String(min)} and ${String(max)}.`,
  );
}

function actionFor({ min, max, integer }: NumberRule): string {
  if (!integer) {
    return max === null
      ? 'Type a number such as 0.5 or 2, or auto.'
      : `Type a number up to ${String(max)} such as 0.5, or auto.`;
  }
  return max === null
    ? `Type a whole number from ${String(min)} on, or auto.`
    : `Type a whole number from ${String(min)} to ${String(max)}, or auto.`;
}

/** What a provider takes as a suffix: `ProviderProfile.suffix`. */
export interface SuffixRule {
  readonly max: number;
}

/** What a person typed as the suffix; nothing means none (null). */
export function validateSuffix(typed: string, { max }: SuffixRule = { max: MAX_SUFFIX }): Result<string | null> {
  const text = typed.trim();
  if (text === '') return ok(null);
  if (text.length > max) {
    return fail({
      code: 'suffix-too-long',
      message: `The suffix has ${String(text.length)} characters; at most ${String(max)} are allowed.`,
      action: `Shorten it to ${String(max)} characters.`,
    });
  }
  // The colon separates the parts of a model's name, and the name becomes part of addresses. Azure says so itself.
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
