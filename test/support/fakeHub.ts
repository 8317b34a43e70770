// The Hugging Face hub on loopback, as far as a download asks: models with their files, sizes and checksums, and parts of files.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubModel {
  readonly files: Readonly<Record<string, Buffer>>;
  /** What the bytes of a file become on their way. */
  readonly damage?: (name: string, bytes: Buffer) => Buffer;
  readonly gated?: boolean;
  /** Token that opens it. */
  readonly token?: string;
  readonly licence?: string;
}

export const COMMIT = 'c'.repeat(40);
/** Bytes after which a connection of `cutAfter` is closed. */
const PIECE = 64 * 1024;

export class FakeHub {
  readonly #models: ReadonlyMap<string, HubModel>;
  readonly #server: Server;
  #port = 0;
  /** Requests as `METHOD path`, with the range where there is one. */
  readonly requests: string[] = [];
  readonly tokens = new Set<string>();
  /** Sends so many bytes of the next large file and then nothing. */
  stallAfter: number | null = null;

  private constructor(models: Readonly<Record<string, HubModel>>) {
    this.#models = new Map(Object.entries(models));
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
  }

  static async start(models: Readonly<Record<string, HubModel>>): Promise<FakeHub> {
    const hub = new FakeHub(models);
    await new Promise<void>((resolve) => {
      hub.#server.listen(0, '127.0.0.1', resolve);
    });
    hub.#port = (hub.#server.address() as AddressInfo).port;
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://hub');
    const { range, authorization } = request.headers;
    this.requests.push(`${request.method ?? ''} ${url.pathname}${range === undefined ? '' : ` ${range}`}`);
    if (authorization !== undefined) this.tokens.add(authorization);
    const api = /^\/api\/models\/([^/]+\/[^/]+)/.exec(url.pathname)?.[1];
    const [, of, name] = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(url.pathname) ?? [];
    const model = this.#models.get(api ?? of ?? '');
    if (!model) {
      refuse(response, 404, 'RepoNotFound', 'Repository not found');
      return;
    }
    const allowed = model.token === undefined || authorization === `Bearer ${model.token}`;
    if (api !== undefined) {
      if (!allowed && model.gated !== true) {
        refuse(response, 401, 'RepoNotFound', 'Invalid username or password.');
        return;
      }
      tell(response, api, model);
      return;
    }
    if (!allowed) {
      refuse(response, 401, 'GatedRepo', 'Access to model is restricted.');
      return;
    }
    const bytes = model.files[name ?? ''];
    if (!bytes) {
      refuse(response, 404, 'EntryNotFound', 'Entry not found');
      return;
    }
    this.#send(request, response, model.damage?.(name ?? '', bytes) ?? bytes, bytes, name ?? '');
  }

  #send(request: IncomingMessage, response: ServerResponse, sent: Buffer, bytes: Buffer, name: string): void {
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const part = sent.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': String(part.length),
      'accept-ranges': 'bytes',
      'x-repo-commit': COMMIT,
      etag: `"${isLarge(name) ? sha256(bytes) : gitHash(bytes)}"`,
      ...(from > 0
        ? { 'content-range': `bytes ${String(from)}-${String(sent.length - 1)}/${String(sent.length)}` }
        : {}),
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const stall = this.stallAfter;
    if (stall === null || !isLarge(name)) {
      response.end(part);
      return;
    }
    this.stallAfter = null;
    for (let at = 0; at < stall; at += PIECE) response.write(part.subarray(at, Math.min(at + PIECE, stall)));
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'x-error-code': code, 'x-error-message': message, 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: message }));
}

function tell(response: ServerResponse, id: string, model: HubModel): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const siblings = Object.entries(model.files).map(([rfilename, bytes]) => ({
    rfilename,
    size: bytes.length,
    blobId: gitHash(bytes),
    ...(isLarge(rfilename) ? { lfs: { sha256: sha256(bytes), size: bytes.length, pointerSize: 130 } } : {}),
  }));
  response.end(
    JSON.stringify({
      id,
      sha: COMMIT,
      siblings,
      gated: model.gated === true ? 'manual' : false,
      tags: [],
      downloads: 1,
      likes: 1,
      private: false,
      cardData: { license: model.licence ?? 'apache-2.0' },
      safetensors: { parameters: { BF16: 1000 }, total: 1000 },
    }),
  );
}

function isLarge(name: string): boolean {
  return /\.(safetensors|bin|gguf)$/.test(name);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function gitHash(bytes: Buffer): string {
  return createHash('sha1')
    .update(`blob ${String(bytes.length)}\0`)
    .update(bytes)
    .digest('hex');
}
