import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface Finished {
  readonly code: number;
  /** Standard output and error, in the order they came. */
  readonly output: string;
}

/** Runs a program to its end and collects what it prints. A program that cannot be started ends with code 127. */
export async function capture(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  return await new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const collect = (data: Buffer): void => {
      output += data.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => {
      resolve({ code: 127, output: output + error.message });
    });
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Runs a program to its end on our own terminal. Returns its exit code. */
export async function passThrough(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<number> {
  return await new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

/** Resolves when the condition holds; looks again every 50 ms. Rejects with `what` after the timeout. */
export async function waitUntil(
  what: string,
  timeoutMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what}: still not so after ${Math.round(timeoutMs / 1000)} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether a process with this id exists. One that belongs to somebody else counts. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return true;
  }
}

/** The command line of a process, or an empty string when there is none. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return '';
    }
  }
  const [command, args] =
    process.platform === 'win32'
      ? [
          'powershell',
          ['-NoProfile', '-Command', `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`],
        ]
      : ['ps', ['-o', 'command=', '-p', String(pid)]];
  const { code, output } = await capture(command, args);
  return code === 0 ? output.trim() : '';
}

/** The process that started this one, as far as it can be told; NaN when it cannot. Not for Windows. */
export async function parentOf(pid: number): Promise<number> {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return NaN;
    }
  }
  return Number((await capture('ps', ['-o', 'ppid=', '-p', String(pid)])).output);
}

/** Ids of all processes whose command line contains the text. Not for Windows. */
export async function processesNaming(text: string): Promise<number[]> {
  // A bare Debian has no `ps`.
  const { output } =
    process.platform === 'linux' ? { output: readdirSync('/proc').join('\n') } : await capture('ps', ['-axo', 'pid=']);
  const pids = output.split('\n').map(Number).filter(Number.isInteger);
  const lines = await Promise.all(pids.map(async (pid) => ({ pid, line: await commandLine(pid) })));
  return lines.filter(({ line }) => line.includes(text)).map(({ pid }) => pid);
}

/** Ends a process that is the leader of its group (spawned `detached`) with everything it started; waits until it is gone. */
export async function endGroup(pid: number, graceMs = 5000): Promise<void> {
  if (process.platform === 'win32') {
    await capture('taskkill', ['/pid', String(pid), '/T', '/F']);
    return;
  }
  signalGroup(pid, 'SIGTERM');
  try {
    await waitUntil(`process group ${pid} ends`, graceMs, () => !groupExists(pid));
  } catch {
    signalGroup(pid, 'SIGKILL');
    await waitUntil(`process group ${pid} is killed`, graceMs, () => !groupExists(pid)).catch(() => undefined);
  }
}

/** Ends one process by its id; waits until it is gone. */
export async function endProcess(pid: number, graceMs = 5000): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM');
    await waitUntil(`process ${pid} ends`, graceMs, () => !isAlive(pid));
  } catch {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has gone meanwhile.
    }
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

function groupExists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Our environment without what a surrounding VS Code, Electron or npm script would make a new VS Code or npm believe. */
export function cleanEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const foreign =
    /^(VSCODE_|ELECTRON_|npm_(package|lifecycle|command|execpath|node_execpath|config_(local_prefix|user_agent|prefix))|NODE_OPTIONS$|NODE_ENV$|PORT$|PASSWORD$|HASHED_PASSWORD$|INIT_CWD$|VITEST)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

const cleanups = new Set<() => Promise<void>>();
let stopping = false;

/**
 * Registers what has to be ended when this process is told to stop (SIGINT, SIGTERM or SIGHUP). On the first signal all
 * of it runs, then the process exits with 128 + the signal's number. Returns the way to unregister.
 */
export function onStop(cleanup: () => Promise<void>): () => void {
  if (cleanups.size === 0) for (const signal of Object.keys(signalNumbers)) process.on(signal, stopAll);
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
    if (cleanups.size === 0) for (const signal of Object.keys(signalNumbers)) process.off(signal, stopAll);
  };
}

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

function stopAll(signal: string): void {
  if (stopping) return;
  stopping = true;
  void Promise.allSettled([...cleanups].map((cleanup) => cleanup())).then(() => {
    process.exit(128 + (signalNumbers[signal] ?? 0));
  });
}

/** Resolves with the exit code when the child has ended. */
export async function exited(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null) return child.exitCode;
  if (child.signalCode !== null) return 1;
  return await new Promise((resolve) => {
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}
