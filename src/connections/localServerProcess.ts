import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { t } from '../core/base/messages.ts';
import type { Endpoint } from '../core/provider/connection.ts';
import type { Problem } from '../core/base/result.ts';
import { fail, ok, type Result } from '../core/base/result.ts';
import { isAlive } from '../storage/lease.ts';

/** Time for a start on a machine under load; it usually takes under a second. */
const START_TIMEOUT_MS = 30_000;
/** A server that ends writes the checkpoints of its jobs first. */
const STOP_TIMEOUT_MS = 30_000;

interface Start {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Process of the embedded provider: one for a user and data folder, shared by all windows. `cli.js serve --shared` decides
 * races by itself (a lock file) and answers with the address of the process that won; the server outlives the window
 * and ends by itself when nothing trains and no request comes.
 */
export class LocalServerProcess {
  readonly #cli: string;
  readonly #folder: string;
  #starting: Promise<Result<Endpoint>> | null = null;

  constructor(options: { readonly cli: string; readonly folder: string }) {
    this.#cli = options.cli;
    this.#folder = options.folder;
  }

  /**
   * Returns the address of the running server, and starts one when there is none.
   * @param more further arguments and variables of a start
   */
  async ensure(more?: () => Promise<Start>): Promise<Result<Endpoint>> {
    const running = await this.running();
    if (running) return ok(running);
    this.#starting ??= this.#start(more).finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  /** Returns the address of a running, healthy server; null when there is none (nothing is started). */
  async running(): Promise<Endpoint | null> {
    const endpoint = (await this.#state())?.endpoint ?? null;
    return endpoint !== null && (await isHealthy(endpoint)) ? endpoint : null;
  }

  /** Ends a running server and waits until it has gone; what trains goes on from its last checkpoint at the next start. */
  async stop(): Promise<void> {
    const state = await this.#state();
    // Only a healthy server is known to be the process of that number.
    if (state === null || !(await isHealthy(state.endpoint))) return;
    process.kill(state.pid, 'SIGTERM');
    // Until the process has gone, not until it answers no more: it writes its last checkpoints into the folder of the next one.
    for (const until = Date.now() + STOP_TIMEOUT_MS; Date.now() < until && isAlive(state.pid);)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async #state(): Promise<{ readonly pid: number; readonly endpoint: Endpoint } | null> {
    try {
      const text = await readFile(path.join(this.#folder, 'server.json'), 'utf8');
      const { serverState } = await import('./schemas.ts');
      const { pid, base_url: baseUrl, token } = serverState.parse(JSON.parse(text));
      return { pid, endpoint: { baseUrl, apiKey: token } };
    } catch {
      return null;
    }
  }

  async #start(more?: () => Promise<Start>): Promise<Result<Endpoint>> {
    const { args, env } = (await more?.()) ?? { args: [], env: {} };
    await mkdir(this.#folder, { recursive: true });
    const log = await open(path.join(this.#folder, 'server.log'), 'a', 0o600);
    try {
      // In the desktop's extension host `execPath` is Electron: ELECTRON_RUN_AS_NODE makes it a Node.
      const child = spawn(process.execPath, [this.#cli, 'serve', '--shared', '--data', this.#folder, ...args], {
        cwd: this.#folder,
        detached: true,
        env: { ...process.env, ...env, ELECTRON_RUN_AS_NODE: '1' },
        stdio: ['ignore', 'pipe', log.fd],
        windowsHide: true,
      });
      const line = await firstLine(child);
      child.unref();
      const { serverAddress } = await import('./schemas.ts');
      const address = line === null ? null : serverAddress.safeParse(parseJson(line));
      if (!address?.success) return fail(cannotStart(path.join(this.#folder, 'server.log')));
      return ok({ baseUrl: address.data.base_url, apiKey: address.data.api_key });
    } finally {
      await log.close();
    }
  }
}

function firstLine(child: ReturnType<typeof spawn>): Promise<string | null> {
  const { stdout } = child;
  if (!stdout) return Promise.resolve(null);
  return new Promise((resolve) => {
    const lines = createInterface({ input: stdout });
    let settled = false;
    const settle = (line: string | null): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      lines.close();
      stdout.destroy();
      resolve(line);
    };
    const timer = setTimeout(() => {
      child.kill();
      settle(null);
    }, START_TIMEOUT_MS);
    lines.once('line', settle);
    child.once('error', () => {
      settle(null);
    });
    // The end of its output, not its exit: the process may print the address of another one and exit before we read it.
    lines.once('close', () => {
      settle(null);
    });
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function isHealthy(endpoint: Endpoint): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint.baseUrl}/models`, {
      headers: { authorization: `Bearer ${endpoint.apiKey ?? ''}` },
      redirect: 'error',
      signal: AbortSignal.timeout(3000),
    });
    return response.ok;
  } catch {
    return false;
  }
}

function cannotStart(log: string): Problem {
  return {
    code: 'local-server-start',
    message: t('The local training server did not start.'),
    action: t("See {0} in the extension's storage folder, or use another connection.", path.basename(log)),
  };
}
