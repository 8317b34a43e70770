import { spawn } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserHost } from './hostInstall.ts';
import type { HostProfile } from './hostProfile.ts';
import { endLocalServer } from './localServer.ts';
import { answers, freePort } from './network.ts';
import { capture, cleanEnvironment, endGroup, exited, isAlive, onStop, waitUntil } from './processes.ts';

/** A VS Code server that shows its window to browsers on this machine. */
export interface HostServer {
  readonly pid: number;
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly logFile: string;
  /** Resolves when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /**
   * Ends the server, everything it started and the extension's detached training server; waits until they are gone.
   * With `keepTraining` the training server stays, as it does when a user closes VS Code.
   */
  readonly stop: (options?: { readonly keepTraining?: boolean }) => Promise<void>;
}

/** The address that opens a folder in the window. */
export function addressOf(origin: string, folder: string): string {
  const kind = folder.endsWith('.code-workspace') ? 'workspace' : 'folder';
  return `${origin}/?${new URLSearchParams({ [kind]: folder }).toString()}`;
}

async function profileArguments(profile: HostProfile): Promise<string[]> {
  // Without a configuration of its own, code-server would read and write the user's.
  const config = path.join(profile.folder, 'code-server.yaml');
  await writeFile(config, 'auth: none\n');
  return ['--config', config, '--user-data-dir', profile.userData, '--extensions-dir', profile.extensions];
}

/** Installs a packaged extension into the profile. */
export async function installExtension(host: BrowserHost, profile: HostProfile, vsix: string): Promise<void> {
  const args = [host.codeServer, ...(await profileArguments(profile)), '--install-extension', vsix, '--force'];
  const { code, output } = await capture(host.node, args, { env: cleanEnvironment() });
  if (code !== 0) throw new Error(`${output}\nThe extension ${vsix} could not be installed.`);
}

/**
 * Starts the server on 127.0.0.1 and waits until it answers. `port` defaults to any free one, `locale` to English; for another
 * language its language pack is installed in the profile.
 */
export async function startHostServer(
  host: BrowserHost,
  profile: HostProfile,
  options: { readonly port?: number; readonly env?: NodeJS.ProcessEnv; readonly locale?: string } = {},
): Promise<HostServer> {
  const port = options.port ?? (await freePort());
  const origin = `http://127.0.0.1:${port}`;
  const quiet = ['--auth', 'none', '--disable-telemetry', '--disable-update-check', '--disable-proxy'];
  quiet.push('--disable-getting-started-override');
  if (options.locale !== undefined) quiet.push('--locale', options.locale);
  const args = [host.codeServer, ...(await profileArguments(profile)), '--bind-addr', `127.0.0.1:${port}`, ...quiet];
  const logFile = path.join(profile.folder, 'server.log');
  const log = openSync(logFile, 'w');
  // Its own group: Ctrl-C in the terminal reaches us alone, and we end the whole group in our own order.
  const child = spawn(host.node, args, {
    env: cleanEnvironment(options.env),
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${host.node} could not be started.`);
  const ended = exited(child).then(() => undefined);
  const stop = async ({ keepTraining = false } = {}): Promise<void> => {
    unregister();
    await endGroup(pid);
    if (!keepTraining) await endLocalServer(profile.userData);
  };
  const unregister = onStop(stop);
  try {
    await waitUntil('VS Code server answers', 60_000, async () => {
      if (child.exitCode !== null || !isAlive(pid)) throw new Error('VS Code server ended early.');
      return await answers(`${origin}/healthz`, 2000);
    });
  } catch (error) {
    await stop();
    throw new Error(`${await readFile(logFile, 'utf8')}\n${String(error)}`, { cause: error });
  }
  return { pid, port, origin, logFile, ended, stop };
}
