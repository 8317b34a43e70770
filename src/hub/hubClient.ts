// Requests to a hub. The token goes to the hub's own origin and to no other: downloads lead on to hosts that must not see it.
import { setTimeout as delay } from 'node:timers/promises';
import { parseJson } from '../openWeights/json.ts';
import { takesToken } from '../openWeights/downloads.ts';
import { isLoopbackHost } from '../core/provider/addresses.ts';
import {
  answered,
  badToken,
  busy,
  gated,
  HubError,
  noDataset,
  noNetwork,
  notUnderstood,
  stalled,
  unsafeRedirect,
} from './hubProblems.ts';

export interface Hub {
  /** Address without a slash at its end. */
  readonly url: string;
  /** Null: none. It is never sent in the clear to another machine. */
  readonly token: string | null;
  /** Dataset that the requests are about, for messages. */
  readonly dataset: string;
  /** Waits between two tries; tests do not. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** Answer of the last host, with what the hub itself said on the way there. */
export interface HubResponse {
  readonly response: Response;
  /** Commit of the branch that the file is on. */
  readonly commit: string | null;
  /** Size of the file as the hub keeps it. */
  readonly size: number | null;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string | null;
}

const MAX_REDIRECTS = 5;
/** Milliseconds until the head of an answer. */
const HEAD_MS = 30_000;
/** Milliseconds between two pieces of an answer. */
const PIECE_MS = 60_000;
/** Bytes of a JSON answer; the list of a repository's files is the longest. */
const MAX_JSON = 8e6;
const WAITS_MS = [1000, 3000, 10_000] as const;
/** Longest wait that a hub may ask for. */
const MAX_WAIT_MS = 60_000;

/** Asks for `path` at the hub; answers below 400 only. @throws HubError */
export async function ask(
  hub: Hub,
  path: string,
  signal: AbortSignal,
  { method = 'GET', range }: { readonly method?: 'GET' | 'HEAD'; readonly range?: string } = {},
): Promise<HubResponse> {
  const origin = new URL(hub.url).origin;
  let url = new URL(hub.url + path);
  let told: Omit<HubResponse, 'response'> = { commit: null, size: null, sha256: null };
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const own = url.origin === origin;
    const response = await send(url, signal, {
      method,
      redirect: 'manual',
      headers: {
        // Sizes and ranges are those of the file itself.
        'accept-encoding': 'identity',
        ...(range === undefined ? {} : { range }),
        ...(own && hub.token !== null && takesToken(hub.url) ? { authorization: `Bearer ${hub.token}` } : {}),
      },
    });
    if (own) told = factsOf(response.headers, told);
    if (response.status < 300 || response.status >= 400) {
      if (response.ok) return { response, ...told };
      await response.body?.cancel();
      throw failure(hub, url, response);
    }
    await response.body?.cancel();
    // The size is known, and the host behind need not be asked.
    if (method === 'HEAD' && told.size !== null) return { response, ...told };
    url = next(url, response.headers.get('location'));
  }
  throw new HubError(unsafeRedirect(url.host));
}

function next(url: URL, location: string | null): URL {
  const target = location === null ? null : URL.parse(location, url.href);
  const isSafe =
    target !== null &&
    (target.protocol === 'https:' ||
      // A hub on this machine leads to this machine.
      (target.protocol === 'http:' &&
        url.protocol === 'http:' &&
        (!isLoopbackHost(url.hostname) || isLoopbackHost(target.hostname))));
  if (!isSafe) throw new HubError(unsafeRedirect(url.host));
  return target;
}

async function send(url: URL, signal: AbortSignal, init: RequestInit): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort();
  }, HEAD_MS);
  try {
    return await fetch(url, { ...init, signal: AbortSignal.any([signal, late.signal]) });
  } catch {
    signal.throwIfAborted();
    throw new HubError(noNetwork(url.host), { retry: true });
  } finally {
    clearTimeout(timer);
  }
}

function factsOf(headers: Headers, before: Omit<HubResponse, 'response'>): Omit<HubResponse, 'response'> {
  const commit = headers.get('x-repo-commit') ?? '';
  const size = Number(headers.get('x-linked-size') ?? Number.NaN);
  const digest = /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(headers.get('x-linked-etag') ?? '')?.[1];
  return {
    commit: /^[0-9a-f]{40}$/.test(commit) ? commit : before.commit,
    size: Number.isSafeInteger(size) && size >= 0 ? size : before.size,
    sha256: digest ?? before.sha256,
  };
}

function failure({ url, token, dataset }: Hub, at: URL, { status, headers }: Response): HubError {
  const own = at.origin === new URL(url).origin;
  if (status === 429) return new HubError(busy(at.host), { retry: true, wait: waitOf(headers) });
  if (status >= 500) return new HubError(answered(at.host, status), { retry: true, wait: waitOf(headers) });
  if (own && (status === 403 || headers.get('x-error-code') === 'GatedRepo')) return new HubError(gated(dataset));
  if (own && status === 401 && token !== null) return new HubError(badToken());
  if (own && (status === 401 || status === 404)) return new HubError(noDataset(dataset, token !== null));
  // Signed addresses of the host with the files end after a while; the hub makes new ones.
  return new HubError(answered(at.host, status), { retry: !own && status === 403 });
}

function waitOf(headers: Headers): number | null {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, MAX_WAIT_MS) : null;
}

/** Tries again what may succeed in a moment, three times. `isNew`: called before another try; true counts the tries from the start. */
export async function withRetries<T>(
  hub: Hub,
  signal: AbortSignal,
  run: () => Promise<T>,
  isNew: () => boolean = () => false,
): Promise<T> {
  const pause = hub.pause ?? ((ms, until) => delay(ms, undefined, { signal: until }));
  for (let tries = 0; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      signal.throwIfAborted();
      if (isNew()) tries = 0;
      const wait = WAITS_MS[tries];
      if (!(error instanceof HubError) || !error.retry || wait === undefined) throw error;
      await pause(error.wait ?? wait, signal);
    }
  }
}

/** JSON of the hub's API. @throws HubError */
export async function askJson(hub: Hub, path: string, signal: AbortSignal): Promise<unknown> {
  return await withRetries(hub, signal, async () => {
    const { response } = await ask(hub, path, signal);
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of piecesOf(response, signal)) {
      length += piece.length;
      if (length > MAX_JSON) throw new HubError(notUnderstood(new URL(hub.url).host));
      pieces.push(piece);
    }
    const value = parseJson(new TextDecoder().decode(Buffer.concat(pieces, length)));
    if (value === null) throw new HubError(notUnderstood(new URL(hub.url).host));
    return value;
  });
}

/** Bytes of an answer as they come. A break and a pause that is too long are failures to try again. */
export async function* piecesOf(
  { body, url }: Response,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  const host = URL.parse(url)?.host ?? url;
  const reader = body.getReader();
  try {
    for (;;) {
      const piece = await soon(reader.read(), host, signal);
      if (piece.done) return;
      yield piece.value;
    }
  } finally {
    // Not awaited: a connection that hangs need not answer.
    reader.cancel().catch(() => undefined);
  }
}

async function soon<T>(piece: Promise<T>, host: string, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new HubError(stalled(host), { retry: true }));
    }, PIECE_MS);
  });
  try {
    return await Promise.race([piece, late]);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof HubError ? error : new HubError(stalled(host), { retry: true });
  } finally {
    clearTimeout(timer);
  }
}
