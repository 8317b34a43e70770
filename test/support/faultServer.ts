// Servers that fail as they are told, on real sockets.
//
//   createFaultServer(options)   the product's own local server behind a layer of faults: the whole API, true state,
//                                a ledger of what was accepted. Starts in a few milliseconds; jobs end at once.
//   startFaultServer()           the same layer before a double whose state the test writes itself: any model, any
//                                status, any event (`ledger.jobs.push(…)`, `events.unshift(…)`).
//   startFaultServerProcess()    createFaultServer in a process of its own: ./faults/faultServerProcess.ts
//
// Faults come from `script(route, …faults)`, a seeded plan, or `otherwise`, in this order; ./faults/fault.ts has them all.
// Routes are `METHOD /path` without `/v1` and without the query, e.g. `POST /fine_tuning/jobs`.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LocalServer } from '../../src/local/server/server.ts';
import { startServer } from '../../src/local/server/server.ts';
import { type ApiDouble, createApiDouble } from './faults/apiDouble.ts';
import { type Fault, type SeededFaults, seededFaults } from './faults/fault.ts';
import { createInstantEngine, type InstantEngine } from './faults/instantEngine.ts';
import { type Answer, type Delivered, type FaultLayer, startFaultLayer } from './faults/layer.ts';

export { type Fault, QUICK_FAULTS, seededFaults, SLOW_FAULTS } from './faults/fault.ts';

export interface FaultServer extends FaultLayer, ApiDouble {}

/** The double behind the layer. */
export async function startFaultServer(): Promise<FaultServer> {
  const { state, backend } = createApiDouble();
  const layer = await startFaultLayer((seen) => backend(server)(seen));
  // One object, so that what a test sets on it (`reply`, `otherwise`) is what is asked.
  const server: FaultServer = Object.assign(layer, state);
  return server;
}

export interface AcceptedFile {
  readonly id: string;
  readonly filename: string;
  readonly bytes: number;
  readonly purpose: string;
  readonly via: 'files' | 'uploads';
}

export interface AcceptedJob {
  readonly id: string;
  readonly model: string;
  readonly training_file: string;
  readonly validation_file: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: number;
}

/** What the server accepted, in order: what a bill would show. Nothing is ever taken out; deletions stand beside. */
export interface Ledger {
  readonly files: AcceptedFile[];
  readonly jobs: AcceptedJob[];
  readonly chats: { readonly model: string; readonly messages: unknown }[];
  readonly batches: { readonly id: string; readonly input_file_id: string }[];
  readonly deletedFiles: string[];
}

export interface FaultServerOptions {
  /** Faults by chance; more by `script` and `otherwise`. */
  readonly seeded?: SeededFaults;
  /** Faults by route, in order. */
  readonly script?: Readonly<Record<string, readonly Fault[]>>;
  /** `instant` (default): jobs succeed at once; `endless`: they run until cancelled or paused. */
  readonly engine?: 'instant' | 'endless';
  /** Models that can be tuned; default: `base-1` and `local-linear-1`. */
  readonly baseModels?: readonly string[];
  /** State to go on with; default: a temporary folder that `close` deletes. */
  readonly folder?: string;
}

export interface LocalFaultServer extends FaultLayer {
  readonly apiKey: string;
  readonly ledger: Ledger;
  readonly engine: InstantEngine;
  /** Past all faults, not counted and not recorded: what really is. Rejects unless the answer is a success. */
  direct(method: 'GET' | 'POST' | 'DELETE', target: string, body?: unknown): Promise<unknown>;
  /** The content of a file as it arrived, and its SHA-256 in hexadecimal. */
  contentOf(fileId: string): Promise<{ readonly text: string; readonly sha256: string }>;
  /** Ends the server behind and starts it again on the same state; requests meanwhile are cut off. */
  restart(): Promise<void>;
}

const API_KEY = 'sk-test-key-of-the-fault-server';

