import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type * as z from 'zod/mini';
import { ApiError, invalid } from './apiError.ts';

/** A request that has passed the guard. */
export interface Request {
  readonly method: string;
  /** Path segments after `/v1/`, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly raw: IncomingMessage;
  /** Aborted when the client goes away before it has its answer. */
  readonly signal: AbortSignal;
}

export type Reply =
  | { readonly json: unknown }
  /** A file: `length` bytes. */
  | { readonly content: Readable; readonly length: number }
  /** Server-sent events, each the JSON of one value; `[DONE]` ends them. Left unfinished when the client goes away. */
  | { readonly events: AsyncIterable<unknown> };

const JSON_LIMIT = 16 * 1024 * 1024;

/**
 * Guards every request before its content is read: it must be addressed to this very server (a name that was made
 * to point here is refused), not be sent by a web page, and carry the token. There are no CORS headers, ever.
 */
export function guard(request: IncomingMessage, port: number, apiKey: string): void {
  const { host, origin } = request.headers;
  const hosts = [`127.0.0.1:${String(port)}`, `localhost:${String(port)}`, `[::1]:${String(port)}`];
  if (host === undefined || !hosts.includes(host.toLowerCase())) {
    throw new ApiError(403, 'host_not_allowed', 'This server answers only on its own loopback address.');
  }
  const site = request.headers['sec-fetch-site'];
  if (origin !== undefined || (site !== undefined && site !== 'none' && site !== 'same-origin')) {
    throw new ApiError(403, 'origin_not_allowed', 'This server does not answer to web pages.');
  }
  if (request.method === 'OPTIONS')
    throw new ApiError(403, 'method_not_allowed', 'This server does not answer to web pages.');
  const given = /^Bearer (.+)$/u.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (!sameSecret(given, apiKey))
    throw new ApiError(
      401,
      'invalid_api_key',
      'The API key is missing or is not the one this server was started with.',
    );
}

function sameSecret(given: string, expected: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  // The length is no secret; timingSafeEqual wants equal ones.
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The body while it comes, at most `limit` bytes. */
export async function* bodyChunks(request: IncomingMessage, limit: number): AsyncGenerator<Buffer> {
  const tooLarge = (): ApiError =>
    new ApiError(413, 'request_too_large', `The request body is larger than ${String(limit)} bytes.`);
  if (request.headers['content-encoding'] !== undefined)
    throw new ApiError(415, 'unsupported_encoding', 'Compressed request bodies are not accepted.');
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge();
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw tooLarge();
    yield part;
  }
}

export async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = mediaType(request);
  if (type !== 'application/json')
    throw new ApiError(415, 'unsupported_media_type', 'The request body must be application/json.');
  const parts: Buffer[] = [];
  for await (const part of bodyChunks(request, JSON_LIMIT)) parts.push(part);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)));
  } catch {
    throw invalid('The request body is not JSON.', null, 'invalid_json');
  }
}

/** `value` as `schema` has it, or the API's 400 naming the first field that is missing, unknown or of another value. */
export function parsed<T extends z.ZodMiniType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  const param = path.map(String).join('.');
  if (issue?.code === 'unrecognized_keys') {
    const unknown = [...path.map(String), issue.keys[0] ?? ''].join('.');
    throw invalid(`Unknown parameter: '${unknown}'. Extra inputs are not permitted.`, unknown, 'unknown_parameter');
  }
  if (param !== '' && isMissing(value, path))
    throw invalid(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter');
  throw invalid(`Invalid value for '${param}': ${issue?.message ?? 'not understood'}.`, param === '' ? null : param);
}

function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  let at = value;
  for (const key of path)
    at = typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined;
  return at === undefined;
}

export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

export async function send(response: ServerResponse, reply: Reply): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('cache-control', 'no-store');
  if ('json' in reply) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(reply.json));
    return;
  }
  if ('events' in reply) {
    await sendEvents(response, reply.events);
    return;
  }
  response.setHeader('content-type', 'application/octet-stream');
  response.setHeader('content-length', reply.length);
  await pipeline(reply.content, response);
}

async function sendEvents(response: ServerResponse, events: AsyncIterable<unknown>): Promise<void> {
  response.setHeader('content-type', 'text/event-stream; charset=utf-8');
  for await (const event of events) {
    // Leaving the loop ends the writer; one that waits is ended by the request's signal.
    if (response.destroyed) return;
    if (!response.write(`data: ${JSON.stringify(event)}\n\n`)) await writable(response);
  }
  response.end('data: [DONE]\n\n');
}

function writable(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}

export async function sendError(response: ServerResponse, error: unknown): Promise<void> {
  // The client went away: there is no one to answer and no error of the server.
  if (response.destroyed) return;
  // An unexpected error is answered without its message, which may name paths.
  const known =
    error instanceof ApiError
      ? error
      : new ApiError(500, 'internal_error', 'The local server failed to answer this request.');
  if (known !== error)
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.statusCode = known.status;
  // The rest of a body that was not read must not be taken for the next request.
  if (known.status !== 404 && known.status !== 400) response.setHeader('connection', 'close');
  await send(response, { json: known.body });
}
