import { listOf, t } from '../base/messages.ts';

export type ConnectionKind = 'local' | 'ray' | 'openai' | 'azure' | 'nebius' | 'compatible';

/** Kinds whose address is that of a server of this extension on this machine, known once it runs. */
export type ServedHere = 'local' | 'ray';

/** Ray cluster that trains the jobs of a connection. Its token is kept as keys are, bound to the dashboard's origin. */
export interface Cluster {
  /** Absolute folder, or an address of fsspec (`s3://bucket/path`), that this machine and every node reach. */
  readonly storage: string;
  /** Workers of a job, 1 or more. */
  readonly workers: number;
  /** True: a GPU for each worker. */
  readonly gpu: boolean;
}

/** Availability of a feature at a provider: `unknown` when it could not be determined (busy, unreachable). */
export type Capability = 'yes' | 'unknown' | { /** One sentence that says why. */ readonly no: string };

/** Capabilities of a provider for this key, determined by reading calls only. */
export interface Capabilities {
  readonly models: Capability;
  readonly files: Capability;
  readonly fineTuning: Capability;
  readonly batches: Capability;
}

/** Profile of a provider. It never holds the key, which lives in the secret store, bound to the origin of `baseUrl`. */
export interface Connection {
  /** Id: `local`, or the one given when it was added. */
  readonly id: string;
  readonly kind: ConnectionKind;
  readonly name: string;
  /**
   * Base URL that ends in the version segment, without a slash: `https://api.openai.com/v1`. Empty for `local` (known once its server runs),
   * the dashboard's address for `ray`.
   */
  readonly baseUrl: string;
  /** Organization (`org-…`) and project (`proj-…`) at OpenAI, sent as headers; needed by keys that belong to several. */
  readonly organization?: string;
  readonly project?: string;
  /** Of kind `ray` only. */
  readonly cluster?: Cluster;
  /** Result of the last test of the connection. */
  readonly checked?: {
    /** Unix milliseconds. */
    readonly at: number;
    readonly capabilities: Capabilities;
  };
  /** Retirement dates (`YYYY-MM-DD`) by model, as last announced in the provider's list. */
  readonly retirements?: Readonly<Record<string, string>>;
  /** Names of deployments by model, for providers that answer only under a deployment (Azure). */
  readonly deployments?: Readonly<Record<string, string>>;
}

/** Address of a provider with the key for that very origin. */
export interface Endpoint {
  readonly baseUrl: string;
  readonly apiKey: string | null;
  /** Provider whose peculiarities apply; default `compatible`. */
  readonly kind?: ConnectionKind;
  readonly organization?: string;
  readonly project?: string;
  /** Names sent instead of a model's own, by model. */
  readonly deployments?: Readonly<Record<string, string>>;
}

/** Tells whether a server of this extension answers for the connection: free, without a provider's key. */
export function isServedHere({ kind }: Pick<Connection, 'kind'>): boolean {
  return kind === 'local' || kind === 'ray';
}

/** Sentence that says why nothing can be trained on this connection; null when training is possible or unknown. */
export function whyNoTraining(connection: Pick<Connection, 'checked'>): string | null {
  const { files, fineTuning } = connection.checked?.capabilities ?? {};
  for (const capability of [fineTuning, files]) {
    if (typeof capability === 'object') return capability.no;
  }
  return null;
}

/** Names of the capabilities, each with its availability: `models`, `files`, `fine-tuning`, `batches`, in this order. */
export function capabilityList(
  capabilities: Capabilities,
): readonly { readonly name: string; readonly capability: Capability }[] {
  return [
    { name: t('models'), capability: capabilities.models },
    { name: t('files'), capability: capabilities.files },
    { name: t('fine-tuning'), capability: capabilities.fineTuning },
    { name: t('batches'), capability: capabilities.batches },
  ];
}

/** List of the capabilities that work: `models, files, and fine-tuning`; empty when none does. */
export function whatWorks(capabilities: Capabilities): string {
  return listOf(capabilityList(capabilities).flatMap(({ name, capability }) => (capability === 'yes' ? [name] : [])));
}
