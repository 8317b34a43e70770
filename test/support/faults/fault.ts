import type http from 'node:http';
import { createRandom } from '../../../src/core/base/random.ts';

/**
 * What happens to one request. `after: true`: the server does its work first, so the job exists although its answer is
 * lost; otherwise the request never reaches it. Kinds without `after` always let the server work.
 */
export type Fault =
  | { readonly kind: 'ok' }
  /** TCP reset. `atBytes` (scripts and plans only): as soon as so much of the body has come; the server never sees it. */
  | { readonly kind: 'reset'; readonly after?: boolean; readonly atBytes?: number }
  /** Never answers. */
  | { readonly kind: 'silence'; readonly after?: boolean }
  /** Sends headers and half of the body, then nothing. */
  | { readonly kind: 'stall'; readonly after?: boolean }
  /** Answers half of the JSON and ends. */
  | { readonly kind: 'cut'; readonly after?: boolean }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      readonly after?: boolean;
    }
  /** A page instead of the API: 200 unless said otherwise. */
  | { readonly kind: 'html'; readonly status?: number; readonly after?: boolean }
  /** 200 application/json without a body. */
  | { readonly kind: 'empty'; readonly after?: boolean }
  | { readonly kind: 'json'; readonly value: unknown; readonly after?: boolean }
  /** Waits, then goes on as `then` says (default: all is well). The server works after the wait. */
  | { readonly kind: 'delay'; readonly ms: number; readonly then?: Fault }
  /** The server works at once, its answer comes late. */
  | { readonly kind: 'late'; readonly ms: number }
  /** The true answer in pieces of `bytes`, one every `everyMs`. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly everyMs: number }
  /** The request is delivered twice (a repeating gateway); the second answer is sent. */
  | { readonly kind: 'twice' }
  /** A list with every item twice, in the other order, or that always claims to have more. Anything else stays as it is. */
  | { readonly kind: 'list'; readonly as: 'duplicated' | 'reversed' | 'endless' }
  /** The true answer, changed. Not over the control channel: a function cannot be sent. */
  | { readonly kind: 'rewrite'; readonly change: (body: unknown) => unknown };

export interface SeenRequest {
  readonly method: string;
  /** Without the query and `/v1`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  /** As text; bytes that are none are replaced. */
  readonly body: string;
}

/** Faults after which a creating call's outcome is unknown or refused, none of which needs a client's deadline to be noticed. */
export const QUICK_FAULTS: readonly Fault[] = [
  { kind: 'reset' },
  { kind: 'reset', after: true },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 500, after: true },
  { kind: 'status', status: 502, after: true },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 409 },
  { kind: 'status', status: 409, after: true },
  { kind: 'status', status: 429, headers: { 'retry-after-ms': '1' } },
  { kind: 'html' },
  { kind: 'html', after: true },
  { kind: 'html', status: 502, after: true },
  { kind: 'empty' },
  { kind: 'empty', after: true },
  { kind: 'cut', after: true },
  { kind: 'json', value: [], after: true },
  { kind: 'json', value: { object: 'list' }, after: true },
  { kind: 'late', ms: 5 },
];

/** Those that only a deadline ends: the client needs a short one. */
export const SLOW_FAULTS: readonly Fault[] = [
  { kind: 'silence' },
  { kind: 'silence', after: true },
  { kind: 'stall', after: true },
];

export interface SeededFaults {
  /** Any integer. */
  readonly seed: number;
  /** Share of requests that go wrong, 0…1. */
  readonly share: number;
  /** Default: {@link QUICK_FAULTS}. */
  readonly faults?: readonly Fault[];
  /** Only requests whose `METHOD /path` this matches; default: all. A pattern's source when it comes as JSON. */
  readonly routes?: string;
  /** After so many faults all goes well, so that a test can end. Default: no limit. */
  readonly most?: number;
}

/**
 * Faults by chance, the same for the same seed: the n-th request of a route has one outcome, in whatever order requests
 * of different routes (or of several clients) come.
 */
export function seededFaults(options: SeededFaults): (route: string) => Fault {
  const { seed, share, faults = QUICK_FAULTS, most = Infinity } = options;
  const wanted = options.routes === undefined ? null : new RegExp(options.routes, 'u');
  const counts = new Map<string, number>();
  let given = 0;
  return (route) => {
    if (wanted && !wanted.test(route)) return { kind: 'ok' };
    const count = counts.get(route) ?? 0;
    counts.set(route, count + 1);
    if (given >= most) return { kind: 'ok' };
    const random = createRandom(hash(`${String(seed)} ${route} ${String(count)}`));
    if (random.next() >= share) return { kind: 'ok' };
    given += 1;
    return random.pick(faults);
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
}
