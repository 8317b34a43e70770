// Programs that run in a process group of their own, so that a cancel ends pip and the compilers it started, too.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { signalGroup } from './processGroup.ts';

/** Time between the polite signal and the last one. */
const GRACE_MS = 3000;
/** Lines of the output that are kept for a failure. */
const KEPT_LINES = 200;

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly onLine?: (line: string, stream: 'out' | 'err') => void;
}

export interface Ended {
  /** Null: a signal ended it, or it could not be started. */
  readonly code: number | null;
  /** Last lines of both streams, in the order of their arrival. */
  readonly lines: readonly string[];
  readonly stdout: string;
  readonly aborted: boolean;
  /** The program does not exist or may not be run. */
  readonly missing: boolean;
}

/** Runs a program to its end; never rejects. Resolves after the whole group has ended, also when it was aborted. */
export function run({ command, args }: Program, options: RunOptions): Promise<Ended> {
  const lines: string[] = [];
  const out: string[] = [];
  let stopped = false;
  return new Promise((resolve) => {
    if (options.signal?.aborted === true) {
      resolve({ code: null, lines, stdout: '', aborted: true, missing: false });
      return;
    }
    const child = spawn(command, args, {
      env: options.env,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const read = (stream: Readable, name: 'out' | 'err'): void => {
      createInterface({ input: stream }).on('line', (line) => {
        if (name === 'out') out.push(line);
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.shift();
        options.onLine?.(line, name);
      });
    };
    read(child.stdout, 'out');
    read(child.stderr, 'err');
    let last: NodeJS.Timeout | undefined;
    const stop = (): void => {
      if (stopped) return;
      stopped = true;
      signalGroup(child, 'SIGTERM');
      last = setTimeout(() => {
        signalGroup(child, 'SIGKILL');
      }, GRACE_MS);
    };
    options.signal?.addEventListener('abort', stop, { once: true });
    const limit = options.timeoutMs === undefined ? undefined : setTimeout(stop, options.timeoutMs);
    const end = (code: number | null, missing: boolean): void => {
      options.signal?.removeEventListener('abort', stop);
      clearTimeout(limit);
      clearTimeout(last);
      // A child that ignores the polite signal may outlive its parent.
      if (stopped) signalGroup(child, 'SIGKILL');
      resolve({ code, lines, stdout: out.join('\n'), aborted: options.signal?.aborted === true, missing });
    };
    child.once('error', () => {
      end(null, true);
    });
    child.once('close', (code) => {
      end(code, false);
    });
  });
}
