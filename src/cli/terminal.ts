import process from 'node:process';
import { CommandFailure } from './options.ts';
import type { Problem } from '../core/base/result.ts';
import { replaceHidden } from '../core/base/untrustedText.ts';

/** Replaces control characters: names of files, pieces of datasets and texts of servers reach a terminal and must not control it. */
export function visible(text: string): string {
  return replaceHidden(text, '\uFFFD');
}

export function inWords({ message, action }: Problem): string {
  return visible(`${message} ${action}`);
}

/** Writes text for programs to standard output. */
export function print(text: string): void {
  write(process.stdout, text);
}

/** Runs a command; with the JSON format its problem is an object on standard output too. */
export async function withProblemObject(format: string, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (format === 'json' && error instanceof CommandFailure) {
      print(`${JSON.stringify({ problem: error.problem }, null, 2)}\n`);
    }
    throw error;
  }
}

/** Writes a line for the user to standard error, apart from the result. */
export function say(line: string): void {
  write(process.stderr, `${line}\n`);
}

const guarded = new Set<NodeJS.WriteStream>();

function write(stream: NodeJS.WriteStream, text: string): void {
  // The reader may have closed the pipe (`| head`).
  if (!guarded.has(stream)) stream.on('error', () => undefined);
  guarded.add(stream);
  stream.write(text);
}

/** Calls `stop` once at Ctrl-C or when the process is asked to end, instead of ending it; the returned function undoes that. */
export function onInterrupt(stop: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

/** Progress display: one line that changes on a terminal, else a line for each step. */
export interface Progress {
  /** Shows a line. `passing`: another one follows in a moment, so without a terminal it is not written. */
  show(line: string, passing?: boolean): void;
  /** Ends the line that was shown last; other lines may follow. */
  end(): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let shown = '';
  return {
    show(line, passing = false) {
      if (line === shown) return;
      if (stream.isTTY) {
        // A wrapped line could not be replaced.
        const cut = line.length < stream.columns ? line : `${line.slice(0, Math.max(0, stream.columns - 2))}…`;
        write(stream, `\r\u001b[K${cut}`);
        shown = line;
      } else if (!passing) {
        write(stream, `${line}\n`);
        shown = line;
      }
    },
    end() {
      if (stream.isTTY && shown !== '') write(stream, '\n');
      shown = '';
    },
  };
}
