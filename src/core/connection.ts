export type ConnectionKind = 'local' | 'openai' | 'compatible';

/** A profile of a provider. The key is never in here: it lives in the secret store, bound to the origin of `baseUrl`. */
export interface Connection {
  /** `local`, or an id made when it was added. */
  readonly id: string;
  readonly kind: ConnectionKind;
  readonly name: string;
  /** Ends in the version segment, without a slash: `https://api.openai.com/v1`. Empty for `local` (known once its server runs). */
  readonly baseUrl: string;
}

/** What is needed to talk to a provider: the address and the key for that very origin. */
export interface Endpoint {
  readonly baseUrl: string;
  readonly apiKey: string | null;
}
