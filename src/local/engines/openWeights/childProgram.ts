// A program in a process group of its own, so that it and all it has started can be ended. Its standard output is read by lines.
import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { cleanEnvironment } from '../../../openWeights/cleanEnvironment.ts';
import { signalGroup } from '../../../openWeights/processGroup.ts';

/** Bytes of the longest line: the losses of half a million validation examples. */
const LONGEST_LINE = 16 * 1024 * 1024;
const STDERR_LINES = 40;
const LONGEST_STDERR_LINE = 2000;

/** How a program ended. `unstarted`: the system's code where it could not be started. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly unstarted: string | null;
  /** Its last lines on standard error. */
  readonly stderr: readonly string[];
}

export interface ProgramListener {
  readonly line: (line: string) => void;
  /** A line came that is longer than any message; `beginning` is its first characters. The rest of the output is not read. */
  readonly tooLong: (beginning: string) => void;
  /** Called once, after the last line. */
  readonly end: (end: ProgramEnd) => void;
}

export interface ChildProgram {
  /** Writes a line to its standard input; nothing happens when that is closed. */
  send(line: string): void;
  /** Closes its standard input. */
  closeInput(): void;
  /** Ends it and all it has started, at once. */
  kill(): void;
}

export interface ProgramStart {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: 16 MiB. */
  readonly longestLine?: number;
}

export function startProgram(start: ProgramStart, listener: ProgramListener): ChildProgram {
  const longest = start.longestLine ?? LONGEST_LINE;
  const child = spawn(start.command, start.args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own process group, whose number is that of the process.
    detached: process.platform !== 'win32',
    windowsHide: true,
    env: { ...cleanEnvironment(process.env), ...start.env },
  });
  const stderr = new Tail();
  let open = true;
  let ended = false;
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  const flush = (): void => {
    const line = parts.join('');
    parts = [];
    length = 0;
    if (line.trim() !== '') listener.line(line);
  };
  child.stdout.on('data', (bytes: Buffer) => {
    if (!open) return;
    const pieces = decoder.write(bytes).split('\n');
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) flush();
      parts.push(piece);
      length += piece.length;
      if (length <= longest) continue;
      open = false;
      listener.tooLong(parts.join('').slice(0, 200));
      return;
    }
  });
  child.stderr.on('data', (bytes: Buffer) => {
    stderr.add(bytes.toString('utf8'));
  });
  // The other end may be gone: the exit tells.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
  const end = (facts: Omit<ProgramEnd, 'stderr'>): void => {
    if (ended) return;
    ended = true;
    if (open && length > 0) flush();
    listener.end({ ...facts, stderr: stderr.lines() });
  };
  child.once('error', (error: NodeJS.ErrnoException) => {
    // Also for a signal that could not be sent: then the exit is still to come.
    if (child.pid === undefined) end({ code: null, signal: null, unstarted: error.code ?? error.message });
  });
  child.once('close', (code, signal) => {
    end({ code, signal, unstarted: null });
  });
  child.once('exit', () => {
    // What it started and left behind holds its memory and, as long as it lives, the pipes.
    signalGroup(child, 'SIGKILL');
  });
  return {
    send(line) {
      if (child.stdin.writable) child.stdin.write(`${line}\n`);
    },
    closeInput() {
      child.stdin.end();
    },
    kill() {
      if (!ended) signalGroup(child, 'SIGKILL');
    },
  };
}

/** The last lines of a text that comes in parts. */
class Tail {
  #lines: string[] = [];
  #open = '';

  add(text: string): void {
    const lines = (this.#open + text).split('\n');
    // A progress bar is rewritten in its line; only its last state counts.
    this.#open = (lines.pop() ?? '').slice(-LONGEST_STDERR_LINE);
    this.#lines = [...this.#lines, ...lines].slice(-STDERR_LINES);
  }

  lines(): string[] {
    return [...this.#lines, this.#open]
      .map((line) => line.slice(line.lastIndexOf('\r', line.length - 2) + 1, LONGEST_STDERR_LINE).trimEnd())
      .filter((line) => line !== '')
      .slice(-STDERR_LINES);
  }
}
