// Differences between the providers. Every peculiarity of a provider is in its profile and nowhere else.
// Sources: OpenAI's API description; Microsoft's and Nebius' fine-tuning documentation, as read in November 2026.
import { t, tn } from '../base/messages.ts';
import type { ConnectionKind } from './connection.ts';
import { LOCAL_BASE_MODEL } from './localModel.ts';
import type { MethodName } from '../training/job.ts';
import { MAX_SUFFIX, type HyperparameterName, type SuffixRule } from '../training/hyperparameters.ts';

export interface ProviderProfile {
  readonly kind: ConnectionKind;
  /** Base URL; null: the user types it. */
  readonly baseUrl: string | null;
  readonly key: 'required' | 'optional' | 'own';
  /** Header that carries the key: `Authorization: Bearer KEY` or `api-key: KEY`. */
  readonly keyHeader: 'authorization' | 'api-key';
  /** True: the provider reads the headers `OpenAI-Organization` and `OpenAI-Project`. */
  readonly hasProjects: boolean;
  /** Methods that some base model of the provider learns by. */
  readonly methods: readonly MethodName[];
  /** False: rows for a grader must not have a system message. */
  readonly gradedSystemMessages: boolean;
  /** Graders of reinforcement: `computed` are those that neither run code nor ask another model. */
  readonly graders: 'all' | 'computed';
  /** Hyperparameters that the provider refuses, whatever the method. */
  readonly withoutHyperparameters: readonly HyperparameterName[];
  /** True: takes the settings of the open-weights trainer (`AdvancedSettings`) for its open-weights models. */
  readonly advanced: boolean;
  /** Place of the hyperparameters. `method`: `method.NAME.hyperparameters`. `top-level`: the deprecated place, where `auto` is omitted. */
  readonly hyperparameters: 'method' | 'top-level';
  /** Further top-level hyperparameters that are always sent. */
  readonly extraHyperparameters: Readonly<Record<string, unknown>>;
  readonly suffix: SuffixRule;
  /** False: the provider cannot report to Weights & Biases with what its API takes. */
  readonly wandb: boolean;
  /** True: a tuned model answers only under the name of its deployment. */
  readonly needsDeployment: boolean;
  /** Bytes of the largest dataset that the provider takes; null when unknown. */
  readonly maxFileBytes: number | null;
  /** Bytes of the largest file sent in one request; larger ones go through the Uploads API. Null: everything in one request. */
  readonly singleUploadBytes: number | null;
  /** True: the provider documents that checkpoints of a canceled job can be used. */
  readonly keepsCheckpoints: boolean;
  /** Page about a job on the provider's site; null when there is none. */
  readonly dashboard: ((jobId: string) => string) | null;
}

const ALL: readonly MethodName[] = ['supervised', 'dpo', 'reinforcement'];
const GIGA = 1e9;
/** Bytes above which a single request fails too often (azure-sdk-for-js#31148). */
const SINGLE_UPLOAD = 100e6;

const COMPATIBLE: ProviderProfile = {
  kind: 'compatible',
  baseUrl: null,
  key: 'optional',
  keyHeader: 'authorization',
  hasProjects: false,
  methods: ALL,
  gradedSystemMessages: true,
  graders: 'all',
  withoutHyperparameters: [],
  advanced: false,
  hyperparameters: 'method',
  extraHyperparameters: {},
  suffix: { max: MAX_SUFFIX },
  wandb: true,
  needsDeployment: false,
  maxFileBytes: null,
  singleUploadBytes: SINGLE_UPLOAD,
  // The references of OpenAI and Azure on canceling a job do not speak of its checkpoints (November 2026).
  keepsCheckpoints: false,
  dashboard: null,
};

/** Server of this extension. */
const SERVED_HERE: ProviderProfile = {
  ...COMPATIBLE,
  graders: 'computed',
  withoutHyperparameters: ['compute_multiplier', 'eval_interval', 'eval_samples', 'reasoning_effort'],
  advanced: true,
  wandb: false,
  keepsCheckpoints: true,
};

