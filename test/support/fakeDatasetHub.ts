// Datasets of the Hugging Face hub on loopback, as far as an import asks: facts, Parquet files behind two redirects, and files of the
// repository. The files themselves are sent by a second host, as those of the real hub are.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface DatasetDouble {
  /** Files that the hub has converted, by configuration and split; null: the hub has converted none. */
  readonly parquet?: Readonly<Record<string, Readonly<Record<string, readonly Buffer[]>>>> | null;
  /** Files of the repository. */
  readonly files?: Readonly<Record<string, Buffer>>;
  readonly gated?: boolean;
  readonly private?: boolean;
  readonly disabled?: boolean;
  /** Token that opens it. */
  readonly token?: string;
  readonly card?: Readonly<Record<string, unknown>>;
  /** The bytes of a file become others on their way. */
  readonly damage?: (bytes: Buffer) => Buffer;
  /** Size that the hub says a file has. */
  readonly claims?: number;
}

export const REVISION = 'd'.repeat(40);
export const PARQUET_REVISION = 'e'.repeat(40);

/** Head of an answer that takes the place of the right one. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export class FakeDatasetHub {
  readonly #datasets: Map<string, DatasetDouble>;
  readonly #hub: Server;
  readonly #files: Server;
  /** Files at the second host, by their hash. */
  readonly #blobs = new Map<string, Buffer>();
  /** Requests as `METHOD path`, with the range where there is one; those to the second host begin with `files `. */
  readonly requests: string[] = [];
  /** Tokens that each host saw. */
  readonly tokens = { hub: new Set<string>(), files: new Set<string>() };
  /** Answers to the next requests to the hub, then to the second host. */
  readonly refusals: { hub: Refusal[]; files: Refusal[] } = { hub: [], files: [] };
  /** Bytes after which the next answers of the second host break off, one after the other. */
  readonly cuts: number[] = [];
  /** Address that files are at instead of the second host. */
  elsewhere: string | null = null;
  /** The second host sends whole files whatever is asked for. */
  ignoresRanges = false;

  private constructor(datasets: Readonly<Record<string, DatasetDouble>>) {
    this.#datasets = new Map(Object.entries(datasets));
    this.#hub = createServer((request, response) => {
      this.#answer(request, response);
    });
    this.#files = createServer((request, response) => {
      this.#send(request, response);
    });
  }

  static async start(datasets: Readonly<Record<string, DatasetDouble>>): Promise<FakeDatasetHub> {
    const hub = new FakeDatasetHub(datasets);
    for (const server of [hub.#hub, hub.#files])
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      });
    return hub;
  }

  get url(): string {
    return urlOf(this.#hub);
  }

  set(id: string, dataset: DatasetDouble): void {
    this.#datasets.set(id, dataset);
  }

  async close(): Promise<void> {
    for (const server of [this.#hub, this.#files]) {
      if (!server.listening) continue;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://hub');
    this.requests.push(`${request.method ?? ''} ${pathname}`);
    const { authorization } = request.headers;
    if (authorization !== undefined) this.tokens.hub.add(authorization);
    const refusal = this.refusals.hub.shift();
    if (refusal !== undefined) {
      refuse(response, refusal.status, refusal.headers);
      return;
    }
    const parts = pathname.split('/').slice(1).map(decodeURIComponent);
    const isApi = parts[0] === 'api';
    const [owner = '', name = '', ...rest] = parts.slice(isApi ? 2 : 1);
    const id = `${owner}/${name}`;
    const dataset = this.#datasets.get(id);
    if (dataset === undefined) {
      refuse(response, authorization === undefined ? 401 : 404, { 'x-error-code': 'RepoNotFound' });
      return;
    }
    const isAllowed = dataset.token === undefined || authorization === `Bearer ${dataset.token}`;
    if (authorization !== undefined && dataset.token !== undefined && !isAllowed) {
      refuse(response, 401, {});
      return;
    }
    if (!isAllowed && !(dataset.gated === true && isApi && rest.length === 0)) {
      refuse(response, 401, { 'x-error-code': dataset.gated === true ? 'GatedRepo' : 'RepoNotFound' });
      return;
    }
    if (isApi) this.#api(response, { id, dataset, rest });
    else this.#file(response, dataset, rest);
  }

  #api(
    response: ServerResponse,
    { id, dataset, rest }: { readonly id: string; readonly dataset: DatasetDouble; readonly rest: readonly string[] },
  ): void {
    const { parquet, files = {} } = dataset;
    if (rest.length === 0) {
      json(response, {
        id,
        sha: REVISION,
        gated: dataset.gated === true ? 'auto' : false,
        private: dataset.private === true,
        disabled: dataset.disabled === true,
        cardData: dataset.card ?? { license: 'cc-by-4.0' },
        siblings: Object.keys(files).map((rfilename) => ({ rfilename })),
      });
      return;
    }
    if (parquet === null || parquet === undefined) {
      refuse(response, 404, {});
      return;
    }
    const [, config = '', split = '', file = ''] = rest;
    if (rest.length === 1) {
      const list = Object.entries(parquet).map(([one, splits]) => [
        one,
        Object.fromEntries(
          Object.entries(splits).map(([two, all]) => [
            two,
            // A mirror lists the addresses of the hub that it mirrors.
            all.map(
              (_, index) => `https://huggingface.co/api/datasets/${id}/parquet/${one}/${two}/${String(index)}.parquet`,
            ),
          ]),
        ),
      ]);
      json(response, Object.fromEntries(list));
      return;
    }
    const bytes = parquet[config]?.[split]?.[Number(/^(\d+)\.parquet$/.exec(file)?.[1] ?? -1)];
    if (bytes === undefined) refuse(response, 404, { 'x-error-code': 'EntryNotFound' });
    else
      redirect(
        response,
        `/datasets/${id}/resolve/refs%2Fconvert%2Fparquet/${encodeURIComponent(config)}/${encodeURIComponent(split)}/${file}`,
      );
  }

  #file(response: ServerResponse, dataset: DatasetDouble, [, revision = '', ...rest]: readonly string[]): void {
    const [config = '', split = '', file = ''] = rest;
    const bytes =
      revision === REVISION
        ? dataset.files?.[rest.join('/')]
        : dataset.parquet?.[config]?.[split]?.[Number.parseInt(file, 10)];
    if (bytes === undefined) {
      refuse(response, 404, { 'x-error-code': 'EntryNotFound' });
      return;
    }
    const hash = createHash('sha256').update(bytes).digest('hex');
    this.#blobs.set(hash, dataset.damage?.(bytes) ?? bytes);
    redirect(response, this.elsewhere ?? `${urlOf(this.#files)}/${hash}?signature=1`, {
      'x-repo-commit': revision === REVISION ? REVISION : PARQUET_REVISION,
      'x-linked-size': String(dataset.claims ?? bytes.length),
      'x-linked-etag': `"${hash}"`,
    });
  }

  #send(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://files');
    const { range, authorization } = request.headers;
    this.requests.push(`files ${request.method ?? ''}${range === undefined ? '' : ` ${range}`}`);
    if (authorization !== undefined) this.tokens.files.add(authorization);
    const refusal = this.refusals.files.shift();
    const bytes = this.#blobs.get(pathname.slice(1));
    if (refusal !== undefined || bytes === undefined) {
      refuse(response, refusal?.status ?? 404, refusal?.headers);
      return;
    }
    const [, from = '0', to = ''] = (this.ignoresRanges ? null : /^bytes=(\d+)-(\d*)$/.exec(range ?? '')) ?? [];
    const start = Number(from);
    const end = to === '' ? bytes.length : Math.min(bytes.length, Number(to) + 1);
    const part = bytes.subarray(start, end);
    const isPart = range !== undefined && !this.ignoresRanges;
    response.writeHead(isPart ? 206 : 200, {
      'content-length': String(part.length),
      ...(isPart ? { 'content-range': `bytes ${String(start)}-${String(end - 1)}/${String(bytes.length)}` } : {}),
    });
    const cut = this.cuts.shift();
    if (cut === undefined || cut >= part.length) {
      response.end(part);
      return;
    }
    response.write(part.subarray(0, cut), () => {
      response.destroy();
    });
  }
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: `Refused with ${String(status)}` }));
}

function redirect(response: ServerResponse, location: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(302, { ...headers, location });
  response.end();
}
