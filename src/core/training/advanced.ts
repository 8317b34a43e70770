// Settings of the open-weights trainer beyond the hyperparameters. Names and bounds are those of `advanced` in
// trainer/src/tuning_fork_trainer/protocol.schema.json; a test compares them.
import { listOf, t } from '../base/messages.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { boundsInWords } from './hyperparameters.ts';
import type { AdvancedSettings, MethodName } from './job.ts';

export type AdvancedName = keyof AdvancedSettings;
type AdvancedValue = NonNullable<AdvancedSettings[AdvancedName]>;

export type AdvancedRule =
  | {
      readonly name: AdvancedName;
      readonly kind: 'number';
      /** Smallest allowed value; null when any number above zero is allowed. */
      readonly min: number | null;
      readonly max: number | null;
      readonly integer: boolean;
      readonly auto: boolean;
      readonly default: number | 'auto';
    }
  | { readonly name: AdvancedName; readonly kind: 'switch'; readonly default: boolean }
  | { readonly name: AdvancedName; readonly kind: 'modules'; readonly default: 'all-linear' };

const automaticCount = { kind: 'number', min: 1, max: null, integer: true, auto: true, default: 'auto' } as const;

export const ADVANCED: readonly AdvancedRule[] = [
  { name: 'lora_rank', kind: 'number', min: 1, max: 1024, integer: true, auto: false, default: 16 },
  { name: 'lora_alpha', kind: 'number', min: null, max: null, integer: false, auto: false, default: 32 },
  { name: 'target_modules', kind: 'modules', default: 'all-linear' },
  { name: 'load_in_4bit', kind: 'switch', default: false },
  { name: 'gradient_accumulation', ...automaticCount },
  { name: 'max_length', ...automaticCount },
  { name: 'packing', kind: 'switch', default: false },
  { name: 'group_by_length', kind: 'switch', default: true },
  { name: 'validation_every', ...automaticCount },
  { name: 'validation_sample', kind: 'number', min: 1, max: null, integer: true, auto: false, default: 32 },
];

/** Layers of attention as most models name them. */
export const ATTENTION: readonly string[] = ['q_proj', 'k_proj', 'v_proj', 'o_proj'];

/** Settings that a method knows, in the order in which they are listed. */
export function advancedOf(method: MethodName): readonly AdvancedRule[] {
  return ADVANCED.filter(({ name }) => name !== 'packing' || method === 'supervised');
}

export function isAdvancedName(name: string): name is AdvancedName {
  return ADVANCED.some((rule) => rule.name === name);
}

/** Name of a setting as the subject of a sentence. */
export function advancedTitle(name: AdvancedName): string {
  switch (name) {
    case 'lora_rank':
      return t('LoRA rank');
    case 'lora_alpha':
      return t('LoRA alpha');
    case 'target_modules':
      return t('Target modules');
    case 'load_in_4bit':
      return t('4-bit weights');
    case 'gradient_accumulation':
      return t('Gradient accumulation');
    case 'max_length':
      return t('Maximum length');
    case 'packing':
      return t('Packing');
    case 'group_by_length':
      return t('Length-grouped batches');
    case 'validation_every':
      return t('Steps between validations');
    case 'validation_sample':
      return t('Validation sample');
  }
}

/** Setting that is wrong, by its name, and the reason in one sentence. */
export interface WrongSetting {
  readonly name: string;
  readonly message: string;
}

/** Checks settings from a request. @param batchSize batch size of the same request */
export function checkAdvanced(
  value: unknown,
  { method, batchSize }: { readonly method: MethodName; readonly batchSize: number | 'auto' },
): Result<AdvancedSettings, WrongSetting> {
  if (value === null || value === undefined) return ok({});
  if (typeof value !== 'object' || Array.isArray(value))
    return fail({ name: '', message: t('The advanced settings must be an object.') });
  const given: readonly (readonly [string, unknown])[] = Object.entries(value);
  for (const [name, setting] of given) {
    const rule = ADVANCED.find((candidate) => candidate.name === name);
    if (!rule) return fail({ name, message: t('There is no advanced setting {0}.', name) });
    if (!isAllowed(rule, setting)) return fail({ name, message: mustBe(rule) });
  }
  const settings = value as AdvancedSettings;
  if (settings.packing === true && method !== 'supervised')
    return fail({ name: 'packing', message: t('{0} is available for supervised training only.', 'packing') });
  const parts = settings.gradient_accumulation;
  if (typeof parts === 'number' && typeof batchSize === 'number' && batchSize % parts !== 0) {
    const message = t('A batch of {0} cannot be divided into {1} equal parts.', batchSize, parts);
    return fail({ name: 'gradient_accumulation', message });
  }
  return ok(settings);
}

/** Reads settings from a file or from a server; what is no setting is left out. */
export function readAdvanced(value: unknown): AdvancedSettings {
  if (typeof value !== 'object' || value === null) return {};
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return Object.fromEntries(
    ADVANCED.filter((rule) => isAllowed(rule, fields[rule.name])).map(({ name }) => [name, fields[name]]),
  );
}

/** Checks a typed value; undefined for an empty text, which means the default. */
export function parseAdvanced(name: AdvancedName, typed: string): Result<AdvancedValue | undefined> {
  const rule = ADVANCED.find((candidate) => candidate.name === name);
  if (!rule) throw new Error(`${name} is no advanced setting.`);
  const text = typed.trim();
  if (text === '') return ok(undefined);
  const value = valueIn(rule, text);
  if (isAllowed(rule, value)) return ok(value);
  return fail({ code: 'bad-setting', message: mustBe(rule), action: t('Correct it, or leave it empty.') });
}

function valueIn(rule: AdvancedRule, text: string): unknown {
  switch (rule.kind) {
    case 'number':
      if (text.toLowerCase() === 'auto') return 'auto';
      // Number() would also take 0x10 and Infinity.
      return /^(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : NaN;
    case 'switch':
      return text === 'true' ? true : text === 'false' ? false : null;
    case 'modules':
      return text === 'all-linear' ? text : modulesIn(text);
  }
}

/** Names in a list with commas. */
export function modulesIn(typed: string): readonly string[] {
  return [...new Set(typed.split(',').map((name) => name.trim()))].filter((name) => name !== '');
}

function isAllowed(rule: AdvancedRule, value: unknown): value is AdvancedValue {
  switch (rule.kind) {
    case 'switch':
      return typeof value === 'boolean';
    case 'modules':
      if (value === 'all-linear') return true;
      return (
        Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string' && name.length > 0)
      );
    case 'number': {
      if (value === 'auto') return rule.auto;
      const { min, max, integer } = rule;
      if (typeof value !== 'number' || !Number.isFinite(value)) return false;
      // JSON can hold larger ones, which no count is.
      if (integer && !Number.isSafeInteger(value)) return false;
      return (min === null ? value > 0 : value >= min) && (max === null || value <= max);
    }
  }
}

function mustBe(rule: AdvancedRule): string {
  const title = advancedTitle(rule.name);
  switch (rule.kind) {
    case 'switch':
      return t('{0} must be on or off: {1}.', title, listOf(['true', 'false'], 'or'));
    case 'modules':
      return t('{0} must be all-linear or a list of the names of layers.', title);
    case 'number': {
      const bounds = boundsInWords(rule);
      if (!rule.integer) return t('{0} must be a number ({1}).', title, bounds);
      return rule.auto
        ? t('{0} must be a whole number ({1}) or auto.', title, bounds)
        : t('{0} must be a whole number ({1}).', title, bounds);
    }
  }
}
