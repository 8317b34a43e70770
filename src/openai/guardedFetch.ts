import { t } from '../core/base/messages.ts';
import type { Endpoint } from '../core/provider/connection.ts';
import { profileOf } from '../core/provider/profiles.ts';
import { isLoopbackHost } from '../core/provider/addresses.ts';
import type { Problem } from '../core/base/result.ts';
import { createLoopbackFetch } from './loopbackFetch.ts';

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Refusal by our own rules; the request was not sent, or its redirect not followed. */
export class GuardError extends Error {
  readonly problem: Problem;
  readonly sent: boolean;

  constructor(problem: Problem, sent: boolean) {
    super(problem.message);
    this.name = 'GuardError';
    this.problem = problem;
    this.sent = sent;
  }
}

/** Headers that the client library may set. The others (platform, organization or custom headers from the environment) are dropped. */
const HEADERS = ['accept', 'content-type', 'content-length'];
const MAX_REDIRECTS = 3;
/** Limit after decompression; result files have some megabytes. */
export const MAX_BYTES = 96_000_000;

/**
 * The one place, with `DirectPost` for chat requests, where the key is attached, and only for the origin it belongs to: another origin, http:// to another machine, and
 * a redirect elsewhere are refused. Loopback goes past every proxy; the rest uses `inner` (VS Code's fetch knows its proxies).
 */
export function guardFetch(endpoint: Endpoint, inner: Fetch): Fetch {
  const base = URL.parse(endpoint.baseUrl);
  const loopback = createLoopbackFetch();

  return async (input, init = {}) => {
    let url = new URL(input instanceof Request ? input.url : input);
    const method = (init.method ?? 'GET').toUpperCase();
    const headers = ownHeaders(init.headers, endpoint);
    for (let redirects = 0; ; redirects++) {
      check(url, base, redirects > 0);
      const request: RequestInit = { ...init, method, headers, redirect: 'manual' };
      const response = await (isLoopbackHost(url.hostname) ? loopback(url, request) : inner(url, request));
      if (response.type !== 'opaqueredirect' && (response.status < 300 || response.status > 399)) {
        return response.ok ? limited(response) : await plainError(response);
      }
      await response.body?.cancel();
      const target = URL.parse(response.headers.get('location') ?? '', url);
      if (target === null || (method !== 'GET' && method !== 'HEAD') || redirects >= MAX_REDIRECTS) {
        throw redirected(url, target);
      }
      if (target.origin !== base?.origin) throw redirected(url, target);
      url = target;
    }
  };
}

export function ownHeaders(given: RequestInit['headers'], endpoint: Endpoint): Headers {
  const { apiKey, organization, project } = endpoint;
  const profile = profileOf(endpoint.kind ?? 'compatible');
  const all = new Headers(given);
  const headers = new Headers({ 'user-agent': 'tuning-fork' });
  for (const name of HEADERS) {
    const value = all.get(name);
    if (value !== null) headers.set(name, value);
  }
  if (apiKey !== null && apiKey !== '') {
    if (profile.keyHeader === 'authorization') headers.set('authorization', `Bearer ${apiKey}`);
    else headers.set(profile.keyHeader, apiKey);
  }
  if (profile.hasProjects) {
    if (organization !== undefined) headers.set('openai-organization', organization);
    if (project !== undefined) headers.set('openai-project', project);
  }
  return headers;
}

export function check(url: URL, base: URL | null, sent: boolean): void {
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (!secure) {
    throw new GuardError(
      {
        code: 'address-insecure',
        message: t('The key would be sent to {0} unencrypted over {1}.', url.host, url.protocol.slice(0, -1)),
        action: t('Edit the connection and use an address that starts with https://.'),
      },
      sent,
    );
  }
  if (base === null || url.origin !== base.origin || url.username !== '' || url.password !== '') {
    throw new GuardError(
      {
        code: 'foreign-origin',
        message:
          base === null
            ? t('A request to {0} was refused because the key belongs to another address.', url.host)
            : t('A request to {0} was refused because the key belongs to {1}.', url.host, base.host),
        action: t('Check the address of the connection.'),
      },
      sent,
    );
  }
}

export function redirected(from: URL, to: URL | null): GuardError {
  return new GuardError(
    {
      code: 'redirected',
      message:
        to === null || to.origin === from.origin
          ? t('{0} redirects to another page, and the key is not sent there.', from.host)
          : t('{0} redirects to {1}, and the key is not sent there.', from.host, to.host),
      action: t('Check the address of the connection, or sign in to the network if it asks for that.'),
    },
    true,
  );
}

export function tooLarge(): GuardError {
  return new GuardError(
    {
      code: 'answer-too-large',
      message: t("The provider's answer is larger than {0} MB.", MAX_BYTES / 1e6),
      action: t('Check the address of the connection.'),
    },
    true,
  );
}

/** Counts the arriving bytes unless the header already promises few. */
function limited(response: Response): Response {
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  if (response.body === null || (length <= MAX_BYTES && !response.headers.has('content-encoding'))) return response;
  let bytes = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) controller.error(tooLarge());
      else controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counter), { status: response.status, headers: response.headers });
}

/** Error in the form in which the client library looks for it, made by `plainError`. */
export interface PlainError {
  readonly message: string;
  readonly code: string | null;
  readonly type: string | null;
  /** Name of the parameter that the error is about. */
  readonly param: string | null;
  /** False: the body was a page or nothing, so this was perhaps not the API. */
  readonly json: boolean;
}

export const MAX_ERROR_CHARS = 65_536;

/** Brings all forms of an error into one: `{error: {…}}`, `{error: "…"}`, `{detail: …}`, `{message}` or a web page. */
async function plainError(response: Response): Promise<Response> {
  const error = readError(await limitedText(response));
  const headers = new Headers({ 'content-type': 'application/json' });
  for (const name of ['retry-after', 'retry-after-ms', 'x-request-id']) {
    const value = response.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(JSON.stringify({ error }), { status: response.status, headers });
}

export function readError(text: string): PlainError {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { message: '', code: null, type: null, param: null, json: false };
  }
  const outer = isObject(body) ? body : {};
  const error = isObject(outer['error']) ? outer['error'] : outer;
  const candidates = [error['message'], outer['error'], outer['detail'], outer['message']];
  const message = candidates.find((value): value is string => typeof value === 'string') ?? '';
  const field = (name: string): string | null => (typeof error[name] === 'string' ? error[name] : null);
  return { message, code: field('code'), type: field('type'), param: field('param'), json: true };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function limitedText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ERROR_CHARS) break;
  }
  return text;
}
