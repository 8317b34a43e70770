import type { OpenAI } from 'openai';
import { t } from '../core/base/messages.ts';
import type { Endpoint } from '../core/provider/connection.ts';
import type { CallOptions, UploadOptions } from '../core/provider/api.ts';
import { ProviderFailure } from '../core/provider/failure.ts';
import { toFailure } from './errors.ts';
import { notTheApi, timeoutFailure } from './failures.ts';
import { multipartBody, type MultipartForm } from './multipart.ts';
import { readPage } from './wire.ts';

const READ_TIMEOUT_MS = 30_000;
const CREATE_TIMEOUT_MS = 60_000;
const READ_RETRIES = 2;
/** Items per requested page. */
export const PAGE = 100;
/** 100,000 events; an endless list ends here at the latest. */
const MAX_PAGES = 1000;

/** Options of one request for the client library. */
export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly timeout: number;
  readonly maxRetries: 0;
}

export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Makes the requests: decides which are tried again and how long they may take, and turns errors into `ProviderFailure`. */
export class Calls {
  readonly #api: OpenAI;
  readonly #endpoint: Endpoint;
  readonly #sleep: Sleep;

  constructor(api: OpenAI, endpoint: Endpoint, sleep: Sleep) {
    this.#api = api;
    this.#endpoint = endpoint;
    this.#sleep = sleep;
  }

  /** All pages, each item once, in the provider's order. Ends when a page brings nothing new, whatever `has_more` says. */
  async list<T>(
    path: string,
    query: Readonly<Record<string, unknown>>,
    read: (item: unknown) => T | null,
    idOf: (item: T) => string,
    options: CallOptions,
    known: Pick<ReadonlySet<string>, 'has'> = new Set(),
  ): Promise<readonly T[]> {
    const found = new Map<string, T>();
    let after: string | undefined;
    for (let count = 0; count < MAX_PAGES; count++) {
      const page = await this.read(options, readPage, (request) =>
        this.#api.get(path, { ...request, query: { ...query, ...(after === undefined ? {} : { after }) } }),
      );
      const before = found.size;
      let metKnown = false;
      for (const item of page.data.map(read)) {
        if (item === null) continue;
        if (known.has(idOf(item))) metKnown = true;
        else if (!found.has(idOf(item))) found.set(idOf(item), item);
        after = idOf(item);
      }
      // Some providers leave the field out; then a full page means that there may be more.
      const more = page.hasMore ?? (query['limit'] !== undefined && page.data.length >= PAGE);
      if (metKnown || !more || found.size === before) break;
    }
    return [...found.values()];
  }

  /** Makes a call that changes nothing, and tries again after passing failures, a bounded number of times. */
  async read<T>(
    options: CallOptions,
    read: (body: unknown) => T | null,
    send: (request: RequestOptions) => PromiseLike<unknown>,
  ): Promise<T> {
    const retries = options.retries ?? READ_RETRIES;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.attempt(options.signal, options.timeoutMs ?? READ_TIMEOUT_MS, read, send);
      } catch (error) {
        if (!(error instanceof ProviderFailure) || error.advice !== 'later' || attempt >= retries) throw error;
        await this.#sleep(error.retryAfterMs ?? 500 * 2 ** attempt * (1 - Math.random() / 4), options.signal);
      }
    }
  }

  /** Makes a call that creates or changes something: sent once, whatever happens. */
  async change<T>(
    options: CallOptions,
    read: (body: unknown) => T | null,
    send: (request: RequestOptions) => PromiseLike<unknown>,
  ): Promise<T> {
    return await this.attempt(options.signal, options.timeoutMs ?? CREATE_TIMEOUT_MS, read, send);
  }

  /** Sends one file as a form, once. */
  async send<T>(
    path: string,
    form: MultipartForm,
    read: (body: unknown) => T | null,
    options: UploadOptions,
  ): Promise<T> {
    const body = await multipartBody(form, options.onProgress).catch((error: unknown) => {
      throw unreadableFile(error);
    });
    // A slow line still moves 100 kB a second.
    const timeoutMs = options.timeoutMs ?? CREATE_TIMEOUT_MS + body.fileBytes / 100;
    return await this.change({ ...options, timeoutMs }, read, (request) =>
      this.#api.post(path, {
        ...request,
        body: body.stream,
        headers: { 'content-type': body.contentType, 'content-length': String(body.contentLength) },
      }),
    );
  }

  /** Makes one request. The deadline covers the body too: the library's own ends when the headers are there. */
  async attempt<T>(
    signal: AbortSignal | undefined,
    timeoutMs: number,
    read: (body: unknown) => T | null,
    send: (request: RequestOptions) => PromiseLike<unknown>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      deadline.abort();
    }, timeoutMs);
    try {
      const body = await send({
        signal: signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal,
        timeout: Math.ceil(timeoutMs) + 5000,
        maxRetries: 0,
      });
      const value = read(body);
      if (value === null) throw notTheApi(this.#endpoint);
      return value;
    } catch (error) {
      signal?.throwIfAborted();
      if (deadline.signal.aborted) throw timeoutFailure(this.#endpoint, timeoutMs);
      throw toFailure(error, this.#endpoint);
    } finally {
      clearTimeout(timer);
    }
  }
}

function unreadableFile(error: unknown): ProviderFailure {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  return new ProviderFailure(
    {
      code: missing ? 'file-missing' : 'file-unreadable',
      message: missing ? t('The file to upload no longer exists.') : t('The file to upload cannot be read.'),
      action: t('Check the file and try again.'),
    },
    { outcome: 'not-sent', advice: 'never', status: null, serverCode: null, retryAfterMs: null },
  );
}
