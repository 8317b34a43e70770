import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OpenApi, Operation } from './document.ts';

/** Something that was sent and that the document does not allow. */
export interface Violation {
  readonly side: 'request' | 'answer';
  /** The documented name, `GET /files/{file_id}`, or the request itself when it is not documented at all. */
  readonly operation: string;
  readonly status: number | null;
  readonly message: string;
}

export interface ValidatingProxy {
  /** `http://127.0.0.1:<port>/v1` */
  readonly baseUrl: string;
  readonly violations: readonly Violation[];
  /** How often each documented operation was called. */
  readonly calls: ReadonlyMap<string, number>;
  /** How an answer is changed before it is looked at and passed on; null: not at all. */
  tamper: ((operation: string, body: Record<string, unknown>) => Record<string, unknown>) | null;
  close(): Promise<void>;
}

const ERROR = { $ref: '#/components/schemas/ErrorResponse' };

/** Stands between a client and a server and holds both against the document. Everything is passed on as it came. */
export async function startValidatingProxy(api: OpenApi, target: string): Promise<ValidatingProxy> {
  const violations: Violation[] = [];
  const calls = new Map<string, number>();
  const { port: targetPort } = new URL(target);
  const server = http.createServer((request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    void pass(request, response).catch(() => response.destroy());
  });

  async function pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await whole(request);
    const url = new URL(request.url ?? '/', target);
    const method = request.method ?? 'GET';
    const found = api.find(method, url.pathname.replace(/^\/v1/u, ''));
    const note = (side: Violation['side'], status: number | null) => (message: string) => {
      violations.push({ side, operation: found?.operation.name ?? `${method} ${url.pathname}`, status, message });
    };
    if (found) {
      calls.set(found.operation.name, (calls.get(found.operation.name) ?? 0) + 1);
      await checkRequest(api, found.operation, { url, headers: request.headers, body }, note('request', null));
    } else note('request', null)('is not documented');
    const answer = await forward(request, body);
    if (found && proxy.tamper && isJson(answer.headers['content-type'])) {
      const changed = proxy.tamper(
        found.operation.name,
        JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>,
      );
      answer.body = Buffer.from(JSON.stringify(changed));
    }
    if (found) checkAnswer(api, found.operation, answer, note('answer', answer.status));
    const headers = { ...answer.headers };
    delete headers['transfer-encoding'];
    response.writeHead(answer.status, { ...headers, 'content-length': String(answer.body.length) }).end(answer.body);
  }

  async function forward(request: http.IncomingMessage, body: Buffer): Promise<Answer> {
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const headers = { ...request.headers, host: `127.0.0.1:${targetPort}` };
      const onward = http.request(
        { host: '127.0.0.1', port: targetPort, path: request.url, method: request.method, headers, agent: false },
        resolve,
      );
      onward.once('error', reject);
      onward.end(body);
    });
    return { status: answer.statusCode ?? 502, headers: answer.headers, body: await whole(answer) };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: ValidatingProxy = {
    baseUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`,
    violations,
    calls,
    tamper: null,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  body: Buffer;
}

async function whole(message: http.IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

function mediaType(header: string | undefined): string {
  return header?.split(';')[0]?.trim() ?? '';
}

function isJson(header: string | undefined): boolean {
  return mediaType(header) === 'application/json';
}

type Note = (message: string) => void;

async function checkRequest(
  api: OpenApi,
  operation: Operation,
  { url, headers, body }: { readonly url: URL; readonly headers: http.IncomingHttpHeaders; readonly body: Buffer },
  note: Note,
): Promise<void> {
  if (!/^Bearer \S+$/u.test(headers.authorization ?? '')) note('has no bearer token');
  checkQuery(api, operation, url.searchParams, note);
  if (!operation.body) {
    if (body.length > 0) note('has a body where none is documented');
    return;
  }
  const type = mediaType(headers['content-type']);
  const schema = operation.body[type];
  if (!schema) {
    note(`has the media type '${type}'; documented: ${Object.keys(operation.body).join(', ')}`);
    return;
  }
  const value =
    type === 'multipart/form-data' ? await readForm(headers, body) : (JSON.parse(body.toString('utf8')) as unknown);
  for (const error of api.errors(schema, value)) note(`body ${error}`);
}

function checkQuery(api: OpenApi, operation: Operation, query: URLSearchParams, note: Note): void {
  const given = nested(query);
  const known = operation.parameters.filter((parameter) => parameter.in === 'query');
  for (const { name, required } of known) if (required === true && !(name in given)) note(`query ${name} is missing`);
  for (const [name, value] of Object.entries(given)) {
    const parameter = known.find((item) => item.name === name);
    if (!parameter) {
      note(`query ${name} is not documented`);
      continue;
    }
    const number = parameter.schema?.['type'] === 'integer' && typeof value === 'string' ? Number(value) : value;
    for (const error of api.errors(parameter.schema ?? {}, number)) note(`query ${name} ${error}`);
  }
}

/** `a[b]=c` as `{a: {b: c}}` (style deepObject). */
function nested(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    const match = /^([^[]+)\[([^\]]*)\]$/u.exec(key);
    if (!match) result[key] = value;
    else result[match[1] ?? ''] = { ...(result[match[1] ?? ''] as object | undefined), [match[2] ?? '']: value };
  }
  return result;
}

/** A file is a text to the document (`format: binary`); digits may be a number. */
async function readForm(headers: http.IncomingHttpHeaders, body: Buffer): Promise<unknown> {
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': headers['content-type'] ?? '' },
  }).formData();
  const entries = [...form].map(([name, value]): [string, unknown] => [
    name,
    typeof value === 'string' ? (/^\d+$/u.test(value) ? Number(value) : value) : 'binary',
  ]);
  return nested(entries);
}

function checkAnswer(api: OpenApi, operation: Operation, { status, headers, body }: Answer, note: Note): void {
  const documented = operation.answers.get(status);
  const type = mediaType(headers['content-type']);
  if (!documented) {
    note(`status ${String(status)} is not documented`);
    if (!isJson(type)) note(`has the media type '${type}'`);
    else for (const error of api.errors(ERROR, JSON.parse(body.toString('utf8')))) note(`error body ${error}`);
    return;
  }
  const schema = documented[type];
  if (!schema) {
    note(`has the media type '${type}'; documented: ${Object.keys(documented).join(', ')}`);
    return;
  }
  if (type !== 'text/event-stream') {
    for (const error of api.errors(schema, JSON.parse(body.toString('utf8')))) note(`body ${error}`);
    return;
  }
  const events = body.toString('utf8').split('\n\n').filter(Boolean);
  if (events.pop() !== 'data: [DONE]') note('does not end with [DONE]');
  for (const event of events) {
    if (!event.startsWith('data: ')) note('has an event that is none');
    else for (const error of api.errors(schema, JSON.parse(event.slice('data: '.length)))) note(`chunk ${error}`);
  }
}