/** The local server behind the layer. Several clients, also of other processes, may use it at once. */
export async function createFaultServer(options: FaultServerOptions = {}): Promise<LocalFaultServer> {
  const folder = options.folder ?? mkdtempSync(path.join(tmpdir(), 'tuning-fork-fault-'));
  const engine = createInstantEngine(options.engine ?? 'instant', options.baseModels ?? ['base-1', 'local-linear-1']);
  const agent = new http.Agent({ keepAlive: true });
  const ledger: Ledger = { files: [], jobs: [], chats: [], batches: [], deletedFiles: [] };
  const start = (): Promise<LocalServer> =>
    startServer({ dataFolder: folder, port: 0, version: 'fault-server', engines: engine });
  let behind: LocalServer | null = await start();

  const forward = async (seen: Pick<Delivered, 'method' | 'target' | 'headers' | 'bytes'>): Promise<Answer> => {
    if (!behind) throw new Error('The server is being restarted.');
    return ask(behind, agent, seen);
  };
  const layer = await startFaultLayer(async (seen) => {
    const answer = await forward(seen);
    if (answer.status < 300) enter(ledger, seen, answer);
    return answer;
  });
  for (const [route, faults] of Object.entries(options.script ?? {})) layer.script(route, ...faults);
  if (options.seeded) layer.plan = seededFaults(options.seeded);

  const direct = async (method: string, target: string, body?: unknown): Promise<Answer> => {
    const answer = await forward({
      method,
      target: `/v1${target}`,
      headers: {
        authorization: `Bearer ${API_KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      bytes: body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)),
    });
    if (answer.status >= 300)
      throw new Error(`${method} ${target}: ${String(answer.status)} ${answer.body.toString()}`);
    return answer;
  };
  const closeLayer = layer.close.bind(layer);
  return Object.assign(layer, {
    apiKey: API_KEY,
    ledger,
    engine,
    direct: async (method: 'GET' | 'POST' | 'DELETE', target: string, body?: unknown): Promise<unknown> =>
      JSON.parse((await direct(method, target, body)).body.toString('utf8')),
    contentOf: async (fileId: string) => {
      const { body } = await direct('GET', `/files/${fileId}/content`);
      return { text: body.toString('utf8'), sha256: createHash('sha256').update(body).digest('hex') };
    },
    restart: async () => {
      const old = behind;
      behind = null;
      await old?.close();
      behind = await start();
    },
    close: async () => {
      await closeLayer();
      agent.destroy();
      await behind?.close();
      behind = null;
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  });
}

/** One request to the server behind: its own address and its own key in the place of ours. */
function ask(
  server: LocalServer,
  agent: http.Agent,
  { method, target, headers, bytes }: Pick<Delivered, 'method' | 'target' | 'headers' | 'bytes'>,
): Promise<Answer> {
  const { port, host } = new URL(server.baseUrl);
  const onward: http.OutgoingHttpHeaders = { ...headers, host, 'content-length': String(bytes.length) };
  delete onward['transfer-encoding'];
  delete onward.connection;
  if (headers.authorization === `Bearer ${API_KEY}`) onward.authorization = `Bearer ${server.apiKey}`;
  return new Promise((resolve, reject) => {
    const call = http.request({ host: '127.0.0.1', port, method, path: target, headers: onward, agent }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', reject);
      response.once('end', () => {
        const kept: http.OutgoingHttpHeaders = { ...response.headers };
        delete kept.connection;
        delete kept['transfer-encoding'];
        resolve({ status: response.statusCode ?? 502, headers: kept, body: Buffer.concat(parts) });
      });
    });
    call.once('error', reject);
    call.end(bytes);
  });
}

function enter(ledger: Ledger, seen: Delivered, answer: Answer): void {
  const [first, second, third] = seen.path.split('/').filter(Boolean);
  const json = (): Record<string, unknown> => JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>;
  if (seen.method === 'DELETE') {
    if (first === 'files' && second !== undefined) ledger.deletedFiles.push(decodeURIComponent(second));
    return;
  }
  if (seen.method !== 'POST') return;
  if (first === 'files' && second === undefined)
    ledger.files.push({ ...(json() as unknown as AcceptedFile), via: 'files' });
  if (first === 'uploads' && third === 'complete')
    ledger.files.push({ ...(json()['file'] as AcceptedFile), via: 'uploads' });
  if (first === 'fine_tuning' && second === 'jobs' && third === undefined)
    ledger.jobs.push(json() as unknown as AcceptedJob);
  if (first === 'batches' && second === undefined) ledger.batches.push(json() as unknown as Ledger['batches'][number]);
  if (first === 'chat') ledger.chats.push(JSON.parse(seen.body) as Ledger['chats'][number]);
}
