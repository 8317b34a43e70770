import http from 'node:http';
import type { AddressInfo } from 'node:net';
// eslint-disable-next-line no-restricted-syntax -- being slow is what a slow server does
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, SeenRequest } from './fault.ts';

/** A request as the server behind gets it. */
export interface Delivered extends SeenRequest {
  /** Path and query as they came. */
  readonly target: string;
  readonly bytes: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** The server behind: does the work of one request. Rejects when it has none to give (it is being restarted). */
export type Backend = (request: Delivered) => Answer | Promise<Answer>;

/** What every fault server has, whatever is behind it. */
export interface FaultLayer {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** `http://127.0.0.1:<port>/v1` */
  readonly baseUrl: string;
  /** Every request that came whole, also those that a fault kept from the server. */
  readonly requests: SeenRequest[];
  /** Requests under way now, and the most at once so far. */
  readonly load: { now: number; most: number };
  /** Faults for requests to `METHOD /path` (without `/v1` and the query), in order; afterwards all goes well. */
  script(route: string, ...faults: readonly Fault[]): void;
  /** Asked before the body is read for every request that no script says anything about; `ok` leaves it to `otherwise`. */
  plan: (route: string) => Fault;
  /** Asked for every request that neither a script nor the plan says anything about. */
  otherwise: (route: string, request: SeenRequest) => Fault | Promise<Fault>;
  /** How many requests to `METHOD /path` came. */
  count(route: string): number;
  close(): Promise<void>;
}

export function jsonAnswer(status: number, body: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) };
}

/** Listens on a free port of 127.0.0.1 and does to each request what its fault says. */
export async function startFaultLayer(backend: Backend): Promise<FaultLayer> {
  const scripts = new Map<string, Fault[]>();
  const server = http.createServer((request, response) => {
    // A client that went away is not the server's error.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    void handle(request, response).catch(() => {
      request.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

  const layer: FaultLayer = {
    origin,
    baseUrl: `${origin}/v1`,
    requests: [],
    load: { now: 0, most: 0 },
    script: (route, ...faults) => {
      scripts.set(route, [...(scripts.get(route) ?? []), ...faults]);
    },
    plan: () => ({ kind: 'ok' }),
    otherwise: () => ({ kind: 'ok' }),
    count: (route) => layer.requests.filter(({ method, path }) => `${method} ${path}` === route).length,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const target = request.url ?? '/';
    const url = new URL(target, 'http://localhost');
    const head = {
      method: request.method ?? 'GET',
      path: url.pathname.replace(/^\/v1/u, ''),
      query: url.searchParams,
      headers: request.headers,
    };
    const route = `${head.method} ${head.path}`;
    const told = scripts.get(route)?.shift();
    const planned = told ?? layer.plan(route);
    const body = await readBody(request, planned);
    if (body === null) return;
    const seen: Delivered = { ...head, target, bytes: body, body: body.toString('utf8') };
    layer.requests.push(seen);
    layer.load.now += 1;
    layer.load.most = Math.max(layer.load.most, layer.load.now);
    response.once('close', () => {
      layer.load.now -= 1;
    });
    const fault = told === undefined && planned.kind === 'ok' ? await layer.otherwise(route, seen) : planned;
    await apply(fault, seen, backend, request, response);
  }
  return layer;
}

/** Null when the client went away, or when the fault cut the line before all had come. */
async function readBody(request: http.IncomingMessage, fault: Fault): Promise<Buffer | null> {
  const limit = fault.kind === 'reset' ? (fault.atBytes ?? Infinity) : Infinity;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= limit) {
        request.socket.resetAndDestroy();
        return null;
      }
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

async function apply(
  fault: Fault,
  seen: Delivered,
  backend: Backend,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  switch (fault.kind) {
    case 'delay':
      await delay(fault.ms);
      await apply(fault.then ?? { kind: 'ok' }, seen, backend, request, response);
      return;
    case 'late': {
      const answer = await backend(seen);
      await delay(fault.ms);
      send(response, answer);
      return;
    }
    case 'ok':
      send(response, await backend(seen));
      return;
    case 'twice':
      await backend(seen);
      send(response, await backend(seen));
      return;
    case 'drip':
      await drip(response, await backend(seen), fault.bytes, fault.everyMs);
      return;
    case 'list':
      send(
        response,
        changed(await backend(seen), (body) => relist(body, fault.as)),
      );
      return;
    case 'rewrite':
      send(response, changed(await backend(seen), fault.change));
      return;
    default:
      fail(fault, request, response, fault.after === true ? await backend(seen) : jsonAnswer(200, {}));
  }
}

function send(response: http.ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}

function changed(answer: Answer, change: (body: unknown) => unknown): Answer {
  let body: unknown;
  try {
    body = JSON.parse(answer.body.toString('utf8'));
  } catch {
    return answer;
  }
  return {
    ...answer,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(change(body))),
  };
}

function relist(body: unknown, as: 'duplicated' | 'reversed' | 'endless'): unknown {
  const { data } = body as { data?: unknown };
  if (!Array.isArray(data)) return body;
  const items = data as readonly unknown[];
  if (as === 'endless') return { ...(body as object), has_more: true };
  return {
    ...(body as object),
    data: as === 'duplicated' ? items.flatMap((item) => [item, item]) : [...items].reverse(),
  };
}

async function drip(response: http.ServerResponse, answer: Answer, bytes: number, everyMs: number): Promise<void> {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
  for (let at = 0; at < answer.body.length && !response.destroyed; at += bytes) {
    response.write(answer.body.subarray(at, at + bytes));
    await delay(everyMs);
  }
  response.end();
}

type Failing = Extract<Fault, { readonly after?: boolean }>;

function fail(fault: Failing, request: http.IncomingMessage, response: http.ServerResponse, done: Answer): void {
  const json = { 'content-type': 'application/json' };
  const half = done.body.subarray(0, done.body.length / 2);
  switch (fault.kind) {
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'silence':
      return;
    case 'stall':
      response.writeHead(200, { ...json, 'content-length': String(done.body.length) });
      response.write(half);
      return;
    case 'cut':
      response.writeHead(200, json).end(half);
      return;
    case 'status':
      response
        .writeHead(fault.status, { ...json, ...fault.headers })
        .end(JSON.stringify(fault.body ?? { error: { message: 'As told.', code: null } }));
      return;
    case 'html':
      response
        .writeHead(fault.status ?? 200, { 'content-type': 'text/html' })
        .end('<html><body><script>alert(1)</script>Sign in to the hotel network</body></html>');
      return;
    case 'empty':
      response.writeHead(200, { ...json, 'content-length': '0' }).end();
      return;
    case 'json':
      response.writeHead(200, json).end(JSON.stringify(fault.value));
  }
}
