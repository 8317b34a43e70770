// What distinguishes the providers. Everything a provider does its own way stands in its profile and nowhere else.
// Sources: OpenAI's API description; Microsoft's and Nebius' fine-tuning documentation, as read in November 2026.
import type { ConnectionKind } from './connection.ts';
import type { MethodName } from '../training/job.ts';
import { MAX_SUFFIX, type SuffixRule } from '../training/hyperparameters.ts';

export interface ProviderProfile {
  readonly kind: ConnectionKind;
  /** The proposed name of a connection, and what the list of kinds says. */
  readonly title: string;
  readonly description: string;
  /** Null: asked for. */
  readonly baseUrl: string | null;
  readonly key: 'required' | 'optional' | 'own';
  /** Where keys are made, for the prompt. */
  readonly keyPlace: string | null;
  /** The header that carries the key: `Authorization: Bearer KEY` or `api-key: KEY`. */
  readonly keyHeader: 'authorization' | 'api-key';
  /** Whether `OpenAI-Organization` and `OpenAI-Project` mean anything here. */
  readonly hasProjects: boolean;
  readonly methods: readonly MethodName[];
  /** `method`: under `method.NAME.hyperparameters`. `top-level`: in the deprecated place, where `auto` is said by leaving it out. */
  readonly hyperparameters: 'method' | 'top-level';
  /** Further top-level hyperparameters that are always sent. */
  readonly extraHyperparameters: Readonly<Record<string, unknown>>;
  readonly suffix: SuffixRule;
  /** False: the provider cannot report to Weights & Biases with what its API takes. */
  readonly wandb: boolean;
  /** A tuned model answers only under the name of a deployment of it. */
  readonly needsDeployment: boolean;
  /** Bytes of the largest dataset that is taken; null when nobody says. */
  readonly maxFileBytes: number | null;
  /** The largest file that goes up in one request; larger ones go through the Uploads API. Null: everything in one request. */
  readonly singleUploadBytes: number | null;
  /** A page about a job in the provider's own site; null when there is none that can be addressed. */
  readonly dashboard: ((jobId: string) => string) | null;
}

const ALL: readonly MethodName[] = ['supervised', 'dpo', 'reinforcement'];
const GIGA = 1e9;
/** Above this one request fails too often (azure-sdk-for-js#31148). */
const SINGLE_UPLOAD = 100e6;

const COMPATIBLE: ProviderProfile = {
  kind: 'compatible',
  title: 'OpenAI-compatible',
  description: 'any address that speaks the same protocol',
  baseUrl: null,
  key: 'optional',
  keyPlace: null,
  keyHeader: 'authorization',
  hasProjects: false,
  methods: ALL,
  hyperparameters: 'method',
  extraHyperparameters: {},
  suffix: { max: MAX_SUFFIX },
  wandb: true,
  needsDeployment: false,
  maxFileBytes: null,
  singleUploadBytes: SINGLE_UPLOAD,
  dashboard: null,
};

const PROFILES: Readonly<Record<ConnectionKind, ProviderProfile>> = {
  compatible: COMPATIBLE,
  local: {
    ...COMPATIBLE,
    kind: 'local',
    title: 'Local',
    description: 'this machine, free, no key',
    key: 'own',
    methods: ['supervised'],
    wandb: false,
  },
  openai: {
    ...COMPATIBLE,
    kind: 'openai',
    title: 'OpenAI',
    description: 'api.openai.com, with an API key',
    baseUrl: 'https://api.openai.com/v1',
    key: 'required',
    keyPlace: 'platform.openai.com/api-keys',
    hasProjects: true,
    maxFileBytes: 8 * GIGA,
    dashboard: (jobId) => `https://platform.openai.com/finetune/${encodeURIComponent(jobId)}`,
  },
  azure: {
    ...COMPATIBLE,
    kind: 'azure',
    title: 'Azure OpenAI',
    description: 'a resource of Azure OpenAI or Microsoft Foundry, with its key',
    key: 'required',
    keyPlace: 'the resource in the Azure portal, under Keys and Endpoint',
    keyHeader: 'api-key',
    suffix: { max: 40 },
    needsDeployment: true,
    maxFileBytes: 512e6,
  },
  nebius: {
    ...COMPATIBLE,
    kind: 'nebius',
    title: 'Nebius Token Factory',
    description: 'open-weight models, with an API key',
    baseUrl: 'https://api.tokenfactory.nebius.com/v1',
    key: 'required',
    keyPlace: 'tokenfactory.nebius.com',
    methods: ['supervised'],
    hyperparameters: 'top-level',
    // Adapters are what Nebius serves without a dedicated machine.
    extraHyperparameters: { lora: true },
    // It wants the Weights & Biases key itself in the request, and keys go nowhere but to their own origin.
    wandb: false,
    maxFileBytes: 5 * GIGA,
    singleUploadBytes: null,
  },
};

export function profileOf(kind: ConnectionKind): ProviderProfile {
  return PROFILES[kind];
}
