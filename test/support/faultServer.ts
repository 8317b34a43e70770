import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one request. `after: true`: the server does its work first, so the job exists although the answer is lost. */
export type Fault =
  | { readonly kind: 'ok' }
  | { readonly kind: 'reset'; readonly after?: boolean }
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
  | { readonly kind: 'html'; readonly status?: number; readonly after?: boolean }
  /** 200 application/json without a body. */
  | { readonly kind: 'empty'; readonly after?: boolean }
  | { readonly kind: 'json'; readonly value: unknown; readonly after?: boolean };

export interface SeenRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface WireObject {
  id: string;
  created_at: number;
  [key: string]: unknown;
}

/** What the server took: what a bill would show. */
export interface Ledger {
  readonly files: (WireObject & { content: string })[];
  readonly jobs: WireObject[];
  readonly chats: { readonly model: string; readonly messages: unknown }[];
}

export interface FaultServer {
  readonly origin: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly requests: SeenRequest[];
  readonly ledger: Ledger;
  /** Events of every job, newest first. */
  readonly events: WireObject[];
  readonly checkpoints: WireObject[];
  /** Requests under way now, and the most at once so far. */
  readonly load: { now: number; most: number };
  /** The answer of the model. */
  reply: (request: { readonly model: string; readonly messages: { role: string; content: string }[] }) => string;
  /** Whether `metadata[k]=v` filters. */
  filtersMetadata: boolean;
  /** Faults for requests to `METHOD /path` in order; afterwards all goes well. */
  script(route: string, ...faults: readonly Fault[]): void;
  /** Asked for every request that no script says anything about. */
  otherwise: (route: string, request: SeenRequest) => Fault | Promise<Fault>;
  count(route: string): number;
  close(): Promise<void>;
}

const ok: Fault = { kind: 'ok' };

