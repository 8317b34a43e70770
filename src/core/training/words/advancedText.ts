import { listOf, t } from '../../base/messages.ts';
import { decimals } from '../../base/numbers.ts';
import { untrustedText } from '../../base/untrustedText.ts';
import { ADVANCED, advancedTitle, ATTENTION, type AdvancedName } from '../advanced.ts';
import type { AdvancedSettings } from '../job.ts';

/** Characters of a list of layers that are shown. */
const SHOWN = 80;

/** `16`, `on`, `all linear layers`: the value of a setting, or its default. */
export function advancedValueInWords(name: AdvancedName, settings: AdvancedSettings): string {
  const value = settings[name] ?? ADVANCED.find((rule) => rule.name === name)?.default ?? 'auto';
  if (value === 'auto') return t('auto');
  if (value === 'all-linear') return t('all linear layers');
  if (typeof value === 'boolean') return value ? t('on') : t('off');
  if (typeof value === 'number') return decimals(value, 0, 4);
  return isAttention(value) ? t('attention only') : untrustedText(value.join(', '), [], SHOWN);
}

/** A setting of a job in words. */
export interface SettingInWords {
  readonly title: string;
  /** As it is used; until the trainer reports it, as it was asked for. */
  readonly value: string;
  /** As it was asked for, with the default where nothing was; null when unknown. */
  readonly asked: string | null;
}

/** Settings of a job, in the order in which they are asked. @param asked settings of its request; null when unknown */
export function settingsInWords(used: AdvancedSettings, asked: AdvancedSettings | null): readonly SettingInWords[] {
  return ADVANCED.filter(({ name }) => used[name] !== undefined).map(({ name }) => ({
    title: advancedTitle(name),
    value: advancedValueInWords(name, used),
    asked: asked === null ? null : advancedValueInWords(name, asked),
  }));
}

/** Tells whether the layers of attention, and no others, get an adapter. */
export function isAttention(modules: readonly string[]): boolean {
  return modules.length === ATTENTION.length && ATTENTION.every((name) => modules.includes(name));
}

/** `LoRA rank 8, Packing on`: the settings that are given; empty when there are none. */
export function advancedInWords(settings: AdvancedSettings): string {
  const given = ADVANCED.filter(({ name }) => settings[name] !== undefined);
  return given.length === 0
    ? ''
    : listOf(given.map(({ name }) => t('{0} {1}', advancedTitle(name), advancedValueInWords(name, settings))));
}
