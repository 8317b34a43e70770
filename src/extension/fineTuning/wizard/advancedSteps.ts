import { t, tn } from '../../../core/base/messages.ts';
import { profileOf, takesAdvanced } from '../../../core/provider/profiles.ts';
import { ADVANCED, type AdvancedName } from '../../../core/training/advanced.ts';
import { hasCudaGpu } from '../../../openWeights/gpu.ts';
import { askTrainerSetting, trainerLines } from './trainerSettings.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { Back } from '../../ui/ui.ts';
import { plainText } from '../../ui/plainText.ts';
import type { TuningPlan } from './tuningPlan.ts';

/** Largest number of the user's pairs: the extension adds up to three to the sixteen that a job may have. */
export const MAX_PAIRS = 13;
const MAX_KEY = 64;
const MAX_VALUE = 512;
const MAX_RUN_NAME = 128;
const MAX_TAG = 64;
/** Metadata of the extension, which names the start and the job. */
const RESERVED = /^tuning_fork_/;

type Line = AdvancedName | 'wandbEntity' | 'wandbName' | 'wandbTags' | 'pair' | `pair ${string}` | 'done';

/** Optional settings, edited in a list until Done. */
export async function askAdvanced(before: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  let plan = before;
  const hasGpu = takesAdvanced(profileOf(plan.connection.kind), plan.model) && (await hasCudaGpu(process.env));
  for (;;) {
    try {
      const line = await ui.pick<Line>({
        placeholder: t('Choose a line to change it'),
        choices: linesOf(plan, hasGpu),
      });
      if (line === 'done') return plan;
      plan = await askLine(line, plan, ui, hasGpu);
    } catch (error) {
      // The back button returns to the summary.
      if (error instanceof Back) return plan;
      throw error;
    }
  }
}

function linesOf(plan: TuningPlan, hasGpu: boolean): readonly Choice<Line>[] {
  const { wandb, wandbProject, metadata } = plan;
  const reports = wandbProject !== '';
  const only = t('choose a project in the summary first');
  const pairs = Object.entries(metadata);
  return [
    { label: `$(check) ${t('Done')}`, description: t('back to the summary'), alwaysShow: true, value: 'done' },
    ...trainerLines(plan, hasGpu),
    ...(profileOf(plan.connection.kind).wandb
      ? ([
          {
            label: t('W&B team or user'),
            description: reports ? wandb.entity || t('default of the key') : only,
            value: 'wandbEntity',
          },
          {
            label: t('W&B run name'),
            description: reports ? wandb.name || t('ID of the job') : only,
            value: 'wandbName',
          },
          {
            label: t('W&B tags'),
            description: reports ? wandb.tags.join(', ') || t('none') : only,
            value: 'wandbTags',
          },
        ] as const)
      : []),
    ...pairs.map(([key, value]) => ({
      label: t('Metadata: {0}', plainText(key)),
      description: plainText(value),
      value: `pair ${key}` as const,
    })),
    ...(pairs.length < MAX_PAIRS
      ? [
          {
            label: `$(add) ${t('Add metadata…')}`,
            description: t('a name and a value, stored with the job at the provider'),
            value: 'pair' as const,
          },
        ]
      : []),
  ];
}

async function askLine(
  line: Exclude<Line, 'done'>,
  plan: TuningPlan,
  ui: StepUi,
  hasGpu: boolean,
): Promise<TuningPlan> {
  const rule = ADVANCED.find(({ name }) => name === line);
  try {
    if (rule !== undefined) return await askTrainerSetting(rule, plan, ui, hasGpu);
    switch (line) {
      case 'wandbEntity':
      case 'wandbName':
      case 'wandbTags':
        return profileOf(plan.connection.kind).wandb && plan.wandbProject !== ''
          ? await askWandbLine(line, plan, ui)
          : plan;
      default:
        return await askPair(line === 'pair' ? '' : line.slice('pair '.length), plan, ui);
    }
  } catch (error) {
    // The back button returns to the unchanged list.
    if (error instanceof Back) return plan;
    throw error;
  }
}

async function askWandbLine(
  line: 'wandbEntity' | 'wandbName' | 'wandbTags',
  plan: TuningPlan,
  ui: StepUi,
): Promise<TuningPlan> {
  const { wandb } = plan;
  switch (line) {
    case 'wandbEntity': {
      const entity = await ui.input({
        prompt: t("Weights & Biases team or user (empty: the owner of the provider's key)"),
        value: wandb.entity,
        live: true,
        validate: (value) => validateWandbName(value),
      });
      return { ...plan, wandb: { ...wandb, entity: entity.trim() } };
    }
    case 'wandbName': {
      const name = await ui.input({
        prompt: t('Name of the run at Weights & Biases (empty: ID of the job)'),
        value: wandb.name,
        live: true,
        validate: (value) => (value.trim().length > MAX_RUN_NAME ? tooLong(MAX_RUN_NAME) : null),
      });
      return { ...plan, wandb: { ...wandb, name: name.trim() } };
    }
    case 'wandbTags': {
      const typed = await ui.input({
        prompt: t('Tags of the run at Weights & Biases, separated by commas'),
        value: wandb.tags.join(', '),
        live: true,
        validate: (value) =>
          tagsOf(value).every((tag) => tag.length <= MAX_TAG)
            ? null
            : tn(MAX_TAG, 'A tag has at most {0} character.', 'A tag has at most {0} characters.'),
      });
      return { ...plan, wandb: { ...wandb, tags: tagsOf(typed) } };
    }
  }
}

export function tagsOf(typed: string): readonly string[] {
  return [...new Set(typed.split(',').map((tag) => tag.trim()))].filter((tag) => tag !== '');
}

/** Allows the characters of teams and projects in addresses. */
export function validateWandbName(value: string): string | null {
  return /^[\w.-]{0,128}$/.test(value.trim()) ? null : t('Use only letters, digits, hyphens, dots and underscores.');
}

async function askPair(known: string, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const { [known]: value = '', ...others } = plan.metadata;
  const name = await ui.input({
    prompt: known === '' ? t('Name of the metadata') : t('Name of the metadata (leave empty to remove it)'),
    value: known,
    live: true,
    validate: (typed) => validateKey(typed, others),
  });
  if (name.trim() === '') return { ...plan, metadata: others };
  const content = await ui.input({
    prompt: t('Value of {0}', plainText(name.trim())),
    value,
    live: true,
    validate: (typed) => (typed.length > MAX_VALUE ? tooLong(MAX_VALUE) : null),
  });
  return { ...plan, metadata: { ...others, [name.trim()]: content } };
}

export function validateKey(typed: string, others: Readonly<Record<string, string>>): string | null {
  const key = typed.trim();
  if (key.length > MAX_KEY) return tooLong(MAX_KEY);
  if (RESERVED.test(key)) return t('Names that begin with tuning_fork_ are reserved.');
  // This name would set the object's prototype.
  if (key === '__proto__') return t('Choose another name.');
  return Object.hasOwn(others, key) ? t('Metadata with this name already exists.') : null;
}

function tooLong(max: number): string {
  return tn(max, 'Use at most {0} character.', 'Use at most {0} characters.');
}