/** An API that fails as it is told, on a real socket. */
export async function startFaultServer(): Promise<FaultServer> {
  const scripts = new Map<string, Fault[]>();
  let ids = 0;
  const nextId = (prefix: string): string => `${prefix}${String(++ids).padStart(6, '0')}`;

  const server = http.createServer((request, response) => {
    // A client that went away is not the server's error.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    void handle(request, response);
  });

  const state: FaultServer = {
    origin: '',
    baseUrl: '',
    apiKey: 'sk-test-key-of-the-fault-server',
    requests: [],
    ledger: { files: [], jobs: [], chats: [] },
    events: [],
    checkpoints: [],
    load: { now: 0, most: 0 },
    reply: () => '0',
    filtersMetadata: true,
    script: (route, ...faults) => {
      scripts.set(route, [...(scripts.get(route) ?? []), ...faults]);
    },
    otherwise: () => ok,
    count: (route) => state.requests.filter(({ method, path }) => `${method} ${path}` === route).length,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return;
    }
    const seen: SeenRequest = {
      method: request.method ?? 'GET',
      path: url.pathname.replace(/^\/v1/, ''),
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    state.requests.push(seen);
    state.load.now++;
    state.load.most = Math.max(state.load.most, state.load.now);
    response.once('close', () => {
      state.load.now--;
    });
    const route = `${seen.method} ${seen.path}`;
    const fault = scripts.get(route)?.shift() ?? (await state.otherwise(route, seen));
    const done = fault.kind === 'ok' || fault.after === true ? work(seen) : { status: 200, body: {} };
    answer(request, response, fault, done);
  }

  function work(seen: SeenRequest): { status: number; body: unknown } {
    if (seen.headers.authorization !== `Bearer ${state.apiKey}`) {
      return {
        status: 401,
        body: {
          error: {
            message: `Incorrect API key provided: ${seen.headers.authorization ?? ''}`,
            code: 'invalid_api_key',
          },
        },
      };
    }
    const parts = seen.path.split('/').filter(Boolean);
    const body = (seen.headers['content-type'] ?? '').includes('json')
      ? (JSON.parse(seen.body || '{}') as Record<string, unknown>)
      : {};
    const job =
      parts[0] === 'fine_tuning' && parts[2] ? state.ledger.jobs.find(({ id }) => id === parts[2]) : undefined;
    switch (
      `${seen.method} /${parts.slice(0, 2).join('/')}${parts[2] ? `/:id${parts[3] ? `/${parts[3]}` : ''}` : ''}`
    ) {
      case 'GET /models':
        return {
          status: 200,
          body: {
            object: 'list',
            data: [{ id: 'base-1', object: 'model', created: 1, owned_by: 'test', shutdown_date: null }],
          },
        };
      case 'POST /files': {
        const filename = /name="file"; filename="([^"]*)"/.exec(seen.body)?.[1] ?? '';
        const content =
          /content-type: application\/jsonl\r\n\r\n([\s\S]*)\r\n--tuning-fork-\w+--\r\n$/.exec(seen.body)?.[1] ?? '';
        const file = {
          id: nextId('file-'),
          object: 'file',
          created_at: 1_700_000_000 + ids,
          bytes: Buffer.byteLength(content),
          filename,
          purpose: 'fine-tune',
          status: 'processed',
          content,
        };
        state.ledger.files.push(file);
        return { status: 200, body: { ...file, content: undefined } };
      }
      case 'GET /files':
        return {
          status: 200,
          body: page(
            [...state.ledger.files].reverse().map((file) => ({ ...file, content: undefined })),
            seen.query,
          ),
        };
      case 'POST /fine_tuning/jobs': {
        const created = {
          id: nextId('ftjob-'),
          object: 'fine_tuning.job',
          created_at: 1_700_000_000 + ids,
          finished_at: null,
          fine_tuned_model: null,
          status: 'queued',
          result_files: [],
          error: {},
          trained_tokens: null,
          ...body,
        };
        state.ledger.jobs.push(created);
        return { status: 200, body: created };
      }
      case 'GET /fine_tuning/jobs': {
        const wanted = [...seen.query].filter(([key]) => key.startsWith('metadata['));
        const matches = (entry: WireObject): boolean =>
          wanted.every(
            ([key, value]) => (entry['metadata'] as Record<string, string> | undefined)?.[key.slice(9, -1)] === value,
          );
        const jobs = [...state.ledger.jobs].reverse().filter((entry) => !state.filtersMetadata || matches(entry));
        return { status: 200, body: page(jobs, seen.query) };
      }
      case 'GET /fine_tuning/jobs/:id':
        return job ? { status: 200, body: job } : missing();
      case 'POST /fine_tuning/jobs/:id/cancel':
        if (!job) return missing();
        job['status'] = 'cancelled';
        return { status: 200, body: job };
      case 'GET /fine_tuning/jobs/:id/events':
        return job ? { status: 200, body: page(state.events, seen.query) } : missing();
      case 'GET /fine_tuning/jobs/:id/checkpoints':
        return job ? { status: 200, body: page(state.checkpoints, seen.query) } : missing();
      case 'POST /chat/completions': {
        const chat = body as unknown as { model: string; messages: { role: string; content: string }[] };
        state.ledger.chats.push(chat);
        return {
          status: 200,
          body: {
            id: nextId('chatcmpl-'),
            object: 'chat.completion',
            created: 1,
            model: chat.model,
            choices: [{ index: 0, message: { role: 'assistant', content: state.reply(chat) }, finish_reason: 'stop' }],
          },
        };
      }
      default:
        return missing();
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return Object.assign(state, { origin, baseUrl: `${origin}/v1` });
}

function missing(): { status: number; body: unknown } {
  return { status: 404, body: { error: { message: 'No such thing.', code: 'not_found' } } };
}

function page(all: readonly WireObject[], query: URLSearchParams): unknown {
  const limit = Number(query.get('limit') ?? 20);
  const start = query.has('after') ? all.findIndex(({ id }) => id === query.get('after')) + 1 : 0;
  const data = all.slice(start, start + limit);
  return { object: 'list', data, has_more: start + limit < all.length };
}

function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  fault: Fault,
  done: { status: number; body: unknown },
): void {
  const send = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
  const text = JSON.stringify(done.body);
  switch (fault.kind) {
    case 'ok':
      send(done.status, done.body);
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'silence':
      return;
    case 'stall':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(text.length) });
      response.write(text.slice(0, text.length / 2));
      return;
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json' }).end(text.slice(0, text.length / 2));
      return;
    case 'status':
      send(fault.status, fault.body ?? { error: { message: 'As told.', code: null } }, fault.headers);
      return;
    case 'html':
      response
        .writeHead(fault.status ?? 200, { 'content-type': 'text/html' })
        .end('<html><body><script>alert(1)</script>Sign in to the hotel network</body></html>');
      return;
    case 'empty':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '0' }).end();
      return;
    case 'json':
      send(200, fault.value);
  }
}
