import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Endpoint } from '../core/provider/connection.ts';
import { isLoopbackHost } from '../core/provider/addresses.ts';
import { toFailure } from './errors.ts';
import { notTheApi, timeoutFailure } from './failures.ts';
import { check, MAX_BYTES, MAX_ERROR_CHARS, ownHeaders, readError, redirected, tooLarge } from './guardedFetch.ts';
import { wasNeverSent } from './networkFailure.ts';
import { statusFailure } from './statusFailure.ts';

/** Most connections kept open: as many as an evaluation has requests at once. */
const MAX_FREE_SOCKETS = 256;
/** Time to connect: where a firewall answers nothing, the proxy's way is tried after it. */
const CONNECT_TIMEOUT_MS = 10_000;

export interface PostOptions {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds for headers and body together. */
  readonly timeoutMs: number;
}

/**
 * JSON requests over node:http and connections kept open, past the client library and fetch: for the one call that is made by the ten
 * thousand. A request costs 0.4 ms of CPU, through the library and fetch 1.8. The rules are those of `guardFetch`: the key goes to its
 * own origin only, encrypted or to this machine; no redirect is followed; an answer that is too large is refused.
 */
export class DirectPost {
  readonly #endpoint: Endpoint;
  readonly #base: URL | null;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #isAllowed: () => boolean;
  readonly #agents = new Map<string, http.Agent>();
  #isReachable = true;

  /** @param isAllowed whether requests to other machines may go past fetch, which alone knows a proxy */
  constructor(endpoint: Endpoint, isAllowed: () => boolean) {
    this.#endpoint = endpoint;
    this.#base = URL.parse(endpoint.baseUrl);
    this.#isAllowed = isAllowed;
    const json = { accept: 'application/json', 'content-type': 'application/json' };
    this.#headers = Object.fromEntries(ownHeaders(json, endpoint));
  }

  /** Tells whether requests can go this way: to this machine always, to others unless a proxy is set or needed. */
  get isUsable(): boolean {
    if (this.#base !== null && isLoopbackHost(this.#base.hostname)) return true;
    return this.#isReachable && this.#isAllowed();
  }

  /**
   * Sends one request; rejects with a `ProviderFailure`, or with the signal's reason.
   * @returns undefined when the server cannot be reached this way; nothing was sent then, and this way is not usable any more
   */
  async post<T>(
    path: string,
    body: unknown,
    read: (body: unknown) => T | null,
    options: PostOptions,
  ): Promise<T | undefined> {
    options.signal?.throwIfAborted();
    const endpoint = this.#endpoint;
    try {
      const { status, headers, text } = await this.#send(path, JSON.stringify(body), options);
      if (status < 200 || status > 299) {
        throw statusFailure(status, headers, readError(text.slice(0, MAX_ERROR_CHARS)), endpoint);
      }
      const value = read(parse(text, headers));
      if (value === null) throw notTheApi(endpoint);
      return value;
    } catch (error) {
      options.signal?.throwIfAborted();
      const isLocal = this.#base !== null && isLoopbackHost(this.#base.hostname);
      if (!isLocal && wasNeverSent(error)) {
        this.#isReachable = false;
        return undefined;
      }
      throw toFailure(error, endpoint);
    }
  }

  #send(path: string, body: string, { signal, timeoutMs }: PostOptions): Promise<Answer> {
    const url = new URL(this.#endpoint.baseUrl.replace(/\/$/, '') + path);
    check(url, this.#base, false);
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? https : http).request(url, {
        method: 'POST',
        headers: { ...this.#headers, 'content-length': String(Buffer.byteLength(body)) },
        agent: this.#agentFor(url),
      });
      const abort = (): void => {
        request.destroy(new Error('The request was aborted.'));
      };
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const fail = (error: unknown): void => {
        settle();
        reject(error instanceof Error ? error : new Error(String(error)));
        request.destroy();
      };
      const timer = setTimeout(() => {
        fail(timeoutFailure(this.#endpoint, timeoutMs));
      }, timeoutMs);
      signal?.addEventListener('abort', abort);
      request.on('error', fail);
      request.on('socket', limitConnecting(request));
      request.on('response', (response) => {
        const { statusCode: status = 502 } = response;
        if (status >= 300 && status <= 399) {
          fail(redirected(url, URL.parse(response.headers.location ?? '', url)));
          return;
        }
        collect(response, (error, text) => {
          if (error !== null) {
            fail(error);
            return;
          }
          settle();
          resolve({ status, headers: new PlainHeaders(response.headers), text });
        });
      });
      request.end(body);
    });
  }

  #agentFor({ protocol }: URL): http.Agent {
    let agent = this.#agents.get(protocol);
    if (!agent) {
      const options = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: MAX_FREE_SOCKETS };
      agent = protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
      this.#agents.set(protocol, agent);
    }
    return agent;
  }
}

interface Answer {
  readonly status: number;
  readonly headers: PlainHeaders;
  readonly text: string;
}

/** Headers of an answer, read where they are needed. */
class PlainHeaders {
  readonly #headers: http.IncomingHttpHeaders;

  constructor(headers: http.IncomingHttpHeaders) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const value = this.#headers[name];
    return typeof value === 'string' ? value : null;
  }
}

/** Reads an answer as the client library does: text unless it says that it is JSON. Throws a SyntaxError for broken JSON. */
function parse(text: string, headers: PlainHeaders): unknown {
  if (text === '') return undefined;
  const type = headers.get('content-type')?.split(';', 1)[0]?.trim() ?? '';
  return type.includes('application/json') || type.endsWith('+json') ? JSON.parse(text) : text;
}

function limitConnecting(request: http.ClientRequest): (socket: Socket) => void {
  return (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => {
      request.destroy(Object.assign(new Error('No connection in time.'), { code: 'ETIMEDOUT', syscall: 'connect' }));
    }, CONNECT_TIMEOUT_MS);
    const stop = (): void => {
      clearTimeout(timer);
    };
    socket.once('connect', stop).once('close', stop);
  };
}

function collect(response: http.IncomingMessage, done: (error: Error | null, text: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  const finish = (error: Error | null): void => {
    if (isOver) return;
    isOver = true;
    done(
      error,
      error === null ? (chunks.length === 1 ? (chunks[0] ?? '') : Buffer.concat(chunks)).toString('utf8') : '',
    );
  };
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) finish(tooLarge());
    else chunks.push(chunk);
  });
  response.on('end', () => {
    finish(null);
  });
  response.on('error', finish);
  response.on('close', () => {
    finish(Object.assign(new Error('The answer was cut off.'), { code: 'ECONNRESET' }));
  });
}
