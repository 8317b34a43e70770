import process from 'node:process';
import type { Problem } from '../core/base/result.ts';
import { replaceHidden } from '../core/base/untrustedText.ts';

/** Names of files, pieces of datasets and what servers write reach a terminal: nothing of them may steer it. */
export function visible(text: string): string {
  return replaceHidden(text, '\uFFFD');
}

export function inWords({ message, action }: Problem): string {
  return visible(`${message} ${action}`);
}

/** What a program may read. */
export function print(text: string): void {
  write(process.stdout, text);
}

/** What a person may read: never in the way of the result. */
export function say(line: string): void {
  write(process.stderr, `${line}\n`);
}

const guarded = new Set<NodeJS.WriteStream>();

function write(stream: NodeJS.WriteStream, text: string): void {
  // Whoever reads may have gone (`| head`).
  if (!guarded.has(stream)) stream.on('error', () => undefined);
  guarded.add(stream);
  stream.write(text);
}

/** Progress: one line that changes on a terminal, else a line for each step. */
export interface Progress {
  /** `passing`: it will be another one in a moment, so without a terminal it is not written. */
  show(line: string, passing?: boolean): void;
  /** Leaves what was shown last; other lines may follow. */
  end(): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let shown = '';
  return {
    show(line, passing = false) {
      if (line === shown) return;
      if (stream.isTTY) {
        // A line that wraps could not be taken back.
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
