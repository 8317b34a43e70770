/** A fine-tuned model's name taken apart; parts that it does not have are null. */
export interface ModelName {
  readonly full: string;
  /** `ft`: OpenAI and those who follow it; `azure`: `base.ft-hex`; `plain`: anything else, a base model mostly. */
  readonly form: 'ft' | 'azure' | 'plain';
  /** The model that was tuned; the whole name for `plain`. */
  readonly base: string;
  readonly organisation: string | null;
  readonly suffix: string | null;
  readonly id: string | null;
  /** From `:ckpt-step-90` at the end. */
  readonly checkpointStep: number | null;
}

const AZURE = /^(?<base>.+)\.ft-(?<id>[0-9a-f]{8,64})(?:-(?<suffix>[A-Za-z0-9_-]{1,64}))?$/;
const CHECKPOINT = /^ckpt-step-(\d{1,12})$/;

/** `ft:gpt-4o-mini-2024-07-18:personal:pricer:AbCd1234`, checkpoints of it, and Azure's form. Never fails: what is not understood is `plain`. */
export function parseModelName(full: string): ModelName {
  const plain: ModelName = {
    full,
    form: 'plain',
    base: full,
    organisation: null,
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
  const [base, organisation, ...rest] = parts;
  if (base === undefined || base === '') return plain;
  const id = rest.pop();
  // A suffix cannot hold a colon at OpenAI; elsewhere it might.
  const suffix = rest.join(':');
  return {
    full,
    form: 'ft',
    base,
    organisation: emptyToNull(organisation),
    suffix: emptyToNull(suffix),
    id: emptyToNull(id),
    checkpointStep: step === undefined ? null : Number(step),
  };
}

/** What lists and panels call the model: the suffix, with the step of a checkpoint; the base model when there is no suffix. */
export function shortModelName(full: string): string {
  const name = parseModelName(full);
  const short = name.suffix ?? name.base;
  return name.checkpointStep === null ? short : `${short} at step ${String(name.checkpointStep)}`;
}

function emptyToNull(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}
