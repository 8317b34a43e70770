import { t } from '../base/messages.ts';

/** Parts of a fine-tuned model's name; missing ones are null. */
export interface ModelName {
  readonly full: string;
  /** Form of the name. `ft`: OpenAI and compatible providers; `azure`: `base.ft-hex`; `plain`: anything else, usually a base model. */
  readonly form: 'ft' | 'azure' | 'plain';
  /** Model that was tuned; the whole name for `plain`. */
  readonly base: string;
  readonly organization: string | null;
  readonly suffix: string | null;
  readonly id: string | null;
  /** Step of `:ckpt-step-90` at the end. */
  readonly checkpointStep: number | null;
}

const AZURE = /^(?<base>.+)\.ft-(?<id>[0-9a-f]{8,64})(?:-(?<suffix>[A-Za-z0-9_-]{1,64}))?$/;
const CHECKPOINT = /^ckpt-step-(\d{1,12})$/;

/** Parses `ft:gpt-4o-mini-2024-07-18:personal:pricer:AbCd1234`, checkpoints of it, and Azure's form. Never fails: any other name is `plain`. */
export function parseModelName(full: string): ModelName {
  const plain: ModelName = {
    full,
    form: 'plain',
    base: full,
    organization: null,
    suffix: null,
    id: null,
    checkpointStep: null,
  };
  const azure = AZURE.exec(full)?.groups;
  if (azure !== undefined) {
    return {
      ...plain,
      form: 'azure',
      base: azure['base'] ?? full,
      id: azure['id'] ?? null,
      suffix: azure['suffix'] ?? null,
    };
  }
  if (!full.startsWith('ft:')) return plain;
  const parts = full.split(':').slice(1);
  const step = CHECKPOINT.exec(parts.at(-1) ?? '')?.[1];
  if (step !== undefined) parts.pop();
  const [base, organization, ...rest] = parts;
  if (base === undefined || base === '') return plain;
  const id = rest.pop();
  // A suffix cannot hold a colon at OpenAI; elsewhere it might.
  const suffix = rest.join(':');
  return {
    full,
    form: 'ft',
    base,
    organization: emptyToNull(organization),
    suffix: emptyToNull(suffix),
    id: emptyToNull(id),
    checkpointStep: step === undefined ? null : Number(step),
  };
}

/** Name for lists and panels: the suffix, with the step of a checkpoint; the base model when there is no suffix. */
export function shortModelName(full: string): string {
  const name = parseModelName(full);
  const short = name.suffix ?? name.base;
  return name.checkpointStep === null ? short : t('{0} at step {1}', short, name.checkpointStep);
}

function emptyToNull(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}