const PROFILES: Readonly<Record<ConnectionKind, ProviderProfile>> = {
  compatible: COMPATIBLE,
  local: { ...SERVED_HERE, kind: 'local', key: 'own' },
  // The server of the connection gives the jobs to the cluster.
  ray: { ...SERVED_HERE, kind: 'ray' },
  openai: {
    ...COMPATIBLE,
    kind: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    key: 'required',
    hasProjects: true,
    maxFileBytes: 8 * GIGA,
    dashboard: (jobId) => `https://platform.openai.com/finetune/${encodeURIComponent(jobId)}`,
  },
  azure: {
    ...COMPATIBLE,
    kind: 'azure',
    key: 'required',
    keyHeader: 'api-key',
    suffix: { max: 40 },
    needsDeployment: true,
    gradedSystemMessages: false,
    maxFileBytes: 512e6,
  },
  nebius: {
    ...COMPATIBLE,
    kind: 'nebius',
    baseUrl: 'https://api.tokenfactory.nebius.com/v1',
    key: 'required',
    methods: ['supervised'],
    hyperparameters: 'top-level',
    // Nebius serves adapters without a dedicated machine.
    extraHyperparameters: { lora: true },
    // Nebius wants the Weights & Biases key itself in the request, and keys are sent to their own origin only.
    wandb: false,
    maxFileBytes: 5 * GIGA,
    singleUploadBytes: null,
  },
};

export function profileOf(kind: ConnectionKind): ProviderProfile {
  return PROFILES[kind];
}

/** Methods by which a base model can be trained at a provider. */
export function methodsOf({ methods }: ProviderProfile, model: string): readonly MethodName[] {
  return model === LOCAL_BASE_MODEL ? methods.filter((method) => method === 'supervised') : methods;
}

/** Tells whether a job of this base model takes the settings of the open-weights trainer. */
export function takesAdvanced({ advanced }: ProviderProfile, model: string): boolean {
  return advanced && model !== '' && model !== LOCAL_BASE_MODEL;
}

/** Warning about rows for a grader whose system messages the provider does not take; null when there is none. */
export function systemRowsWarning(profile: ProviderProfile, rows: number, connection: string): string | null {
  if (rows === 0 || profile.gradedSystemMessages) return null;
  return tn(
    rows,
    '{0} row has a system message, which {1} does not take in reinforcement training; move its text into the user message.',
    '{0} rows have a system message, which {1} does not take in reinforcement training; move its text into the user message.',
    connection,
  );
}

export interface ProviderWords {
  /** Label in the list of kinds, and the proposed name of a connection. */
  readonly title: string;
  readonly description: string;
  /** Place where keys are created, for the prompt; null when unknown. */
  readonly keyPlace: string | null;
}

export function providerWords(kind: ConnectionKind): ProviderWords {
  switch (kind) {
    case 'compatible':
      return {
        title: t('OpenAI-compatible'),
        description: t('any address that speaks the same protocol'),
        keyPlace: null,
      };
    case 'local':
      return { title: t('Local'), description: t('this machine, free, no key'), keyPlace: null };
    case 'ray':
      return {
        title: t('Ray cluster'),
        description: t('open-weights models, trained on machines of your own'),
        keyPlace: null,
      };
    case 'openai':
      return {
        title: 'OpenAI',
        description: t('{0}, with an API key', 'api.openai.com'),
        keyPlace: 'platform.openai.com/api-keys',
      };
    case 'azure':
      return {
        title: t('Azure OpenAI'),
        description: t('a resource of Azure OpenAI or Microsoft Foundry, with its key'),
        keyPlace: t('the resource in the Azure portal, under Keys and Endpoint'),
      };
    case 'nebius':
      return {
        title: t('Nebius Token Factory'),
        description: t('open-weight models, with an API key'),
        keyPlace: 'tokenfactory.nebius.com',
      };
  }
}
