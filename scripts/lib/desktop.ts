import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { spawn } from 'node:child_process';
import type { HostProfile } from './hostProfile.ts';
import { endLocalServer } from './localServer.ts';
import { capture, cleanEnvironment, endProcess, exited, isAlive, onStop, waitUntil } from './processes.ts';
import { findProgram } from './programs.ts';

/** Desktop VS Code's command, or undefined when there is none or it could show no window. */
export function findDesktopCode(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env['TUNING_FORK_HOST'] === 'browser') return undefined;
  // Inside a remote window or WSL, `code` only talks to a VS Code elsewhere, which cannot reach our profile.
  if (env['VSCODE_IPC_HOOK_CLI'] !== undefined || env['WSL_DISTRO_NAME'] !== undefined) return undefined;
  const hasDisplay = env['DISPLAY'] !== undefined || env['WAYLAND_DISPLAY'] !== undefined;
  if (process.platform === 'linux' && !hasDisplay) return undefined;
  return findProgram('code', env['PATH']);
}

export interface DesktopWindow {
  /** Resolves when VS Code has ended. */
  readonly closed: Promise<void>;
  /** Ends VS Code and the extension's detached training server. */
  readonly stop: () => Promise<void>;
}

/**
 * Installs the extension into a profile of its own and opens the folder with it. The profile makes this VS Code a
 * process apart from the user's other windows, so that it can be ended with nothing lost there.
 */
export async function openDesktopCode(
  code: string,
  profile: HostProfile,
  vsix: string,
  folder: string,
): Promise<DesktopWindow> {
  const shell = process.platform === 'win32';
  const quote = (text: string): string => (shell ? `"${text}"` : text);
  const own = [`--user-data-dir=${profile.userData}`, `--extensions-dir=${profile.extensions}`];
  // Electron refuses its sandbox to root.
  if (process.getuid?.() === 0) own.push('--no-sandbox');
  const env = cleanEnvironment();
  const command = quote(code);
  const install = [...own, '--install-extension', vsix, '--force'];
  const installed = await capture(command, install.map(quote), { env, shell });
  if (installed.code !== 0) throw new Error(`${installed.output}\nThe extension could not be installed into VS Code.`);

  const lockFile = path.join(profile.userData, 'code.lock');
  await rm(lockFile, { force: true });
  const args = [...own, '--disable-workspace-trust', '--skip-welcome', '--new-window', '--wait', folder];
  const child = spawn(command, args.map(quote), { env, shell, stdio: 'ignore', detached: !shell });

  let named = false;
  // The command leaves at once or waits for the window, depending on the version; the lock file names VS Code itself.
  async function codePid(): Promise<number | undefined> {
    const pid = Number(await readFile(lockFile, 'utf8').catch(() => ''));
    return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined;
  }
  // In its first seconds VS Code may not have written its id yet.
  async function untilNamed(timeoutMs: number): Promise<void> {
    if (named) return;
    await waitUntil('VS Code names its process', timeoutMs, async () => (await codePid()) !== undefined).catch(() => 0);
    named = true;
  }
  async function untilClosed(): Promise<void> {
    await exited(child);
    await untilNamed(10_000);
    while ((await codePid()) !== undefined) await new Promise((resolve) => setTimeout(resolve, 500));
  }
  async function stop(): Promise<void> {
    unregister();
    await untilNamed(2000);
    const pid = await codePid();
    if (pid !== undefined) await endProcess(pid, 10_000);
    if (child.pid !== undefined && isAlive(child.pid)) await endProcess(child.pid);
    await endLocalServer(profile.userData);
  }
  const unregister = onStop(stop);
  return { closed: untilClosed(), stop };
}
