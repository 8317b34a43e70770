export type ConnectionKind = 'local' | 'openai' | 'azure' | 'nebius' | 'compatible';

/** Whether something exists at a provider: `unknown` when it could not be found out (busy, unreachable). */
export type Capability = 'yes' | 'unknown' | { /** One sentence. */ readonly no: string };

/** What a provider offers to this key, found out by reading calls only. */
export interface Capabilities {
  readonly models: Capability;
  readonly files: Capability;
  readonly fineTuning: Capability;
  readonly batches: Capability;
}

/** A profile of a provider. The key is never in here: it lives in the secret store, bound to the origin of `baseUrl`. */
export interface Connection {
  /** `local`, or an id made when it was added. */
  readonly id: string;
  readonly kind: ConnectionKind;
  readonly name: string;
  /** Ends in the version segment, without a slash: `https://api.openai.com/v1`. Empty for `local` (known once its server runs). */
  readonly baseUrl: string;
  /** OpenAI only: `org-…` and `proj-…`, sent as headers; needed by keys that belong to several. */
  readonly organization?: string;
  readonly project?: string;
  /** What was found when it was last looked at. */
  readonly checked?: {
    /** Unix milliseconds. */
    readonly at: number;
    readonly capabilities: Capabilities;
  };
  /** What its list of models announced when it was last read: the day on which a model ends (`YYYY-MM-DD`) by its name. */
  readonly retirements?: Readonly<Record<string, string>>;
  /** Where a tuned model has to be deployed before it answers (Azure): the deployment's name by the model's. */
  readonly deployments?: Readonly<Record<string, string>>;
}

/** What is needed to talk to a provider: the address and the key for that very origin. */
export interface Endpoint {
  readonly baseUrl: string;
  readonly apiKey: string | null;
  /** Whose quirks are to be minded; default `compatible`. */
  readonly kind?: ConnectionKind;
  readonly organization?: string;
  readonly project?: string;
  /** Names to ask for instead of a model's own, by the model's. */
  readonly deployments?: Readonly<Record<string, string>>;
}

/** Why nothing can be trained on this connection, in one sentence; null when it can be, or when nobody knows. */
export function whyNoTraining(connection: Pick<Connection, 'checked'>): string | null {
  const { files, fineTuning } = connection.checked?.capabilities ?? {};
  for (const capability of [fineTuning, files]) {
    if (typeof capability === 'object') return capability.no;
  }
  return null;
}

const CAPABILITY_NAMES = [
  ['models', 'models'],
  ['files', 'files'],
  ['fineTuning', 'fine-tuning'],
  ['batches', 'batches'],
] as const satisfies readonly (readonly [keyof Capabilities, string])[];

/** `models`, `files`, `fine-tuning`, `batches`, each with what is known about it, in this order. */
export function capabilityList(
  capabilities: Capabilities,
): readonly { readonly name: string; readonly capability: Capability }[] {
  return CAPABILITY_NAMES.map(([key, name]) => ({ name, capability: capabilities[key] }));
}

/** `models, files and fine-tuning`: what works; empty when nothing does. */
export function whatWorks(capabilities: Capabilities): string {
  const names = capabilityList(capabilities).flatMap(({ name, capability }) => (capability === 'yes' ? [name] : []));
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
