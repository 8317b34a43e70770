import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { ApiError } from './apiError.ts';
import { Batches } from './batches.ts';
import type { EngineHost } from '../engines/engineHost.ts';
import { builtInEngines } from '../engines/builtInEngines.ts';
import type { Reply, Request } from './http.ts';
import { guard, send, sendError } from './http.ts';
import { JobRunner } from '../training/jobRunner.ts';
import { LoadedModels } from './loadedModels.ts';
import { batches as batchRoutes } from './routes/batches.ts';
import { chat } from './routes/chat.ts';
import type { Context } from './routes/context.ts';
import { files } from './routes/files.ts';
import { jobs } from './routes/jobs.ts';
import { models as modelRoutes } from './routes/models.ts';
import { openWeights } from './routes/openWeights.ts';
import { uploads } from './routes/uploads.ts';
import { sweepImports } from '../training/importAdapter.ts';
import { Store } from './store.ts';
import { Uploads } from './uploads.ts';

export interface ServerOptions {
  /** Where files, jobs, events and models are kept; made when absent. */
  readonly dataFolder: string;
  /** 0: any free port. */
  readonly port: number;
  /** Version in GET /health, by which a process that finds a server knows whether it is of the same version. */
  readonly version: string;
  /** Default: the engines of this build. */
  readonly engines?: EngineHost;
  /** Milliseconds since 1970, for what expires; default: the machine's clock. */
  readonly now?: () => number;
  /** Milliseconds in which a request's headers, and the whole request, must have come. */
  readonly timeouts?: { readonly headers: number; readonly request: number };
}

// Loopback is fast: 512 MB in five minutes is under 2 MB a second.
const TIMEOUTS = { headers: 10_000, request: 300_000 };

export interface LocalServer {
  /** `http://127.0.0.1:PORT/v1` */
  readonly baseUrl: string;
  /** A token of 256 bits, new at every start. */
  readonly apiKey: string;
  /** Milliseconds since the last request ended, 0 while one is under way or anything trains or waits to. */
  idleMilliseconds(): number;
  /** Stops serving and training. A job that was running is shown as failed at the next start. */
  close(): Promise<void>;
}

type Route = (request: Request, context: Context) => Reply | null | Promise<Reply | null>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['models', modelRoutes],
  ['files', files],
  ['uploads', uploads],
  ['fine_tuning', jobs],
  ['chat', chat],
  ['batches', batchRoutes],
  ['open_weights', openWeights],
]);

/** Loopback only, none of the machine's other addresses. */
const ADDRESS = '127.0.0.1';

/** Starts the OpenAI-compatible server; rejects with the system's error when the port is taken or the folder cannot be used. */
export async function startServer(options: ServerOptions): Promise<LocalServer> {
  const apiKey = randomBytes(32).toString('base64url');
  const timeouts = options.timeouts ?? TIMEOUTS;
  const engines = options.engines ?? builtInEngines(options.dataFolder);
  let port = options.port;
  let active = 0;
  let lastRequest = Date.now();
  let context: Context | null = null;

  const answer = async (request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> => {
    try {
      guard(request, port, apiKey);
      if (!context) throw new ApiError(503, 'starting', 'The local server is still starting.');
      const url = new URL(request.url ?? '/', `http://${ADDRESS}`);
      const method = request.method ?? 'GET';
      if (url.pathname === '/health' && method === 'GET') {
        await send(response, { json: { status: 'ok', pid: process.pid, version: options.version } });
        return;
      }
      context.store.sweep();
      context.uploads.sweep();
      const unknown = new ApiError(404, 'unknown_url', `Unknown request URL: ${method} ${url.pathname}.`);
      const segments = decodedSegments(url.pathname);
      const route = segments && ROUTES.get(segments[0] ?? '');
      if (!route) throw unknown;
      const reply = await route({ method, segments, query: url.searchParams, raw: request, signal }, context);
      if (!reply) throw unknown;
      await send(response, reply);
    } catch (error) {
      await sendError(response, error);
    }
  };

  const server = createServer(
    {
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: 10_000,
      connectionsCheckingInterval: Math.min(5000, timeouts.headers),
    },
    (request, response) => {
      active += 1;
      const leaving = new AbortController();
      response.once('close', () => {
        active -= 1;
        lastRequest = Date.now();
        if (!response.writableFinished) leaving.abort();
      });
      void answer(request, response, leaving.signal);
    },
  );
  server.maxConnections = 512;
  port = await listen(server, port);

  let runner: JobRunner;
  let batches: Batches;
  let models: LoadedModels;
  try {
    const store = new Store(options.dataFolder, options.now, (bytes) => {
      engines.discard(bytes);
    });
    sweepImports(store, engines);
    runner = new JobRunner(store, engines);
    models = new LoadedModels(store, engines);
    batches = new Batches({ store, models, engines });
    context = { store, runner, uploads: new Uploads(store), batches, models, engines };
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    baseUrl: `http://${ADDRESS}:${String(port)}/v1`,
    apiKey,
    idleMilliseconds: () => (active > 0 || runner.busy || batches.busy ? 0 : Date.now() - lastRequest),
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeAllConnections();
      await Promise.all([runner.close(), batches.close()]);
      await engines.close();
      await models.close();
      context.store.flush();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ADDRESS, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/** Segments after /v1/, or null for any other path and for escapes that are none. */
function decodedSegments(pathname: string): string[] | null {
  if (!pathname.startsWith('/v1/')) return null;
  try {
    return pathname.slice('/v1/'.length).split('/').map(decodeURIComponent);
  } catch {
    return null;
  }
}
