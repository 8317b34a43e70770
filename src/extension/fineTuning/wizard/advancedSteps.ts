import { profileOf } from '../../../core/provider/profiles.ts';
import type { Choice, StepUi } from '../../ui/multiStep.ts';
import { Back } from '../../ui/ui.ts';
import { plainText } from '../../ui/plainText.ts';
import type { TuningPlan } from './tuningPlan.ts';

/** Two of the sixteen pairs a job may carry are ours. */
export const MAX_PAIRS = 14;
const MAX_KEY = 64;
const MAX_VALUE = 512;
/** Of a job's metadata: they name the start and the job. */
const RESERVED = /^tuning_fork_/;

type Line = 'wandbEntity' | 'wandbName' | 'wandbTags' | 'pair' | `pair ${string}` | 'done';

/** What a first start needs nothing of: one list, every line of which can be changed, until it is done. */
export async function askAdvanced(before: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  let plan = before;
  for (;;) {
    try {
      const line = await ui.pick<Line>({ placeholder: 'Choose a line to change it', choices: linesOf(plan) });
      if (line === 'done') return { ...plan, advanced: false };
      plan = await askLine(line, plan, ui);
    } catch (error) {
      // The way back from here is the summary.
      if (error instanceof Back) return { ...plan, advanced: false };
      throw error;
    }
  }
}

function linesOf(plan: TuningPlan): readonly Choice<Line>[] {
  const { wandb, wandbProject, metadata } = plan;
  const offered = profileOf(plan.connection.kind).wandb;
  const reports = offered && wandbProject !== '';
  const only = offered ? 'choose a project in the summary first' : `${plan.connection.name} reports to no W&B project`;
  const pairs = Object.entries(metadata);
  return [
    { label: '$(check) Done', description: 'back to the summary', alwaysShow: true, value: 'done' },
    { label: 'W&B team or user', description: reports ? wandb.entity || "the key's own" : only, value: 'wandbEntity' },
    { label: 'W&B run name', description: reports ? wandb.name || "the job's id" : only, value: 'wandbName' },
    { label: 'W&B tags', description: reports ? wandb.tags.join(', ') || 'none' : only, value: 'wandbTags' },
    ...pairs.map(([key, value]) => ({
      label: `Metadata ${plainText(key)}`,
      description: plainText(value),
      value: `pair ${key}` as const,
    })),
    ...(pairs.length < MAX_PAIRS
      ? [
          {
            label: '$(add) Add metadata…',
            description: 'a name and a value that stay with the job at the provider',
            value: 'pair' as const,
          },
        ]
      : []),
  ];
}

async function askLine(line: Exclude<Line, 'done'>, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  try {
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
    // Back to the list, with everything as it was.
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
        prompt: "Weights & Biases team or user; empty: the one that the provider's key belongs to",
        value: wandb.entity,
        live: true,
        validate: (value) => validateWandbName(value),
      });
      return { ...plan, wandb: { ...wandb, entity: entity.trim() } };
    }
    case 'wandbName': {
      const name = await ui.input({
        prompt: "Name of the run at Weights & Biases; empty: the job's id",
        value: wandb.name,
        live: true,
        validate: (value) => (value.trim().length > 128 ? 'At most 128 characters.' : null),
      });
      return { ...plan, wandb: { ...wandb, name: name.trim() } };
    }
    case 'wandbTags': {
      const typed = await ui.input({
        prompt: 'Tags of the run at Weights & Biases, with commas between',
        value: wandb.tags.join(', '),
        live: true,
        validate: (value) =>
          tagsOf(value).every((tag) => tag.length <= 64) ? null : 'A tag has at most 64 characters.',
      });
      return { ...plan, wandb: { ...wandb, tags: tagsOf(typed) } };
    }
  }
}

export function tagsOf(typed: string): readonly string[] {
  return [...new Set(typed.split(',').map((tag) => tag.trim()))].filter((tag) => tag !== '');
}

/** Teams and projects as they stand in addresses. */
export function validateWandbName(value: string): string | null {
  return /^[\w.-]{0,128}$/.test(value.trim()) ? null : 'Letters, digits, hyphens, dots and underscores only.';
}

async function askPair(known: string, plan: TuningPlan, ui: StepUi): Promise<TuningPlan> {
  const { [known]: value = '', ...others } = plan.metadata;
  const name = await ui.input({
    prompt: known === '' ? 'Name of the pair' : 'Name of the pair; empty it to remove the pair',
    value: known,
    live: true,
    validate: (typed) => validateKey(typed, others),
  });
  if (name.trim() === '') return { ...plan, metadata: others };
  const content = await ui.input({
    prompt: `Value of ${plainText(name.trim())}`,
    value,
    live: true,
    validate: (typed) => (typed.length > MAX_VALUE ? `At most ${String(MAX_VALUE)} characters.` : null),
  });
  return { ...plan, metadata: { ...others, [name.trim()]: content } };
}

export function validateKey(typed: string, others: Readonly<Record<string, string>>): string | null {
  const key = typed.trim();
  if (key.length > MAX_KEY) return `At most ${String(MAX_KEY)} characters.`;
  if (RESERVED.test(key)) return 'Names that begin with tuning_fork_ are taken.';
  // An object's own machinery is no name for a pair.
  if (key === '__proto__') return 'Choose another name.';
  return Object.hasOwn(others, key) ? 'There is a pair of this name already.' : null;
}
