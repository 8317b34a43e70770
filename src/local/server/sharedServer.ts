import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import * as z from 'zod/mini';
import { writeFileAtomicSync } from '../../storage/atomicFile.ts';
import { isAlive } from '../../storage/lease.ts';
import type { EngineHost } from '../engines/engineHost.ts';
import { randomName } from './ids.ts';
import type { LocalServer, ServerOptions } from './server.ts';
import { startServer } from './server.ts';

const stateSchema = z.object({ pid: z.number(), base_url: z.string(), token: z.string(), version: z.string() });
type State = z.infer<typeof stateSchema>;
const healthSchema = z.object({ status: z.literal('ok'), pid: z.number() });

/** Address and key of a folder's server. */
export interface Address {
  readonly baseUrl: string;
  readonly apiKey: string;
}

export type SharedServer =
  /** Another process serves this folder. */
  | { readonly kind: 'there'; readonly address: Address }
  /** This process does; it ends by itself, after which `ended` resolves. */
  | { readonly kind: 'started'; readonly address: Address; readonly ended: Promise<void>; close: () => Promise<void> };

export interface SharedOptions {
  readonly dataFolder: string;
  readonly version: string;
  /** Milliseconds without training and requests after which the server ends; Infinity: only when told. */
  readonly idleMilliseconds: number;
  /** 0: any free port. */
  readonly port?: number;
  /** Default: the engines of this build. */
  readonly engines?: EngineHost;
}

/** A start takes well under a second; a lock that is older was left by a process that died or hangs. */
const LOCK_STALE_MS = 20_000;
const LOCK_WAIT_MS = 60_000;
const HEALTH_TIMEOUT_MS = 3000;

/**
 * Finds or starts the one server of a data folder. `server.json` has its address; a process that finds it healthy uses it. A lock
 * file, held only while a process looks and starts, decides between processes that find none at the same moment.
 */
export async function findOrStart(options: SharedOptions): Promise<SharedServer> {
  mkdirSync(options.dataFolder, { recursive: true, mode: 0o700 });
  const before = await healthyServer(options.dataFolder);
  if (before) return { kind: 'there', address: before };
  const release = await lock(path.join(options.dataFolder, 'server.lock'));
  try {
    // Another process may have been faster while this one waited.
    const meanwhile = await healthyServer(options.dataFolder);
    if (meanwhile) return { kind: 'there', address: meanwhile };
    return await start(options);
  } finally {
    release();
  }
}

function stateFile(folder: string): string {
  return path.join(folder, 'server.json');
}

async function start(options: SharedOptions): Promise<SharedServer> {
  const serverOptions: ServerOptions = {
    dataFolder: options.dataFolder,
    port: options.port ?? 0,
    version: options.version,
    ...(options.engines === undefined ? {} : { engines: options.engines }),
  };
  const server = await startServer(serverOptions);
  const state: State = { pid: process.pid, base_url: server.baseUrl, token: server.apiKey, version: options.version };
  writeFileAtomicSync(stateFile(options.dataFolder), JSON.stringify(state));
  const { ended, close } = endWhenIdle(server, options);
  return { kind: 'started', address: { baseUrl: server.baseUrl, apiKey: server.apiKey }, ended, close };
}

function endWhenIdle(
  server: LocalServer,
  options: SharedOptions,
): { ended: Promise<void>; close: () => Promise<void> } {
  let closing: Promise<void> | null = null;
  const mayEnd = Number.isFinite(options.idleMilliseconds);
  let resolveEnded: () => void;
  const ended = new Promise<void>((resolve) => {
    resolveEnded = resolve;
  });
  const close = (): Promise<void> => {
    closing ??= (async () => {
      clearInterval(timer);
      // First the address, so that no process is sent to a server that is ending.
      if (readState(options.dataFolder)?.token === server.apiKey)
        rmSync(stateFile(options.dataFolder), { force: true });
      await server.close();
      resolveEnded();
    })();
    return closing;
  };
  const timer = setInterval(
    () => {
      // Replaced (the folder was deleted, or this process slept through its health request): finish the work, then go.
      const replaced = readState(options.dataFolder)?.token !== server.apiKey;
      const idle = server.idleMilliseconds();
      if (idle >= options.idleMilliseconds || (replaced && idle > 0 && mayEnd)) void close();
    },
    Math.min(5000, Math.max(50, options.idleMilliseconds / 4)),
  );
  return { ended, close };
}

function readState(folder: string): State | null {
  try {
    const state = stateSchema.safeParse(JSON.parse(readFileSync(stateFile(folder), 'utf8')));
    return state.success ? state.data : null;
  } catch {
    return null;
  }
}

/** The server that server.json names, if it is alive and is really that one. */
export async function healthyServer(folder: string): Promise<Address | null> {
  const state = readState(folder);
  if (!state || !isAlive(state.pid) || !/^http:\/\/127\.0\.0\.1:\d+\/v1$/u.test(state.base_url)) return null;
  const health = healthSchema.safeParse(await getJson(state.base_url.replace(/\/v1$/u, '/health'), state.token));
  // Another process may have been given the port, or another program the process number.
  return health.success && health.data.pid === state.pid ? { baseUrl: state.base_url, apiKey: state.token } : null;
}

// node:http and not fetch: proxy settings must not affect a request to this machine.
function getJson(url: string, token: string): Promise<unknown> {
  return new Promise((resolve) => {
    const call = request(
      url,
      { headers: { authorization: `Bearer ${token}` }, timeout: HEALTH_TIMEOUT_MS, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          if (size > 65_536) response.destroy();
          else parts.push(part);
        });
        response.once('end', () => {
          try {
            resolve(JSON.parse(Buffer.concat(parts).toString('utf8')));
          } catch {
            resolve(null);
          }
        });
        response.once('close', () => {
          resolve(null);
        });
      },
    );
    call.once('timeout', () => call.destroy());
    call.once('error', () => {
      resolve(null);
    });
    call.end();
  });
}

/** Waits for the lock file and takes it; returns what gives it back. */
async function lock(file: string): Promise<() => void> {
  const end = Date.now() + LOCK_WAIT_MS;
  const mine = `${String(process.pid)} ${String(Date.now())}`;
  for (;;) {
    try {
      const descriptor = openSync(file, 'wx', 0o600);
      writeSync(descriptor, mine);
      closeSync(descriptor);
      return () => {
        if (readText(file) === mine) rmSync(file, { force: true });
      };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // EPERM: on Windows, a file that is just being deleted.
      if (code !== 'EEXIST' && code !== 'EPERM') throw error;
    }
    if (isStale(file)) takeAway(file);
    else if (Date.now() > end) throw new Error('another process has been starting a server for a minute');
    else await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Takes a stale lock away without ever taking a fresh one that another process has put in its place meanwhile. */
function takeAway(file: string): void {
  const stale = readText(file);
  if (stale === null || !isStale(file)) return;
  const aside = `${file}.${randomName(8)}`;
  try {
    renameSync(file, aside);
    if (readText(aside) !== stale) linkSync(aside, file);
  } catch {
    // Another process was faster.
  }
  rmSync(aside, { force: true });
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function isStale(file: string): boolean {
  const text = readText(file);
  if (text === null) return false;
  const pid = Number(text.split(' ')[0]);
  if (Number.isInteger(pid) && pid > 0 && !isAlive(pid)) return true;
  try {
    return Date.now() - statSync(file).mtimeMs > LOCK_STALE_MS;
  } catch {
    return false;
  }
}
